/*
 * What target servers get of text that is not ASCII.
 */
#include "clock.h"
#include "support_forwarder.h"
#include "support_run.h"

#include <check.h>
#include <string.h>

#define TO_BOB                                                                 \
	"HELO a\nMAIL FROM:<a@example.org>\nRCPT TO:<bob@example.org>\nDATA\n"
#define EURO "\xe2\x82\xac"

static void set_charset(size_t target, const char *name)
{
	strcpy(test_config.targets[target].charset, name);
}

static bool has(const char *content, const char *text)
{
	return strstr(content, text) != NULL;
}

/* ---- one target ---------------------------------------------------- */

static const struct {
	const char *page, *charset, *text, *sent;
} ways[] = {
	/* As it came. */
	{ "", "", "3 " EURO " \xff\n.\n", "\r\n3 " EURO " \xff\r\n" },
	{ "", "ISO8859-15", "3 " EURO "\n.\n", "\r\n3 \xa4\r\n" },
	{ "", "ISO8859-1", "3 " EURO "\n.\n", "\r\n3 ?\r\n" },
	{ "CP1252", "", "3 \x80\n.\n", "\r\n3 \x80\r\n" },
	{ "CP1252", "UTF-8", "3 \x80\n.\n", "\r\n3 " EURO "\r\n" },
};

START_TEST(text_leaves_in_the_character_set_of_its_target)
{
	struct script *s = one_target(NULL);
	char text[256];

	strcpy(test_config.input.page, ways[_i].page);
	set_charset(0, ways[_i].charset);
	stpcpy(stpcpy(text, TO_BOB "Subject: s\n\n"), ways[_i].text);
	wait_gone((forwarder_run(), submit(text)));
	ck_assert_msg(has(script_content(s, 0), ways[_i].sent), "%s",
		script_content(s, 0));
	script_close(s);
}
END_TEST

/* Its octets are counted as UTF-8 has them, and are other ones there. */
START_TEST(the_size_is_told_where_it_is_known)
{
	static const struct script_row rows[] = {
		{ "EHLO", SCRIPT_REPLY, "250-n\r\n250-8BITMIME\r\n250 SIZE 900",
			0 },
		{ 0 }
	};
	struct script *s = one_target(rows);
	char text[2048] = TO_BOB "Subject: s\n\n";
	int i;

	set_charset(0, "ISO8859-1");
	forwarder_run();
	wait_gone(submit(TO_BOB "Subject: s\n\nx\n.\n"));
	ck_assert_uint_eq(
		script_commands(s, "MAIL FROM:<a@example.org> SIZE="), 1);
	/* 250 octets as sent, 500 of UTF-8: it fits. */
	for (i = 0; i < 250; i++)
		strcat(text, "\xc3\xbf");
	strcat(text, "\n.\n");
	wait_gone(submit(text));
	ck_assert_uint_eq(
		script_commands(s, "MAIL FROM:<a@example.org> SIZE="), 1);
	ck_assert_uint_eq(
		script_commands(s, "MAIL FROM:<a@example.org> BODY=8BITMIME"),
		1);
	script_close(s);
}
END_TEST

/* In the log, once, though the mail is sent twice. */
START_TEST(what_was_replaced_is_told_once)
{
	static const struct script_row rows[] = { { ".", SCRIPT_DROP, NULL, 1 },
		{ 0 } };
	struct script *s = one_target(rows);
	uint64_t number;

	set_charset(0, "ISO8859-1");
	test_config.retry_interval_min = 1;
	forwarder_run();
	number = submit(TO_BOB "Subject: s\n\n" EURO EURO "\ra\n.\n");
	hurry_until_gone(number, NS_PER_S);
	ck_assert(has(script_content(s, 0), "\r\n?? a\r\n"));
	check_logged_once("JESF047W JOB00001.1 is not sent to ");
	check_logged_once("2 characters are '?' now, 1 controls blanks");
	script_close(s);
}
END_TEST

START_TEST(a_character_that_is_lacking_fails_the_mail_where_that_is_coded)
{
	struct script *s = one_target(NULL);
	uint64_t number;

	set_charset(0, "ISO8859-1");
	test_config.input.unconvertible = UNCONVERTIBLE_ERROR;
	forwarder_run();
	number = submit(TO_BOB "Subject: s\n\n" EURO "\n.\n");
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_msg(has(reason_of(number),
			      "554 5.6.5 the target's character set lacks a "
			      "character"),
		"%s", reason_of(number));
	ck_assert_uint_eq(script_mails(s), 0);
	script_close(s);
}
END_TEST

/* 250 characters are 500 octets of UTF-8, and 1000 of GB18030. */
START_TEST(a_line_too_long_in_its_character_set_fails_the_mail)
{
	struct script *s = one_target(NULL);
	char text[1024] = TO_BOB "Subject: s\n\n";
	uint64_t number;
	int i;

	strcpy(test_config.targets[0].mbcharset, "GB18030");
	test_config.input.is_mbcs = true;
	for (i = 0; i < 250; i++)
		strcat(text, "\xc3\xbf");
	strcat(text, "\n.\n");
	forwarder_run();
	number = submit(text);
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_msg(has(reason_of(number), "554 5.6.0 a line is too long"),
		"%s", reason_of(number));
	ck_assert_uint_eq(script_mails(s), 0);
	script_close(s);
}
END_TEST

/* ---- two ------------------------------------------------------------ */

START_TEST(each_target_gets_its_own_character_set)
{
	static const struct script_row rows[] = { { ".", SCRIPT_GATE, NULL, 0 },
		{ 0 } };
	struct script *one = one_target(rows);
	struct script *two = one_target(rows);
	uint64_t first, second;

	set_charset(0, "ISO8859-15");
	set_charset(1, "CP1252");
	test_config.targets[0].connect_limit = 1;
	test_config.targets[1].connect_limit = 1;
	forwarder_run();
	first = submit(TO_BOB "Subject: s\n\n" EURO "\n.\n");
	second = submit(TO_BOB "Subject: s\n\n" EURO "\n.\n");
	script_wait_gates(one, 1);
	script_wait_gates(two, 1);
	script_release(one);
	script_release(two);
	wait_gone(first);
	wait_gone(second);
	ck_assert(has(script_content(one, 0), "\r\n\xa4\r\n"));
	ck_assert(has(script_content(two, 0), "\r\n\x80\r\n"));
	script_close(one);
	script_close(two);
}
END_TEST

START_TEST(a_target_whose_character_set_fits_takes_the_mail)
{
	struct script *one = one_target(NULL);
	struct script *two = one_target(NULL);
	int i;

	set_charset(0, "ISO8859-1");
	set_charset(1, "UTF-8");
	test_config.input.unconvertible = UNCONVERTIBLE_ERROR;
	forwarder_run();
	for (i = 0; i < 4; i++)
		wait_gone(submit(TO_BOB "Subject: s\n\n" EURO "\n.\n"));
	ck_assert_uint_eq(script_mails(one), 0);
	ck_assert_uint_eq(script_mails(two), 4);
	script_close(one);
	script_close(two);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, the_size_is_told_where_it_is_known);
	tcase_add_loop_test(tc, text_leaves_in_the_character_set_of_its_target,
		0, COUNT(ways));
	tcase_add_test(tc,
		a_character_that_is_lacking_fails_the_mail_where_that_is_coded);
	tcase_add_test(tc, a_line_too_long_in_its_character_set_fails_the_mail);
	tcase_add_test(tc, each_target_gets_its_own_character_set);
	tcase_add_test(tc, a_target_whose_character_set_fits_takes_the_mail);
}

static void add_moved_tests(TCase *tc)
{
	tcase_add_test(tc, what_was_replaced_is_told_once);
}

int main(void)
{
	return forwarder_run_suite(
		"forwarder_charset", 30, add_tests, add_moved_tests);
}
