/*
 * What batch SMTP asks for, through a forwarder to a target: refused mails,
 * TLS, notifications, long lists of recipients, TestMode.
 */
#include "../forwarder/mail.h"
#include "buf.h"
#include "clock.h"
#include "support_forwarder.h"
#include "support_run.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define MAIL_TO(rcpt)                                                          \
	"MAIL FROM:<a@example.org>\nRCPT TO:<" rcpt ">\nDATA\nx\n.\n"

static uint64_t submit_and_hold(const char *text)
{
	uint64_t number = submit(text);

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_HELD);
	return number;
}

START_TEST(a_refused_mail_is_failed_and_the_others_are_sent)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_and_hold("HELO n\n" MAIL_TO(
		"b@example.org") "MAIL FROM:x\nRCPT "
				 "TO:<c@example.org>\nDATA\nx\n."
				 "\n" MAIL_TO("d@example.org"));

	ck_assert_str_eq(reason_of(number),
		"line 7: 501 5.1.7 JES Syntax error in sender address, 'x'");
	ck_assert_uint_eq(script_mails(s), 2);
	ck_assert_ptr_null(script_line(s, "RCPT TO:<c@", 0));
	ck_assert_uint_eq(count_marks(number, STORE_MARK_FAILED), 1);
	ck_assert_uint_eq(forwarder_look().undeliver, 1);
	script_close(s);
}
END_TEST

START_TEST(a_recipient_with_an_error_holds_the_data_set_of_a_sent_mail)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_and_hold(
		"HELO n\nMAIL FROM:<>\nRCPT TO:<b>\nRCPT TO:<c@example.org>\n"
		"DATA\nx\n.\n");

	ck_assert_str_eq(reason_of(number),
		"line 3: 501 5.1.3 JES Syntax error in recipient address, "
		"'<b>'");
	ck_assert_uint_eq(script_mails(s), 1);
	ck_assert_str_eq(script_recipients(s, 0), "c@example.org");
	script_close(s);
}
END_TEST

START_TEST(a_mail_that_wants_tls_is_not_sent_in_the_clear)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_and_hold("EHLO n\nSTARTTLS\n" MAIL_TO(
		"b@example.org") "HELO n\n" MAIL_TO("c@example.org"));

	ck_assert_str_eq(reason_of(number),
		"mail 1: 530 5.7.10 needs TLS (STARTTLS), which no target "
		"server is reached by");
	ck_assert_uint_eq(script_mails(s), 1);
	ck_assert_str_eq(script_recipients(s, 0), "c@example.org");
	script_close(s);
}
END_TEST

/* ---- notifications ------------------------------------------------ */

static const char asks[] =
	"EHLO n\nMAIL FROM:<a@example.org> RET=hdrs ENVID=QQ+2B1\n"
	"RCPT TO:<b@example.org> NOTIFY=delay,success ORCPT=rfc822;b+40x\n"
	"RCPT TO:<c@example.org>\nRCPT TO:<d@example.org> NOTIFY=NEVER\n"
	"DATA\nx\n.\n";

START_TEST(what_is_asked_about_notifications_is_passed_on_where_offered)
{
	static const struct script_row rows[] = {
		{ "EHLO", SCRIPT_REPLY, "250-t\r\n250-PIPELINING\r\n250 DSN",
			0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit(asks);

	forwarder_run();
	wait_gone(number);
	ck_assert_str_eq(script_line(s, "MAIL", 0),
		"MAIL FROM:<a@example.org> RET=HDRS ENVID=QQ+2B1");
	ck_assert_str_eq(script_line(s, "RCPT", 0),
		"RCPT TO:<b@example.org> NOTIFY=SUCCESS,DELAY "
		"ORCPT=rfc822;b+40x");
	ck_assert_str_eq(script_line(s, "RCPT", 1), "RCPT TO:<c@example.org>");
	ck_assert_str_eq(script_line(s, "RCPT", 2),
		"RCPT TO:<d@example.org> NOTIFY=NEVER");
	script_close(s);
}
END_TEST

START_TEST(what_is_asked_about_notifications_is_dropped_where_not_offered)
{
	static const struct script_row rows[] = {
		{ "EHLO", SCRIPT_REPLY, "250-t\r\n250 PIPELINING", 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit(asks);

	forwarder_run();
	wait_gone(number);
	ck_assert_str_eq(
		script_line(s, "MAIL", 0), "MAIL FROM:<a@example.org>");
	ck_assert_str_eq(script_line(s, "RCPT", 0), "RCPT TO:<b@example.org>");
	script_close(s);
}
END_TEST

/* A line of a data set has 510 octets at most. */
START_TEST(a_hundred_recipients_of_the_longest_fit_one_command_group)
{
	enum { MANY = 100, ORCPT_OCTETS = 480 };
	static const struct script_row rows[] = {
		{ "EHLO", SCRIPT_REPLY, "250-t\r\n250-PIPELINING\r\n250 DSN",
			0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	char orcpt[ORCPT_OCTETS + 1];
	struct buf text;
	uint64_t number;
	int i;

	memset(orcpt, 'x', ORCPT_OCTETS);
	orcpt[ORCPT_OCTETS] = '\0';
	buf_init(&text);
	buf_puts(&text, "HELO n\nMAIL FROM:<>\n");
	for (i = 0; i < MANY; i++)
		buf_printf(&text, "RCPT TO:<%d@e> ORCPT=a;%s\n", i, orcpt);
	buf_puts(&text, "DATA\nx\n.\n");
	number = submit(text.data);
	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_commands(s, "RCPT"), MANY);
	ck_assert_uint_eq(script_mails(s), 1);
	buf_fini(&text);
	script_close(s);
}
END_TEST

/* ---- many recipients ---------------------------------------------- */

static uint64_t submit_to_many(size_t count)
{
	struct buf text;
	uint64_t number;
	size_t i;

	buf_init(&text);
	buf_puts(&text, "HELO n\nMAIL FROM:<a@example.org>\n");
	for (i = 0; i < count; i++)
		buf_printf(&text, "RCPT TO:<u%zu@example.org>\n", i);
	buf_puts(&text, "DATA\nx\n.\n");
	number = submit(text.data);
	buf_fini(&text);
	return number;
}

START_TEST(more_than_2000_recipients_are_all_served)
{
	enum { MANY = 2345 };
	struct script *s = one_target(NULL);
	uint64_t number = submit_to_many(MANY);
	char line[64];
	size_t i;

	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 24);
	ck_assert_uint_eq(script_commands(s, "RCPT"), MANY);
	for (i = 0; i < MANY; i += 117) {
		snprintf(line, sizeof line, "RCPT TO:<u%zu@example.org>", i);
		ck_assert_str_eq(script_line(s, "RCPT", i), line);
	}
	script_close(s);
}
END_TEST

/* Of a long list the store hears at the first step, and then now and again. */
START_TEST(what_is_delivered_of_a_long_list_is_known_before_its_end)
{
	static const struct script_row rows[] = {
		{ ".", SCRIPT_REPLY, "250 ok", 1 },
		{ ".", SCRIPT_GATE, NULL, 0 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_to_many(2100);
	struct store_mark_row row;

	forwarder_run();
	script_wait_gates(s, 1);
	do
		ck_assert_int_eq(
			spool_mark_read(test_spool, number, 1, &row), 0);
	while (row.recipients[0] != 'D' && (store_mark_fini(&row), true));
	ck_assert_uint_eq(strlen(row.recipients), 2100);
	ck_assert_uint_eq(strspn(row.recipients, "D"), 100);
	store_mark_fini(&row);
	script_release(s);
	wait_gone(number);
	script_close(s);
}
END_TEST

/* ---- TestMode ------------------------------------------------------ */

START_TEST(in_test_mode_a_clean_data_set_is_purged_and_nothing_sent)
{
	struct script *s = one_target(NULL);
	uint64_t number;

	test_config.is_test = true;
	number = submit(
		"HELO n\n" MAIL_TO("b@example.org") MAIL_TO("c@example.org"));
	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_connections(s), 0);
	ck_assert_uint_eq(forwarder_look().mail_sent, 0);
	script_close(s);
}
END_TEST

START_TEST(in_test_mode_a_data_set_with_an_error_is_held)
{
	struct script *s = one_target(NULL);
	uint64_t number;

	test_config.is_test = true;
	number = submit_and_hold("HELO n\n" MAIL_TO("b@example.org") "foo\n");
	ck_assert_str_eq(reason_of(number),
		"line 7: 500 5.5.1 JES Unknown command, 'foo'");
	ck_assert_uint_eq(script_connections(s), 0);
	script_close(s);
}
END_TEST

#define TO_TWO                                                                 \
	"HELO n\nMAIL FROM:<a@example.org>\nRCPT TO:<b@example.org>\n"         \
	"RCPT TO:<c%example.org>\nDATA\nx\n.\n"

/* Its first recipient has it, the other one is deferred. */
static uint64_t defer_one_of_two(struct script **s)
{
	static const struct script_row rows[] = {
		{ "RCPT TO:<c", SCRIPT_REPLY, "450 later", 0 }, { 0 }
	};
	uint64_t number;

	*s = one_target(rows);
	strcpy(test_config.input.at_sign, "%");
	test_config.retry_interval_min = 1;
	number = submit(TO_TWO);
	forwarder_run();
	hurry_until(number, DATASET_WAITING, 0);
	forwarder_halt(NS_PER_S);
	ck_assert_uint_eq(script_mails(*s), 1);
	return number;
}

START_TEST(test_mode_throws_away_no_mail_that_waits)
{
	struct script *s;
	uint64_t number = defer_one_of_two(&s);

	test_config.is_test = true;
	forwarder_run();
	hurry_until(number, DATASET_HELD, NS_PER_S);
	ck_assert_str_eq(reason_of(number),
		"TestMode: it was begun without it, and mail of it would be "
		"lost");
	script_close(s);
}
END_TEST

/* Which of its recipients have it is not known any more. */
START_TEST(a_mail_that_is_read_otherwise_now_is_held)
{
	struct script *s;
	uint64_t number = defer_one_of_two(&s);

	strcpy(test_config.input.at_sign, "@");
	forwarder_run();
	hurry_until(number, DATASET_HELD, NS_PER_S);
	ck_assert_str_eq(reason_of(number),
		"it is not read as it was when mails of it were sent: mail 1 "
		"has other recipients");
	ck_assert_uint_eq(script_mails(s), 1);
	script_close(s);
}
END_TEST

/* Mails that are there no more are not taken for settled. */
START_TEST(mails_that_were_read_and_are_no_more_hold_the_data_set)
{
	static const struct script_row rows[] = {
		{ "RCPT", SCRIPT_REPLY, "450 later", 0 }, { 0 }
	};
	struct script *s = one_target(rows);
	uint64_t number;

	test_config.retry_interval_min = 1;
	number = submit("HELO n\n" MAIL_TO("b@example.org")
			MAIL_TO("c@example.org") MAIL_TO("d@example.org"));
	forwarder_run();
	hurry_until(number, DATASET_WAITING, 0);
	forwarder_halt(NS_PER_S);
	test_config.input.records = INPUT_FIXED;
	test_config.input.record_length = 1000;
	forwarder_run();
	hurry_until(number, DATASET_HELD, NS_PER_S);
	ck_assert_msg(strstr(reason_of(number), "mail 1 is not there") != NULL
			|| strstr(reason_of(number), "mail 2 is not there")
				!= NULL,
		"%s", reason_of(number));
	script_close(s);
}
END_TEST

/* Whatever the targets are doing. */
START_TEST(test_mode_needs_no_target)
{
	struct script *s = script_prepare(NULL);
	uint64_t number;

	forwarder_target(s);
	test_config.is_test = true;
	number = submit_mails("A", 1000);
	forwarder_run();
	wait_gone(number);
	script_close(s);
}
END_TEST

static void add_moved_tests(TCase *tc)
{
	tcase_add_test(tc, test_mode_throws_away_no_mail_that_waits);
	tcase_add_test(tc, a_mail_that_is_read_otherwise_now_is_held);
	tcase_add_test(
		tc, mails_that_were_read_and_are_no_more_hold_the_data_set);
}

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_refused_mail_is_failed_and_the_others_are_sent);
	tcase_add_test(tc,
		a_recipient_with_an_error_holds_the_data_set_of_a_sent_mail);
	tcase_add_test(tc, a_mail_that_wants_tls_is_not_sent_in_the_clear);
	tcase_add_test(tc,
		what_is_asked_about_notifications_is_passed_on_where_offered);
	tcase_add_test(tc,
		what_is_asked_about_notifications_is_dropped_where_not_offered);
	tcase_add_test(
		tc, a_hundred_recipients_of_the_longest_fit_one_command_group);
	tcase_add_test(tc, more_than_2000_recipients_are_all_served);
	tcase_add_test(
		tc, what_is_delivered_of_a_long_list_is_known_before_its_end);
	tcase_add_test(
		tc, in_test_mode_a_clean_data_set_is_purged_and_nothing_sent);
	tcase_add_test(tc, in_test_mode_a_data_set_with_an_error_is_held);
	tcase_add_test(tc, test_mode_needs_no_target);
}

int main(void)
{
	return forwarder_run_suite(
		"forwarder batch", 30, add_tests, add_moved_tests);
}
