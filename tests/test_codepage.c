#include "../forwarder/codepage.h"
#include "../fs/config_page.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum { OCTETS = 256, TEXT_MAX = 4096 };

/* ---- what iconv(3) says of whole texts ---------------------------- */

/* Returns how many octets; SIZE_MAX for a text that cannot be converted. */
static size_t expect(
	const char *page, const char *octets, size_t len, char *out)
{
	iconv_t cd = iconv_open("UTF-8", page);
	char *in = (char *)octets;
	char *to = out;
	size_t room = TEXT_MAX;
	size_t n;

	ck_assert(cd != (iconv_t)-1);
	n = iconv(cd, &in, &len, &to, &room);
	iconv_close(cd);
	return n == (size_t)-1 ? SIZE_MAX : TEXT_MAX - room;
}

/* As records does, in pieces of step octets with so much room. */
static size_t convert(const struct codepage *page, struct codepage_state *state,
	const char *octets, size_t len, size_t step, size_t room, char *out)
{
	size_t written = 0;
	size_t read = 0;
	size_t n, used;
	char *copy;

	while (read < len) {
		n = len - read < step ? len - read : step;
		copy = malloc(n);
		memcpy(copy, octets + read, n);
		written += codepage_to_utf8(
			page, state, copy, n, &used, out + written, room);
		free(copy);
		read += used;
		if (used > 0 || read == len)
			continue;
		ck_assert(codepage_is_line_end(page, octets[read]));
		out[written++] = '\n';
		read++;
	}
	return written + codepage_end_line(state, out + written);
}

static void check(const struct codepage *page, const char *octets, size_t len,
	const char *want, size_t want_len, uint64_t unconvertible)
{
	static const size_t steps[] = { TEXT_MAX, 1, 2, 3, 7 };
	static const size_t rooms[] = { TEXT_MAX, CODEPAGE_UTF8_MAX, 9 };
	struct codepage_state state;
	char out[TEXT_MAX];
	size_t i, j, n;

	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		for (j = 0; j < sizeof rooms / sizeof *rooms; j++) {
			memset(&state, 0, sizeof state);
			n = convert(page, &state, octets, len, steps[i],
				rooms[j], out);
			ck_assert_mem_eq(out, want, want_len);
			ck_assert_uint_eq(n, want_len);
			ck_assert_uint_eq(state.unconvertible, unconvertible);
			ck_assert(!state.is_double && !state.has_first);
		}
	}
}

static struct codepage *open_page(const char *name)
{
	struct codepage *page = NULL;

	ck_assert_int_eq(codepage_open(name, &page), 0);
	return page;
}

/* ---- names --------------------------------------------------------- */

static const struct {
	const char *written, *name;
	bool is_multibyte;
} names[] = {
	{ "IBM-1047", "IBM1047", false },
	{ "IBM1047", "IBM1047", false },
	{ "CP1047", "IBM1047", false },
	{ "1047", "IBM1047", false },
	{ "ibm-037", "IBM037", false },
	{ "037", "IBM037", false },
	{ "37", "IBM037", false },
	{ "273", "IBM273", false },
	{ "IBM-277", "IBM277", false },
	{ "278", "IBM278", false },
	{ "280", "IBM280", false },
	{ "IBM-281", "IBM281", false },
	{ "284", "IBM284", false },
	{ "285", "IBM285", false },
	{ "297", "IBM297", false },
	{ "500", "IBM500", false },
	{ "871", "IBM871", false },
	{ "1140", "IBM1140", false },
	{ "1141", "IBM1141", false },
	{ "1142", "IBM1142", false },
	{ "1143", "IBM1143", false },
	{ "1144", "IBM1144", false },
	{ "1145", "IBM1145", false },
	{ "1146", "IBM1146", false },
	{ "1147", "IBM1147", false },
	{ "1148", "IBM1148", false },
	{ "CCSID1149", "IBM1149", false },
	{ "IBM-930", "IBM930", true },
	{ "933", "IBM933", true },
	{ "935", "IBM935", true },
	{ "937", "IBM937", true },
	{ "939", "IBM939", true },
	{ "1364", "IBM1364", true },
	{ "1371", "IBM1371", true },
	{ "1388", "IBM1388", true },
	{ "1390", "IBM1390", true },
	{ "IBM-1399", "IBM1399", true },
};

START_TEST(a_page_has_the_names_ibm_writes)
{
	struct config_page found;

	ck_assert_int_eq(config_page_find(names[_i].written,
				 strlen(names[_i].written), &found),
		0);
	ck_assert_str_eq(found.name, names[_i].name);
	ck_assert(found.is_ebcdic);
	ck_assert_int_eq(found.is_multibyte, names[_i].is_multibyte);
	codepage_close(open_page(found.name));
}
END_TEST

START_TEST(a_name_that_iconv_lacks_is_no_page)
{
	static const char *const wrong[] = { "924", "IBM924", "IBM-5026",
		"5035", "nothing", "" };
	struct config_page found;
	struct codepage *page;

	ck_assert_int_ne(
		config_page_find(wrong[_i], strlen(wrong[_i]), &found), 0);
	if (wrong[_i][0] != '\0')
		ck_assert_int_eq(codepage_open(wrong[_i], &page), -EINVAL);
}
END_TEST

START_TEST(other_pages_of_several_octets_are_refused)
{
	static const char *const wrong[] = { "UTF-8", "UTF-16", "EUC-JP",
		"BIG5", "SJIS", "ISO-2022-JP", "GB18030", "UTF-7" };
	struct codepage *page;

	ck_assert_int_eq(codepage_open(wrong[_i], &page), -ENOTSUP);
}
END_TEST

/* ---- characters of one octet --------------------------------------- */

START_TEST(each_octet_is_what_iconv_makes_of_it)
{
	struct codepage *page = open_page(names[_i].name);
	struct codepage_state state;
	char want[TEXT_MAX], out[TEXT_MAX];
	size_t want_len, used, n;
	int i;

	for (i = 0; i < OCTETS; i++) {
		const char octet = (char)i;

		memset(&state, 0, sizeof state);
		n = codepage_to_utf8(
			page, &state, &octet, 1, &used, out, sizeof out);
		want_len = expect(names[_i].name, &octet, 1, want);
		if (codepage_is_line_end(page, octet)) {
			ck_assert_uint_eq(n + used, 0);
			ck_assert(i == 0x15 || i == 0x25);
		} else if (want_len == SIZE_MAX) {
			ck_assert_uint_eq(state.unconvertible, 1);
			ck_assert(n == 1 && out[0] == '?');
		} else {
			ck_assert_uint_eq(state.unconvertible, 0);
			ck_assert_uint_eq(n, want_len);
			ck_assert_mem_eq(out, want, n);
		}
	}
	ck_assert(codepage_is_line_end(page, 0x15));
	ck_assert(codepage_is_line_end(page, 0x25));
	codepage_close(page);
}
END_TEST

/* ---- characters of two octets -------------------------------------- */

/* All pairs of a page in one text, those it lacks left out. */
START_TEST(each_pair_is_what_iconv_makes_of_it)
{
	struct codepage *page = open_page(names[_i].name);
	struct codepage_state state;
	char want[TEXT_MAX], out[TEXT_MAX];
	size_t want_len, used, n;
	unsigned int first, second;
	unsigned int known = 0;

	if (!names[_i].is_multibyte) {
		codepage_close(page);
		return;
	}
	for (first = 0x40; first < OCTETS; first++) {
		for (second = 0x40; second < OCTETS; second++) {
			const char octets[] = { 0x0e, (char)first, (char)second,
				0x0f, (char)0xc1 };

			memset(&state, 0, sizeof state);
			n = codepage_to_utf8(page, &state, octets,
				sizeof octets, &used, out, sizeof out);
			ck_assert_uint_eq(used, sizeof octets);
			want_len = expect(
				names[_i].name, octets, sizeof octets, want);
			if (want_len == SIZE_MAX) {
				ck_assert_uint_eq(state.unconvertible, 1);
				ck_assert(n == 2 && out[0] == '?');
			} else {
				known++;
				ck_assert_uint_eq(state.unconvertible, 0);
				ck_assert_uint_eq(n, want_len);
				ck_assert_mem_eq(out, want, n);
			}
		}
	}
	ck_assert_uint_gt(known, 8000);
	codepage_close(page);
}
END_TEST

/* In IBM939: 4562 is U+65E5, 4566 is U+672C, C1 is A, 40 is a blank. */
static const struct {
	const char *octets;
	size_t len;
	const char *text;
	uint64_t unconvertible;
} texts[] = {
#define CASE(octets, text, n)                                                  \
	{                                                                      \
		octets, sizeof(octets) - 1, text, n                            \
	}
	CASE("", "", 0),
	CASE("\xc1\x0e\x45\x62\x45\x66\x0f\xc1",
		"A\xe6\x97\xa5\xe6\x9c\xac"
		"A",
		0),
	CASE("\x0e\x40\x40\x0f", "\xe3\x80\x80", 0),
	/* A shift to where one is already. */
	CASE("\x0f\xc1\x0e\x0e\x45\x62\x0f\x0f\xc1",
		"A\xe6\x97\xa5"
		"A",
		0),
	/* Nothing brings it back: the line does. */
	CASE("\x0e\x45\x62", "\xe6\x97\xa5", 0),
	/* Halves. */
	CASE("\x0e\x45", "?", 1),
	CASE("\x0e\x45\x0f\xc1", "?A", 1),
	CASE("\x0e\x45\x62\x45\x0f\xc1", "\xe6\x97\xa5?A", 1),
	CASE("\x0e\x45\x0e\x45\x62\x0f", "?\xe6\x97\xa5", 1),
	/* Pairs the page lacks, and controls in them. */
	CASE("\x0e\xff\xff\xfe\xff\x0f\xc1", "??A", 2),
	CASE("\x0e\x00\x45\x45\x62\x0f", "?\xe6\x97\xa5", 1),
	CASE("\x0e\x45\x00\x45\x62\x0f", "?\xe6\x97\xa5", 1),
	/* A line end is one wherever it stands, and splits no pair. */
	CASE("\x0e\x45\x62\x15\x45\x62\x0f", "\xe6\x97\xa5\n\xe6\x97\xa5", 0),
	CASE("\x0e\x45\x25\x45\x62\x0f", "?\n\xe6\x97\xa5", 1),
	CASE("\xc1\x25\x0e\x25", "A\n\n", 0),
#undef CASE
};

START_TEST(shifts_halves_and_line_ends_do_what_they_should)
{
	struct codepage *page = open_page("IBM939");

	check(page, texts[_i].octets, texts[_i].len, texts[_i].text,
		strlen(texts[_i].text), texts[_i].unconvertible);
	codepage_close(page);
}
END_TEST

START_TEST(two_code_points_of_one_character_stay_together)
{
	static const char octets[] = "\x0e\xec\xb5\x0f";
	static const char text[] = "\xe3\x81\x8b\xe3\x82\x9a";
	struct codepage *page = open_page("IBM1390");
	char want[TEXT_MAX];

	ck_assert_uint_eq(expect("IBM1390", octets, sizeof octets - 1, want),
		sizeof text - 1);
	ck_assert_mem_eq(want, text, sizeof text - 1);
	check(page, octets, sizeof octets - 1, text, sizeof text - 1, 0);
	codepage_close(page);
}
END_TEST

/* A page of one octet has the shifts as what they are: controls. */
START_TEST(shifts_mean_nothing_in_a_page_without_pairs)
{
	struct codepage *page = open_page("IBM1047");

	check(page, "\x0e\xc1\x0f", 3,
		"\x0e"
		"A\x0f",
		3, 0);
	codepage_close(page);
}
END_TEST

/* ---- any octets ----------------------------------------------------- */

static bool is_utf8(const char *text, size_t len)
{
	iconv_t cd = iconv_open("UTF-16LE", "UTF-8");
	char *in = (char *)text;
	char out[4 * TEXT_MAX];
	char *to = out;
	size_t room = sizeof out;
	size_t n = iconv(cd, &in, &len, &to, &room);

	iconv_close(cd);
	return n != (size_t)-1;
}

START_TEST(any_octets_become_utf8_however_they_are_cut)
{
	struct codepage *page = open_page(names[_i].name);
	struct codepage_state state = { 0 };
	char octets[512], want[TEXT_MAX];
	unsigned int seed = 1;
	size_t i, n;
	int round;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < sizeof octets; i++) {
			seed = seed * 1103515245 + 12345;
			octets[i] = (char)(seed >> 16);
			if (seed >> 29 == 0)
				octets[i] = 0x0e + (seed >> 28 & 1);
		}
		state.unconvertible = 0;
		n = convert(page, &state, octets, sizeof octets, TEXT_MAX,
			TEXT_MAX, want);
		ck_assert(is_utf8(want, n));
		check(page, octets, sizeof octets, want, n,
			state.unconvertible);
	}
	codepage_close(page);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codepage");
	TCase *cases = suite_case(suite, "codepage", 60, NULL, NULL);

	tcase_add_loop_test(
		cases, a_page_has_the_names_ibm_writes, 0, COUNT(names));
	tcase_add_loop_test(cases, a_name_that_iconv_lacks_is_no_page, 0, 6);
	tcase_add_loop_test(
		cases, other_pages_of_several_octets_are_refused, 0, 8);
	tcase_add_loop_test(
		cases, each_octet_is_what_iconv_makes_of_it, 0, COUNT(names));
	tcase_add_loop_test(
		cases, each_pair_is_what_iconv_makes_of_it, 0, COUNT(names));
	tcase_add_loop_test(cases,
		shifts_halves_and_line_ends_do_what_they_should, 0,
		COUNT(texts));
	tcase_add_test(cases, two_code_points_of_one_character_stay_together);
	tcase_add_test(cases, shifts_mean_nothing_in_a_page_without_pairs);
	tcase_add_loop_test(cases, any_octets_become_utf8_however_they_are_cut,
		0, COUNT(names));
	return suite_run(suite);
}
