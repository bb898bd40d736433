/*
 * Limits as users of a mount meet them: which call says what, what df shows,
 * and many processes of one user at once.
 */
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BLOCK = 4096, DATASET_OCTETS = 100, DATASETS = 60, RACERS = 8 };

static const char octets[BLOCK];

static void limit(uint64_t spool, uint64_t user, uint64_t datasets)
{
	struct spool_limits limits = { spool, user, datasets };

	spool_limit(mounted.spool, &limits);
}

static int open_new(const char *name)
{
	return open(in_mount("spool/MAIL/%s", name),
		O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int write_over_the_limit(void)
{
	int fd = open_new("one");

	MUST(fd >= 0);
	MUST(write(fd, octets, 1000) == 1000);
	MUST(write(fd, octets, 1) == -1 && errno == EDQUOT);
	MUST(fsync(fd) == -1 && errno == EDQUOT);
	MUST(close(fd) == -1 && errno == EDQUOT);
	return 0;
}

START_TEST(a_write_over_an_owners_limit_says_so)
{
	limit(0, 1000, 0);
	as_user(USER_A, USER_A, write_over_the_limit);
	expect_count(-1, 0);
}
END_TEST

static int truncate_over_the_limit(void)
{
	int fd = open_new("one");

	MUST(fd >= 0);
	MUST(ftruncate(fd, 1000) == 0);
	MUST(ftruncate(fd, 1001) == -1 && errno == EDQUOT);
	MUST(close(fd) == -1 && errno == EDQUOT);
	return 0;
}

START_TEST(a_truncate_over_an_owners_limit_says_so)
{
	limit(0, 1000, 0);
	as_user(USER_A, USER_A, truncate_over_the_limit);
	expect_count(-1, 0);
}
END_TEST

/* Whichever way the kernel takes to a new data set. */
static int open_one_too_many(void)
{
	MUST(put_text(in_mount("spool/MAIL/one"), "1") == 0);
	MUST(put_text(in_mount("spool/MAIL/two"), "2") == 0);
	MUST(open_new("three") == -1 && errno == EDQUOT);
	MUST(open_new("one") == -1 && errno == EDQUOT);
	MUST(open(in_mount("spool/BATCH/one"), O_RDWR | O_CREAT | O_EXCL, 0600)
			== -1
		&& errno == EDQUOT);
	return 0;
}

START_TEST(a_data_set_too_many_cannot_be_opened)
{
	limit(0, 0, 2);
	as_user(USER_A, USER_A, open_one_too_many);
	ck_assert_int_eq(put_text(in_mount("spool/MAIL/root"), "r"), 0);
	expect_count(DATASET_READY, 3);
	as_user(USER_B, USER_B, open_one_too_many);
}
END_TEST

START_TEST(a_data_set_larger_than_its_writer_takes_says_so)
{
	int fd;

	spool_limit_datasets(mounted.spool, "MAIL", 1000);
	fd = open_new("one");
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, octets, 1000), 1000);
	ck_assert_int_eq(write(fd, octets, 1), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(close(fd), -1);
	ck_assert_int_eq(errno, EFBIG);
	expect_count(-1, 0);
	ck_assert_int_ne(
		shell_in_drop("head -c 1001 /dev/zero > two 2>/dev/null"), 0);
	ck_assert_int_eq(shell_in_drop("head -c 1000 /dev/zero > two"), 0);
}
END_TEST

/* ---- the spool ------------------------------------------------------------
 */

static struct statvfs df(void)
{
	struct statvfs st;

	ck_assert_int_eq(statvfs(mounted.point, &st), 0);
	ck_assert_uint_eq(st.f_frsize, BLOCK);
	return st;
}

START_TEST(df_shows_what_the_spool_still_takes)
{
	struct statvfs st;

	limit(1000 * BLOCK, 0, 0);
	st = df();
	ck_assert_uint_eq(st.f_blocks, 1000);
	ck_assert_uint_eq(st.f_bfree, 1000);
	ck_assert_uint_eq(st.f_bavail, 950);
	ck_assert_uint_eq(st.f_files, JOB_NUMBER_MAX);
	ck_assert_uint_eq(st.f_ffree, JOB_NUMBER_MAX);

	ck_assert_int_eq(shell_in_drop("head -c 819200 /dev/zero > one"), 0);
	st = df();
	ck_assert_uint_eq(st.f_blocks, 1000);
	ck_assert_uint_eq(st.f_bfree, 800);
	ck_assert_uint_eq(st.f_bavail, 750);
	ck_assert_uint_eq(st.f_ffree, JOB_NUMBER_MAX - 1);
}
END_TEST

static int fill_to_the_reserve(void)
{
	int fd = open_new("user");

	MUST(fd >= 0);
	MUST(ftruncate(fd, 95 * BLOCK) == 0);
	MUST(close(fd) == 0);
	MUST(open_new("more") == -1 && errno == ENOSPC);
	return 0;
}

static int write_over_the_reserve(void)
{
	int fd = open_new("repair");

	MUST(fd >= 0);
	MUST(ftruncate(fd, 5 * BLOCK) == 0);
	MUST(write(fd, octets, BLOCK) == BLOCK);
	MUST(pwrite(fd, octets, 1, 5 * BLOCK) == -1 && errno == ENOSPC);
	MUST(close(fd) == -1 && errno == ENOSPC);
	return 0;
}

static int use_the_reserve(void)
{
	int fd = open_new("repair");

	MUST(fd >= 0);
	MUST(ftruncate(fd, 5 * BLOCK) == 0);
	MUST(close(fd) == 0);
	MUST(open_new("more") == -1 && errno == ENOSPC);
	return 0;
}

START_TEST(what_is_left_of_a_full_spool_is_for_operators)
{
	limit(100 * BLOCK, 0, 0);
	as_user(USER_A, USER_A, fill_to_the_reserve);
	ck_assert_uint_eq(df().f_bavail, 0);
	ck_assert_uint_eq(df().f_bfree, 5);
	as_user(USER_B, OPERATORS, write_over_the_reserve);
	expect_count(-1, 1);
	as_user(USER_B, OPERATORS, use_the_reserve);
	ck_assert_uint_eq(df().f_bfree, 0);
}
END_TEST

/* ---- many processes of one user -------------------------------------------
 */

static int put_until_refused(const void *id)
{
	int fd, n;

	MUST(setgid(USER_A) == 0 && setuid(USER_A) == 0);
	for (n = 0; n <= DATASETS; n++) {
		fd = open(in_mount("spool/MAIL/%d.%d", *(const int *)id, n),
			O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0) {
			MUST(errno == EDQUOT);
			return 0;
		}
		if (write(fd, octets, DATASET_OCTETS) != DATASET_OCTETS) {
			MUST(errno == EDQUOT);
			close(fd);
			return 0;
		}
		MUST(close(fd) == 0);
	}
	return __LINE__ % 251;
}

static void race(void)
{
	int ids[RACERS];
	pid_t pids[RACERS];
	int i;

	for (i = 0; i < RACERS; i++) {
		ids[i] = i;
		pids[i] = process_start(put_until_refused, &ids[i]);
	}
	for (i = 0; i < RACERS; i++)
		ck_assert_int_eq(process_wait(pids[i]), 0);
}

START_TEST(processes_who_race_get_as_many_octets_as_one)
{
	struct spool_space space;

	limit(0, DATASETS * DATASET_OCTETS + DATASET_OCTETS / 2, 0);
	race();
	expect_count(DATASET_READY, DATASETS);
	expect_count(-1, DATASETS);
	spool_space(mounted.spool, &space);
	ck_assert_uint_eq(space.used_octets, DATASETS * DATASET_OCTETS);
}
END_TEST

START_TEST(processes_who_race_get_as_many_data_sets_as_one)
{
	limit(0, 0, DATASETS);
	race();
	expect_count(DATASET_READY, DATASETS);
	expect_count(-1, DATASETS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fs_limits");
	TCase *t = tcase_create("fs_limits");

	tcase_add_checked_fixture(t, mounted_setup, mounted_teardown);
	tcase_add_test(t, a_write_over_an_owners_limit_says_so);
	tcase_add_test(t, a_truncate_over_an_owners_limit_says_so);
	tcase_add_test(t, a_data_set_too_many_cannot_be_opened);
	tcase_add_test(t, a_data_set_larger_than_its_writer_takes_says_so);
	tcase_add_test(t, df_shows_what_the_spool_still_takes);
	tcase_add_test(t, what_is_left_of_a_full_spool_is_for_operators);
	tcase_add_test(t, processes_who_race_get_as_many_octets_as_one);
	tcase_add_test(t, processes_who_race_get_as_many_data_sets_as_one);
	suite_add_tcase(s, t);
	return mounted_main(s);
}
