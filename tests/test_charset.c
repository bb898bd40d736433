#include "../forwarder/charset.h"
#include "buf.h"
#include "config_input.h"
#include "support_cut.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text) text, sizeof(text) - 1

/* ---- conversion ---------------------------------------------------- */

struct conversion {
	struct charset *charset;
	struct buf octets;
	uint64_t line_len;
};

static bool put(void *arg, const struct line *piece)
{
	struct conversion *c = arg;
	const char *text;
	bool ends_line;
	size_t len;

	charset_put(c->charset, piece->text, piece->len, piece->is_end);
	while (charset_get(c->charset, &text, &len, &ends_line)) {
		buf_append(&c->octets, text, len);
		if (ends_line)
			buf_puts(&c->octets, "\n");
	}
	ck_assert(charset_is_idle(c->charset));
	return true;
}

static void convert(struct conversion *c, struct charset *charset,
	bool truncates, const char *text, size_t len, size_t step)
{
	c->charset = charset;
	buf_init(&c->octets);
	buf_puts(&c->octets, "");
	charset_begin(charset, truncates);
	lines_cut(text, len, step, put, c);
}

static struct charset *open_charset(const char *name)
{
	struct charset *c = NULL;

	ck_assert_int_eq(charset_open(name, &c), 0);
	return c;
}

static void check(const char *name, const char *text, size_t len,
	const char *want, size_t want_len, uint64_t replaced)
{
	static const size_t steps[] = { 4096, 1, 2, 3, 5, 11 };
	struct charset *charset = open_charset(name);
	struct conversion c;
	int i;

	for (i = 0; i < COUNT(steps); i++) {
		convert(&c, charset, false, text, len, steps[i]);
		ck_assert_uint_eq(c.octets.len, want_len);
		ck_assert_mem_eq(c.octets.data, want, want_len);
		ck_assert_uint_eq(charset_replaced(charset), replaced);
		buf_fini(&c.octets);
	}
	charset_close(charset);
}

static const struct {
	const char *name, *text;
	size_t len;
	const char *octets;
	size_t octets_len;
	uint64_t replaced;
} texts[] = {
#define CASE(name, text, octets, n)                                            \
	{                                                                      \
		name, text, sizeof(text) - 1, octets, sizeof(octets) - 1, n    \
	}
	CASE("ISO8859-1", "a\n\nb\n", "a\n\nb\n", 0),
	CASE("ISO8859-1",
		"Stra\xc3\x9f"
		"e\n",
		"Stra\xdf"
		"e\n",
		0),
	/* What a character set lacks: one mark each. */
	CASE("ISO8859-1", "\xe2\x82\xac 5\n", "? 5\n", 1),
	CASE("ISO8859-15", "\xe2\x82\xac 5\n", "\xa4 5\n", 0),
	CASE("ISO8859-1", "\xf0\x9f\x98\x80\xe6\x97\xa5\n", "??\n", 2),
	CASE("US-ASCII", "\xc3\xa4\xc3\xb6\n", "??\n", 2),
	/* What is no UTF-8: one mark for each maximal part of a character. */
	CASE("ISO8859-1", "a\x80\x62\n", "a?b\n", 1),
	CASE("ISO8859-1", "a\xff\xfe\n", "a??\n", 2),
	CASE("ISO8859-1", "\xe2\x82 x\n", "? x\n", 1),
	CASE("ISO8859-1", "\xe2\x82\n", "?\n", 1),
	CASE("ISO8859-1", "\xc0\xaf\n", "??\n", 2),
	CASE("ISO8859-1", "\xe0\x80\xaf\n", "???\n", 3),
	CASE("ISO8859-1", "\xed\xa0\x80\n", "???\n", 3),
	CASE("ISO8859-1", "\xf0\x9f\x98\n\xf4\x90\x80\x80\n", "?\n????\n", 5),
	CASE("ISO8859-1", "\xc3\xc3\xa4\n", "?\xe4\n", 1),
	/* NUL and CR are for the emitter. */
	CASE("ISO8859-1", "a\0\r\xc3\xa4\n", "a\0\r\xe4\n", 0),
	/* Shifts: every line begins and ends in ASCII. */
	CASE("ISO-2022-JP",
		"A\xe6\x97\xa5\xe6\x9c\xac"
		"B\n",
		"A\033$BF|K\\\033(BB\n", 0),
	CASE("ISO-2022-JP", "\xe6\x97\xa5\n\xe6\x97\xa5\n",
		"\033$BF|\033(B\n\033$BF|\033(B\n", 0),
	CASE("ISO-2022-JP", "\xe6\x97\xa5\xe2\x82\xac\n", "\033$BF|\033(B?\n",
		1),
	CASE("ISO-2022-JP", "\xe6\x97\xa5\xe6\n", "\033$BF|\033(B?\n", 1),
	CASE("EUC-JP", "A\xe6\x97\xa5\n", "A\xc6\xfc\n", 0),
	CASE("CP950", "\xe6\x97\xa5\n", "\xa4\xe9\n", 0),
#undef CASE
};

START_TEST(lines_become_octets_of_the_character_set)
{
	check(texts[_i].name, texts[_i].text, texts[_i].len, texts[_i].octets,
		texts[_i].octets_len, texts[_i].replaced);
}
END_TEST

START_TEST(a_line_of_ascii_is_not_copied)
{
	static const char line[] = "plain text";
	struct charset *c = open_charset("ISO-2022-JP");
	const char *text;
	bool ends_line;
	size_t len;

	charset_put(c, line, sizeof line - 1, true);
	ck_assert(charset_get(c, &text, &len, &ends_line));
	ck_assert_ptr_eq(text, line);
	ck_assert_uint_eq(len, sizeof line - 1);
	ck_assert(ends_line);
	ck_assert(!charset_get(c, &text, &len, &ends_line));
	charset_close(c);
}
END_TEST

START_TEST(a_mail_begins_with_nothing_left_of_the_one_before)
{
	struct charset *charset = open_charset("ISO-2022-JP");
	struct conversion c;

	charset_begin(charset, false);
	charset_put(charset, "\xe2\x82\xac\xe6\x97", 5, false);
	charset_begin(charset, false);
	ck_assert(charset_is_idle(charset));
	ck_assert_uint_eq(charset_replaced(charset), 0);
	convert(&c, charset, false, TEXT("a\n"), 4);
	ck_assert_uint_eq(c.octets.len, 2);
	ck_assert_mem_eq(c.octets.data, "a\n", 2);
	buf_fini(&c.octets);
	charset_close(charset);
}
END_TEST

/* ---- long lines ----------------------------------------------------- */

/* So many characters and a line end; the caller frees it. */
static char *repeat(const char *character, size_t count, size_t *len)
{
	size_t n = strlen(character);
	char *text = malloc(n * count + 1);
	size_t i;

	for (i = 0; i < count; i++)
		memcpy(text + n * i, character, n);
	text[n * count] = '\n';
	*len = n * count + 1;
	return text;
}

static const struct {
	const char *name, *character;
	size_t count, octets;
	bool is_long;
} lines[] = {
	{ "ISO8859-1", "a", 998, 998, false },
	{ "ISO8859-1", "a", 999, 999, true },
	{ "ISO8859-1", "\xc3\xa4", 998, 998, false },
	{ "ISO8859-1", "\xc3\xa4", 999, 999, true },
	{ "ISO8859-1", "\xe2\x82\xac", 998, 998, false }, /* all replaced */
	{ "EUC-JP", "\xe6\x97\xa5", 499, 998, false },
	{ "EUC-JP", "\xe6\x97\xa5", 500, 1000, true },
	{ "ISO-2022-JP", "\xe6\x97\xa5", 496, 998, false },
	{ "ISO-2022-JP", "\xe6\x97\xa5", 497, 1000, true },
	{ "GB18030", "\xc3\xbf", 249, 996, false },
	{ "GB18030", "\xc3\xbf", 250, 1000, true },
	{ "ISO8859-1", "\xc3\xa4", 30000, 30000, true },
};

START_TEST(lines_are_measured_after_conversion)
{
	static const size_t steps[] = { 1000000, 4096, 7 };
	struct charset *charset = open_charset(lines[_i].name);
	struct conversion c;
	size_t len;
	char *text = repeat(lines[_i].character, lines[_i].count, &len);
	int i;

	for (i = 0; i < COUNT(steps); i++) {
		convert(&c, charset, false, text, len, steps[i]);
		ck_assert_uint_eq(c.octets.len, lines[_i].octets + 1);
		ck_assert_int_eq(
			charset_has_long_line(charset), lines[_i].is_long);
		buf_fini(&c.octets);
	}
	free(text);
	charset_close(charset);
}
END_TEST

/* The longest that fits; and the way back to ASCII is always taken. */
START_TEST(lines_are_cut_between_characters)
{
	static const size_t steps[] = { 1000000, 4096, 7 };
	struct charset *charset = open_charset(lines[_i].name);
	struct conversion whole, c;
	size_t len, max;
	char *text = repeat(lines[_i].character, lines[_i].count, &len);
	int i;

	convert(&whole, charset, false, text, len, 4096);
	for (i = 0; i < COUNT(steps); i++) {
		convert(&c, charset, true, text, len, steps[i]);
		ck_assert(!charset_has_long_line(charset));
		max = c.octets.len - 1;
		ck_assert_uint_le(max, CHARSET_LINE_MAX);
		ck_assert_int_eq(c.octets.data[max], '\n');
		if (!lines[_i].is_long)
			ck_assert_uint_eq(max, lines[_i].octets);
		else if (memcmp(whole.octets.data, "\033", 1) == 0)
			ck_assert_mem_eq(c.octets.data + max - 3, "\033(B", 3);
		else
			ck_assert_mem_eq(whole.octets.data, c.octets.data, max);
		ck_assert_uint_gt(max, CHARSET_LINE_MAX - 5);
		buf_fini(&c.octets);
	}
	buf_fini(&whole.octets);
	free(text);
	charset_close(charset);
}
END_TEST

/* Where nothing shifts before its end, a line has all of its room. */
START_TEST(what_follows_does_not_matter_where_ascii_is_cut)
{
	static const size_t steps[] = { 100000, 4096, 998, 995, 994, 16, 1 };
	struct charset *charset = open_charset("ISO-2022-CN");
	char text[CHARSET_LINE_MAX + 10];
	struct conversion c;
	int i;

	memset(text, 'a', sizeof text);
	memcpy(text + sizeof text - 4, "\xe6\x97\xa5\n", 4);
	for (i = 0; i < COUNT(steps); i++) {
		convert(&c, charset, true, text, sizeof text, steps[i]);
		ck_assert_uint_eq(c.octets.len, CHARSET_LINE_MAX + 1);
		ck_assert_mem_eq(c.octets.data, text, CHARSET_LINE_MAX);
		buf_fini(&c.octets);
	}
	charset_close(charset);
}
END_TEST

/* ---- any text -------------------------------------------------------- */

static const char *const names[] = { "ISO8859-1", "ISO8859-15", "CP1252",
	"US-ASCII", "EUC-JP", "ISO-2022-JP", "SJIS", "CP950", "GB18030",
	"EUC-KR", "EUC-TW", "ISO-2022-CN", "BIG5-HKSCS", "EUC-JISX0213" };

/* Random octets, of UTF-8 for the most part. */
static void make_text(char *text, size_t len, unsigned int seed)
{
	static const char *const characters[] = { "a", "\xc3\xa4",
		"\xe2\x82\xac", "\xe6\x97\xa5", "\xe3\x81\x8b", "\xe3\x82\x9a",
		"\xf0\x9f\x98\x80", "\n", "\xe6", "\x80", "\033", "\xc3\x8a",
		"\xcc\x84", "\xea\xb0\x80", "zz", "." };
	const char *c;
	size_t i = 0;

	while (i < len) {
		seed = seed * 1103515245 + 12345;
		for (c = characters[seed >> 28]; *c != '\0' && i < len; c++)
			text[i++] = *c;
	}
}

START_TEST(octets_do_not_depend_on_how_lines_are_cut)
{
	static const size_t steps[] = { 1, 2, 3, 5, 100 };
	struct charset *charset = open_charset(names[_i]);
	struct conversion whole, c;
	char text[6000];
	unsigned int seed;
	int i;

	for (seed = 1; seed < 10; seed++) {
		make_text(text, sizeof text, seed);
		text[sizeof text - 1] = '\n';
		convert(&whole, charset, seed % 2 == 0, text, sizeof text,
			100000);
		for (i = 0; i < COUNT(steps); i++) {
			convert(&c, charset, seed % 2 == 0, text, sizeof text,
				steps[i]);
			ck_assert_uint_eq(c.octets.len, whole.octets.len);
			ck_assert_mem_eq(c.octets.data, whole.octets.data,
				whole.octets.len);
			buf_fini(&c.octets);
		}
		buf_fini(&whole.octets);
	}
	charset_close(charset);
}
END_TEST

/* ---- names ------------------------------------------------------------ */

START_TEST(what_changes_ascii_is_no_character_set_for_mail)
{
	static const char *const wrong[] = { "UTF-7", "UTF-16", "IBM1047",
		"ISO646-DE", "ISO-2022-KR" };
	struct charset *c;

	ck_assert_int_eq(charset_open(wrong[_i], &c), -ENOTSUP);
	ck_assert_int_eq(charset_open("nothing", &c), -EINVAL);
}
END_TEST

static const struct {
	const char *page, *charset, *mbcharset;
	bool is_mbcs;
	const char *name;
} choices[] = {
	/* As it came, where nothing is coded. */
	{ "", "", "", false, "" },
	{ "", "ISO8859-15", "", false, "ISO8859-15" },
	{ "", "UTF-8", "", false, "" },
	{ "IBM1047", "", "", false, "ISO8859-1" },
	{ "IBM1047", "ISO8859-15", "", false, "ISO8859-15" },
	{ "IBM1047", "UTF-8", "", false, "" },
	{ "CP1252", "", "", false, "CP1252" },
	{ "IBM939", "ISO8859-15", "ISO-2022-JP", true, "ISO-2022-JP" },
	{ "IBM939", "", "UTF-8", true, "" },
};

START_TEST(a_target_gets_what_is_coded_or_what_ibm_has)
{
	static struct target_config target;
	struct input_config input;
	struct codepage *page = NULL;

	input_config_init(&input);
	strcpy(input.page, choices[_i].page);
	input.is_mbcs = choices[_i].is_mbcs;
	strcpy(target.charset, choices[_i].charset);
	strcpy(target.mbcharset, choices[_i].mbcharset);
	if (input.page[0] != '\0')
		ck_assert_int_eq(codepage_open(input.page, &page), 0);
	ck_assert_str_eq(charset_name(&target, &input, page), choices[_i].name);
	codepage_close(page);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("charset");
	TCase *cases = suite_case(suite, "charset", 60, NULL, NULL);

	tcase_add_loop_test(cases, lines_become_octets_of_the_character_set, 0,
		COUNT(texts));
	tcase_add_test(cases, a_line_of_ascii_is_not_copied);
	tcase_add_test(
		cases, a_mail_begins_with_nothing_left_of_the_one_before);
	tcase_add_loop_test(
		cases, lines_are_measured_after_conversion, 0, COUNT(lines));
	tcase_add_loop_test(
		cases, lines_are_cut_between_characters, 0, COUNT(lines));
	tcase_add_test(cases, what_follows_does_not_matter_where_ascii_is_cut);
	tcase_add_loop_test(cases, octets_do_not_depend_on_how_lines_are_cut, 0,
		COUNT(names));
	tcase_add_loop_test(
		cases, what_changes_ascii_is_no_character_set_for_mail, 0, 5);
	tcase_add_loop_test(cases, a_target_gets_what_is_coded_or_what_ibm_has,
		0, COUNT(choices));
	return suite_run(suite);
}
