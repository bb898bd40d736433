#include "support_clock.h"
#include "support_run.h"
#include "support_spool.h"

#include "../forwarder/content.h"
#include "clock.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static const char text[] = "first line\nsecond line\n";
static const char wire[] = "first line\r\nsecond line\r\n.\r\n";

enum { WIRE_LEN = sizeof wire - 1, TAIL_LEN = 60000, SEND_BUFFER = 4096 };

static struct session session;
static struct input_config config;
static struct header_config header;
static struct input_rules rules;
static struct content content = { .rules = &rules };
static struct timeout_config timeout;
static struct mail mail;
static uint64_t number;
static int stop_fd, peer;

static void set_up(void)
{
	int ends[2];
	int size = SEND_BUFFER;

	clock_take_over();
	spool_set_up();
	input_config_init(&config);
	header_config_init(&header);
	ck_assert_int_eq(input_rules_init(&rules, &config, &header), 0);
	number = dataset_put(test_spool, "mail", text, &alice);
	mail = (struct mail){ .length = sizeof text - 1 };
	timeout = (struct timeout_config){ .data_block_s = 180 };
	stop_fd = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(stop_fd, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(
		setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size),
		0);
	session_init(&session, "client.example.org", &timeout,
		(struct session_stops){ stop_fd, stop_fd });
	session.connection.fd = ends[0];
	peer = ends[1];
}

static void tear_down(void)
{
	session_close(&session);
	if (peer >= 0)
		close(peer);
	close(stop_fd);
	input_rules_fini(&rules);
	spool_tear_down();
	clock_give_back();
}

static size_t write_tail(void *arg, char *out, size_t cap)
{
	const size_t *len = arg;

	ck_assert_uint_le(*len, cap);
	memset(out, 'x', *len);
	return *len;
}

static struct content_result send_with(size_t tail_len)
{
	const struct content_tail tail = { write_tail, &tail_len };

	return content_send(
		&content, &session, test_spool, number, &mail, &tail);
}

static void expect(const char *octets, size_t len)
{
	char got[256];

	ck_assert_uint_le(len, sizeof got);
	ck_assert_int_eq(recv(peer, got, len, MSG_WAITALL), (ssize_t)len);
	ck_assert_int_eq(memcmp(got, octets, len), 0);
}

START_TEST(what_follows_goes_behind_the_dot)
{
	struct content_result sent = send_with((size_t)_i * 3);

	ck_assert_int_eq(sent.end, CONTENT_SENT);
	ck_assert(!sent.is_torn);
	expect(wire, WIRE_LEN);
	if (_i > 0)
		expect("xxx", (size_t)_i * 3);
}
END_TEST

/* The peer has the dot, and ends what follows it. */
static void *take_the_dot(void *arg)
{
	expect(wire, WIRE_LEN);
	if (arg != NULL) {
		close(peer);
		peer = -1;
	} else {
		clock_forward(200 * NS_PER_S);
	}
	return NULL;
}

START_TEST(a_dot_that_went_is_sent_though_what_follows_is_torn)
{
	struct content_result sent;
	pthread_t taker;

	ck_assert_int_eq(pthread_create(&taker, NULL, take_the_dot,
				 _i == 0 ? &peer : NULL),
		0);
	sent = send_with(TAIL_LEN);
	pthread_join(taker, NULL);
	ck_assert_int_eq(sent.end, CONTENT_SENT);
	ck_assert(sent.is_torn);
}
END_TEST

START_TEST(a_peer_that_speaks_or_goes_first_gets_no_dot)
{
	struct content_result sent;

	if (_i == 0)
		ck_assert_int_eq(send(peer, "452 full\r\n", 10, 0), 10);
	else
		close(peer);
	sent = send_with(3);
	ck_assert_int_eq(sent.end, _i == 0 ? CONTENT_EARLY : CONTENT_CUT);
	if (_i == 0)
		ck_assert_int_eq(session.parser.reply.code, 452);
	else
		peer = -1;
}
END_TEST

START_TEST(content_that_cannot_be_read_gets_no_dot)
{
	struct content_result sent;
	char octet;

	mail.length = sizeof text + 10;
	sent = send_with(3);
	ck_assert_int_eq(sent.end, CONTENT_UNREADABLE);
	ck_assert_int_lt(sent.err, 0);
	ck_assert_int_eq(recv(peer, &octet, 1, MSG_DONTWAIT), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("content");
	TCase *tests = suite_case(suite, "content", 30, set_up, tear_down);

	tcase_add_loop_test(tests, what_follows_goes_behind_the_dot, 0, 2);
	tcase_add_loop_test(tests,
		a_dot_that_went_is_sent_though_what_follows_is_torn, 0, 2);
	tcase_add_loop_test(
		tests, a_peer_that_speaks_or_goes_first_gets_no_dot, 0, 2);
	tcase_add_test(tests, content_that_cannot_be_read_gets_no_dot);
	return suite_run(suite);
}
