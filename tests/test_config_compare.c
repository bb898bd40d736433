/*
 * A refresh as a whole: what is the same, what is another writer.
 */
#include "../fs/config_rows.h"
#include "config_compare.h"
#include "support_config.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 640 };

#define OTHER "TargetServer\n{\n TargetIP 127.0.0.2\n}\n"

static struct config_writer writers[2];

static void put_writer(struct writer_config *out, const char *name,
	const char *file, const char *statements)
{
	char text[TEXT_MAX];
	size_t errors;

	text_format(text, sizeof text, TARGET "%s", statements);
	free(config_read_writer_text(text, strlen(text), &writers[0], &errors));
	ck_assert_uint_eq(errors, 0);
	*out = writers[0].config;
	text_copy(out->name, sizeof out->name, name);
	text_copy(out->file, sizeof out->file, file);
}

START_TEST(a_refresh_without_a_difference_says_nothing)
{
	struct config running = { .writer_count = 1 };
	struct config read = { .writer_count = 1 };
	struct config_changes changes;
	struct buf report;

	buf_init(&report);
	running.writers = malloc(sizeof *running.writers);
	read.writers = malloc(sizeof *read.writers);
	ck_assert(running.writers != NULL && read.writers != NULL);
	put_writer(running.writers, "A", "/a",
		"Translate IBM-1047\nUserExit EXEC /opt/very/long/path\n"
		"UserExit EXEC /opt/a\nReportMailFrom abc@b.example\n"
		"ReportMailFrom a@b.example\n");
	put_writer(read.writers, "A", "/a",
		"translate cp1047\nuserexit exec /opt/a # the same\n"
		"JESJobSize 0\nReportMailFrom a@b.example\n");
	ck_assert_int_eq(config_compare(&running, &read, &changes, &report), 0);
	buf_append(&report, "", 1);
	ck_assert_str_eq(report.data, "");
	ck_assert_uint_eq(changes.changed + changes.kept, 0);
	free(running.writers);
	free(read.writers);
	buf_fini(&report);
}
END_TEST

START_TEST(writers_are_attached_and_end_at_a_start_only)
{
	struct config running = { .writer_count = 2 };
	struct config read = { .writer_count = 2 };
	struct config_changes changes;
	struct buf report;

	buf_init(&report);
	running.writers = calloc(2, sizeof *running.writers);
	read.writers = calloc(2, sizeof *read.writers);
	ck_assert(running.writers != NULL && read.writers != NULL);
	put_writer(&running.writers[0], "A", "/a", "LogLevel 3\n");
	put_writer(&running.writers[1], "B", "/b", "JESJobSize 1\n");
	put_writer(&read.writers[0], "C", "/c", "");
	put_writer(&read.writers[1], "NEW", "/b", "JESJobSize 2\n");
	ck_assert_int_eq(config_compare(&running, &read, &changes, &report), 0);
	buf_append(&report, "", 1);
	ck_assert_str_eq(report.data,
		"A: its file is gone, it ends at the next start\n"
		"B: ExtWrtName stays as it was, it changes at the next start\n"
		"B: JESJobSize changes\n"
		"C: is new, it is attached at the next start\n");
	ck_assert_uint_eq(changes.changed, 1);
	ck_assert_uint_eq(changes.kept, 3);
	ck_assert_uint_eq(read.writer_count, 2);
	ck_assert_str_eq(read.writers[0].name, "A");
	ck_assert_uint_eq(read.writers[0].log_level, 3);
	ck_assert_str_eq(read.writers[1].name, "B");
	ck_assert_uint_eq(read.writers[1].job_size_kb, 2);
	free(running.writers);
	free(read.writers);
	buf_fini(&report);
}
END_TEST

START_TEST(targets_without_mbcharset_do_not_come_where_mbcs_stays)
{
	static const char text[] = "TargetServer\n{\n TargetIP 127.0.0.2\n"
				   " MBCharset EUC-JP\n}\n"
				   "Translate IBM-939\nMBCS YES\n";
	struct config running = { .writer_count = 1 };
	struct config read = { .writer_count = 1 };
	struct config_changes changes;
	struct buf report;
	size_t errors;

	buf_init(&report);
	running.writers = &writers[1].config;
	free(config_read_writer_text(
		text, sizeof text - 1, &writers[1], &errors));
	ck_assert_uint_eq(errors, 0);
	text_copy(running.writers->name, sizeof running.writers->name, "A");
	text_copy(running.writers->file, sizeof running.writers->file, "/a");
	read.writers = malloc(sizeof *read.writers);
	ck_assert_ptr_nonnull(read.writers);
	put_writer(read.writers, "A", "/a", "");
	ck_assert_int_eq(config_compare(&running, &read, &changes, &report), 0);
	buf_append(&report, "", 1);
	ck_assert_ptr_nonnull(strstr(report.data,
		"A: TargetServer stays as it was, MBCS needs its MBCharset"));
	ck_assert_str_eq(read.writers->targets[0].address_text, "127.0.0.2");
	ck_assert(read.writers->input.is_mbcs);
	free(read.writers);
	buf_fini(&report);
}
END_TEST

/* CSSMTP applies servers in another order, too. */
START_TEST(target_servers_in_another_order_are_a_change)
{
	static const char *const texts[] = {
		TARGET OTHER,
		OTHER TARGET,
	};
	size_t errors;
	int i;

	for (i = 0; i < 2; i++)
		free(config_read_writer_text(
			texts[i], strlen(texts[i]), &writers[i], &errors));
	ck_assert(
		!config_target_is_same(&writers[0].config, &writers[1].config));
	ck_assert(
		config_target_is_same(&writers[0].config, &writers[0].config));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_compare");
	TCase *t = tcase_create("config_compare");

	tcase_add_test(t, a_refresh_without_a_difference_says_nothing);
	tcase_add_test(t, writers_are_attached_and_end_at_a_start_only);
	tcase_add_test(
		t, targets_without_mbcharset_do_not_come_where_mbcs_stays);
	tcase_add_test(t, target_servers_in_another_order_are_a_change);
	suite_add_tcase(s, t);
	return suite_run(s);
}
