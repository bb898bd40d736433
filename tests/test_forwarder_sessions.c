#include "support_forwarder.h"

#include "clock.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

/* ---- sessions ---------------------------------------------------- */

/* A session may become idle only after its mail is gone: time goes on. */
static bool has_quit_later(void *script)
{
	clock_forward(31 * NS_PER_S);
	return script_commands(script, "QUIT") > 0;
}

START_TEST(an_idle_session_ends_with_quit)
{
	struct script *s = one_target(NULL);

	test_config.targets[0].connect_limit = 1;
	test_config.timeout.connect_idle_s = _i == 0 ? 0 : 30;
	forwarder_run();
	wait_gone(submit_mail("bob@example.org", "text"));
	if (_i != 0) {
		ck_assert_uint_eq(script_commands(s, "QUIT"), 0);
		ck_assert(clock_wait_until(has_quit_later, s));
	}
	script_wait_commands(s, "QUIT", 1);
	ck_assert_uint_eq(script_connections(s), 1);
	script_close(s);
}
END_TEST

START_TEST(a_session_sends_no_more_than_it_may)
{
	struct script *s = one_target(NULL);

	test_config.targets[0].connect_limit = 1;
	test_config.targets[0].max_msg_sent = 2;
	forwarder_run();
	wait_gone(submit_mails("A", 6));
	script_wait_commands(s, "QUIT", 3);
	ck_assert_uint_eq(script_connections(s), 3);
	ck_assert_uint_eq(script_mails(s), 6);
	script_close(s);
}
END_TEST

START_TEST(an_old_session_is_replaced)
{
	struct script *s = one_target(NULL);

	test_config.targets[0].connect_limit = 1;
	test_config.timeout.connect_idle_s = 1000;
	forwarder_run();
	wait_gone(submit_mails("A", 1));
	clock_forward(301 * NS_PER_S);
	wait_gone(submit_mails("B", 1));
	script_wait_commands(s, "QUIT", 1);
	wait_gone(submit_mails("C", 1));
	ck_assert_uint_eq(script_connections(s), 2);
	ck_assert_uint_eq(script_mails(s), 3);
	script_close(s);
}
END_TEST

static const struct script_row at_slow[] = {
	{ "RCPT TO:<slow", SCRIPT_GATE, NULL, 1 },
	{ NULL, SCRIPT_REPLY, NULL, 0 },
};

/* What is left for a busy session is not left there when that one is stuck. */
START_TEST(a_mail_behind_a_stuck_session_goes_out_on_another)
{
	struct script *s = one_target(at_slow);
	uint64_t slow;

	test_config.targets[0].connect_limit = 4;
	test_config.timeout.connect_idle_s = 1000;
	forwarder_run();
	wait_gone(submit_mails("A", 100));
	slow = submit_mail("slow@example.org", "text");
	script_wait_commands(s, "RCPT TO:<slow", 1);
	wait_gone(submit_mails("B", 10));
	ck_assert_uint_eq(script_mails(s), 110);
	script_release(s);
	wait_gone(slow);
	script_close(s);
}
END_TEST

START_TEST(targets_share_the_mail)
{
	struct script *a = one_target(NULL);
	struct script *b = one_target(NULL);

	test_config.targets[0].connect_limit = 2;
	test_config.targets[1].connect_limit = 2;
	forwarder_run();
	wait_gone(submit_mails("A", 300));
	ck_assert_uint_ge(script_mails(a), 30);
	ck_assert_uint_ge(script_mails(b), 30);
	ck_assert_uint_eq(script_mails(a) + script_mails(b), 300);
	script_close(a);
	script_close(b);
}
END_TEST

/* ---- what is claimed --------------------------------------------- */

enum { SESSIONS = 3, DATA_SETS = 40 };

static uint64_t numbers[DATA_SETS];

static size_t claimed(void)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < DATA_SETS; i++)
		if (numbers[i] != 0)
			count += count_marks(numbers[i], STORE_MARK_CLAIMED);
	return count;
}

static bool is_budget_used(void *arg)
{
	size_t count = claimed();

	(void)arg;
	ck_assert_uint_le(count, 2 * SESSIONS);
	return count == 2 * SESSIONS;
}

START_TEST(two_mails_a_session_are_claimed_and_no_more)
{
	static const struct script_row rows[] = {
		{ ".", SCRIPT_GATE, NULL, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	size_t mails = 0;
	size_t i;

	memset(numbers, 0, sizeof numbers);
	test_config.targets[0].connect_limit = SESSIONS;
	for (i = 0; i < (_i == 0 ? DATA_SETS : 1); i++) {
		size_t count = _i == 0 ? 1 : 500;

		numbers[i] = submit_mails("A", count);
		mails += count;
	}
	forwarder_run();
	script_wait_commands(s, ".", SESSIONS);
	wait_until(is_budget_used);
	ck_assert_uint_eq(script_commands(s, "."), SESSIONS);
	script_release(s);
	for (i = 0; i < (_i == 0 ? DATA_SETS : 1); i++)
		wait_gone(numbers[i]);
	ck_assert_uint_eq(script_mails(s), mails);
	script_close(s);
}
END_TEST

/* ---- the end ----------------------------------------------------- */

START_TEST(what_was_not_sent_goes_back_when_it_stops)
{
	static const struct script_row rows[] = {
		{ ".", SCRIPT_GATE, NULL, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t large, next_due;
	size_t i;

	for (i = 0; i < DATA_SETS; i++)
		numbers[i] = submit_mails("A", 1);
	large = submit_mails("large", 200);
	forwarder_run();
	script_wait_commands(s, ".", 4);
	forwarder_halt(0);
	ck_assert_uint_eq(script_mails(s), 0);
	ck_assert_uint_eq(claimed(), 0);
	(void)spool_selectable(test_spool, "MAIL", (int64_t *)&next_due);

	script_release(s);
	forwarder_run();
	for (i = 0; i < DATA_SETS; i++)
		hurry_until_gone(numbers[i], NS_PER_S);
	hurry_until_gone(large, NS_PER_S);
	ck_assert_uint_ge(script_mails(s), DATA_SETS + 200);
	/* only what was on the wire may have come twice */
	ck_assert_uint_le(script_mails(s), DATA_SETS + 200 + 4);
	script_close(s);
}
END_TEST

static void *release_later(void *arg)
{
	struct script *s = arg;

	script_wait_commands(s, ".", 1);
	script_release(s);
	return NULL;
}

START_TEST(a_transaction_under_way_is_finished_before_it_stops)
{
	static const struct script_row rows[] = {
		{ ".", SCRIPT_GATE, NULL, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mail("bob@example.org", "text");
	struct dataset d;
	pthread_t releaser;

	forwarder_run();
	script_wait_commands(s, ".", 1);
	ck_assert_int_eq(pthread_create(&releaser, NULL, release_later, s), 0);
	forwarder_halt(20 * NS_PER_S);
	pthread_join(releaser, NULL);
	ck_assert_uint_eq(script_mails(s), 1);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), -ENOENT);
	ck_assert_uint_eq(script_commands(s, "QUIT"), 1);
	script_close(s);
}
END_TEST

/* With a patience no test has, and a target that would be waited for. */
START_TEST(a_session_not_yet_set_up_holds_no_stop_up)
{
	static const struct script_row silent[] = {
		{ "CONNECT", SCRIPT_MUTE, NULL, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(silent);
	uint64_t number = submit_mail("bob@example.org", "text");
	struct dataset d;

	test_config.timeout.initial_msg_s = 3600;
	forwarder_run();
	script_wait_connections(s, 1);
	forwarder_halt(3600 * NS_PER_S);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_READY);
	script_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_session_sends_no_more_than_it_may);
	tcase_add_test(tc, a_mail_behind_a_stuck_session_goes_out_on_another);
	tcase_add_test(tc, targets_share_the_mail);
	tcase_add_loop_test(
		tc, two_mails_a_session_are_claimed_and_no_more, 0, 2);
	tcase_add_test(tc, a_transaction_under_way_is_finished_before_it_stops);
	tcase_add_test(tc, a_session_not_yet_set_up_holds_no_stop_up);
}

static void add_moved_tests(TCase *tc)
{
	tcase_add_loop_test(tc, an_idle_session_ends_with_quit, 0, 2);
	tcase_add_test(tc, an_old_session_is_replaced);
	tcase_add_test(tc, what_was_not_sent_goes_back_when_it_stops);
}

int main(void)
{
	return forwarder_run_suite(
		"forwarder_sessions", 30, add_tests, add_moved_tests);
}
