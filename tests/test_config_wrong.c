/*
 * Configuration files that are too much, and hostile ones, give messages and
 * nothing else. Those that people write are in test_config_corpus.
 */
#include "support_config.h"
#include "support_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct config_writer writer;
static struct config_mount mount;

static char *read_writer(const char *text, size_t len, size_t *errors)
{
	return config_read_writer_text(text, len, &writer, errors);
}

static char *read_mount(const char *text, size_t len, size_t *errors)
{
	return config_read_mount_text(text, len, &mount, errors);
}

/* ---- lists that are full ------------------------------------------------- */

START_TEST(a_seventeenth_writer_config_is_one_too_many)
{
	struct buf text;
	size_t errors, i;
	char *messages;

	buf_init(&text);
	for (i = 0; i <= CONFIG_PATTERNS_MAX; i++)
		buf_puts(&text, "WriterConfig /a\n");
	messages = read_mount(text.data, text.len, &errors);
	ck_assert_ptr_nonnull(strstr(messages, "J:17:14: WriterConfig"));
	ck_assert_uint_eq(errors, 1);
	ck_assert_uint_eq(mount.pattern_count, CONFIG_PATTERNS_MAX);
	free(messages);
	buf_fini(&text);
}
END_TEST

START_TEST(a_sixty_fifth_submitter_is_one_too_many)
{
	struct buf text;
	size_t errors, i;
	char *messages;

	buf_init(&text);
	buf_puts(&text, TARGET);
	for (i = 0; i <= CONFIG_SUBMITTERS_MAX; i++)
		buf_puts(&text, i % 2 ? "Submitters a\n" : "Submitters @b\n");
	messages = read_writer(text.data, text.len, &errors);
	ck_assert_ptr_nonnull(
		strstr(messages, "W:69:12: Submitters \"@b\" is"));
	ck_assert_uint_eq(errors, 1);
	ck_assert_uint_eq(writer.submitter_count, CONFIG_SUBMITTERS_MAX);
	free(messages);
	buf_fini(&text);
}
END_TEST

/* ---- hostile files ------------------------------------------------------- */

START_TEST(octets_of_any_value_give_messages)
{
	static const char text[] = TARGET "Ext\0Name A\nExtWrtName \0\n\0";
	size_t errors;
	char *messages = read_writer(text, sizeof text - 1, &errors);

	ck_assert_uint_eq(errors, 3);
	ck_assert_ptr_nonnull(strstr(messages,
		"W:5:1: unknown statement "
		"\"Ext\\x00Name\""));
	ck_assert_ptr_nonnull(strstr(messages,
		"W:6:12: ExtWrtName \"\\x00\" "
		"has a control character"));
	free(messages);
}
END_TEST

static void fill(struct buf *text, const char *piece, size_t times)
{
	buf_init(text);
	while (times-- > 0)
		buf_puts(text, piece);
	ck_assert_int_eq(buf_error(text), 0);
}

START_TEST(a_line_of_a_megabyte_gives_a_short_message)
{
	struct buf text;
	size_t errors;
	char *messages;

	fill(&text, "xxxxxxxx", 1 << 17);
	messages = read_writer(text.data, text.len, &errors);
	ck_assert_uint_eq(errors, 2);
	ck_assert_uint_lt(strlen(messages), 400);
	free(messages);
	buf_fini(&text);
}
END_TEST

START_TEST(a_hundred_thousand_errors_are_counted_and_some_shown)
{
	struct buf text;
	size_t errors, lines = 0;
	char *messages, *c;

	fill(&text, "x 1\n", 100000);
	messages = read_writer(text.data, text.len, &errors);
	for (c = messages; *c != '\0'; c++)
		lines += *c == '\n';
	ck_assert_uint_eq(errors, 100001);
	ck_assert_uint_eq(lines, CONFIG_ERRORS_SHOWN + 1);
	ck_assert_ptr_nonnull(strstr(
		messages, "W: more than 1000 messages, the rest is not shown"));
	free(messages);
	buf_fini(&text);
}
END_TEST

START_TEST(a_hundred_thousand_targets_leave_four)
{
	struct buf text;
	size_t errors;

	fill(&text, "TargetServer{TargetIP 1.2.3.4\n}\n", 100000);
	free(read_writer(text.data, text.len, &errors));
	ck_assert_uint_eq(errors, 0);
	ck_assert_uint_eq(writer.config.target_count, 1);
	buf_fini(&text);
}
END_TEST

START_TEST(braces_without_end_give_messages)
{
	struct buf text;
	size_t errors;

	fill(&text, "{", 1 << 20);
	free(read_writer(text.data, text.len, &errors));
	ck_assert_uint_eq(errors, 2);
	buf_fini(&text);
	fill(&text, "}", 1 << 20);
	free(read_writer(text.data, text.len, &errors));
	ck_assert_uint_eq(errors, (1 << 20) + 1);
	buf_fini(&text);
}
END_TEST

/* Cut anywhere, a file is read to its end without reading past it. */
START_TEST(a_file_cut_anywhere_is_read_to_its_end)
{
	static const char text[] =
		"ExtWrtName A#1 # x\r\nTargetServer {\n TargetIP ::1\n}\n"
		"RetryLimit\n{\nCount 5 }\nTimeOut{AnyCmd 30\n}";
	size_t len, errors;
	char *copy;

	for (len = 0; len < sizeof text; len++) {
		copy = malloc(len + 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, len);
		free(read_writer(copy, len, &errors));
		free(copy);
	}
	ck_assert_uint_eq(writer.config.target_count, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_wrong");
	TCase *t = tcase_create("config_wrong");

	tcase_add_test(t, a_seventeenth_writer_config_is_one_too_many);
	tcase_add_test(t, a_sixty_fifth_submitter_is_one_too_many);
	tcase_add_test(t, octets_of_any_value_give_messages);
	tcase_add_test(t, a_line_of_a_megabyte_gives_a_short_message);
	tcase_add_test(t, a_hundred_thousand_errors_are_counted_and_some_shown);
	tcase_add_test(t, a_hundred_thousand_targets_leave_four);
	tcase_add_test(t, braces_without_end_give_messages);
	tcase_add_test(t, a_file_cut_anywhere_is_read_to_its_end);
	suite_add_tcase(s, t);
	return suite_run(s);
}
