#include "support_forwarder.h"

#include "clock.h"

#include <check.h>
#include <string.h>

/* ---- mail that has to wait --------------------------------------- */

START_TEST(a_deferred_mail_is_tried_again_after_the_interval)
{
	static const struct script_row rows[] = {
		{ ".", SCRIPT_REPLY, "451 4.3.0 later", 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mail("bob@example.org", "text");

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_WAITING);
	ck_assert_ptr_nonnull(strstr(reason_of(number), "451 4.3.0 later"));
	ck_assert_uint_eq(forwarder_look().total_retry, 1);
	ck_assert_uint_eq(forwarder_look().current_retry, 1);
	ck_assert_uint_eq(script_commands(s, "MAIL"), 1);
	clock_forward(61 * NS_PER_S);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 1);
	ck_assert_uint_eq(forwarder_look().total_retry, 1);
	ck_assert_uint_eq(forwarder_look().current_retry, 0);
	ck_assert_uint_eq(forwarder_look().mail_sent, 1);
	script_close(s);
}
END_TEST

static bool none_is_in_retry(void *arg)
{
	(void)arg;
	return forwarder_look().current_retry == 0;
}

START_TEST(a_deferred_mail_that_is_purged_is_counted_no_longer)
{
	static const struct script_row rows[] = {
		{ ".", SCRIPT_REPLY, "451 4.3.0 later", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mails("A", 3);
	const char *name;

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_WAITING);
	ck_assert_uint_eq(forwarder_look().current_retry, 3);
	clock_forward(61 * NS_PER_S);
	script_wait_commands(s, ".", 6);
	wait_for_state(test_spool, number, DATASET_WAITING);
	ck_assert_uint_eq(forwarder_look().current_retry, 3);
	ck_assert_uint_eq(forwarder_look().total_retry, 3);
	name = job_name_of(test_spool, number);
	ck_assert_int_eq(dataset_unlink(test_spool, name, &alice), 0);
	wait_until(none_is_in_retry);
	script_close(s);
}
END_TEST

START_TEST(only_recipients_not_yet_served_are_tried_again)
{
	static const struct script_row rows[] = {
		{ "RCPT TO:<bob", SCRIPT_REPLY, "450 4.2.0 busy", 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mail(
		"ann@example.org bob@example.org eve@example.org", "text");

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_WAITING);
	forwarder_halt(NS_PER_S);
	forwarder_run();
	clock_forward(61 * NS_PER_S);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 2);
	ck_assert_str_eq(
		script_recipients(s, 0), "ann@example.org eve@example.org");
	ck_assert_str_eq(script_recipients(s, 1), "bob@example.org");
	script_close(s);
}
END_TEST

START_TEST(mail_out_of_tries_holds_its_data_set)
{
	static const struct script_row rows[] = {
		{ "MAIL", SCRIPT_REPLY, "451 4.7.1 not now", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mail("bob@example.org", "text");

	test_config.retry_count = (uint32_t)_i;
	forwarder_run();
	hurry_until(number, DATASET_HELD, 5 * NS_PER_S);
	ck_assert_ptr_nonnull(strstr(reason_of(number), "451 4.7.1 not now"));
	ck_assert_uint_eq(script_commands(s, "MAIL"), 1 + (size_t)_i);
	ck_assert_uint_eq(forwarder_look().undeliver, 1);
	ck_assert_uint_eq(forwarder_look().current_retry, 0);
	script_close(s);
}
END_TEST

START_TEST(a_deferred_mail_does_not_hold_up_the_others)
{
	static const struct script_row rows[] = {
		{ "MAIL", SCRIPT_REPLY, "451 4.7.1 not now", 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mails("A", 20);

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_WAITING);
	ck_assert_uint_eq(script_mails(s), 19);
	ck_assert_uint_eq(count_marks(number, STORE_MARK_DEFERRED), 1);
	clock_forward(61 * NS_PER_S);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 20);
	script_close(s);
}
END_TEST

/* ---- targets in trouble ------------------------------------------ */

static bool is_resting(void *arg)
{
	(void)arg;
	return forwarder_look().targets[0].state == TARGET_BACKOFF;
}

START_TEST(an_outage_gives_no_mail_up)
{
	struct script *s = script_prepare(NULL);
	struct forwarder_status status;
	uint64_t number;
	int i;

	forwarder_target(s);
	test_config.retry_count = 1;
	number = submit_mail("bob@example.org", "text");
	forwarder_run();
	for (i = 0; i < 5; i++) {
		wait_until(is_resting);
		status = forwarder_look();
		ck_assert(!status.has_usable_target);
		ck_assert_ptr_nonnull(strstr(
			status.waits_because, "connect: Connection refused"));
		ck_assert_uint_eq(
			status.targets[0].connect_fail, (uint64_t)i + 1);
		ck_assert_uint_eq(status.targets[0].mail_attempts, 0);
		ck_assert_int_ge(status.targets[0].until_ns, clock_wall_ns());
		wait_for_state(test_spool, number, DATASET_READY);
		if (i == 0)
			check_logged_once("JESF031W");
		if (i == 4)
			script_listen(s);
		clock_forward(1100 * NS_PER_S);
		if (i < 4)
			while (forwarder_look().targets[0].connect_fail
				< (uint64_t)i + 2)
				continue;
	}
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 1);
	ck_assert_uint_eq(forwarder_look().total_retry, 0);
	ck_assert_int_eq(forwarder_look().targets[0].state, TARGET_ACTIVE);
	script_close(s);
}
END_TEST

START_TEST(mail_moves_to_the_next_target_and_is_not_counted)
{
	static const struct script_row rows[] = {
		{ "MAIL", SCRIPT_REPLY, "452 4.3.1 full", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *full = one_target(rows);
	struct script *free_one = one_target(NULL);
	uint64_t number = submit_mail("bob@example.org", "text");

	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(free_one), 1);
	ck_assert_uint_eq(script_commands(full, "MAIL"), 1);
	ck_assert_uint_eq(forwarder_look().total_retry, 0);
	ck_assert_uint_eq(forwarder_look().targets[0].mail_attempts, 1);
	ck_assert_uint_eq(forwarder_look().targets[1].mail_attempts, 1);
	script_close(full);
	script_close(free_one);
}
END_TEST

START_TEST(a_pass_over_all_targets_counts_once)
{
	static const struct script_row rows[] = {
		{ "MAIL", SCRIPT_REPLY, "452 4.3.1 full", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *a = one_target(rows);
	struct script *b = one_target(rows);
	uint64_t number = submit_mail("bob@example.org", "text");
	struct store_mark_row row;

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_WAITING);
	ck_assert_uint_eq(script_commands(a, "MAIL"), 1);
	ck_assert_uint_eq(script_commands(b, "MAIL"), 1);
	ck_assert_int_eq(store_mark_read(test_store, number, 1, &row), 0);
	ck_assert_uint_eq(row.tries, 1);
	store_mark_fini(&row);
	script_close(a);
	script_close(b);
}
END_TEST

START_TEST(a_target_that_refuses_us_waits_for_an_operator)
{
	static const struct script_row rows[] = {
		{ "MAIL", SCRIPT_REPLY, "530 5.7.0 authenticate first", 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mail("bob@example.org", "text");

	test_config.retry_count = 0;
	forwarder_run();
	wait_for_state(test_spool, number, DATASET_WAITING);
	ck_assert_int_eq(forwarder_look().targets[0].state, TARGET_SUSPENDED);
	check_logged_once("JESF032E");
	clock_forward(1100 * NS_PER_S);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 1);
	script_close(s);
}
END_TEST

/* What ends the first session behind the mail. */
static const char *const farewells[] = {
	"250 2.0.0 Ok",
	"250 2.0.0 Ok\r\n421 4.4.2 timeout",
};

START_TEST(a_kept_session_that_is_gone_costs_no_try)
{
	struct script_row rows[] = {
		{ ".", SCRIPT_DROP, farewells[_i], 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number;

	test_config.targets[0].connect_limit = 1;
	forwarder_run();
	wait_gone(submit_mail("bob@example.org", "first"));
	number = submit_mail("bob@example.org", "second");
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 2);
	ck_assert_uint_eq(script_connections(s), 2);
	ck_assert_uint_eq(forwarder_look().total_retry, 0);
	ck_assert_uint_eq(forwarder_look().targets[0].mail_attempts, 2);
	ck_assert_uint_eq(forwarder_look().targets[0].connect_fail, 0);
	script_close(s);
}
END_TEST

static const char *const stages[] = { "CONNECT", "EHLO", "MAIL", "RCPT", "DATA",
	"." };

static const struct {
	enum script_act act;
	const char *reply;
} troubles[] = {
	{ SCRIPT_REPLY, "hello there" },
	{ SCRIPT_REPLY, "999 what" },
	{ SCRIPT_DROP, NULL },
	{ SCRIPT_DROP, "421 4.3.2 closing" },
	{ SCRIPT_MUTE, NULL },
};

enum {
	STAGES_TRIED = sizeof stages / sizeof *stages,
	TROUBLES = sizeof troubles / sizeof *troubles,
};

START_TEST(no_trouble_at_any_stage_loses_a_mail)
{
	const char *stage = stages[_i % STAGES_TRIED];
	struct script_row rows[] = {
		{ stage, troubles[_i / STAGES_TRIED % TROUBLES].act,
			troubles[_i / STAGES_TRIED % TROUBLES].reply, 2 },
		{ "EHLO", SCRIPT_REPLY, "250 target.example.org", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	bool is_pipelined = _i >= STAGES_TRIED * TROUBLES;
	struct script *s;
	uint64_t number;

	if (is_pipelined)
		rows[1].reply = "250-t\r\n250 PIPELINING";
	s = one_target(rows);
	test_config.targets[0].connect_limit = 1;
	test_config.retry_count = 1000;
	number = submit_mails("A", 2);
	forwarder_run();
	hurry_until_gone(number, 4 * NS_PER_S);
	ck_assert_uint_eq(script_mails(s), 2);
	ck_assert_uint_eq(forwarder_look().mail_sent, 2);
	script_close(s);
}
END_TEST

START_TEST(an_unanswered_dot_is_named_and_repeated_word_for_word)
{
	static const struct script_row rows[] = {
		{ ".", SCRIPT_DROP, NULL, 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	struct script *other = one_target(NULL);
	uint64_t number;

	script_change(other, rows);
	number = submit_mail("bob@example.org", "text");
	forwarder_run();
	wait_for_state(test_spool, number, DATASET_WAITING);
	ck_assert_int_eq(
		log_count("JESF044W possible duplicate: JOB00001.1"), 1);
	ck_assert_uint_eq(script_commands(other, "MAIL"), 0);
	clock_forward(300 * NS_PER_S);
	wait_for_state(test_spool, number, DATASET_WAITING);
	clock_forward(310 * NS_PER_S);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 1);
	ck_assert_uint_eq(script_commands(other, "MAIL"), 0);
	script_close(s);
	script_close(other);
}
END_TEST

START_TEST(a_reply_before_the_dot_ends_the_mail)
{
	static const struct script_row rows[] = {
		{ "BODY", SCRIPT_DROP, "552 5.2.2 quota", 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	static char content[4 << 20];
	struct script *s = one_target(rows);
	uint64_t number;
	size_t i;

	for (i = 0; i < sizeof content - 1; i++)
		content[i] = i % 64 == 63 ? '\n' : 'x';
	number = submit_mail("bob@example.org", content);
	forwarder_run();
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_ptr_nonnull(strstr(reason_of(number), "552 5.2.2 quota"));
	ck_assert_uint_eq(script_commands(s, "."), 0);
	script_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, mail_moves_to_the_next_target_and_is_not_counted);
	tcase_add_test(tc, a_pass_over_all_targets_counts_once);
	tcase_add_loop_test(tc, a_kept_session_that_is_gone_costs_no_try, 0, 2);
	tcase_add_test(tc, a_reply_before_the_dot_ends_the_mail);
}

static void add_moved_tests(TCase *tc)
{
	tcase_add_test(tc, a_deferred_mail_is_tried_again_after_the_interval);
	tcase_add_test(tc, a_deferred_mail_that_is_purged_is_counted_no_longer);
	tcase_add_test(tc, only_recipients_not_yet_served_are_tried_again);
	tcase_add_loop_test(tc, mail_out_of_tries_holds_its_data_set, 0, 3);
	tcase_add_test(tc, a_deferred_mail_does_not_hold_up_the_others);
	tcase_add_test(tc, an_outage_gives_no_mail_up);
	tcase_add_test(tc, a_target_that_refuses_us_waits_for_an_operator);
	tcase_add_loop_test(tc, no_trouble_at_any_stage_loses_a_mail, 0,
		2 * STAGES_TRIED * TROUBLES);
	tcase_add_test(
		tc, an_unanswered_dot_is_named_and_repeated_word_for_word);
}

int main(void)
{
	return forwarder_run_suite(
		"forwarder_trouble", 30, add_tests, add_moved_tests);
}
