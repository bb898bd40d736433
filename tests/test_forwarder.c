#include "support_forwarder.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct script_row lockstep[] = {
	{ "EHLO", SCRIPT_REPLY, "250 target.example.org", 0 },
	{ NULL, SCRIPT_REPLY, NULL, 0 },
};

/* ---- delivery ---------------------------------------------------- */

START_TEST(a_mail_goes_out_pipelined_with_its_size)
{
	struct script *s = one_target(NULL);
	uint64_t number =
		submit_mail("bob@example.org eve@example.org", "..a\nb");
	struct forwarder_status status;
	char mail[80];

	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 1);
	/* All but the dot that is doubled on the wire. */
	snprintf(mail, sizeof mail, "MAIL FROM:<ann@example.org> SIZE=%zu",
		strlen(script_content(s, 0)) - 1);
	ck_assert_str_eq(script_line(s, "EHLO", 0), "EHLO client.example.org");
	ck_assert_str_eq(script_line(s, "MAIL", 0), mail);
	ck_assert_str_eq(
		script_recipients(s, 0), "bob@example.org eve@example.org");
	ck_assert_str_eq(script_text(s, 0), "..a\r\nb\r\n");
	ck_assert(script_saw_pipelining(s));
	ck_assert_uint_eq(script_connections(s), 1);
	status = forwarder_look();
	ck_assert_uint_eq(status.mail_sent, 1);
	ck_assert_uint_eq(status.undeliver, 0);
	ck_assert_uint_eq(status.total_retry, 0);
	ck_assert(status.has_usable_target);
	ck_assert_str_eq(status.waits_because, "");
	ck_assert_int_eq(status.targets[0].state, TARGET_ACTIVE);
	ck_assert(status.targets[0].is_esmtp);
	ck_assert_uint_eq(status.targets[0].message_size, 10000000);
	ck_assert_uint_eq(status.targets[0].mail_attempts, 1);
	ck_assert_uint_eq(status.targets[0].mail_sent, 1);
	ck_assert_uint_eq(status.targets[0].connect_fail, 0);
	script_close(s);
}
END_TEST

START_TEST(without_pipelining_each_command_waits_for_its_reply)
{
	struct script *s = one_target(lockstep);
	uint64_t number = submit_mails("A", 3);

	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 3);
	ck_assert(!script_saw_pipelining(s));
	ck_assert_str_eq(
		script_line(s, "MAIL", 0), "MAIL FROM:<ann@example.org>");
	ck_assert_uint_eq(forwarder_look().targets[0].message_size, 524288);
	script_close(s);
}
END_TEST

START_TEST(a_target_without_ehlo_gets_helo)
{
	static const struct script_row rows[] = {
		{ "EHLO", SCRIPT_REPLY, "502 5.5.1 no", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mails("A", 2);

	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 2);
	ck_assert(!script_saw_pipelining(s));
	ck_assert(!forwarder_look().targets[0].is_esmtp);
	ck_assert_uint_eq(forwarder_look().targets[0].message_size, 524288);
	script_close(s);
}
END_TEST

START_TEST(a_refused_recipient_holds_the_data_set)
{
	static const struct script_row rows[] = {
		{ "RCPT TO:<bob", SCRIPT_REPLY, "550 5.1.1 No such user", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number =
		submit_mail("bob@example.org eve@example.org", "text");
	struct forwarder_status status;
	char want[REASON_MAX];

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_str_eq(script_recipients(s, 0), "eve@example.org");
	status = forwarder_look();
	snprintf(want, sizeof want,
		"mail 1 <bob@example.org>: 550 5.1.1 No such user "
		"(127.0.0.1:%u, RCPT)",
		(unsigned int)status.targets[0].port);
	ck_assert_str_eq(reason_of(number), want);
	check_logged_once("JESF010W JOB00001 held: mail 1 <bob");
	ck_assert_uint_eq(status.mail_sent, 0);
	ck_assert_uint_eq(status.undeliver, 1);
	ck_assert_uint_eq(status.targets[0].mail_sent, 1);
	script_close(s);
}
END_TEST

START_TEST(over_100_recipients_take_several_transactions)
{
	char recipients[8192];
	size_t used = 0;
	struct script *s = one_target(_i == 0 ? NULL : lockstep);
	uint64_t number;
	int i;

	for (i = 0; i < 250; i++)
		used += (size_t)snprintf(recipients + used,
			sizeof recipients - used, "%sr%d@example.org",
			i > 0 ? " " : "", i);
	number = submit_mail(recipients, "text");
	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 3);
	ck_assert_uint_eq(script_commands(s, "RCPT"), 250);
	ck_assert_uint_eq(forwarder_look().mail_sent, 1);
	ck_assert_uint_eq(forwarder_look().targets[0].mail_sent, 1);
	script_close(s);
}
END_TEST

START_TEST(a_thousand_mails_of_one_data_set_all_arrive_once)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_mails("A", 1000);
	uint64_t other = submit_mails("B", 300);

	forwarder_run();
	wait_gone(number);
	wait_gone(other);
	ck_assert_uint_eq(script_mails(s), 1300);
	ck_assert_uint_eq(script_commands(s, "MAIL"), 1300);
	ck_assert_uint_le(script_most_at_once(s), 4);
	ck_assert_uint_eq(forwarder_look().mail_sent, 1300);
	script_close(s);
}
END_TEST

START_TEST(a_large_data_set_does_not_delay_a_small_one)
{
	struct script *s = one_target(NULL);
	uint64_t large, small;
	size_t i;

	test_config.targets[0].connect_limit = 1;
	large = submit_mails("large", 2000);
	small = submit_mails("small", 1);
	forwarder_run();
	wait_gone(small);
	wait_gone(large);
	for (i = 0; strstr(script_content(s, i), "of small") == NULL; i++)
		continue;
	ck_assert_uint_le(i, 100);
	script_close(s);
}
END_TEST

START_TEST(content_of_many_blocks_arrives_whole)
{
	enum { LINES = 60000 };
	static char content[LINES * 20];
	static char want[LINES * 21];
	size_t used = 0, wanted = 0;
	struct script *s = one_target(NULL);
	uint64_t number;
	int i;

	for (i = 0; i < LINES; i++) {
		used += (size_t)sprintf(content + used, "line %d\n", i);
		wanted += (size_t)sprintf(want + wanted, "line %d\r\n", i);
	}
	content[used - 1] = '\0';
	number = submit_mail("bob@example.org", content);
	forwarder_run();
	wait_gone(number);
	ck_assert(strcmp(script_text(s, 0), want) == 0);
	script_close(s);
}
END_TEST

/* ---- limits of targets ------------------------------------------- */

static const struct {
	const char *ehlo, *content, *reason;
} unfit[] = {
	{ "250-t\r\n250 SIZE 10", "0123456789",
		"mail 1: 552 5.3.4 larger than every target server takes" },
	{ "250 t", "\xc3\xa4",
		"mail 1: 554 5.6.3 8-bit content, and no target server offers "
		"8BITMIME" },
};

START_TEST(what_no_target_can_take_is_held)
{
	struct script_row rows[] = {
		{ "EHLO", SCRIPT_REPLY, unfit[_i].ehlo, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mail("bob@example.org", unfit[_i].content);

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_str_eq(reason_of(number), unfit[_i].reason);
	ck_assert_uint_eq(script_commands(s, "MAIL"), 0);
	ck_assert_uint_eq(forwarder_look().undeliver, 1);
	script_close(s);
}
END_TEST

START_TEST(the_target_that_can_take_a_mail_gets_it)
{
	struct script_row rows[] = {
		{ "EHLO", SCRIPT_REPLY, unfit[_i].ehlo, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *small = one_target(rows);
	struct script *large = one_target(NULL);
	uint64_t number = submit_mail("bob@example.org", unfit[_i].content);

	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(small), 0);
	ck_assert_uint_eq(script_mails(large), 1);
	script_close(small);
	script_close(large);
}
END_TEST

START_TEST(content_of_8_bits_is_declared)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_mail("bob@example.org", "\xc3\xa4");
	char mail[80];

	forwarder_run();
	wait_gone(number);
	snprintf(mail, sizeof mail,
		"MAIL FROM:<ann@example.org> SIZE=%zu BODY=8BITMIME",
		strlen(script_content(s, 0)));
	ck_assert_str_eq(script_line(s, "MAIL", 0), mail);
	script_close(s);
}
END_TEST

/* ---- data sets that are wrong ------------------------------------ */

START_TEST(a_data_set_with_an_error_is_held_with_its_line)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit("HELO a\nMAIL FROM:<a@example.org>\n"
				 "RCPT TO:<b@example.org>\nDATA\nx\n.\n"
				 "BCC: ann@example.org\n");

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_ptr_nonnull(strstr(reason_of(number), "line 7: 500 5.5.1"));
	check_logged_once("JESF010W JOB00001 held: line 7");
	script_close(s);
}
END_TEST

START_TEST(a_data_set_without_mail_is_purged)
{
	struct script *s = one_target(NULL);

	forwarder_run();
	wait_gone(submit("HELO a\nQUIT\n"));
	ck_assert_uint_eq(script_commands(s, "MAIL"), 0);
	script_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_mail_goes_out_pipelined_with_its_size);
	tcase_add_test(tc, without_pipelining_each_command_waits_for_its_reply);
	tcase_add_test(tc, a_target_without_ehlo_gets_helo);
	tcase_add_test(tc, a_refused_recipient_holds_the_data_set);
	tcase_add_loop_test(
		tc, over_100_recipients_take_several_transactions, 0, 2);
	tcase_add_test(tc, a_thousand_mails_of_one_data_set_all_arrive_once);
	tcase_add_test(tc, a_large_data_set_does_not_delay_a_small_one);
	tcase_add_test(tc, content_of_many_blocks_arrives_whole);
	tcase_add_loop_test(tc, what_no_target_can_take_is_held, 0, 2);
	tcase_add_loop_test(tc, the_target_that_can_take_a_mail_gets_it, 0, 2);
	tcase_add_test(tc, content_of_8_bits_is_declared);
	tcase_add_test(tc, a_data_set_with_an_error_is_held_with_its_line);
	tcase_add_test(tc, a_data_set_without_mail_is_purged);
}

int main(void)
{
	return forwarder_run_suite("forwarder", 30, add_tests, NULL);
}
