/*
 * Data sets in the forms and with the errors that a writer's file speaks of,
 * through a forwarder to a target.
 */
#include "support_forwarder.h"
#include "support_run.h"

#include <check.h>
#include <string.h>

#define MAIL_TO(rcpt)                                                          \
	"MAIL FROM:<a@example.org>\nRCPT TO:<" rcpt ">\nDATA\nx\n.\n"

/* ---- errors ------------------------------------------------------- */

static const struct {
	const char *text;
	uint32_t limit;
	unsigned mails;
	const char *reason;
} wrong[] = {
	/* Mails behind an error are sent, and the first one is the reason. */
	{ "HELO a\nfoo\n" MAIL_TO("b@example.org") "bar\nbaz\n" MAIL_TO(
		  "c@example.org"),
		5, 2,
		"line 2: 500 5.5.1 JES Unknown command, 'foo' "
		"(and 2 more)" },
	/* Over the limit the rest is abandoned. */
	{ "HELO a\n" MAIL_TO("b@example.org") "foo\nbar\n" MAIL_TO(
		  "c@example.org"),
		1, 1,
		"line 7: 500 5.5.1 JES Unknown command, 'foo' "
		"(and 1 more); the rest was not read" },
	/* One error is no list. */
	{ "HELO a\n" MAIL_TO("b@example.org") "foo\n", 1, 1,
		"line 7: 500 5.5.1 JES Unknown command, 'foo'" },
};

START_TEST(good_mails_are_sent_then_the_data_set_is_held)
{
	struct script *s = one_target(NULL);
	uint64_t number;

	test_config.input.syntax_error_limit = wrong[_i].limit;
	number = submit(wrong[_i].text);
	forwarder_run();
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_str_eq(reason_of(number), wrong[_i].reason);
	ck_assert_uint_eq(script_commands(s, "MAIL"), wrong[_i].mails);
	script_close(s);
}
END_TEST

/* An error as long as can be leaves room for what is said of the others. */
START_TEST(a_long_reason_is_cut_before_what_is_said_of_others)
{
	static const char rest[] = " (and 1 more); the rest was not read";
	struct script *s = one_target(NULL);
	const char *reason;
	uint64_t number;

	test_config.input.format = INPUT_BATCH;
	test_config.input.syntax_error_limit = 1;
	number = submit("\377\377\377\377\377\377\377\377\377\377\377\377\377"
			"\377\377\377\377\377\377\377\377\377\377\377\377\377"
			"\377\377\377\377\377\377\377\377\377\377\377\377\377"
			"\377\377\377\377\377\377\377\377\377\377\377\377\377"
			"\nfoo\n");
	forwarder_run();
	wait_for_state(test_spool, number, DATASET_HELD);
	reason = reason_of(number);
	ck_assert_str_eq(reason + strlen(reason) - strlen(rest), rest);
	script_close(s);
}
END_TEST

/* ---- long lines ---------------------------------------------------- */

static uint64_t submit_long(void)
{
	char text[2000];
	size_t len = strlen(strcpy(text,
		"HELO a\nMAIL FROM:<a@example.org>\n"
		"RCPT TO:<b@example.org>\nDATA\nSubject: x\n\n"));

	memset(text + len, '\xc3', 999);
	strcpy(text + len + 999, "\n.\n");
	return submit(text);
}

START_TEST(a_long_line_is_an_error)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_long();

	forwarder_run();
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_str_eq(
		reason_of(number), "line 7: 500 5.6.0 JES Data line too long");
	ck_assert_uint_eq(script_mails(s), 0);
	script_close(s);
}
END_TEST

/* Of 7 bits then, and its size is not what it was. */
START_TEST(a_long_line_is_encoded_where_that_is_coded)
{
	struct script *s = one_target(NULL);
	uint64_t number;

	test_config.input.long_line = LONG_LINE_ENCODE;
	number = submit_long();
	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 1);
	ck_assert_str_eq(
		script_line(s, "MAIL", 0), "MAIL FROM:<a@example.org>");
	ck_assert_int_eq(strncmp(script_text(s, 0), "=C3=C3", 6), 0);
	script_close(s);
}
END_TEST

/* ---- Bcc ----------------------------------------------------------- */

static const struct {
	const char *text;
	bool is_named;
} lone[] = {
	{ "To: b@example.org\nSubject: s\n\nx\n", true },
	{ "Bcc: b@example.org\nSubject: s\n\nx\n", false },
	{ "Bcc: Bob\n <b@example.org>\nSubject: s\n\nx\n", false },
	{ "To: undisclosed:;\nBcc: b@example.org\n\nx\n", false },
	{ "To: a@example.org\nResent-Bcc: b@example.org\n\nx\n", false },
	{ "HELO a\n" MAIL_TO("b@example.org"), true },
	{ "HELO a\nMAIL FROM:<a@example.org>\nRCPT TO:<b@example.org>\nDATA\n"
	  "Bcc: b@example.org\n\nx\n.\n",
		false },
};

START_TEST(who_is_named_in_bcc_is_named_nowhere)
{
	struct script *s = one_target(NULL);

	forwarder_run();
	wait_gone(submit(lone[_i].text));
	ck_assert_uint_eq(script_commands(s, "RCPT TO:<b@example.org>"), 1);
	ck_assert_msg((strstr(script_content(s, 0), "b@example.org") != NULL)
			== lone[_i].is_named,
		"%s", script_content(s, 0));
	script_close(s);
}
END_TEST

/* ---- addresses that cannot be converted ----------------------------- */

static const struct {
	const char *text;
	const char *reason; /* NULL: it is sent */
} replaced[] = {
	{ "To: x\x81y@example.org\n\nx\n",
		"line 2: 501 5.6.5 JES Unconvertible character in an address "
		"field" },
	{ "To: c@example.org,\n x\x81y@example.org\n\nx\n",
		"line 3: 501 5.6.5 JES Unconvertible character in an address "
		"field" },
	{ "To: c@example.org\nCc: x\x81y@example.org\nSubject: s\n\nx\n",
		"line 3: 501 5.6.5 JES Unconvertible character in an address "
		"field" },
	{ "From: x\x81y@example.org\nTo: c@example.org\n\nx\n",
		"line 2: 501 5.6.5 JES Unconvertible character in an address "
		"field" },
	{ "To: J\x81rg <b@example.org>\n\nx\n", NULL },
	{ "To: x?y@example.org\nSubject: \x81\n\nx\n", NULL },
};

/* Else the mail would go to another one. */
START_TEST(an_address_with_a_replaced_character_is_refused)
{
	struct script *s = one_target(NULL);
	uint64_t number;

	strcpy(test_config.input.page, "CP1252");
	forwarder_run();
	number = submit(replaced[_i].text);
	if (replaced[_i].reason == NULL) {
		wait_gone(number);
		ck_assert_uint_eq(script_mails(s), 1);
	} else {
		wait_for_state(test_spool, number, DATASET_HELD);
		ck_assert_str_eq(reason_of(number), replaced[_i].reason);
		ck_assert_uint_eq(script_mails(s), 0);
	}
	script_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_long_line_is_an_error);
	tcase_add_test(tc, a_long_line_is_encoded_where_that_is_coded);
	tcase_add_loop_test(tc, good_mails_are_sent_then_the_data_set_is_held,
		0, COUNT(wrong));
	tcase_add_loop_test(
		tc, who_is_named_in_bcc_is_named_nowhere, 0, COUNT(lone));
	tcase_add_loop_test(tc, an_address_with_a_replaced_character_is_refused,
		0, COUNT(replaced));
	tcase_add_test(tc, a_long_reason_is_cut_before_what_is_said_of_others);
}

int main(void)
{
	return forwarder_run_suite("forwarder_input", 30, add_tests, NULL);
}
