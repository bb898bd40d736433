#include "../forwarder/text_run.h"

#include "support_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { OCTETS = 4096 };

/* Lines of len octets, their ends with them, as many as fit. */
static void fill(char *octets, size_t len)
{
	size_t i;

	for (i = 0; i < OCTETS; i++)
		octets[i] = (i + 1) % len == 0 ? '\n' : 'x';
}

static uint64_t count_lines(const char *octets, size_t len)
{
	uint64_t lines = 0;

	while (len-- > 0)
		lines += *octets++ == '\n';
	return lines;
}

/* A run is of whole lines, and none of them is other than it says. */
static bool is_right(const char *octets, struct text_run run)
{
	char last = '\n';
	size_t i;

	for (i = 0; i < run.octets; i++) {
		if (octets[i] == '\r' || (octets[i] == '.' && last == '\n')
			|| ((unsigned char)octets[i] > 127 && !run.has_8bit))
			return false;
		last = octets[i];
	}
	return last == '\n' && run.lines == count_lines(octets, run.octets);
}

/* How many octets are in plain lines, line by line. */
static size_t plain_octets(const char *octets, size_t len)
{
	const char *end = octets + len;
	const char *at = octets;
	const char *next;

	while (at < end && *at != '.') {
		next = memchr(at, '\n', (size_t)(end - at));
		if (next == NULL || memchr(at, '\r', (size_t)(next - at)))
			break;
		at = next + 1;
	}
	return (size_t)(at - octets);
}

/* The octets, without long lines, are handed in from memory of their own. */
static void check(const char *octets, size_t len)
{
	char *copy = malloc(len);
	struct text_run run;

	memcpy(copy, octets, len);
	run = text_run_read(copy, len);
	ck_assert_uint_eq(run.octets, plain_octets(octets, len));
	ck_assert(is_right(copy, run));
	free(copy);
}

START_TEST(plain_lines_are_read_together)
{
	char octets[OCTETS];
	size_t len;

	for (len = 1; len <= TEXT_RUN_STEP; len++) {
		fill(octets, len);
		ck_assert(!text_run_read(octets, OCTETS).has_8bit);
		check(octets, OCTETS);
		check(octets, OCTETS - len);
	}
}
END_TEST

/* Wherever it stands, a run ends before its line. */
START_TEST(what_is_not_plain_is_in_no_run)
{
	static const char *const odd[] = { "\n.", "\r", "\n.\n", "\xff", ".",
		"\r\n" };
	char octets[OCTETS];
	struct text_run run;
	size_t at;

	for (at = 0; at + 3 < 3 * TEXT_RUN_STEP; at++) {
		fill(octets, 61);
		memcpy(octets + at, odd[_i], strlen(odd[_i]));
		check(octets, OCTETS);
		check(octets, at + strlen(odd[_i]));
		run = text_run_read(octets, OCTETS);
		ck_assert_int_eq(run.has_8bit, _i == 3);
	}
}
END_TEST

START_TEST(a_long_line_is_in_no_run)
{
	char octets[OCTETS];
	struct text_run run;

	memset(octets, 'x', sizeof octets);
	octets[999] = '\n';
	run = text_run_read(octets, sizeof octets);
	ck_assert_uint_eq(run.octets, 0);
	ck_assert_uint_eq(text_run_read(octets, 0).octets, 0);
	octets[99] = '\n';
	ck_assert_uint_eq(text_run_read(octets, sizeof octets).octets, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text_run");
	TCase *tests = tcase_create("text_run");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, plain_lines_are_read_together);
	tcase_add_loop_test(tests, what_is_not_plain_is_in_no_run, 0, 6);
	tcase_add_test(tests, a_long_line_is_in_no_run);
	return suite_run(suite);
}
