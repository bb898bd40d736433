/*
 * The foundation: text, buf, escape, clock, log.
 */
#include "buf.h"
#include "clock.h"
#include "escape.h"
#include "log.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- text ---------------------------------------------------------------- */

START_TEST(a_copy_is_cut_and_terminated)
{
	char out[4] = "###";

	ck_assert(text_copy(out, sizeof out, "abc"));
	ck_assert_str_eq(out, "abc");
	ck_assert(!text_copy(out, sizeof out, "wxyz"));
	ck_assert_str_eq(out, "wxy");
	ck_assert(text_copy(out, sizeof out, ""));
	ck_assert_str_eq(out, "");
	ck_assert(!text_copy(out, 1, "a"));
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(a_format_is_cut_and_terminated)
{
	char out[4];

	ck_assert(text_format(out, sizeof out, "%d", 123));
	ck_assert_str_eq(out, "123");
	ck_assert(!text_format(out, sizeof out, "%d", 1234));
	ck_assert_str_eq(out, "123");
}
END_TEST

START_TEST(words_are_compared_in_any_case)
{
	ck_assert(text_equals_nocase("TargetIP: x", 8, "TARGETip"));
	ck_assert(text_equals_nocase("", 0, ""));
	ck_assert(!text_equals_nocase("TargetIP", 7, "TargetIP"));
	ck_assert(!text_equals_nocase("TargetIPs", 9, "TargetIP"));
	ck_assert(!text_equals_nocase("Target\0P", 8, "TargetIP"));
}
END_TEST

static const struct {
	const char *digits;
	uint64_t max;
	int result;
	uint64_t value;
} numbers[] = {
	{ "0", 0, 0, 0 },
	{ "1", 0, -ERANGE, 0 },
	{ "007", 7, 0, 7 },
	{ "8", 7, -ERANGE, 0 },
	{ "10", 7, -ERANGE, 0 },
	{ "65535", 65535, 0, 65535 },
	{ "65536", 65535, -ERANGE, 0 },
	{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
	{ "99999999999999999999999", UINT64_MAX, -ERANGE, 0 },
	{ "", 9, -EINVAL, 0 },
	{ "-1", 9, -EINVAL, 0 },
	{ "+1", 9, -EINVAL, 0 },
	{ " 1", 9, -EINVAL, 0 },
	{ "1x", 9, -EINVAL, 0 },
	{ "99999x", 9, -EINVAL, 0 },
};

START_TEST(a_number_is_digits_within_bounds)
{
	uint64_t value = 42;
	const char *digits = numbers[_i].digits;

	ck_assert_int_eq(
		text_to_number(digits, strlen(digits), numbers[_i].max, &value),
		numbers[_i].result);
	ck_assert_uint_eq(
		value, numbers[_i].result == 0 ? numbers[_i].value : 42);
}
END_TEST

/* ---- buf ----------------------------------------------------------------- */

START_TEST(a_buf_grows_as_it_is_filled)
{
	struct buf b;
	size_t i, len;
	char *text;

	buf_init(&b);
	for (i = 0; i < 1000; i++)
		buf_printf(&b, "%03zu", i);
	buf_puts(&b, "end");
	buf_append(&b, "", 0);
	ck_assert_int_eq(buf_error(&b), 0);
	ck_assert_uint_eq(b.len, 3003);
	ck_assert_mem_eq(b.data + 2997, "999end", 6);
	text = buf_steal(&b, &len);
	ck_assert_uint_eq(len, 3003);
	ck_assert_uint_eq(strlen(text), 3003);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_ptr_null(b.data);
	free(text);
}
END_TEST

START_TEST(an_empty_buf_gives_an_empty_string)
{
	struct buf b;
	size_t len = 1;
	char *text;

	buf_init(&b);
	text = buf_steal(&b, &len);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(len, 0);
	free(text);
}
END_TEST

START_TEST(a_buf_keeps_its_first_error_and_its_content)
{
	struct buf b;
	size_t len;

	buf_init(&b);
	buf_puts(&b, "kept");
	buf_append(&b, "", SIZE_MAX / 2);
	ck_assert_int_eq(buf_error(&b), -ENOMEM);
	buf_puts(&b, "lost");
	buf_printf(&b, "%s", "lost");
	ck_assert_uint_eq(b.len, 4);
	ck_assert_mem_eq(b.data, "kept", 4);
	ck_assert_ptr_null(buf_steal(&b, &len));
	buf_reset(&b);
	ck_assert_int_eq(buf_error(&b), 0);
	ck_assert_uint_eq(b.len, 0);
	buf_fini(&b);
}
END_TEST

/* ---- escape -------------------------------------------------------------- */

static const struct {
	const char *octets;
	size_t len;
	const char *shown;
} escapes[] = {
	{ "plain ~", 7, "plain ~" },
	{ "a\\b", 3, "a\\x5cb" },
	{ "\r\n", 2, "\\x0d\\x0a" },
	{ "\0", 1, "\\x00" },
	{ "\x1b[2J\x7f", 5, "\\x1b[2J\\x7f" },
	{ "\x9b\xc3\xa4", 3, "\\x9b\\xc3\\xa4" },
	{ "", 0, "" },
};

START_TEST(what_is_not_printable_is_escaped)
{
	char out[64];
	struct buf b;

	ck_assert_str_eq(escape_text(escapes[_i].octets, escapes[_i].len, out,
				 sizeof out),
		escapes[_i].shown);
	buf_init(&b);
	escape_append(&b, escapes[_i].octets, escapes[_i].len);
	ck_assert_uint_eq(b.len, strlen(escapes[_i].shown));
	ck_assert(b.len == 0 || memcmp(b.data, escapes[_i].shown, b.len) == 0);
	buf_fini(&b);
}
END_TEST

START_TEST(an_escape_is_never_cut_in_half)
{
	char out[6];
	size_t cap;

	for (cap = 1; cap <= sizeof out; cap++)
		ck_assert_str_eq(escape_string("a\n", out, cap),
			cap < 2 ? "" : (cap < 6 ? "a" : "a\\x0a"));
}
END_TEST

/* ---- clock --------------------------------------------------------------- */

static int64_t seven(void)
{
	return 7;
}

START_TEST(a_test_may_put_its_own_clock)
{
	static const struct clock_source source = { seven, seven };
	int64_t before = clock_monotonic_ns();

	ck_assert(!clock_is_injected());
	clock_set_source(&source);
	ck_assert(clock_is_injected());
	ck_assert_int_eq(clock_monotonic_ns(), 7);
	ck_assert_int_eq(clock_wall_ns(), 7);
	clock_set_source(NULL);
	ck_assert(!clock_is_injected());
	ck_assert_int_ge(clock_monotonic_ns(), before);
}
END_TEST

static const struct {
	int64_t wall_ns;
	const char *stamp;
} stamps[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ INT64_C(1710234902) * NS_PER_S + 999, "2024-03-12T09:15:02Z" },
	{ -NS_PER_S, "1969-12-31T23:59:59Z" },
	{ INT64_MAX, "2262-04-11T23:47:16Z" },
};

START_TEST(a_stamp_is_utc)
{
	char out[CLOCK_STAMP_MAX];

	clock_stamp(stamps[_i].wall_ns, out);
	ck_assert_str_eq(out, stamps[_i].stamp);
}
END_TEST

/* ---- log ----------------------------------------------------------------- */

/* Runs log_line with standard error in a file; returns what came out. */
static void log_to(
	char *out, size_t cap, enum log_level level, const char *text)
{
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t len;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(saved, 0);
	ck_assert_int_ge(dup2(fileno(f), STDERR_FILENO), 0);
	log_line(level, "%s", text);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
	rewind(f);
	len = fread(out, 1, cap - 1, f);
	out[len] = '\0';
	fclose(f);
}

START_TEST(a_log_line_has_a_stamp_and_no_controls)
{
	static const struct clock_source source = { seven, seven };
	char out[2048];

	clock_set_source(&source);
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	log_to(out, sizeof out, LOG_LEVEL_ERROR, "one\ntwo\x1b[2J\x7f");
	ck_assert_str_eq(out, "1970-01-01T00:00:00Z one?two?[2J?\n");
	clock_set_source(NULL);
}
END_TEST

START_TEST(a_level_that_was_not_asked_for_is_dropped)
{
	char out[2048];

	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR | LOG_LEVEL_EVENT);
	log_to(out, sizeof out, LOG_LEVEL_WARNING, "no");
	ck_assert_str_eq(out, "");
	log_to(out, sizeof out, LOG_LEVEL_EVENT, "yes");
	ck_assert_ptr_nonnull(strstr(out, " yes\n"));
}
END_TEST

START_TEST(a_long_log_line_is_cut)
{
	char text[5000];
	char out[6000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	log_to(out, sizeof out, LOG_LEVEL_ERROR, text);
	ck_assert_uint_lt(strlen(out), 1100);
	ck_assert_uint_gt(strlen(out), 1000);
	ck_assert_int_eq(out[strlen(out) - 1], '\n');
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, a_copy_is_cut_and_terminated);
	tcase_add_test(t, a_format_is_cut_and_terminated);
	tcase_add_test(t, words_are_compared_in_any_case);
	tcase_add_loop_test(
		t, a_number_is_digits_within_bounds, 0, COUNT(numbers));
	tcase_add_test(t, a_buf_grows_as_it_is_filled);
	tcase_add_test(t, an_empty_buf_gives_an_empty_string);
	tcase_add_test(t, a_buf_keeps_its_first_error_and_its_content);
	tcase_add_loop_test(
		t, what_is_not_printable_is_escaped, 0, COUNT(escapes));
	tcase_add_test(t, an_escape_is_never_cut_in_half);
	tcase_add_test(t, a_test_may_put_its_own_clock);
	tcase_add_loop_test(t, a_stamp_is_utc, 0, COUNT(stamps));
	tcase_add_test(t, a_log_line_has_a_stamp_and_no_controls);
	tcase_add_test(t, a_level_that_was_not_asked_for_is_dropped);
	tcase_add_test(t, a_long_log_line_is_cut);
}

int main(void)
{
	Suite *s = suite_create("foundation");
	TCase *t = tcase_create("foundation");

	add_tests(t);
	suite_add_tcase(s, t);
	return suite_run(s);
}
