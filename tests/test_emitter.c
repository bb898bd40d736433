#include "../forwarder/emitter.h"

#include "support_run.h"

#include <check.h>
#include <string.h>

enum { SENT_MAX = 8192 };

/* Sends in through the emitter in pieces; returns how many octets came. */
static size_t emit(const char *in, size_t len, size_t piece, size_t cap,
	char out[static SENT_MAX])
{
	struct emitter e;
	size_t used = 0;
	size_t sent = 0;

	emitter_init(&e);
	while (used < len) {
		size_t n = len - used < piece ? len - used : piece;
		size_t consumed;
		size_t got;

		got = emitter_feed(
			&e, in + used, n, &consumed, out + sent, cap);
		ck_assert_uint_le(got, cap);
		ck_assert_uint_le(consumed, n);
		ck_assert(got > 0 || consumed > 0);
		sent += got;
		used += consumed;
	}
	return sent + emitter_finish(&e, out + sent);
}

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *in;
	size_t in_len;
	const char *out;
	size_t out_len;
} cases[] = {
	{ TEXT(""), TEXT(".\r\n") },
	{ TEXT("\n"), TEXT("\r\n.\r\n") },
	{ TEXT("\r\n"), TEXT("\r\n.\r\n") },
	{ TEXT("a\nb\r\n"), TEXT("a\r\nb\r\n.\r\n") },
	/* The last line end may be missing, or be cut in half. */
	{ TEXT("a"), TEXT("a\r\n.\r\n") },
	{ TEXT("a\r"), TEXT("a\r\n.\r\n") },
	{ TEXT("\r"), TEXT("\r\n.\r\n") },
	/* Dots the writer doubled stay doubled, others go. */
	{ TEXT("..\n"), TEXT("..\r\n.\r\n") },
	{ TEXT("..a\n...b\n"), TEXT("..a\r\n...b\r\n.\r\n") },
	{ TEXT(".a\n"), TEXT("a\r\n.\r\n") },
	{ TEXT("a.b\n a\n"), TEXT("a.b\r\n a\r\n.\r\n") },
	{ TEXT(".."), TEXT("..\r\n.\r\n") },
	/* What would be the final dot never is. */
	{ TEXT(".\n"), TEXT("\r\n.\r\n") },
	{ TEXT("."), TEXT("\r\n.\r\n") },
	{ TEXT(".\r"), TEXT("\r\n.\r\n") },
	{ TEXT(".\0\n"), TEXT(" \r\n.\r\n") },
	/* CR and NUL elsewhere become blanks. */
	{ TEXT("a\rb\n"), TEXT("a b\r\n.\r\n") },
	{ TEXT("a\r\r\n"), TEXT("a \r\n.\r\n") },
	{ TEXT("a\0b\n"), TEXT("a b\r\n.\r\n") },
	{ TEXT("\r\0\r\n"), TEXT("  \r\n.\r\n") },
	{ TEXT("\0.\n"), TEXT(" .\r\n.\r\n") },
	{ TEXT("\xff\x80\n"), TEXT("\xff\x80\r\n.\r\n") },
	/* The ways content was smuggled out of other programs. */
	{ TEXT("a\n.\r\nb"), TEXT("a\r\n\r\nb\r\n.\r\n") },
	{ TEXT("a\r.\rb"), TEXT("a . b\r\n.\r\n") },
	{ TEXT("a\r.\nb"), TEXT("a .\r\nb\r\n.\r\n") },
	{ TEXT("a\n.\rb"), TEXT("a\r\n b\r\n.\r\n") },
	{ TEXT("a\r\n.\rb"), TEXT("a\r\n b\r\n.\r\n") },
	{ TEXT("a\r.\r\nb"), TEXT("a .\r\nb\r\n.\r\n") },
	{ TEXT("a\r\n\0.\r\nb"), TEXT("a\r\n .\r\nb\r\n.\r\n") },
	{ TEXT("a\r\n.\0\r\nb"), TEXT("a\r\n \r\nb\r\n.\r\n") },
};

START_TEST(content_leaves_as_lines)
{
	char sent[SENT_MAX];
	size_t len;

	len = emit(
		cases[_i].in, cases[_i].in_len, SIZE_MAX, SENT_MAX - 8, sent);
	ck_assert_uint_eq(len, cases[_i].out_len);
	ck_assert_mem_eq(sent, cases[_i].out, len);
}
END_TEST

START_TEST(pieces_and_room_do_not_matter)
{
	char sent[SENT_MAX];
	size_t piece, cap, len;

	for (piece = 1; piece <= cases[_i].in_len + 1; piece++)
		for (cap = EMITTER_OUT_MIN; cap < EMITTER_OUT_MIN + 5; cap++) {
			len = emit(cases[_i].in, cases[_i].in_len, piece, cap,
				sent);
			ck_assert_uint_eq(len, cases[_i].out_len);
			ck_assert_mem_eq(sent, cases[_i].out, len);
		}
}
END_TEST

START_TEST(lines_of_any_length_pass)
{
	static const size_t lengths[] = { 998, 999, 1000, 1023, 1024, 1025,
		4000 };
	char in[4001], sent[SENT_MAX];
	size_t i, len, n;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		n = lengths[i];
		memset(in, 'x', n);
		in[n] = '\n';
		len = emit(in, n + 1, 700, 600, sent);
		ck_assert_uint_eq(len, n + 5);
		ck_assert_mem_eq(sent, in, n);
		ck_assert_mem_eq(sent + n, "\r\n.\r\n", 5);
	}
}
END_TEST

START_TEST(an_emitter_is_ready_again_after_finish)
{
	struct emitter e;
	char out[64];
	size_t used, len;

	emitter_init(&e);
	emitter_feed(&e, "a\r", 2, &used, out, sizeof out);
	emitter_finish(&e, out);
	len = emitter_feed(&e, "..b\n", 4, &used, out, sizeof out);
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(out, "..b\r\n", 5);
	ck_assert_uint_eq(emitter_finish(&e, out), 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("emitter");
	TCase *tests = tcase_create("emitter");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, content_leaves_as_lines, 0, COUNT(cases));
	tcase_add_loop_test(
		tests, pieces_and_room_do_not_matter, 0, COUNT(cases));
	tcase_add_test(tests, lines_of_any_length_pass);
	tcase_add_test(tests, an_emitter_is_ready_again_after_finish);
	return suite_run(suite);
}
