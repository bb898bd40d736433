/*
 * TimeOut: each time is that of its own step, and of no other.
 */
#include "../forwarder/target.h"
#include "clock.h"
#include "support_forwarder.h"
#include "support_run.h"

#include <check.h>
#include <string.h>

enum {
	TEST_S = 20,
	SHORT_S = 20, /* less than what a connect may take */
	LONG_S = 1200,
	REST_S = 400, /* not yet as long as any server rests */
};

#define MEMBER(member_) offsetof(struct timeout_config, member_)

static const struct {
	const char *step; /* of a scripted server */
	size_t time;      /* of struct timeout_config */
} cases[] = {
	{ "CONNECT", MEMBER(initial_msg_s) },
	{ "EHLO", MEMBER(any_cmd_s) },
	{ "MAIL", MEMBER(mail_cmd_s) },
	{ "RCPT", MEMBER(rcpt_cmd_s) },
	{ "DATA", MEMBER(data_cmd_s) },
	{ ".", MEMBER(data_term_s) },
};

/* All times but one. */
static void set_times(size_t time, uint32_t own_s, uint32_t others_s)
{
	struct timeout_config *t = &test_config.timeout;

	*t = (struct timeout_config){ .any_cmd_s = others_s,
		.connect_retry_s = LONG_S,
		.data_block_s = others_s,
		.data_cmd_s = others_s,
		.data_term_s = others_s,
		.initial_msg_s = others_s,
		.mail_cmd_s = others_s,
		.rcpt_cmd_s = others_s };
	*(uint32_t *)((char *)t + time) = own_s;
}

/* A server that comes to a gate at a step. */
static struct script *wait_at(const char *step, bool is_pipelining)
{
	const struct script_row rows[] = {
		{ step, SCRIPT_GATE, NULL, 1 },
		{ "EHLO", SCRIPT_REPLY,
			is_pipelining ? "250-t\r\n250 PIPELINING" : "250 t",
			0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);

	test_config.targets[0].connect_limit = 1;
	submit_mail("bob@example.org", "text");
	forwarder_run();
	script_wait_gates(s, 1);
	return s;
}

/* The session ended: the server rests, or did not even greet, or the mail is
 * tried in another session already. */
static bool has_failed(void *arg)
{
	const struct forwarder_status status = forwarder_look();

	/* When the wait began nobody knows, so time passes in small steps. */
	clock_forward(NS_PER_S / 4);
	return status.targets[0].state == TARGET_BACKOFF
		|| status.targets[0].connect_fail > 0
		|| script_connections(arg) > 1;
}

START_TEST(a_step_that_takes_longer_than_its_time_fails)
{
	struct script *s;
	int64_t since_ns;

	set_times(cases[_i / 2].time, SHORT_S, LONG_S);
	s = wait_at(cases[_i / 2].step, _i % 2 == 1);
	since_ns = clock_monotonic_ns();
	ck_assert(clock_wait_until(has_failed, s));
	ck_assert_int_lt((clock_monotonic_ns() - since_ns) / NS_PER_S, LONG_S);
	script_release(s);
	forwarder_halt(NS_PER_S);
	script_close(s);
}
END_TEST

START_TEST(a_step_has_its_time_whatever_the_others_have)
{
	struct script *s;

	set_times(cases[_i / 2].time, LONG_S, SHORT_S);
	s = wait_at(cases[_i / 2].step, _i % 2 == 1);
	clock_forward((SHORT_S + 1) * NS_PER_S);
	script_release(s);
	script_wait_mails(s, 1);
	ck_assert(!has_failed(s));
	forwarder_halt(NS_PER_S);
	script_close(s);
}
END_TEST

/* From ConnectRetry on it is doubled and spread: test_target. */
START_TEST(a_server_that_failed_rests_for_connect_retry)
{
	static const uint32_t times_s[] = { SHORT_S, REST_S };
	struct target_config config = { .connect_limit = 1 };
	struct target target;
	size_t i;

	for (i = 0; i < 2; i++) {
		target_init(&target, &config, times_s[i]);
		target_begin_open(&target);
		target.opening--;
		(void)target_failed(&target, "refused", 0, 0.5);
		ck_assert(
			!target_may_open(&target, (times_s[i] - 1) * NS_PER_S));
		ck_assert(
			target_may_open(&target, (times_s[i] + 1) * NS_PER_S));
	}
}
END_TEST

static void add_moved_tests(TCase *t)
{
	tcase_add_loop_test(t, a_step_that_takes_longer_than_its_time_fails, 0,
		2 * COUNT(cases));
	tcase_add_loop_test(t, a_step_has_its_time_whatever_the_others_have, 0,
		2 * COUNT(cases));
	tcase_add_test(t, a_server_that_failed_rests_for_connect_retry);
}

int main(void)
{
	return forwarder_run_suite(
		"forwarder_times", TEST_S, NULL, add_moved_tests);
}
