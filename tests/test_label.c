#include "../fs/label.h"

#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const struct {
	const char *label;
	int result;
} labels[] = {
	{ "mail.txt", 0 },
	{ "a", 0 },
	{ "JOB", 0 },
	{ "JOB00001", 0 },  /* no name behind it */
	{ "JOB0001.x", 0 }, /* too few digits */
	{ "JOBX0001.x", 0 },
	{ "...", 0 },
	{ "a\nb\x1b", 0 }, /* escaped where it is shown */
	{ "\xff\xfe", 0 },
	{ "", -EINVAL },
	{ ".", -EINVAL },
	{ "..", -EINVAL },
	{ "a/b", -EINVAL },
	{ "JOB00001.x", -EINVAL },
	{ "job00001.x", -EINVAL },
	{ "J0000001.x", -EINVAL },
	{ "j9999999.mail.txt", -EINVAL },
};

START_TEST(a_label_is_taken_or_refused)
{
	ck_assert_int_eq(label_check(labels[_i].label), labels[_i].result);
}
END_TEST

START_TEST(a_label_may_be_240_octets_long)
{
	char label[LABEL_MAX + 2];

	memset(label, 'x', sizeof label);
	label[LABEL_MAX + 1] = '\0';
	ck_assert_int_eq(label_check(label), -ENAMETOOLONG);
	label[LABEL_MAX] = '\0';
	ck_assert_int_eq(label_check(label), 0);
}
END_TEST

START_TEST(the_longest_name_with_a_job_id_fits_a_directory)
{
	char label[LABEL_MAX + 1];
	char shown[LABEL_SHOWN_MAX];

	memset(label, 'x', sizeof label);
	label[LABEL_MAX] = '\0';
	ck_assert(label_with_job(JOB_NUMBER_MAX, label, shown, sizeof shown));
	ck_assert_uint_eq(strlen(shown), sizeof shown - 1);
	ck_assert_uint_le(strlen(shown), 255);
	ck_assert(!label_with_job(1, label, shown, sizeof shown - 1));
}
END_TEST

static const struct {
	uint32_t job;
	const char *shown;
} names[] = {
	{ 1, "JOB00001.mail" },
	{ 99999, "JOB99999.mail" },
	{ 100000, "J0100000.mail" },
};

START_TEST(a_name_with_a_job_id_can_be_read_back)
{
	char shown[LABEL_SHOWN_MAX];
	const char *rest;
	uint32_t job;

	ck_assert(label_with_job(names[_i].job, "mail", shown, sizeof shown));
	ck_assert_str_eq(shown, names[_i].shown);
	ck_assert_int_eq(dataset_parse_job_label(shown, &job, &rest), 0);
	ck_assert_uint_eq(job, names[_i].job);
	ck_assert_str_eq(rest, "mail");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("label");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, a_label_is_taken_or_refused, 0, COUNT(labels));
	tcase_add_test(tc, a_label_may_be_240_octets_long);
	tcase_add_test(tc, the_longest_name_with_a_job_id_fits_a_directory);
	tcase_add_loop_test(
		tc, a_name_with_a_job_id_can_be_read_back, 0, COUNT(names));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
