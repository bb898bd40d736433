#include "../forwarder/records.h"
#include "buf.h"
#include "support_lines.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text) text, sizeof(text) - 1

static struct codepage *page_1047, *page_037, *latin;

static void set_up(void)
{
	ck_assert_int_eq(codepage_open("IBM1047", &page_1047), 0);
	ck_assert_int_eq(codepage_open("IBM037", &page_037), 0);
	ck_assert_int_eq(codepage_open("ISO8859-1", &latin), 0);
}

static void tear_down(void)
{
	codepage_close(page_1047);
	codepage_close(page_037);
	codepage_close(latin);
}

/* Text in UTF-8 as octets of a page; the caller frees it. */
static char *to_page(const char *name, const char *text, size_t len)
{
	iconv_t cd = iconv_open(name, "UTF-8");
	char *in = (char *)text;
	char *out = malloc(len + 1);
	char *at = out;
	size_t left = len;

	ck_assert(cd != (iconv_t)-1);
	ck_assert_uint_eq(iconv(cd, &in, &len, &at, &left), 0);
	ck_assert_uint_eq(len, 0);
	*at = '\0';
	iconv_close(cd);
	return out;
}

/* ---- streams ------------------------------------------------------ */

#define X10 "0123456789"
#define X72 X10 X10 X10 X10 X10 X10 X10 "ab"
#define X79 X72 "cdefghi"
#define B10 "          "
#define B80 B10 B10 B10 B10 B10 B10 B10 B10

struct story {
	const char *octets;
	size_t len;
	const char *told;
};

static const struct story streams[] = {
	{ TEXT(""), "" },
	{ TEXT("\n"), "1@0:  1\n" },
	{ TEXT("a\nb\r\n\r\nc"), "1@0: a 2\n2@2: b 5\n3@5:  7\n4@7: c ~ 8\n" },
	{ TEXT("a\r"), "1@0: a ~ 2\n" },
	{ TEXT("\r"), "1@0:  ~ 1\n" },
	{ TEXT("\r\r\n"), "1@0: \\x0d 3\n" },
	{ TEXT("a\rb\r\rc\n\r"), "1@0: a\\x0db\\x0d\\x0dc 7\n2@7:  ~ 8\n" },
	{ TEXT("a \t \r\n\0\n"), "1@0: a \\x09  6\n2@6: \\x00 8\n" },
	{ TEXT("\xc2\x85\n"), "1@0: \xc2\x85 3\n" },
	{ TEXT(X79 "<\nx\n"), "1@0: " X79 "< < 81\n2@81: x 83\n" },
	{ TEXT(X79 "<\r\nx\n"), "1@0: " X79 "< < 82\n2@82: x 84\n" },
	{ TEXT(X79 "x<\n"), "1@0: " X79 "x< 82\n" },
	{ TEXT(X72 "<\n" X79 "x\n"), "1@0: " X72 "< 74\n2@74: " X79 "x 155\n" },
	{ TEXT(X79 "<"), "1@0: " X79 "< < ~ 80\n" },
};

START_TEST(a_stream_is_lines)
{
	const struct record_format format = { .form = INPUT_STREAM };

	lines_check(
		&format, streams[_i].octets, streams[_i].len, streams[_i].told);
}
END_TEST

static const struct story numbered[] = {
	{ TEXT(X72 "00000100\nab\n" X72 "0\r\n" X79 "9zz\n"),
		"1@0: " X72 " 81\n2@81: ab 84\n3@84: " X72 " 159\n"
		"4@159: " X72 "zz 242\n" },
};

START_TEST(a_stream_may_have_sequence_numbers)
{
	const struct record_format format = { .form = INPUT_STREAM,
		.has_sequence = true };

	lines_check(&format, numbered[_i].octets, numbered[_i].len,
		numbered[_i].told);
}
END_TEST

static const struct story printed[] = {
	{ TEXT("1HELO N\n MAIL\r\n0\n-x \n\n\r\n+y"),
		"1@0: HELO N 8\n2@8: MAIL 15\n3@15:  17\n4@17: x  21\n"
		"5@21:  22\n6@22:  24\n7@24: y ~ 26\n" },
};

START_TEST(a_stream_may_have_carriage_control)
{
	const struct record_format format = { .form = INPUT_STREAM,
		.carriage = CARRIAGE_ASA };

	lines_check(
		&format, printed[_i].octets, printed[_i].len, printed[_i].told);
}
END_TEST

/* U+0085 is NEL in EBCDIC; a blank is cut off, and the CR of CR LF. */
static const struct story pages[] = {
	{ TEXT("HELO N\xc2\x85[a]@b!|^~#  \xc2\x85\nx\r\ny"),
		"1@0: HELO N 7\n2@7: [a]@b!|^~# 20\n3@20:  21\n4@21: x 24\n"
		"5@24: y ~ 25\n" },
	{ TEXT("\xc3\xa4\xc3\xb6 \xc2\xa7  \r\xc2\x85 \xc2\xa0\n"),
		"1@0: \xc3\xa4\xc3\xb6 \xc2\xa7 8\n2@8:  \xc2\xa0 11\n" },
	{ TEXT("a\rb\r"), "1@0: a\\x0db ~ 4\n" },
	{ TEXT("a \r\r \r\n   "), "1@0: a \\x0d\\x0d 7\n2@7:  ~ 10\n" },
	{ TEXT(X79 "<\nx\n"), "1@0: " X79 "< < 81\n2@81: x 83\n" },
};

START_TEST(a_page_is_converted_before_lines_are_split)
{
	const struct record_format formats[] = {
		{ .form = INPUT_STREAM, .page = page_1047 },
		{ .form = INPUT_STREAM, .page = page_037 },
	};
	static const char *const names[] = { "IBM1047", "IBM037" };
	size_t i;

	for (i = 0; i < 2; i++) {
		char *octets =
			to_page(names[i], pages[_i].octets, pages[_i].len);
		size_t len = strlen(octets);

		lines_check(&formats[i], octets, len, pages[_i].told);
		free(octets);
	}
}
END_TEST

START_TEST(nel_ends_a_line_in_ebcdic_alone)
{
	const struct record_format format = { .form = INPUT_STREAM,
		.page = latin };

	lines_check(&format, TEXT("a\x85 \xe4 \nb"),
		"1@0: a\xc2\x85 \xc3\xa4  6\n2@6: b ~ 7\n");
}
END_TEST

/* Lines over the room: in pieces, and blanks only cut off at the end. */
START_TEST(a_line_of_any_length_loses_blanks_at_its_end_alone)
{
	static const size_t lengths[] = { PIECE_MAX - 5, PIECE_MAX - 4,
		PIECE_MAX - 3, PIECE_MAX - 2, PIECE_MAX - 1, PIECE_MAX,
		PIECE_MAX + 1, 3 * PIECE_MAX + 1 };
	const struct record_format format = { .form = INPUT_STREAM,
		.page = page_1047 };
	size_t blanks = lengths[_i];
	struct buf in, want;
	char *told;
	size_t i;

	buf_init(&in);
	buf_init(&want);
	buf_puts(&in, "\x81"); /* a */
	for (i = 0; i < blanks; i++)
		buf_puts(&in, "\x40");
	buf_puts(&in, "\x0d\x82");
	for (i = 0; i < blanks; i++)
		buf_puts(&in, "\x40");
	buf_puts(&in, "\x0d\x25\x83\x15");
	buf_puts(&want, "1@0: a");
	for (i = 0; i < blanks; i++)
		buf_puts(&want, " ");
	buf_printf(&want, "\\x0db %zu\n2@%zu: c %zu\n", in.len - 2, in.len - 2,
		in.len);
	buf_append(&want, "", 1);
	for (i = 1; i < 9000; i += 1999) {
		told = lines_read(&format, in.data, in.len, i, i);
		ck_assert_str_eq(told, want.data);
		free(told);
	}
	buf_fini(&in);
	buf_fini(&want);
}
END_TEST

START_TEST(what_cannot_be_converted_is_counted)
{
	static struct records r;
	const struct record_format format = { .form = INPUT_STREAM,
		.page = latin };
	struct codepage *ascii;
	struct record_format other = format;
	struct buf told;
	size_t len;
	char *text;

	ck_assert_int_eq(codepage_open("US-ASCII", &ascii), 0);
	other.page = ascii;
	records_init(&r, &other, 0, 1);
	buf_init(&told);
	lines_feed(&r, TEXT("a\xe4\xff\n"), &told);
	text = buf_steal(&told, &len);
	ck_assert_str_eq(text, "1@0: a?? 4\n");
	ck_assert_uint_eq(r.piece.conversion.unconvertible, 2);
	free(text);
	codepage_close(ascii);
}
END_TEST

START_TEST(only_pages_of_single_octets_are_known)
{
	struct codepage *page;

	ck_assert_int_eq(codepage_open("no such page", &page), -EINVAL);
	ck_assert_int_eq(codepage_open("UTF-16", &page), -ENOTSUP);
	codepage_close(NULL);
}
END_TEST

/* ---- fixed records ------------------------------------------------ */

static const struct story fixed[] = {
	{ TEXT(""), "" },
	{ TEXT("HELO N    MAIL \n\r\0y<DATA"),
		"1@0: HELO N 10\n2@10: MAIL  \\x0d\\x00y< 20\n"
		"3@20: DATA ~ 24\n" },
	{ TEXT(B10 "a         "), "1@0:  10\n2@10: a 20\n" },
	{ TEXT("x  "), "1@0: x ~ 3\n" },
};

START_TEST(a_fixed_record_is_a_line)
{
	const struct record_format format = { .form = INPUT_FIXED,
		.length = 10 };

	lines_check(&format, fixed[_i].octets, fixed[_i].len, fixed[_i].told);
}
END_TEST

static const struct story cards[] = {
	{ TEXT(X79 "<" X79 "\n" X72 "      <\n" X79 "x"),
		"1@0: " X79 "< < 80\n2@80: " X79 " < 160\n"
		"3@160: " X72 "      < < 240\n4@240: " X79 "x 320\n" },
	{ TEXT(B80 X72), "1@0:  80\n2@80: " X72 " ~ 152\n" },
};

START_TEST(a_record_of_80_octets_may_go_on)
{
	const struct record_format format = { .form = INPUT_FIXED,
		.length = 80 };

	lines_check(&format, cards[_i].octets, cards[_i].len, cards[_i].told);
}
END_TEST

START_TEST(sequence_columns_are_dropped)
{
	const struct record_format format = {
		.form = INPUT_FIXED, .length = 80, .has_sequence = true
	};

	lines_check(&format, TEXT(X72 "0000010<" X72 "\n\n\n\n\n\n\n\nab"),
		"1@0: " X72 " 80\n2@80: " X72 " 160\n3@160: ab ~ 162\n");
}
END_TEST

START_TEST(carriage_control_is_dropped_from_records)
{
	const struct record_format format = { .form = INPUT_FIXED,
		.length = 6,
		.carriage = CARRIAGE_MACHINE,
		.page = page_1047 };

	/* X'09' write and space one line; X'15' and X'25' are no line ends. */
	lines_check(&format,
		TEXT("\x09\xc8\xc5\xd3\xd6\x40\x0b\x40\x40\x40\x40\x40"
		     "\x15\x81\x15\x82\x25\x83\x19"),
		"1@0: HELO 6\n2@6:  12\n3@12: a b c 18\n4@18:  ~ 19\n");
}
END_TEST

/* ---- variable records --------------------------------------------- */

#define BAD "a record descriptor word is wrong"

static const struct story variable[] = {
	{ TEXT("\0\x0a\0\0HELO N\0\4\0\0\0\5\0\0x\0\x0a\0\0ab\n   "),
		"1@0: HELO N 10\n2@10:  14\n3@14: x 19\n4@19: ab 29\n" },
	/* Segments: first, middle, last. */
	{ TEXT("\0\6\1\0ab\0\4\3\0\0\6\3\0cd\0\5\2\0e\0\6\0\0fg"),
		"1@0: abcde 21\n2@21: fg 27\n" },
	/* Blocks. */
	{ TEXT("\0\x17\0\0\0\x0a\0\0HELO N\0\5\0\0x\0\4\0\0"
	       "\0\x0c\0\0\0\x08\0\0DATA\0\x08\0\0\0\4\0\0"),
		"1@0: HELO N 14\n2@14: x 19\n3@19:  23\n4@23: DATA 35\n"
		"5@35:  43\n" },
	{ TEXT("\x80\0\0\x0e\0\x0a\0\0HELO N\0\5\0\0x"),
		"1@0: HELO N 14\n2@14: x 19\n" },
	/* Damage. */
	{ TEXT("\0\5\0\0x\0\3\0\0"), "1@0: x 5\n2! " BAD "\n" },
	{ TEXT("\0\5\0\0x\0\0\0\0"), "1@0: x 5\n2! " BAD "\n" },
	{ TEXT("\0\5\4\0x"), "1! " BAD "\n" },
	{ TEXT("\0\5\0\1x"), "1! " BAD "\n" },
	{ TEXT("HELO N\r\n"), "1! " BAD "\n" },
	{ TEXT("\xff\xff\0\0\0\5\4\0x"), "1! " BAD "\n" },
	{ TEXT("\0\5\1\0x\0\5\0\0y"), "1! a record begins within a record\n" },
	{ TEXT("\0\5\1\0x\0\5\1\0y"), "1! a record begins within a record\n" },
	{ TEXT("\0\5\2\0x"), "1! a segment of no record\n" },
	{ TEXT("\0\5\3\0x"), "1! a segment of no record\n" },
	{ TEXT("\0\6\0\0x"), "1! it ends within a record\n" },
	{ TEXT("\0\5\1\0x"), "1! it ends within a record\n" },
	{ TEXT("\0\5\0\0x\0"), "1@0: x 5\n2! it ends within a record\n" },
	{ TEXT("\0\x10\0\0ab"), "1! it ends within a record\n" },
	{ TEXT("\x7f\xff\0\0abcdef"), "1! " BAD "\n" },
};

START_TEST(a_variable_record_is_a_line)
{
	const struct record_format format = { .form = INPUT_VARIABLE };

	lines_check(&format, variable[_i].octets, variable[_i].len,
		variable[_i].told);
}
END_TEST

/* A record that does not end is one line, and no memory. */
START_TEST(a_record_of_many_segments_is_given_out_in_pieces)
{
	const struct record_format format = { .form = INPUT_VARIABLE };
	struct buf in, want;
	char *told;
	int i;

	buf_init(&in);
	buf_init(&want);
	buf_append(&in, "\0\5\1\0a", 5);
	buf_puts(&want, "1@0: a");
	for (i = 0; i < 3000; i++) {
		buf_append(&in, "\0\x08\3\0bc  ", 8);
		buf_puts(&want, "bc  ");
	}
	buf_append(&in, "\0\6\2\0d ", 6);
	buf_printf(&want, "d %zu\n", in.len);
	buf_append(&want, "", 1);
	for (i = 1; i < 20000; i = 3 * i + 1) {
		told = lines_read(&format, in.data, in.len, i, i);
		ck_assert_str_eq(told, want.data);
		free(told);
	}
	buf_fini(&in);
	buf_fini(&want);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("records");
	TCase *tests = suite_case(suite, "records", 30, set_up, tear_down);

	tcase_add_loop_test(tests, a_stream_is_lines, 0, COUNT(streams));
	tcase_add_loop_test(
		tests, a_stream_may_have_sequence_numbers, 0, COUNT(numbered));
	tcase_add_loop_test(
		tests, a_stream_may_have_carriage_control, 0, COUNT(printed));
	tcase_add_loop_test(tests, a_page_is_converted_before_lines_are_split,
		0, COUNT(pages));
	tcase_add_test(tests, nel_ends_a_line_in_ebcdic_alone);
	tcase_add_loop_test(tests,
		a_line_of_any_length_loses_blanks_at_its_end_alone, 0, 8);
	tcase_add_test(tests, what_cannot_be_converted_is_counted);
	tcase_add_test(tests, only_pages_of_single_octets_are_known);
	tcase_add_loop_test(tests, a_fixed_record_is_a_line, 0, COUNT(fixed));
	tcase_add_loop_test(
		tests, a_record_of_80_octets_may_go_on, 0, COUNT(cards));
	tcase_add_test(tests, sequence_columns_are_dropped);
	tcase_add_test(tests, carriage_control_is_dropped_from_records);
	tcase_add_loop_test(
		tests, a_variable_record_is_a_line, 0, COUNT(variable));
	tcase_add_test(tests, a_record_of_many_segments_is_given_out_in_pieces);
	return suite_run(suite);
}
