#include "../forwarder/input.h"
#include "buf.h"
#include "support_input.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct input_config config;
static struct header_config header;

static void set_up(void)
{
	input_config_init(&config);
	header_config_init(&header);
	input_tells_size = false;
}

/* Text in UTF-8 as octets of a page, as many; the caller frees it. */
static char *to_page(const char *name, const char *text)
{
	iconv_t cd = iconv_open(name, "UTF-8");
	size_t left = strlen(text);
	size_t room = left;
	char *in = (char *)text;
	char *out = malloc(left + 1);
	char *at = out;

	ck_assert(cd != (iconv_t)-1);
	ck_assert_uint_eq(iconv(cd, &in, &left, &at, &room), 0);
	*at = '\0';
	iconv_close(cd);
	return out;
}

#define HEAD "HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n" /* 42 octets */
#define TEXT(text) text, sizeof(text) - 1

/* ---- what a writer's file says ------------------------------------ */

START_TEST(a_stream_of_batch_smtp_is_its_mails)
{
	input_check(&config,
		TEXT(HEAD "x\n.\nfoo\nMAIL FROM:<>\r\nRCPT TO:<e@f>\nDATA\n"),
		"mail 1 from <a@b> to <c@d> at 42+2\n"
		"7: 500 5.5.1 JES Unknown command, 'foo'\n"
		"mail 2 from <> to <e@f> at 83+0\nend\n");
}
END_TEST

START_TEST(a_page_is_read)
{
	static const char *const pages[] = { "IBM037", "IBM1047", "IBM273" };
	char *octets = to_page(pages[_i], HEAD "x\n.\nQUIT\nrest");

	strcpy(config.page, pages[_i]);
	input_check(&config, octets, strlen(octets),
		"mail 1 from <a@b> to <c@d> at 42+2\nend\n");
	free(octets);
}
END_TEST

/* IBM939: 0E FE FE 0F is a character that it does not have. */
START_TEST(what_a_page_lacks_is_an_error_where_that_is_coded)
{
	char *head = to_page("IBM939", HEAD "x");
	char *tail = to_page("IBM939", "\n.\n");
	char octets[128];

	strcpy(config.page, "IBM939");
	config.unconvertible =
		_i == 0 ? UNCONVERTIBLE_REPLACE : UNCONVERTIBLE_ERROR;
	stpcpy(stpcpy(stpcpy(octets, head), "\x0e\xfe\xfe\x0f"), tail);
	input_check(&config, octets, strlen(octets),
		_i == 0 ? "mail 1 from <a@b> to <c@d> at 42+6\nend\n"
			: "5: 554 5.6.5 JES Unconvertible data\n"
			  "mail 1 from <a@b> to <c@d> at 42+6\nend\n");
	free(head);
	free(tail);
}
END_TEST

START_TEST(fixed_records_are_read)
{
	config.records = INPUT_FIXED;
	config.record_length = 20;
	input_check(&config,
		TEXT("HELO N              MAIL FROM:<a@b>     "
		     "RCPT TO:<c@d>       DATA                "
		     "x\n.\nMAIL            .                   QUIT"),
		"mail 1 from <a@b> to <c@d> at 80+20\nend\n");
}
END_TEST

START_TEST(variable_records_are_read)
{
	config.records = INPUT_VARIABLE;
	input_check(&config,
		TEXT("\0\x0a\0\0HELO N\0\x13\0\0MAIL FROM:<a@b>"
		     "\0\x11\0\0RCPT TO:<c@d>\0\x08\0\0DATA"
		     "\0\4\0\0\0\6\0\0..\0\5\0\0."),
		"mail 1 from <a@b> to <c@d> at 54+10\nend\n");
}
END_TEST

START_TEST(carriage_control_is_dropped)
{
	config.carriage = CARRIAGE_ASA;
	input_check(&config,
		TEXT("1HELO N\n MAIL FROM:<a@b>\n RCPT TO:<c@d>\n DATA\n"
		     "0x\n .\n"),
		"mail 1 from <a@b> to <c@d> at 46+3\nend\n");
}
END_TEST

/* XMIT makes EBCDIC, also where the writer's own page is ASCII. */
START_TEST(netdata_is_read_in_ebcdic)
{
	static const char head[] =
		"\x08\xe0\xc9\xd5\xd4\xd9\xf0\xf1\x08\xe0\xc9\xd5\xd4\xd9\xf0"
		"\xf3";
	static const char end[] = "\x08\xe0\xc9\xd5\xd4\xd9\xf0\xf6";
	static const char *const lines[] = { "HELO N", "MAIL FROM:<a@b>",
		"RCPT TO:<c@d>", "DATA", "x", ".", "QUIT" };
	struct buf octets;
	size_t i;

	buf_init(&octets);
	buf_append(&octets, head, sizeof head - 1);
	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		char *line = to_page("IBM1047", lines[i]);
		char segment[] = { (char)(strlen(line) + 2), '\xc0' };

		buf_append(&octets, segment, 2);
		buf_puts(&octets, line);
		free(line);
	}
	buf_append(&octets, end, sizeof end - 1);
	config.records = INPUT_NETDATA;
	input_check(&config, octets.data, octets.len,
		"mail 1 from <a@b> to <c@d> at 62+3\nend\n");
	buf_fini(&octets);
}
END_TEST

START_TEST(a_page_must_be_one)
{
	struct input_rules rules;

	strcpy(config.page, "EBCDIC-OF-MINE");
	ck_assert_int_eq(input_rules_init(&rules, &config, &header), -EINVAL);
}
END_TEST

/* ---- which form ---------------------------------------------------- */

#define X128                                                                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"     \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define B128                                                                   \
	"                                                                "     \
	"                                                                "
#define FROM_A_TO_C "mail 1 from <a@b> to <c@d> at "

static const struct {
	enum input_format format;
	const char *octets;
	const char *told;
} forms[] = {
	{ INPUT_AUTO, "From: a@b\nTo: c@d\n\nx\n", FROM_A_TO_C "0+21\nend\n" },
	{ INPUT_AUTO, "From a Mon\nFrom: a@b\nTo: c@d\n\nx\n",
		FROM_A_TO_C "11+21\nend\n" },
	{ INPUT_AUTO, "Subject: " X128 "\nTo: c@d\nFrom: a@b\n\nx\n.\ny\n",
		FROM_A_TO_C "0+163\nend\n" },
	{ INPUT_AUTO, "Data: x\nTo: c@d\nFrom: a@b\n\n",
		FROM_A_TO_C "0+27\nend\n" },
	{ INPUT_AUTO, HEAD ".\n", FROM_A_TO_C "42+0\nend\n" },
	{ INPUT_AUTO, "\n \n" HEAD ".\n", FROM_A_TO_C "45+0\nend\n" },
	{ INPUT_AUTO, B128 " \r\n" B128 HEAD ".\n",
		FROM_A_TO_C "301+0\nend\n" },
	{ INPUT_AUTO, "noop\nHELO N\n",
		"1: 502 5.5.1 JES Command is not implemented, 'NOOP'\nend\n" },
	{ INPUT_AUTO, "", "end\n" },
	{ INPUT_AUTO, " \n", "end\n" },
	{ INPUT_AUTO, "\nDear Ann,\nHELO N\n",
		"2: 500 5.5.1 JES Unknown command, 'Dear' ABANDONED\nend\n" },
	{ INPUT_BATCH, "To: c@d\n",
		"1: 500 5.5.1 JES Unknown command, 'To:'\nend\n" },
};

START_TEST(the_first_line_says_what_follows)
{
	config.format = forms[_i].format;
	input_check(&config, forms[_i].octets, strlen(forms[_i].octets),
		forms[_i].told);
}
END_TEST

/* ---- many lines in one step ---------------------------------------- */

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

static void put_random_line(struct buf *out, uint32_t *state)
{
	static const char *const starts[] = { "", ".", "..", "MAIL FROM:<>" };
	static const char *const ends[] = { "\n", "\r\n", "\r", "\xe4\n" };
	uint32_t what = next_random(state) % 400;
	uint32_t len = what == 0 ? 1200 : next_random(state) % 90;

	buf_puts(out, what < 12 ? starts[what % 4] : "");
	while (len-- > 0)
		buf_puts(out, "x");
	buf_puts(out, ends[what > 390 ? what % 4 : 0]);
}

static void put_random_mail(struct buf *out, uint32_t *state)
{
	uint32_t lines = next_random(state) % 80;

	buf_puts(out, "MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\nTo: c@d\n\n");
	while (lines-- > 0)
		put_random_line(out, state);
	buf_puts(out, "\n.\n");
}

/* Octet by octet every line with an octet in it is read by itself. */
START_TEST(lines_in_one_step_are_as_lines_one_by_one)
{
	uint32_t state = (uint32_t)_i;
	struct buf octets;
	const size_t steps[] = { SIZE_MAX, 700, 255 + (size_t)_i, 17 };
	char *one, *many;
	size_t i;

	input_tells_size = true;
	config.syntax_error_limit = 0;
	config.message_size_kb = _i % 4 == 0 ? 2 : 0;
	config.bare_cr = _i % 3 == 0 ? BARE_CR_REJECT : BARE_CR_SPACE;
	config.long_line = _i % 5 == 0 ? LONG_LINE_TRUNCATE : LONG_LINE_ERROR;
	config.continuation =
		_i % 7 == 0 ? CONTINUATION_ALL : CONTINUATION_COMMANDS;
	buf_init(&octets);
	buf_puts(&octets, "HELO N\n");
	for (i = 0; i < 6; i++)
		put_random_mail(&octets, &state);
	one = input_told(&config, octets.data, octets.len, 1);
	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		many = input_told(&config, octets.data, octets.len, steps[i]);
		ck_assert_str_eq(many, one);
		free(many);
	}
	free(one);
	buf_fini(&octets);
}
END_TEST

/* ---- errors -------------------------------------------------------- */

static const struct {
	uint32_t limit;
	const char *octets;
	const char *told;
} limited[] = {
	{ 2, "x1\nx2\n" HEAD ".\nQUIT\n",
		"1: 500 5.5.1 JES Unknown command, 'x1'\n"
		"2: 500 5.5.1 JES Unknown command, 'x2'\n"
		"mail 1 from <a@b> to <c@d> at 48+0\nend\n" },
	{ 2, HEAD ".\nx1\nx2\nx3\nMAIL FROM:<>\nRCPT TO:<c@d>\nDATA\n.\n",
		"mail 1 from <a@b> to <c@d> at 42+0\n"
		"6: 500 5.5.1 JES Unknown command, 'x1'\n"
		"7: 500 5.5.1 JES Unknown command, 'x2'\n"
		"8: 500 5.5.1 JES Unknown command, 'x3' ABANDONED\n"
		"8: Exceeded maximum errors(2) allowed ABANDONED\n"
		"8: Maximum errors reached in Jes file. "
		"Quit Command generated ABANDONED\nend\n" },
	{ 0, "x1\nx2\nx3\n",
		"1: 500 5.5.1 JES Unknown command, 'x1'\n"
		"2: 500 5.5.1 JES Unknown command, 'x2'\n"
		"3: 500 5.5.1 JES Unknown command, 'x3'\nend\n" },
	{ 1, "x1\nHELO N\nMAIL FROM:<>\n",
		"1: 500 5.5.1 JES Unknown command, 'x1'\n"
		"4: 503 5.5.1 JES Bad sequence of commands, 'end of data set' "
		"ABANDONED\n"
		"4: Exceeded maximum errors(1) allowed ABANDONED\n"
		"4: Maximum errors reached in Jes file. "
		"Quit Command generated ABANDONED\nend\n" },
};

START_TEST(errors_over_the_limit_end_the_reading)
{
	config.format = INPUT_BATCH;
	config.syntax_error_limit = limited[_i].limit;
	input_check(&config, limited[_i].octets, strlen(limited[_i].octets),
		limited[_i].told);
}
END_TEST

START_TEST(errors_of_recipients_do_not_count)
{
	char *told;

	config.syntax_error_limit = 1;
	told = input_told(&config,
		TEXT("HELO N\nMAIL FROM:<a@b>\nRCPT TO:x\nRCPT TO:y\n"
		     "RCPT TO:z\nRCPT TO:<c@d>\nDATA\n.\n"),
		SIZE_MAX);
	ck_assert_ptr_nonnull(strstr(told, "5: 501 5.1.3 "));
	ck_assert_ptr_null(strstr(told, "ABANDONED"));
	free(told);
}
END_TEST

/* A mail whose end is behind the damage is not sent. */
START_TEST(damaged_records_end_the_reading)
{
	config.records = INPUT_VARIABLE;
	input_check(&config,
		TEXT("\0\x0a\0\0HELO N\0\x13\0\0MAIL FROM:<a@b>"
		     "\0\x11\0\0RCPT TO:<c@d>\0\x08\0\0DATA"
		     "\0\5\0\0x\0\1\0\0"),
		"6: 554 5.6.0 JES Damaged data set, "
		"'a record descriptor word is wrong' ABANDONED\nend\n");
	input_check(&config,
		TEXT("\0\x0a\0\0HELO N\0\x13\0\0MAIL FROM:<a@b>"
		     "\0\x11\0\0RCPT TO:<c@d>\0\x08\0\0DATA"
		     "\0\5\0\0x\0\x09\0\0."),
		"6: 554 5.6.0 JES Damaged data set, "
		"'it ends within a record' ABANDONED\nend\n");
}
END_TEST

/* ---- is it whole? --------------------------------------------------- */

static const struct {
	enum input_records records;
	const char *octets;
	bool is_complete;
} ends[] = {
	{ INPUT_STREAM, HEAD "x\n.\n", true },
	{ INPUT_STREAM, HEAD "x\n.\r\n\r", true },
	{ INPUT_STREAM, HEAD "x\n.\r", false },
	{ INPUT_STREAM, HEAD "x\n.", false },
	{ INPUT_STREAM, HEAD "x\n.\nMAIL", false },
	{ INPUT_STREAM, HEAD "x\n.\nQUIT", true },
	{ INPUT_STREAM, HEAD "x\n.\nQUIT\nMAIL", true },
	{ INPUT_STREAM, "Dear Ann,\n", false },
	{ INPUT_STREAM, "To: c@d\n", false },
	{ INPUT_STREAM, "To: c@d\n\n", false },
	{ INPUT_STREAM, "To: c@d", false },
#define CARDS                                                                  \
	"HELO N              MAIL FROM:<a@b>     RCPT TO:<c@d>       "         \
	"DATA                x                   "
	{ INPUT_FIXED, CARDS ".                   ", true },
	{ INPUT_FIXED, CARDS ".                   QUIT", true },
	{ INPUT_FIXED, CARDS ".                   MAIL", false },
	{ INPUT_FIXED, CARDS ".                   \n", true },
	{ INPUT_FIXED, CARDS ".                  ", false },
	{ INPUT_FIXED, CARDS, false },
};

START_TEST(only_what_says_its_end_is_complete)
{
	const char *octets = ends[_i].octets;
	size_t len = strlen(octets);
	struct input_rules rules;
	struct input *in;
	struct buf told;
	size_t step, at, n;
	bool goes_on;

	config.records = ends[_i].records;
	config.record_length = 20;
	ck_assert_int_eq(input_rules_init(&rules, &config, &header), 0);
	for (step = 1; step < 20; step += 3) {
		in = input_new(&rules, NULL);
		buf_init(&told);
		goes_on = true;
		for (at = 0; at < len && goes_on; at += n) {
			n = len - at < step ? len - at : step;
			goes_on = input_told_feed(in, octets + at, n, &told);
		}
		ck_assert_int_eq(input_is_complete(in), ends[_i].is_complete);
		buf_fini(&told);
		input_free(in);
	}
	input_rules_fini(&rules);
}
END_TEST

START_TEST(what_nobody_took_is_freed)
{
	struct input_rules rules;
	struct input_event event;
	struct input *in;

	ck_assert_int_eq(input_rules_init(&rules, &config, &header), 0);
	in = input_new(&rules, NULL);
	ck_assert_uint_eq(input_feed(in, HEAD ".\n", 44, &event), 44);
	ck_assert_int_eq(event.kind, INPUT_MAIL);
	input_free(in);
	input_free(NULL);
	input_rules_fini(&rules);
}
END_TEST

/* A field begins its line, however far off the blanks before it reach. */
START_TEST(blanks_before_a_field_are_no_part_of_a_header)
{
	static const size_t pads[] = { 1, 128, 129, 256, 4096 };
	static const char field[] = "To: a@b.example\n\nx\n";
	char octets[4096 + sizeof field];

	memset(octets, _i % 2 == 0 ? ' ' : '\0', sizeof octets);
	memcpy(octets + pads[_i / 2], field, sizeof field - 1);
	input_check(&config, octets, pads[_i / 2] + sizeof field - 1,
		"1: 500 5.5.1 JES Unknown command, 'To:' ABANDONED\nend\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("input");
	TCase *tests = suite_case(suite, "input", 30, set_up, NULL);

	tcase_add_test(tests, a_stream_of_batch_smtp_is_its_mails);
	tcase_add_loop_test(tests, a_page_is_read, 0, 3);
	tcase_add_loop_test(
		tests, what_a_page_lacks_is_an_error_where_that_is_coded, 0, 2);
	tcase_add_test(tests, fixed_records_are_read);
	tcase_add_test(tests, variable_records_are_read);
	tcase_add_test(tests, carriage_control_is_dropped);
	tcase_add_test(tests, netdata_is_read_in_ebcdic);
	tcase_add_test(tests, a_page_must_be_one);
	tcase_add_loop_test(
		tests, the_first_line_says_what_follows, 0, COUNT(forms));
	tcase_add_loop_test(
		tests, lines_in_one_step_are_as_lines_one_by_one, 0, 100);
	tcase_add_loop_test(tests, errors_over_the_limit_end_the_reading, 0,
		COUNT(limited));
	tcase_add_test(tests, errors_of_recipients_do_not_count);
	tcase_add_test(tests, damaged_records_end_the_reading);
	tcase_add_loop_test(
		tests, only_what_says_its_end_is_complete, 0, COUNT(ends));
	tcase_add_test(tests, what_nobody_took_is_freed);
	tcase_add_loop_test(
		tests, blanks_before_a_field_are_no_part_of_a_header, 0, 10);
	return suite_run(suite);
}
