#include "support_clock.h"
#include "support_run.h"
#include "support_target.h"

#include "../forwarder/session.h"
#include "clock.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct session session;
static struct timeout_config timeout;
static int stop_fd;

static void set_up(void)
{
	clock_take_over();
	stop_fd = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(stop_fd, 0);
	timeout = (struct timeout_config){ .any_cmd_s = 300,
		.initial_msg_s = 300 };
	session_init(&session, "client.example.org", &timeout,
		(struct session_stops){ stop_fd, stop_fd });
}

static void tear_down(void)
{
	session_close(&session);
	close(stop_fd);
	clock_give_back();
}

static bool open_to(const struct script *s, struct session_trouble *trouble)
{
	struct target_config config;

	script_address(s, &config);
	return session_open(&session, &config, trouble);
}

static const struct {
	const char *connect, *ehlo;
	bool is_esmtp, pipelining, eight_bit, has_size;
	unsigned long long size;
} peers[] = {
	{ "220 ready",
		"250-me\r\n250-SIZE 99\r\n250-8BITMIME\r\n"
		"250 PIPELINING",
		true, true, true, true, 99 },
	{ "220-one\r\n220-two\r\n220 three", "250 me", true, false, false,
		false, 0 },
	{ "220", "250-me\r\n250-size 5\r\n250 ", true, false, false, true, 5 },
	{ "220 x", "250 PIPELINING", true, false, false, false, 0 },
	{ "220 x", "500 5.5.1 what", false, false, false, false, 0 },
	{ "220 x", "502-no\r\n502 no", false, false, false, false, 0 },
};

START_TEST(what_the_last_ehlo_offers_counts)
{
	const struct script_row rows[] = {
		{ "CONNECT", SCRIPT_REPLY, peers[_i].connect, 0 },
		{ "EHLO", SCRIPT_REPLY, peers[_i].ehlo, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = script_open(rows);
	struct session_trouble trouble;

	ck_assert(open_to(s, &trouble));
	ck_assert(session.is_open);
	ck_assert_int_eq(session.is_esmtp, peers[_i].is_esmtp);
	ck_assert_int_eq(session.offers.pipelining, peers[_i].pipelining);
	ck_assert_int_eq(session.offers.eight_bit_mime, peers[_i].eight_bit);
	ck_assert_int_eq(session.offers.has_size, peers[_i].has_size);
	ck_assert(session.offers.size == peers[_i].size);
	ck_assert_uint_eq(
		script_commands(s, "HELO"), peers[_i].is_esmtp ? 0 : 1);
	session_quit(&session);
	ck_assert_uint_eq(script_commands(s, "QUIT"), 1);
	script_close(s);
}
END_TEST

static const struct {
	const char *command;
	enum script_act act;
	const char *reply;
	enum stage stage;
	enum event event;
	unsigned int effect;
	const char *said;
	size_t quits;
} refusals[] = {
	{ "CONNECT", SCRIPT_REPLY, "554 5.3.2 no mail here", STAGE_GREETING,
		EVENT_REPLY, EFFECT_BACKOFF, "554 5.3.2 no mail here", 1 },
	{ "CONNECT", SCRIPT_REPLY, "421 too\x1b many", STAGE_GREETING,
		EVENT_REPLY, EFFECT_CLOSE, "421 too\\x1b many", 0 },
	{ "CONNECT", SCRIPT_DROP, NULL, STAGE_GREETING, EVENT_LOST,
		EFFECT_BACKOFF, "connection lost", 0 },
	{ "CONNECT", SCRIPT_REPLY, "SSH-2.0", STAGE_GREETING, EVENT_GARBAGE,
		EFFECT_BACKOFF, "not a reply", 0 },
	{ "CONNECT", SCRIPT_REPLY, "220 x\r\n250 x", STAGE_EHLO, EVENT_GARBAGE,
		EFFECT_BACKOFF, "not a reply", 0 },
	{ "EHLO", SCRIPT_REPLY, "451 4.3.0 later", STAGE_EHLO, EVENT_REPLY,
		EFFECT_BACKOFF, "451 4.3.0 later", 1 },
	{ "EHLO", SCRIPT_REPLY, "250-a\r\n550 b", STAGE_EHLO, EVENT_GARBAGE,
		EFFECT_BACKOFF, "not a reply", 0 },
};

START_TEST(a_session_that_fails_says_why)
{
	const struct script_row rows[] = {
		{ refusals[_i].command, refusals[_i].act, refusals[_i].reply,
			0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = script_open(rows);
	struct session_trouble trouble;
	char said[100];

	session.is_only = true;
	ck_assert(!open_to(s, &trouble));
	ck_assert(!session.is_open);
	ck_assert_int_eq(trouble.stage, refusals[_i].stage);
	ck_assert_int_eq(trouble.event, refusals[_i].event);
	ck_assert_uint_ne(trouble.outcome.effects & refusals[_i].effect, 0);
	session_explain(&session, trouble.event, said, sizeof said);
	ck_assert_str_eq(said, refusals[_i].said);
	ck_assert_uint_eq(script_commands(s, "QUIT"), refusals[_i].quits);
	script_close(s);
}
END_TEST

START_TEST(nothing_listens)
{
	struct script *s = script_prepare(NULL);
	struct session_trouble trouble;
	char said[100];

	ck_assert(!open_to(s, &trouble));
	ck_assert_int_eq(trouble.stage, STAGE_CONNECT);
	ck_assert_int_eq(trouble.event, EVENT_LOST);
	session_explain(&session, trouble.event, said, sizeof said);
	ck_assert_str_eq(said, "Connection refused");
	script_close(s);
}
END_TEST

static void *let_time_pass(void *arg)
{
	struct script *s = arg;

	script_wait_commands(s, "EHLO", 1);
	clock_forward(301 * NS_PER_S);
	return NULL;
}

static void *stop_now(void *arg)
{
	struct script *s = arg;

	script_wait_commands(s, "EHLO", 1);
	ck_assert_int_eq(eventfd_write(stop_fd, 1), 0);
	return NULL;
}

START_TEST(a_mute_peer_is_given_up_in_time_or_when_stopped)
{
	static const struct script_row rows[] = {
		{ "EHLO", SCRIPT_MUTE, NULL, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = script_open(rows);
	struct session_trouble trouble;
	pthread_t other;
	char said[100];

	ck_assert_int_eq(pthread_create(&other, NULL,
				 _i == 0 ? let_time_pass : stop_now, s),
		0);
	ck_assert(!open_to(s, &trouble));
	pthread_join(other, NULL);
	ck_assert_int_eq(trouble.stage, STAGE_EHLO);
	ck_assert_int_eq(trouble.event, _i == 0 ? EVENT_TIMEOUT : EVENT_LOST);
	ck_assert_int_eq(session_was_stopped(&session), _i == 1);
	session_explain(&session, trouble.event, said, sizeof said);
	if (_i == 0)
		ck_assert_str_eq(said, "no reply in time");
	script_close(s);
}
END_TEST

START_TEST(a_kept_session_on_which_the_peer_spoke_is_not_quiet)
{
	static const struct script_row rows[] = {
		{ "NOOP", SCRIPT_DROP, "250 ok\r\n421 closing", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = script_open(rows);
	struct session_trouble trouble;
	int64_t deadline_ns;

	ck_assert(open_to(s, &trouble));
	ck_assert(session_is_quiet(&session));
	deadline_ns = session_deadline(20);
	ck_assert_int_eq(session_write(&session, "NOOP\r\n", 6, deadline_ns),
		EVENT_REPLY);
	ck_assert_int_eq(session_read(&session, deadline_ns), EVENT_REPLY);
	ck_assert_int_eq(session.parser.reply.code, 250);
	ck_assert(!session_is_quiet(&session));
	script_close(s);
}
END_TEST

static bool has_come(void *arg)
{
	struct pollfd peer = { .fd = session.connection.fd, .events = POLLIN };

	(void)arg;
	return poll(&peer, 1, 0) == 1;
}

/* As on a machine that slept meanwhile. */
START_TEST(a_reply_that_is_there_is_not_too_late)
{
	struct script *s = script_open(NULL);
	struct session_trouble trouble;
	int64_t deadline_ns;

	ck_assert(open_to(s, &trouble));
	deadline_ns = session_deadline(20);
	ck_assert_int_eq(session_write(&session, "RSET\r\n", 6, deadline_ns),
		EVENT_REPLY);
	ck_assert(clock_wait_until(has_come, NULL));
	clock_forward(30 * NS_PER_S);
	ck_assert_int_eq(session_read(&session, deadline_ns), EVENT_REPLY);
	ck_assert_int_eq(session_read(&session, deadline_ns), EVENT_TIMEOUT);
	script_close(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session");
	TCase *tc = tcase_create("session");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, what_the_last_ehlo_offers_counts, 0,
		sizeof peers / sizeof *peers);
	tcase_add_loop_test(tc, a_session_that_fails_says_why, 0,
		sizeof refusals / sizeof *refusals);
	tcase_add_test(tc, nothing_listens);
	tcase_add_loop_test(
		tc, a_mute_peer_is_given_up_in_time_or_when_stopped, 0, 2);
	tcase_add_test(tc, a_kept_session_on_which_the_peer_spoke_is_not_quiet);
	tcase_add_test(tc, a_reply_that_is_there_is_not_too_late);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
