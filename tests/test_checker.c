#include "checker.h"
#include "text.h"

#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENVELOPE "HELO N\nMAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\n"
#define MAIL ENVELOPE "DATA\nSubject: x\n\ntext\n.\n"
#define WRONG "NONSENSE\n"

static struct input_config input;
static struct header_config header;
static struct checker_rules *rules;

static void set_up(void)
{
	input_config_init(&input);
	header_config_init(&header);
	ck_assert_int_eq(checker_rules_open(&input, &header, &rules), 0);
}

static void tear_down(void)
{
	checker_rules_close(rules);
}

/* What a data set comes to. */
static const struct {
	const char *octets;
	uint64_t mails, faults;
	uint64_t record; /* of the last fault */
	int err;
} cases[] = {
	{ MAIL, 1, 0, 0, 0 },
	{ MAIL MAIL "QUIT\n", 2, 0, 0, 0 },
	{ "", 0, 0, 0, 0 },
	{ "\n \n", 0, 0, 0, 0 },
	{ "From: a@b.example\nTo: c@d.example\n\ntext\n", 1, 0, 0, 0 },
	/* A first line that is nothing. */
	{ "garbage\n" MAIL, 0, 1, 1, -EINVAL },
	{ "\n\ngarbage\n", 0, 1, 3, -EINVAL },
	{ "\x7f"
	  "ELF\x02\x01\x01\n",
		0, 1, 1, -EINVAL },
	/* One of the tenth line is an error of it alone. */
	{ MAIL WRONG MAIL, 2, 1, 9, 0 },
	{ "HELO N\n" WRONG WRONG WRONG WRONG WRONG MAIL, 1, 5, 6, 0 },
	{ "HELO N\n" WRONG WRONG WRONG WRONG WRONG WRONG MAIL, 0, 6, 7,
		-EINVAL },
	/* A recipient that is wrong does not count. */
	{ "HELO N\nMAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\n"
	  "RCPT TO:<\nRCPT TO:<\nRCPT TO:<\nRCPT TO:<\nRCPT TO:<\n"
	  "RCPT TO:<\nRCPT TO:<\nDATA\n\nx\n.\n",
		1, 7, 10, 0 },
};

static int feed(struct checker *c, const char *octets, size_t step)
{
	size_t left = strlen(octets);
	int err = 0;
	size_t n;

	for (; left > 0 && err == 0; left -= n, octets += n) {
		n = left < step ? left : step;
		err = checker_feed(c, octets, n);
	}
	return err != 0 ? err : checker_finish(c);
}

static void count(void *arg, const struct checker_fault *fault)
{
	uint64_t *told = arg;

	++*told;
	ck_assert_uint_gt(fault->record, 0);
	ck_assert_str_ne(fault->reply, "");
}

START_TEST(a_data_set_comes_to_its_mails_and_faults)
{
	static const size_t steps[] = { 1, 7, 100000 };
	struct checker *c;
	uint64_t told;
	size_t i;

	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		told = 0;
		c = checker_new(rules, count, &told);
		ck_assert_ptr_nonnull(c);
		ck_assert_int_eq(
			feed(c, cases[_i].octets, steps[i]), cases[_i].err);
		ck_assert_uint_eq(checker_mails(c), cases[_i].mails);
		ck_assert_uint_eq(checker_faults(c), cases[_i].faults);
		ck_assert_uint_eq(told, cases[_i].faults);
		if (told > 0) {
			ck_assert_uint_eq(
				checker_fault(c)->record, cases[_i].record);
			ck_assert_int_eq(
				checker_fault(c)->is_last, cases[_i].err != 0);
		} else {
			ck_assert_ptr_null(checker_fault(c));
		}
		checker_free(c);
	}
}
END_TEST

/* Where the line is complete, and no octet before or behind. */
START_TEST(the_refusal_comes_with_the_end_of_the_line)
{
	struct checker *c = checker_new(rules, NULL, NULL);

	ck_assert_int_eq(checker_feed(c, "garba", 5), 0);
	ck_assert_int_eq(checker_feed(c, "ge", 2), 0);
	ck_assert_int_eq(checker_feed(c, "\n", 1), -EINVAL);
	ck_assert_int_eq(checker_feed(c, MAIL, strlen(MAIL)), -EINVAL);
	ck_assert_int_eq(checker_finish(c), -EINVAL);
	ck_assert_str_eq(checker_fault(c)->reply,
		"500 5.5.1 JES Unknown command, 'garbage'");
	checker_free(c);
}
END_TEST

START_TEST(what_the_writers_file_says_counts)
{
	struct checker *c;

	checker_rules_close(rules);
	input.syntax_error_limit = 1;
	ck_assert_int_eq(checker_rules_open(&input, &header, &rules), 0);
	c = checker_new(rules, NULL, NULL);
	ck_assert_int_eq(feed(c, "HELO N\n" WRONG WRONG, 3), -EINVAL);
	checker_free(c);
	checker_rules_close(rules);

	input.format = INPUT_MESSAGE;
	ck_assert_int_eq(checker_rules_open(&input, &header, &rules), 0);
	c = checker_new(rules, NULL, NULL);
	ck_assert_int_eq(feed(c, MAIL, 100), 0);
	ck_assert_uint_eq(checker_mails(c), 0);
	ck_assert_uint_gt(checker_faults(c), 0);
	checker_free(c);
	checker_rules_close(rules);

	text_copy(input.page, sizeof input.page, "no-such-page");
	ck_assert_int_eq(checker_rules_open(&input, &header, &rules), -EINVAL);
	rules = NULL;
}
END_TEST

/* What users keep open keeps no more than its place. */
START_TEST(one_that_gives_up_keeps_nothing)
{
	struct checker *c = checker_new(rules, NULL, NULL);

	ck_assert_int_eq(checker_feed(c, ENVELOPE, sizeof ENVELOPE - 1), 0);
	ck_assert_uint_gt(checker_held_octets(c), 0);
	checker_give_up(c);
	ck_assert_uint_eq(checker_held_octets(c), 0);
	ck_assert_int_eq(checker_feed(c, "garbage\n", 8), -ENOMEM);
	ck_assert_int_eq(checker_finish(c), -ENOMEM);
	checker_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker");
	TCase *all = suite_case(suite, "checker", 10, set_up, tear_down);

	tcase_add_loop_test(
		all, a_data_set_comes_to_its_mails_and_faults, 0, COUNT(cases));
	tcase_add_test(all, the_refusal_comes_with_the_end_of_the_line);
	tcase_add_test(all, one_that_gives_up_keeps_nothing);
	tcase_add_test(all, what_the_writers_file_says_counts);
	return suite_run(suite);
}
