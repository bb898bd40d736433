#include "support_local.h"
#include "support_run.h"

#include "../fs/store_failed.h"
#include "../fs/store_local.h"
#include "clock.h"
#include "text.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what a start finds ---------------------------------------------- */

static uint64_t make_finished(
	struct store *s, const char *label, enum dataset_state state)
{
	struct store_claim claim;
	uint64_t number = dataset_make(s, label, label, DATASET_READY);

	ck_assert(claim_one(s, &claim));
	if (state != DATASET_ACTIVE)
		ck_assert_int_eq(
			finish_wait(s, number, claim.token, state, 99, "so"),
			0);
	return number;
}

static void make_all_states(struct store *s)
{
	dataset_append(s, dataset_begin(s, "unsynced"), 0, "x", 1);
	dataset_make(s, "open", "open", DATASET_OPEN);
	dataset_make(s, "held", "held", DATASET_HELD);
	make_finished(s, "purged", DATASET_PURGED);
	make_finished(s, "dead", DATASET_DEAD);
	make_finished(s, "active", DATASET_ACTIVE);
	dataset_make(s, "ready", "ready", DATASET_READY);
}

static void check_all_states(struct store *s)
{
	static const enum dataset_state states[] = { DATASET_OPEN, DATASET_HELD,
		DATASET_DEAD, DATASET_ACTIVE, DATASET_READY };
	struct store_stats stats;
	struct dataset d;
	size_t i;

	for (i = 0; i < sizeof states / sizeof *states; i++) {
		const char *name = dataset_state_name(states[i]);

		d = local_find(s, name);
		ck_assert_msg(d.number != 0, "%s", name);
		ck_assert_str_eq(dataset_state_name(d.state), name);
		check_text(s, d.number, name);
	}
	ck_assert_uint_eq(local_find(s, "purged").number, 0);
	ck_assert_uint_eq(local_find(s, "unsynced").number, 0);
	store_stats_read(s, &stats);
	ck_assert_uint_eq(stats.count[DATASET_OPEN], 1);
	ck_assert_uint_eq(stats.octets, 4 + 4 + 4 + 6 + 5);
}

START_TEST(every_state_survives_a_crash)
{
	struct store *s;

	local_crash(make_all_states);
	s = local_start();
	check_all_states(s);
	store_close(s);
}
END_TEST

START_TEST(every_state_survives_a_clean_stop)
{
	struct store *s = local_start();

	make_all_states(s);
	store_close(s);
	s = local_start();
	check_all_states(s);
	store_close(s);
}
END_TEST

START_TEST(a_start_knows_what_is_in_doubt)
{
	struct store_mark_row rows[2];
	struct store_claim claim;
	struct dataset d;
	struct store *s;
	size_t count = 0;

	local_crash(make_all_states);
	s = local_start();
	d = local_find(s, "active");
	ck_assert_int_eq(store_marks_read(s, d.number, 0, 2, rows, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(rows[0].mail, 1);
	ck_assert_int_eq(rows[0].kind, STORE_MARK_CLAIMED);
	store_mark_fini(&rows[0]);
	ck_assert_int_eq(
		move_wait(s, d.number, DATASET_ACTIVE, DATASET_READY, ""), 0);
	ck_assert(claim_one(s, &claim));
	ck_assert_uint_eq(claim.dataset.number, d.number);
	ck_assert_uint_eq(claim.read_upto, 2);
	store_close(s);
}
END_TEST

static uint64_t old_token;

START_TEST(a_token_ends_with_its_epoch)
{
	struct store *s = local_start();
	uint64_t number = dataset_in_state(s, DATASET_ACTIVE, &old_token);
	struct store_claim claim;

	store_close(s);
	s = local_start();
	ck_assert_int_eq(store_renew(s, number, old_token, 0), STORE_LOST);
	ck_assert_int_eq(
		finish_wait(s, number, old_token, DATASET_PURGED, 0, ""),
		STORE_LOST);
	ck_assert_int_eq(
		move_wait(s, number, DATASET_ACTIVE, DATASET_READY, ""), 0);
	ck_assert(claim_one(s, &claim));
	ck_assert_uint_gt(claim.token >> 32, old_token >> 32);
	store_close(s);
}
END_TEST

START_TEST(what_was_found_open_is_submitted_or_dropped)
{
	struct store *s;
	struct dataset d;

	local_crash(make_all_states);
	s = local_start();
	d = local_find(s, "open");
	ck_assert_int_eq(store_append(s, d.number, 0, "x", 1), STORE_BUSY);
	ck_assert_int_eq(sync_wait(s, d.number), 0);
	ck_assert_int_eq(submit_wait(s, d.number, DATASET_HELD, "why"), 0);
	check_text(s, d.number, "open");
	store_close(s);
	s = local_start();
	d = local_find(s, "open");
	ck_assert_int_eq(d.state, DATASET_HELD);
	ck_assert_str_eq(d.reason, "why");
	ck_assert_int_eq(
		move_wait(s, d.number, DATASET_HELD, DATASET_PURGED, ""), 0);
	store_close(s);
}
END_TEST

/* Flushed, then written again: only what was flushed is there. */
static void flush_and_go_on(struct store *s)
{
	uint64_t number = dataset_make(s, "half", "first", DATASET_OPEN);

	dataset_append(s, number, 5, " second", 7);
	ck_assert_int_eq(sync_wait(s, number), 0);
	dataset_append(s, number, 12, " third", 6);
	number = dataset_begin(s, "large");
	ck_assert_int_eq(store_truncate(s, number, 2 << 20), 0);
	ck_assert_int_eq(sync_wait(s, number), 0);
	ck_assert_int_eq(store_truncate(s, number, 3 << 20), 0);
}

START_TEST(only_what_was_flushed_is_found)
{
	struct store *s;
	struct dataset d;
	char octet;

	local_crash(flush_and_go_on);
	s = local_start();
	check_text(s, local_find(s, "half").number, "first second");
	d = local_find(s, "large");
	ck_assert_uint_eq(d.size_octets, 2 << 20);
	ck_assert_int_eq(store_read(s, d.number, 2 << 20, &octet, 1), 0);
	ck_assert_int_eq(store_read(s, d.number, (2 << 20) - 1, &octet, 1), 1);
	ck_assert_int_eq(submit_wait(s, d.number, DATASET_READY, ""), 0);
	ck_assert_int_eq(store_read(s, d.number, (2 << 20) - 1, &octet, 1), 1);
	store_close(s);
}
END_TEST

static void make_large_and_not_sync(struct store *s)
{
	uint64_t number = dataset_begin(s, "large");

	ck_assert_int_eq(store_truncate(s, number, 2 << 20), 0);
}

START_TEST(a_file_without_a_row_is_swept)
{
	struct store *s;

	local_crash(make_large_and_not_sync);
	ck_assert_uint_eq(local_count("files"), 1);
	s = local_start();
	ck_assert_uint_eq(local_count("files"), 0);
	store_close(s);
}
END_TEST

/* ---- numbers --------------------------------------------------------- */

/* The last number is taken and gone before the crash. */
static void make_and_purge(struct store *s)
{
	uint64_t number;

	dataset_make(s, "x", "x", DATASET_HELD);
	number = dataset_make(s, "x", "x", DATASET_HELD);
	ck_assert_int_eq(
		move_wait(s, number, DATASET_HELD, DATASET_PURGED, ""), 0);
}

START_TEST(a_number_is_never_used_again)
{
	uint64_t last = 0;
	uint64_t number;
	struct store *s;
	int i;

	for (i = 0; i < 3; i++) {
		local_crash(make_and_purge);
		s = local_start();
		number = dataset_make(s, "x", "x", DATASET_HELD);
		ck_assert_uint_gt(number, last + 2);
		last = number;
		store_close(s);
	}
}
END_TEST

static uint32_t next_job(struct store *s)
{
	struct dataset d;
	uint64_t number = dataset_make(s, "x", "x", DATASET_HELD);

	ck_assert_int_eq(store_lookup(s, number, &d), 0);
	return d.job;
}

START_TEST(job_numbers_begin_again_and_skip_what_lives)
{
	struct store *s = local_start();

	ck_assert_uint_eq(next_job(s), 1);
	ck_assert_uint_eq(next_job(s), 2);
	ck_assert_uint_eq(next_job(s), 3);
	store_close(s);
	/* CATALOGUE_NEXT_JOB; the second of the three is purged */
	local_sql("UPDATE meta SET value = 9999998 WHERE name = 2;"
		  "DELETE FROM dataset WHERE job = 2");
	s = local_start();
	ck_assert_uint_eq(next_job(s), 9999998);
	ck_assert_uint_eq(next_job(s), 9999999);
	ck_assert_uint_eq(next_job(s), 2);
	ck_assert_uint_eq(next_job(s), 4);
	store_close(s);
	s = local_start();
	ck_assert_uint_eq(next_job(s), 5);
	store_close(s);
}
END_TEST

/* ---- what a start refuses -------------------------------------------- */

START_TEST(a_second_instance_is_refused)
{
	struct store *s = local_start();
	char why[256];

	ck_assert_int_eq(local_start_fails(why, sizeof why), -EWOULDBLOCK);
	ck_assert_ptr_nonnull(strstr(why, "another"));
	store_close(s);
	store_close(local_start());
}
END_TEST

START_TEST(a_newer_schema_is_refused)
{
	char why[256];

	store_close(local_start());
	local_sql("PRAGMA user_version = 99");
	ck_assert_int_eq(local_start_fails(why, sizeof why), -EPROTO);
	ck_assert_ptr_nonnull(strstr(why, "schema 99"));
	local_sql("PRAGMA user_version = 2");
	store_close(local_start());
}
END_TEST

START_TEST(the_directory_is_ours_alone)
{
	char path[300];
	struct stat st;

	store_close(local_start());
	ck_assert_int_eq(stat(local_folder, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	text_format(path, sizeof path, "%s/spool.db", local_folder);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_directory_that_cannot_be_made_says_why)
{
	char why[256];

	local_tear_down();
	text_copy(local_folder, sizeof local_folder, "/proc/none/spool");
	ck_assert_int_eq(local_start_fails(why, sizeof why), -ENOENT);
	ck_assert_str_eq(why, "No such file or directory");
}
END_TEST

/* ---- limits ---------------------------------------------------------- */

START_TEST(a_full_store_refuses_and_recovers)
{
	struct store_local_settings settings = { .directory = local_folder,
		.capacity_octets = 10,
		.dataset_octets_max = 8 };
	struct store_stats stats;
	struct dataset d = { .writer = "MAIL" };
	struct store *s;
	uint64_t first;
	uint64_t number;
	uint32_t job;
	char why[256];

	ck_assert_int_eq(store_local_open(&settings, &s, why, sizeof why), 0);
	first = dataset_begin(s, "x");
	dataset_append(s, first, 0, "12345678", 8);
	ck_assert_int_eq(store_append(s, first, 8, "9", 1), -EFBIG);
	ck_assert_int_eq(store_truncate(s, first, 9), -EFBIG);
	number = dataset_begin(s, "y");
	ck_assert_int_eq(store_append(s, number, 0, "123", 3), STORE_FULL);
	ck_assert_int_eq(store_truncate(s, number, 3), STORE_FULL);
	dataset_append(s, number, 0, "12", 2);
	ck_assert_int_eq(store_begin(s, &d, 1, &number, &job), STORE_FULL);
	store_stats_read(s, &stats);
	ck_assert_uint_eq(stats.octets, 10);
	ck_assert_uint_eq(stats.free_octets, 0);
	ck_assert_int_eq(submit_wait(s, first, DATASET_PURGED, ""), 0);
	ck_assert_int_eq(store_begin(s, &d, 1, &number, &job), 0);
	store_close(s);
}
END_TEST

/* ---- after a failed sync --------------------------------------------- */

static int open_failed(void)
{
	int directory = open(local_folder, O_RDONLY | O_DIRECTORY);
	int file = failed_open(directory);

	ck_assert_int_ge(file, 0);
	close(directory);
	return file;
}

START_TEST(what_a_failed_sync_concerned_is_held)
{
	struct store *s = local_start();
	uint64_t named = dataset_make(s, "named", "x", DATASET_READY);
	uint64_t other = dataset_make(s, "other", "x", DATASET_READY);
	uint64_t open = dataset_make(s, "open", "x", DATASET_OPEN);
	int file;

	store_close(s);
	file = open_failed();
	ck_assert_int_eq(failed_write(file, &named, 1), 0);
	close(file);

	s = local_start();
	check_state(s, named, DATASET_HELD);
	check_state(s, other, DATASET_READY);
	check_state(s, open, DATASET_HELD);
	ck_assert_int_eq(
		move_wait(s, named, DATASET_HELD, DATASET_READY, ""), 0);
	store_close(s);
	s = local_start();
	check_state(s, named, DATASET_READY);
	store_close(s);
}
END_TEST

START_TEST(a_note_that_cannot_be_read_holds_all)
{
	struct store *s = local_start();
	uint64_t ready = dataset_make(s, "x", "x", DATASET_READY);
	int file;

	store_close(s);
	file = open_failed();
	ck_assert_int_eq(pwrite(file, "garbage, or half a note", 23, 0), 23);
	close(file);
	s = local_start();
	check_state(s, ready, DATASET_HELD);
	store_close(s);
}
END_TEST

/* ---- memory ----------------------------------------------------------- */

/* The room for a second record is a tenth of what a data set takes. */
START_TEST(a_data_set_of_one_record_keeps_no_room_for_more)
{
	struct store *s = local_start();
	uint64_t number = dataset_make(s, "one", "one", DATASET_READY);
	struct local *l = local_of(s);

	mutex_lock(&l->lock);
	ck_assert_uint_eq(index_find(&l->index, number)->extents, 1);
	ck_assert_ptr_null(index_find(&l->index, number)->more);
	mutex_unlock(&l->lock);
	store_close(s);
}
END_TEST

/* ---- the suite ------------------------------------------------------- */

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, local_set_up, local_tear_down);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("start of the store on disk");
	TCase *tc = add_case(suite, "finds");

	tcase_add_test(tc, every_state_survives_a_crash);
	tcase_add_test(tc, every_state_survives_a_clean_stop);
	tcase_add_test(tc, a_start_knows_what_is_in_doubt);
	tcase_add_test(tc, a_token_ends_with_its_epoch);
	tcase_add_test(tc, what_was_found_open_is_submitted_or_dropped);
	tcase_add_test(tc, only_what_was_flushed_is_found);
	tcase_add_test(tc, a_file_without_a_row_is_swept);
	tc = add_case(suite, "numbers");
	tcase_add_test(tc, a_number_is_never_used_again);
	tcase_add_test(tc, job_numbers_begin_again_and_skip_what_lives);
	tc = add_case(suite, "refuses");
	tcase_add_test(tc, a_second_instance_is_refused);
	tcase_add_test(tc, a_newer_schema_is_refused);
	tcase_add_test(tc, the_directory_is_ours_alone);
	tcase_add_test(tc, a_directory_that_cannot_be_made_says_why);
	tcase_add_test(tc, a_full_store_refuses_and_recovers);
	tcase_add_test(tc, a_data_set_of_one_record_keeps_no_room_for_more);
	tc = add_case(suite, "after a failed sync");
	tcase_add_test(tc, what_a_failed_sync_concerned_is_held);
	tcase_add_test(tc, a_note_that_cannot_be_read_holds_all);

	return suite_run(suite);
}
