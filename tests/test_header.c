#include "../forwarder/header.h"
#include "support_run.h"

#include <check.h>
#include <string.h>

#define LINE(text) text, sizeof(text) - 1

static const struct {
	const char *line;
	size_t len;
	enum header_kind kind;
	enum header_field field;
} lines[] = {
	{ LINE("To: a@b"), HEADER_FIELD, HEADER_TO },
	{ LINE("tO:"), HEADER_FIELD, HEADER_TO },
	{ LINE("MESSAGE-id:<x>"), HEADER_FIELD, HEADER_MESSAGE_ID },
	{ LINE("Content-Transfer-Encoding: 8bit"), HEADER_FIELD,
		HEADER_CONTENT_TRANSFER_ENCODING },
	{ LINE("Resent-Bcc: x"), HEADER_FIELD, HEADER_RESENT_BCC },
	{ LINE("X-JES-Origin: x"), HEADER_FIELD, HEADER_X_JES_ORIGIN },
	{ LINE("Tox: a@b"), HEADER_FIELD, HEADER_OTHER },
	{ LINE("T: a@b"), HEADER_FIELD, HEADER_OTHER },
	/* RFC 5322 section 3.6.8: any printable octet but the colon. */
	{ LINE("!.@~: x"), HEADER_FIELD, HEADER_OTHER },
	{ LINE("To::"), HEADER_FIELD, HEADER_TO },
	{ LINE(" folded: x"), HEADER_FOLDED, HEADER_SUBJECT },
	{ LINE("\tx"), HEADER_FOLDED, HEADER_SUBJECT },
	{ LINE(" "), HEADER_FOLDED, HEADER_SUBJECT },
	{ LINE(""), HEADER_BLANK, HEADER_OTHER },
	{ LINE("To : a@b"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("To\t: a@b"), HEADER_TEXT, HEADER_OTHER },
	{ LINE(": a@b"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("Hello world"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("From a@b Mon Nov 23 10:00:00"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("Hello"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("\xc3\xa9t\xc3\xa9: x"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("T\0o: x"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("T\ro: x"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("\r"), HEADER_TEXT, HEADER_OTHER },
	{ LINE("."), HEADER_TEXT, HEADER_OTHER },
};

START_TEST(a_line_says_what_it_is)
{
	struct header h;

	header_init(&h);
	ck_assert_int_eq(header_take(&h, "Subject: x", 10), HEADER_FIELD);
	ck_assert_int_eq(
		header_take(&h, lines[_i].line, lines[_i].len), lines[_i].kind);
	ck_assert_int_eq(h.field, lines[_i].field);
	ck_assert_int_eq(h.is_over,
		lines[_i].kind == HEADER_BLANK
			|| lines[_i].kind == HEADER_TEXT);
}
END_TEST

START_TEST(a_first_line_goes_on_with_nothing)
{
	struct header h;

	header_init(&h);
	ck_assert_int_eq(header_take(&h, " x", 2), HEADER_TEXT);
	ck_assert(h.is_over);
}
END_TEST

START_TEST(every_field_has_a_name_and_is_found_by_it)
{
	enum header_field field;
	struct header h;
	char line[64];

	ck_assert_str_eq(header_name(HEADER_OTHER), "");
	for (field = HEADER_OTHER + 1; field < HEADER_FIELDS; field++) {
		header_init(&h);
		ck_assert_uint_gt(strlen(header_name(field)), 0);
		stpcpy(stpcpy(line, header_name(field)), ":");
		ck_assert_int_eq(
			header_take(&h, line, strlen(line)), HEADER_FIELD);
		ck_assert_int_eq(h.field, field);
		ck_assert_uint_eq(h.seen, header_bit(field));
		ck_assert_uint_eq(h.twice, 0);
	}
}
END_TEST

START_TEST(fields_that_come_again_are_noted)
{
	static const char *const header[] = { "Received: 1", "From: a",
		"Received: 2", " folded", "from: b", "X: y", "To: c" };
	struct header h;
	int i;

	header_init(&h);
	for (i = 0; i < COUNT(header); i++)
		header_take(&h, header[i], strlen(header[i]));
	ck_assert_uint_eq(h.hops, 2);
	ck_assert_uint_eq(h.seen,
		header_bit(HEADER_RECEIVED) | header_bit(HEADER_FROM)
			| header_bit(HEADER_OTHER) | header_bit(HEADER_TO));
	ck_assert_uint_eq(
		h.twice, header_bit(HEADER_RECEIVED) | header_bit(HEADER_FROM));
}
END_TEST

START_TEST(a_name_is_looked_for_in_the_first_octets_alone)
{
	char line[HEADER_LINE_MAX + 10];
	struct header h;

	memset(line, 'x', sizeof line);
	ck_assert_uint_eq(header_name_length(line, sizeof line), 0);
	header_init(&h);
	ck_assert_int_eq(header_take(&h, line, HEADER_LINE_MAX), HEADER_TEXT);
	line[HEADER_LINE_MAX - 1] = ':';
	ck_assert_uint_eq(
		header_name_length(line, HEADER_LINE_MAX), HEADER_LINE_MAX - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("header");
	TCase *tests = tcase_create("header");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, a_line_says_what_it_is, 0, COUNT(lines));
	tcase_add_test(tests, a_first_line_goes_on_with_nothing);
	tcase_add_test(tests, every_field_has_a_name_and_is_found_by_it);
	tcase_add_test(tests, fields_that_come_again_are_noted);
	tcase_add_test(tests, a_name_is_looked_for_in_the_first_octets_alone);
	return suite_run(suite);
}
