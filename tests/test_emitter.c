#include "../forwarder/emitter.h"

#include "support_run.h"

#include <check.h>
#include <string.h>

enum { SENT_MAX = 16384 };

/* Writes what was put in; returns how many octets came. */
static size_t drain(struct emitter *e, size_t cap, char *out)
{
	size_t sent = 0;
	size_t got;

	while (!emitter_is_idle(e)) {
		got = emitter_get(e, out + sent, cap);
		ck_assert_uint_le(got, cap);
		ck_assert(got > 0 || emitter_is_idle(e));
		sent += got;
	}
	return sent;
}

/* Sends lines, parted by LF, in pieces; returns how many octets came. */
static size_t emit(struct emitter *e, const char *in, size_t len, size_t piece,
	size_t cap, char out[static SENT_MAX])
{
	size_t sent = 0;

	while (len > 0) {
		const char *end = memchr(in, '\n', len);
		size_t line = end != NULL ? (size_t)(end - in) : len;
		size_t n = line < piece ? line : piece;
		bool is_end = end != NULL && n == line;

		emitter_put(e, in, n, is_end);
		sent += drain(e, cap, out + sent);
		in += n + is_end;
		len -= n + is_end;
	}
	return sent + emitter_finish(e, out + sent);
}

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *in;
	size_t in_len;
	const char *out;
	size_t out_len;
	uint64_t replaced;
} cases[] = {
	{ TEXT(""), TEXT(".\r\n"), 0 },
	{ TEXT("\n"), TEXT("\r\n.\r\n"), 0 },
	{ TEXT("a\nb\n"), TEXT("a\r\nb\r\n.\r\n"), 0 },
	/* A line that has not ended is ended. */
	{ TEXT("a"), TEXT("a\r\n.\r\n"), 0 },
	/* Leading dots are doubled, others are not. */
	{ TEXT(".\n"), TEXT("..\r\n.\r\n"), 0 },
	{ TEXT("."), TEXT("..\r\n.\r\n"), 0 },
	{ TEXT(".a\n..b\n"), TEXT("..a\r\n...b\r\n.\r\n"), 0 },
	{ TEXT("a.b\n .\n"), TEXT("a.b\r\n .\r\n.\r\n"), 0 },
	/* CR and NUL become blanks. */
	{ TEXT("a\rb\n"), TEXT("a b\r\n.\r\n"), 1 },
	{ TEXT("a\r\n"), TEXT("a \r\n.\r\n"), 1 },
	{ TEXT("\r\0\r\n"), TEXT("   \r\n.\r\n"), 3 },
	{ TEXT("\r.\n\0.\n"), TEXT(" .\r\n .\r\n.\r\n"), 2 },
	{ TEXT(".\r\n.\0\n"), TEXT(".. \r\n.. \r\n.\r\n"), 2 },
	{ TEXT("0123456\r0123456789\0"), TEXT("0123456 0123456789 \r\n.\r\n"),
		2 },
	{ TEXT("\xff\x80\xc2\x85\n"), TEXT("\xff\x80\xc2\x85\r\n.\r\n"), 0 },
};

START_TEST(content_leaves_as_lines)
{
	struct emitter e;
	char sent[SENT_MAX];
	size_t piece, cap, len;

	for (piece = 1; piece <= cases[_i].in_len + 1; piece++)
		for (cap = EMITTER_OUT_MIN; cap < EMITTER_OUT_MIN + 5; cap++) {
			emitter_init(&e, piece % 2 == 0);
			len = emit(&e, cases[_i].in, cases[_i].in_len, piece,
				cap, sent);
			ck_assert_uint_eq(len, cases[_i].out_len);
			ck_assert_mem_eq(sent, cases[_i].out, len);
			ck_assert_uint_eq(e.replaced, cases[_i].replaced);
		}
}
END_TEST

/* Should an LF come in a line after all, it does not leave as one. */
START_TEST(a_line_end_within_a_line_is_a_blank)
{
	struct emitter e;
	char sent[SENT_MAX];
	size_t len;

	emitter_init(&e, false);
	emitter_put(&e, TEXT("a\n.\nb"), true);
	len = drain(&e, sizeof sent, sent);
	ck_assert_uint_eq(len, 7);
	ck_assert_mem_eq(sent, "a . b\r\n", 7);
}
END_TEST

START_TEST(lines_of_any_length_pass)
{
	static const size_t lengths[] = { 998, 999, 1000, 4000 };
	struct emitter e;
	char in[4001], sent[SENT_MAX];
	size_t i, len, n;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		n = lengths[i];
		memset(in, 'x', n);
		in[n] = '\n';
		emitter_init(&e, false);
		len = emit(&e, in, n + 1, 700, 600, sent);
		ck_assert_uint_eq(len, n + 5);
		ck_assert_mem_eq(sent, in, n);
		ck_assert_mem_eq(sent + n, "\r\n.\r\n", 5);
	}
}
END_TEST

/* What a line of 'x', then a character, then more, is cut to. */
static const struct {
	size_t before;
	const char *character;
	size_t kept;
} cuts[] = {
	{ 0, "", 998 },
	{ 996, "\xc3\xa4", 998 },
	{ 997, "\xc3\xa4", 997 },
	{ 995, "\xe2\x82\xac", 998 },
	{ 996, "\xe2\x82\xac", 996 },
	{ 997, "\xe2\x82\xac", 997 },
	{ 994, "\xf0\x9f\x98\x80", 998 },
	{ 995, "\xf0\x9f\x98\x80", 995 },
	{ 996, "\xf0\x9f\x98\x80", 996 },
	{ 997, "\xf0\x9f\x98\x80", 997 },
	{ 998, "\xc3\xa4", 998 },
};

START_TEST(a_truncated_line_ends_with_a_whole_character)
{
	struct emitter e;
	char in[2000], sent[SENT_MAX];
	size_t piece, cap, len, n;

	memset(in, 'x', sizeof in);
	n = strlen(cuts[_i].character);
	memcpy(in + cuts[_i].before, cuts[_i].character, n);
	memcpy(in + 1500, "\nyy\n", 4);
	for (piece = 1; piece < 1500; piece = 3 * piece + 1)
		for (cap = EMITTER_OUT_MIN; cap < 1500; cap = 3 * cap + 1) {
			emitter_init(&e, true);
			len = emit(&e, in, 1504, piece, cap, sent);
			ck_assert_uint_eq(len, cuts[_i].kept + 9);
			ck_assert_mem_eq(sent, in, cuts[_i].kept);
			ck_assert_mem_eq(
				sent + cuts[_i].kept, "\r\nyy\r\n.\r\n", 9);
		}
}
END_TEST

/* What a line that is not too long may end with, if it is no UTF-8. */
static const char *const ends[] = {
	"\xff",
	"\xf0",
	"\xf0\x9f\x98",
	"\xe2\x82",
	"\xff\xff\xff",
	"\xf0xy",
	"\xe4",
};

START_TEST(a_line_that_is_not_too_long_is_whole)
{
	size_t tail = strlen(ends[_i]);
	struct emitter e;
	char in[1001], sent[SENT_MAX];
	size_t piece, cap, len, n;

	for (n = 994; n <= 998; n++)
		for (piece = 1; piece < n; piece = 3 * piece + 1)
			for (cap = EMITTER_OUT_MIN; cap < n;
				cap = 2 * cap + 1) {
				memset(in, 'x', n);
				memcpy(in + n - tail, ends[_i], tail);
				in[n] = '\n';
				emitter_init(&e, true);
				len = emit(&e, in, n + (cap % 4 < 2), piece,
					cap, sent);
				ck_assert_uint_eq(len, n + 5);
				ck_assert_mem_eq(sent, in, n);
				ck_assert_mem_eq(sent + n, "\r\n.\r\n", 5);
			}
}
END_TEST

/* What was kept back is text as any other. */
START_TEST(what_is_kept_back_has_no_line_end)
{
	struct emitter e;
	char in[998], sent[SENT_MAX];
	size_t len;

	memset(in, 'x', sizeof in);
	memcpy(in + 995, "\xf0\r", 3);
	emitter_init(&e, true);
	emitter_put(&e, in, sizeof in, true);
	len = drain(&e, sizeof sent, sent);
	ck_assert_uint_eq(len, 1000);
	ck_assert_mem_eq(sent + 995, "\xf0  \r\n", 5);
	ck_assert_uint_eq(e.replaced, 2);
}
END_TEST

/* The doubled dot is no octet of the line. */
START_TEST(a_doubled_dot_does_not_count)
{
	struct emitter e;
	char in[1001], sent[SENT_MAX];
	size_t len;

	memset(in, '.', sizeof in);
	emitter_init(&e, true);
	len = emit(&e, in, sizeof in, SENT_MAX, 100, sent);
	ck_assert_uint_eq(len, 999 + 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("emitter");
	TCase *tests = tcase_create("emitter");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, content_leaves_as_lines, 0, COUNT(cases));
	tcase_add_test(tests, a_line_end_within_a_line_is_a_blank);
	tcase_add_test(tests, lines_of_any_length_pass);
	tcase_add_loop_test(tests, a_truncated_line_ends_with_a_whole_character,
		0, COUNT(cuts));
	tcase_add_loop_test(
		tests, a_line_that_is_not_too_long_is_whole, 0, COUNT(ends));
	tcase_add_test(tests, what_is_kept_back_has_no_line_end);
	tcase_add_test(tests, a_doubled_dot_does_not_count);
	return suite_run(suite);
}
