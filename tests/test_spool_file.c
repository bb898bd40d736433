#include "support_spool.h"

#include <check.h>
#include <string.h>

START_TEST(an_empty_data_set_is_purged_silently)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct dataset d;

	ck_assert(spool_file_is_empty(f));
	ck_assert_int_eq(dataset_flush(f), 0);
	spool_file_release(f, false);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), -ENOENT);
	wait_until_purged(number);
	ck_assert_int_eq(log_count(""), 0);
}
END_TEST

static const struct {
	const char *text;
	enum dataset_state state;
	const char *reason, *logged;
} killed[] = {
	{ "a\n.\n", DATASET_READY, "", "JESF014I JOB00001 complete" },
	{ "a\n", DATASET_HELD, "INCOMPLETE: the writer was killed",
		"JESF010W JOB00001 held: INCOMPLETE: the writer was killed" },
};

START_TEST(what_a_killed_writer_left_is_judged)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct dataset d;

	dataset_write(f, killed[_i].text);
	spool_file_release(f, true);
	wait_for_state(test_spool, number, killed[_i].state);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_str_eq(d.reason, killed[_i].reason);
	ck_assert_str_eq(judged_writer, "MAIL");
	spool_close(test_spool);
	ck_assert_int_eq(log_count(killed[_i].logged), 1);
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
}
END_TEST

START_TEST(writes_go_where_they_were_sent)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	char octets[16] = "";

	ck_assert_int_eq(spool_file_write(f, 4, false, "def", 3), 0);
	ck_assert_int_eq(spool_file_write(f, 0, false, "abcd", 4), 0);
	ck_assert_int_eq(spool_file_write(f, 0, true, "gh", 2), 0);
	ck_assert_int_eq(spool_file_truncate(f, 8), 0);
	ck_assert_int_eq(spool_file_write(f, 1, false, NULL, 0), 0);
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_READY);
	ck_assert_int_eq(spool_read(test_spool, number, 0, octets, 16), 8);
	ck_assert_str_eq(octets, "abcddefg");
}
END_TEST

START_TEST(a_failed_write_discards_the_data_set)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, "good");
	ck_assert_int_eq(spool_file_write(f, INT64_MAX, false, "x", 1), -EFBIG);
	ck_assert_int_eq(spool_file_write(f, 0, true, "x", 1), -EFBIG);
	ck_assert_int_eq(spool_file_truncate(f, 0), -EFBIG);
	ck_assert_int_eq(dataset_flush(f), -EFBIG);
	spool_file_release(f, false);
	wait_until_gone(test_spool, number);
	wait_until_purged(number);
	ck_assert_int_eq(
		log_count("JESF011W JOB00001 discarded: File too large"), 1);
}
END_TEST

START_TEST(a_quiesced_spool_takes_no_octet)
{
	struct spool_file *open = dataset_create(test_spool, "a", &alice);
	struct spool_file *written = dataset_create(test_spool, "b", &alice);
	uint64_t number = spool_file_number(written);
	struct spool_file *f;

	dataset_write(open, "a");
	dataset_write(written, "b");
	spool_quiesce(test_spool);
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "c", &alice, 0600,
				 "x", false, &f),
		-EROFS);
	ck_assert_int_eq(spool_file_write(open, 0, true, "x", 1), -EROFS);
	ck_assert_int_eq(dataset_flush(open), -EROFS);
	spool_file_release(open, false);
	ck_assert_int_eq(dataset_flush(written), 0);
	spool_file_release(written, false);
	wait_for_state(test_spool, number, DATASET_READY);
	ck_assert_uint_eq(listed(&alice), 1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, an_empty_data_set_is_purged_silently);
	tcase_add_loop_test(tc, what_a_killed_writer_left_is_judged, 0,
		sizeof killed / sizeof *killed);
	tcase_add_test(tc, writes_go_where_they_were_sent);
	tcase_add_test(tc, a_failed_write_discards_the_data_set);
	tcase_add_test(tc, a_quiesced_spool_takes_no_octet);
}

int main(void)
{
	return spool_run_on_stores("spool_file", add_tests);
}
