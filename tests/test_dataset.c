#include "dataset.h"

#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const struct {
	uint32_t job;
	const char *id;
} job_ids[] = {
	{ 1, "JOB00001" },
	{ 99999, "JOB99999" },
	{ 100000, "J0100000" },
	{ JOB_NUMBER_MAX, "J9999999" },
};

START_TEST(a_job_number_has_the_form_jes_gives_it)
{
	char id[JOB_ID_LEN + 1];

	dataset_job_id(job_ids[_i].job, id);
	ck_assert_str_eq(id, job_ids[_i].id);
}
END_TEST

static const struct {
	const char *name;
	int result;
	uint32_t job;
	const char *rest;
} labels[] = {
	{ "JOB00017.mail", 0, 17, "mail" },
	{ "job00017.mail.txt", 0, 17, "mail.txt" },
	{ "J0100000.a", 0, 100000, "a" },
	{ "j0000017.a", 0, 17, "a" },
	{ "JOB00000.a", 0, 0, "a" },
	{ "JOB00017.", -EINVAL, 0, NULL },
	{ "JOB00017", -EINVAL, 0, NULL },
	{ "JOB0001.a", -EINVAL, 0, NULL },
	{ "JOB000017.a", -EINVAL, 0, NULL },
	{ "JOB0001x.a", -EINVAL, 0, NULL },
	{ "J-100000.a", -EINVAL, 0, NULL },
	{ "K0100000.a", -EINVAL, 0, NULL },
	{ ".JOB00017", -EINVAL, 0, NULL },
	{ "", -EINVAL, 0, NULL },
};

START_TEST(a_job_label_is_split_or_refused)
{
	const char *rest = NULL;
	uint32_t job = 0;

	ck_assert_int_eq(dataset_parse_job_label(labels[_i].name, &job, &rest),
		labels[_i].result);
	ck_assert_uint_eq(job, labels[_i].job);
	ck_assert_pstr_eq(rest, labels[_i].rest);
}
END_TEST

static const struct {
	const char *name;
	int result;
	const char *folded;
} writers[] = {
	{ "MAIL", 0, "MAIL" },
	{ "mail$#@9", 0, "MAIL$#@9" },
	{ "a", 0, "A" },
	{ "", -EINVAL, "" },
	{ "MAILMAIL9", -EINVAL, "" },
	{ "MA IL", -EINVAL, "" },
	{ "MA/IL", -EINVAL, "" },
	{ "..", -EINVAL, "" },
	{ "M\xc3\x84IL", -EINVAL, "" },
	{ "INTRDR", -EPERM, "" },
	{ "stdwtr", -EPERM, "" },
	{ "NJErdr", -EPERM, "" },
	{ "INTRDRX", 0, "INTRDRX" },
};

START_TEST(a_writer_name_is_folded_or_refused)
{
	char out[WRITER_NAME_MAX + 1] = "";

	ck_assert_int_eq(writer_name_parse(writers[_i].name,
				 strlen(writers[_i].name), out),
		writers[_i].result);
	ck_assert_str_eq(out, writers[_i].folded);
}
END_TEST

static const struct {
	const char *program;
	const char *job_name;
} programs[] = {
	{ "cp", "CP" },
	{ "backup-nightly.sh", "BACKUPNI" },
	{ "---", "JESFS" },
	{ "", "JESFS" },
	{ "\x1b[31m", "31M" },
};

START_TEST(a_job_name_comes_from_the_program)
{
	char out[JOB_NAME_MAX + 1];

	dataset_job_name(programs[_i].program, out);
	ck_assert_str_eq(out, programs[_i].job_name);
}
END_TEST

/* A column per state: open, ready, held, active, waiting, dead, purged. */
static const char *const allowed[DATASET_STATES] = {
	[DATASET_OPEN] = ".yy...y",
	[DATASET_READY] = "..yy..y",
	[DATASET_HELD] = ".y....y",
	[DATASET_ACTIVE] = ".yy.yyy",
	[DATASET_WAITING] = ".yyy.yy",
	[DATASET_DEAD] = ".y....y",
	[DATASET_PURGED] = ".......",
};

START_TEST(only_the_moves_of_the_design_are_allowed)
{
	int from;
	int to;

	for (from = 0; from < DATASET_STATES; from++)
		for (to = 0; to < DATASET_STATES; to++)
			ck_assert_msg(dataset_may_move(from, to)
					== (allowed[from][to] == 'y'),
				"%s to %s", dataset_state_name(from),
				dataset_state_name(to));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dataset");
	TCase *tc = tcase_create("values");

	tcase_add_loop_test(
		tc, a_job_number_has_the_form_jes_gives_it, 0, COUNT(job_ids));
	tcase_add_loop_test(
		tc, a_job_label_is_split_or_refused, 0, COUNT(labels));
	tcase_add_loop_test(
		tc, a_writer_name_is_folded_or_refused, 0, COUNT(writers));
	tcase_add_loop_test(
		tc, a_job_name_comes_from_the_program, 0, COUNT(programs));
	tcase_add_test(tc, only_the_moves_of_the_design_are_allowed);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
