#include "support_pair.h"

#include "clock.h"
#include "text.h"

#include <check.h>
#include <pthread.h>

enum { STEP_S = 5, CONTENT_LEN = 64 };

/* ---- other sessions, and the end --------------------------------- */

static struct script *targets[2];

static const struct script_row data_gate[] = {
	{ "DATA", SCRIPT_GATE, NULL, 0 },
	{ NULL, SCRIPT_REPLY, NULL, 0 },
};
static const struct script_row dot_gate[] = {
	{ ".", SCRIPT_GATE, NULL, 0 },
	{ NULL, SCRIPT_REPLY, NULL, 0 },
};

/* Each target gets one of two mails, and holds it at its gate. */
static void fill_both(const char *one, const char *other, size_t gates)
{
	pair_submit(&pair_a, one);
	pair_submit(&pair_b, other);
	script_wait_gates(targets[0], gates);
	script_wait_gates(targets[1], gates);
}

static bool is_b_ahead(void)
{
	int i;

	test_config.target_count = 0;
	for (i = 0; i < 2; i++) {
		targets[i] = one_target(data_gate);
		test_config.targets[i].connect_limit = 1;
	}
	test_config.timeout.connect_idle_s = 100000;
	forwarder_run();
	fill_both("x", "y", 1);
	for (i = 0; i < 2; i++)
		script_release_one(targets[i]);
	script_wait_mails(targets[0], 1);
	script_wait_mails(targets[1], 1);
	fill_both("a", "c", 2);
	pair_server = targets[0];
	if (script_line(pair_server, "RCPT TO:<a", 0) == NULL) {
		pair_server = targets[1];
		targets[1] = targets[0];
	}
	pair_submit(&pair_b, "b");
	pair_wait_claimed();
	script_change(pair_server, dot_gate);
	script_release_one(pair_server);
	script_wait_gates(pair_server, 3);
	return script_pairs(pair_server) == 1;
}

static bool is_b_gone(void *arg)
{
	struct dataset d;

	(void)arg;
	clock_forward(NS_PER_S);
	return spool_stat(test_spool, pair_b.number, &d) != 0;
}

/* The target that has a takes its time: an idle session sends b meanwhile. */
START_TEST(a_slow_dot_does_not_hold_up_the_mail_behind_it)
{
	int attempt;

	for (attempt = 0; !is_b_ahead(); attempt++) {
		ck_assert_int_lt(attempt, PAIR_ATTEMPTS);
		script_release(pair_server);
		script_release(targets[1]);
		wait_gone(pair_b.number);
		forwarder_halt(0);
		script_close(pair_server);
		script_close(targets[1]);
	}
	script_change(targets[1], NULL);
	script_release(targets[1]);
	wait_until(is_b_gone);
	ck_assert_uint_eq(pair_copies("b"), 0);
	script_release(pair_server);
	script_wait_mails(pair_server, 2);
	ck_assert_uint_eq(pair_copies("a"), 1);
	ck_assert_int_eq(log_count("possible duplicate"), 0);
	script_close(pair_server);
	pair_server = targets[1];
	ck_assert_uint_eq(pair_copies("b"), 1);
	script_close(pair_server);
}
END_TEST

static void *release_when_stopping(void *arg)
{
	const struct operator_ops *ops = arg;
	struct forwarder_status status;

	do
		ops->status(ops->forwarder, &status);
	while (status.targets[0].state != TARGET_DRAINING);
	script_release(pair_server);
	return NULL;
}

START_TEST(the_mail_behind_goes_back_when_it_stops)
{
	bool is_patient = _i == 0;
	struct operator_ops ops;
	pthread_t releaser;

	pair_send(dot_gate);
	ops = forwarder_operator(test_forwarder);
	if (is_patient)
		ck_assert_int_eq(pthread_create(&releaser, NULL,
					 release_when_stopping, &ops),
			0);
	forwarder_halt(is_patient ? 20 * NS_PER_S : 0);
	if (is_patient)
		pthread_join(releaser, NULL);
	ck_assert_uint_eq(pair_copies("a"), is_patient);
	ck_assert_int_eq(pair_doubts(&pair_a), !is_patient);
	ck_assert_uint_eq(pair_copies("b"), 0);
	ck_assert_int_eq(pair_doubts(&pair_b), 0);
	wait_for_state(test_spool, pair_b.number, DATASET_READY);
	script_release(pair_server);
	forwarder_run();
	hurry_until_gone(pair_a.number, STEP_S * NS_PER_S);
	hurry_until_gone(pair_b.number, STEP_S * NS_PER_S);
	ck_assert_uint_eq(pair_copies("b"), 1);
	script_close(pair_server);
}
END_TEST

/* ---- many -------------------------------------------------------- */

enum { MANY = 500, SESSION_MAILS = 5 };

static const struct {
	struct script_row rows[2];
	uint32_t max_msg_sent;
	bool is_paired;
} crowds[] = {
	{ { { NULL, SCRIPT_REPLY, NULL, 0 } }, 0, true },
	{ { { NULL, SCRIPT_REPLY, NULL, 0 } }, SESSION_MAILS, true },
	{ { { "EHLO", SCRIPT_REPLY, "250 no extensions", 0 } }, 0, false },
};

START_TEST(each_of_many_mails_arrives_once)
{
	char content[CONTENT_LEN];
	size_t i;

	pair_server = one_target(crowds[_i].rows);
	test_config.targets[0].max_msg_sent = crowds[_i].max_msg_sent;
	forwarder_run();
	wait_gone(submit_mails("A", MANY));
	ck_assert_uint_eq(script_mails(pair_server), MANY);
	for (i = 1; i <= MANY; i++) {
		text_format(content, sizeof content, "mail %zu of A", i);
		ck_assert_uint_eq(pair_copies(content), 1);
	}
	ck_assert_int_eq(script_pairs(pair_server) > 0, crowds[_i].is_paired);
	if (crowds[_i].max_msg_sent > 0)
		ck_assert_uint_ge(
			script_connections(pair_server), MANY / SESSION_MAILS);
	script_close(pair_server);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_slow_dot_does_not_hold_up_the_mail_behind_it);
	tcase_add_loop_test(tc, the_mail_behind_goes_back_when_it_stops, 0, 2);
	tcase_add_loop_test(tc, each_of_many_mails_arrives_once, 0,
		sizeof crowds / sizeof *crowds);
}

int main(void)
{
	return forwarder_run_suite("pipeline_end", 30, NULL, add_tests);
}
