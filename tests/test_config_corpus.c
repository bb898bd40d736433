/*
 * Configuration files as people write them, wrong and right, and the samples
 * of ours: what is said about each, word for word.
 */
#include "../fs/config_rows.h"
#include "support_config.h"
#include "support_files.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRONG_MIN = 150, RIGHT_MIN = 15, UNCOMMENTED_WARNINGS = 13 };

static struct config_writer writer;
static struct config_mount mount;

/* ---- files with what is said about them ---------------------------------- */

static int is_configuration(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".conf") == 0;
}

static char *get(
	const char *folder, const char *name, const char *ending, size_t *len)
{
	char path[PATH_MAX];

	ck_assert(text_format(path, sizeof path, "%s/%.*s%s", folder,
		(int)(strlen(name) - strlen(".conf")), name, ending));
	return file_get(path, len);
}

/* Memory ends where the text does, for who looks for reads behind it. */
static size_t read_text(
	const char *name, const char *text, size_t len, struct buf *report)
{
	struct config_source source = { .file = name, .report = report };
	char *exact = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, text, len);
	/* mount-NAME.conf is a jesfs.conf, any other a writer's file. */
	if (strncmp(name, "mount-", 6) == 0)
		config_mount_read(&source, exact, len, &mount);
	else
		config_writer_read(&source, exact, len, &writer);
	free(exact);
	buf_append(report, "", 1);
	return source.errors;
}

static bool says_what_is_expected(
	const char *folder, const char *name, bool is_wrong)
{
	struct buf report;
	size_t errors, len;
	char *text = get(folder, name, ".conf", &len);
	char *expected;
	bool is_right;

	buf_init(&report);
	errors = read_text(name, text, len, &report);
	expected = get(folder, name, ".expected", &len);
	is_right =
		(errors > 0) == is_wrong && strcmp(expected, report.data) == 0;
	if (!is_right)
		fprintf(stderr, "%s: expected\n%s--- said\n%s", name, expected,
			report.data);
	free(text);
	free(expected);
	buf_fini(&report);
	return is_right;
}

static void check_folder(const char *folder, int least, bool is_wrong)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_configuration, alphasort);
	int i, differ = 0;

	ck_assert_int_ge(n, least);
	for (i = 0; i < n; i++) {
		differ += !says_what_is_expected(
			folder, entries[i]->d_name, is_wrong);
		free(entries[i]);
	}
	free(entries);
	ck_assert_int_eq(differ, 0);
}

START_TEST(a_wrong_file_is_told_what_was_expected)
{
	check_folder("tests/corpus/config-wrong", WRONG_MIN, true);
}
END_TEST

START_TEST(a_right_file_is_read_and_told_what_nothing_comes_of)
{
	check_folder("tests/corpus/config-right", RIGHT_MIN, false);
}
END_TEST

/* ---- the samples --------------------------------------------------------- */

START_TEST(a_sample_says_nothing)
{
	static const char *const names[] = { "MAIL.conf", "CSSMTP.conf" };
	struct buf report;
	size_t len;
	char *text = get("docs/examples", names[_i], ".conf", &len);

	buf_init(&report);
	ck_assert_uint_eq(read_text(names[_i], text, len, &report), 0);
	ck_assert_str_eq(report.data, "");
	ck_assert_uint_eq(writer.config.target_count, 1);
	free(text);
	buf_fini(&report);
}
END_TEST

static void expect_in(const char *text, const struct config_row *rows)
{
	for (; rows->keyword != NULL; rows++) {
		if (strstr(text, rows->keyword) == NULL)
			ck_abort_msg("%s is missing", rows->keyword);
		if (rows->rows != NULL)
			expect_in(text, rows->rows);
	}
}

/* Prose has one blank after its "#"; what may be taken has none or two. */
static void uncomment(char *text)
{
	char *line;

	for (line = text; line != NULL && *line != '\0';
		line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (line[0] == '#' && (line[1] != ' ' || line[2] == ' '))
			line[0] = ' ';
	}
}

/* The defaults are what the sample says they are. */
static void expect_defaults(const struct config_writer *read)
{
	struct config_writer usual;
	size_t errors;
	const struct input_config *a = &read->config.input;
	const struct input_config *b = &usual.config.input;

	free(config_read_writer_text(TARGET, strlen(TARGET), &usual, &errors));
	ck_assert_mem_eq(&read->config.timeout, &usual.config.timeout,
		sizeof usual.config.timeout);
	ck_assert_uint_eq(read->config.retry_count, usual.config.retry_count);
	ck_assert_uint_eq(read->config.retry_interval_min,
		usual.config.retry_interval_min);
	ck_assert(read->config.header.adds_date);
	ck_assert(read->config.header.has_user_info);
	ck_assert(read->config.header.adds_mime);
	ck_assert(read->config.header.adds_from);
	ck_assert(!read->config.header.adds_sender);
	ck_assert_uint_eq(
		read->config.header.hop_limit, usual.config.header.hop_limit);
	ck_assert_uint_eq(read->config.log_level, usual.config.log_level);
	ck_assert_uint_eq(a->syntax_error_limit, b->syntax_error_limit);
	ck_assert_uint_eq(a->record_length, b->record_length);
	ck_assert_uint_eq(a->format, b->format);
	ck_assert_uint_eq(a->long_line, b->long_line);
	ck_assert_str_eq(a->at_sign, b->at_sign);
	ck_assert_uint_eq(
		read->config.exit.timeout_s, usual.config.exit.timeout_s);
}

START_TEST(the_sample_has_every_statement_with_its_default)
{
	struct buf report;
	size_t len, lines = 0;
	char *text = get("docs/examples", "CSSMTP.conf", ".conf", &len);
	char *c;

	uncomment(text);
	buf_init(&report);
	ck_assert_uint_eq(read_text("C", text, len, &report), 0);
	/* Each of these says that nothing comes of a statement. */
	for (c = report.data; *c != '\0'; c++)
		lines += *c == '\n';
	if (lines != UNCOMMENTED_WARNINGS)
		ck_abort_msg("%s", report.data);
	expect_defaults(&writer);
	expect_in(text, config_writer_rows);
	free(text);
	buf_fini(&report);
}
END_TEST

/* ---- the manual ---------------------------------------------------------- */

START_TEST(the_manual_has_every_statement)
{
	size_t len;
	char *text = file_get("docs/jesfs.conf.5", &len);

	expect_in(text, config_mount_rows);
	expect_in(text, config_writer_rows);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_corpus");
	TCase *t = tcase_create("config_corpus");

	tcase_add_test(t, a_wrong_file_is_told_what_was_expected);
	tcase_add_test(t, a_right_file_is_read_and_told_what_nothing_comes_of);
	tcase_add_loop_test(t, a_sample_says_nothing, 0, 2);
	tcase_add_test(t, the_sample_has_every_statement_with_its_default);
	tcase_add_test(t, the_manual_has_every_statement);
	suite_add_tcase(s, t);
	return suite_run(s);
}
