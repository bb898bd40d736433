/*
 * Two flushes of one large data set at once. fdatasync is taken over by
 * defining it here: the first call on a large file is kept until a later
 * flush was answered, or has had time enough for it.
 */
#include "clock.h"
#include "support_local.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LARGE_OCTETS = 2 << 20, KEPT_MS = 300 };

static struct mutex lock;
static struct cond changed;
static bool is_armed GUARDED_BY(lock);
static bool is_kept GUARDED_BY(lock);
static bool is_answered GUARDED_BY(lock); /* the later flush */
static int later_err GUARDED_BY(lock);
static int kept_errno;
static atomic_bool is_full; /* the disk, for large files */

static char folder[256];
static struct store *store;

/* ---- calls taken over ------------------------------------------------ */

static bool is_large_file(int fd)
{
	char link[64];
	char path[512];
	ssize_t len;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return strstr(path, "/files/") != NULL;
}

static bool keep(void)
{
	int64_t until_ns = clock_monotonic_ns() + KEPT_MS * NS_PER_MS;
	bool keeps;

	mutex_lock(&lock);
	keeps = is_armed;
	is_armed = false;
	if (keeps) {
		is_kept = true;
		cond_broadcast(&changed);
	}
	while (keeps && !is_answered
		&& cond_wait_until(&changed, &lock, until_ns))
		continue;
	mutex_unlock(&lock);
	return keeps;
}

int fdatasync(int fd)
{
	if (is_large_file(fd) && keep() && kept_errno != 0) {
		errno = kept_errno;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

ssize_t pwrite64(int fd, const void *octets, size_t len, off64_t offset)
{
	if (atomic_load(&is_full) && is_large_file(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, octets, len, offset);
}

/* ---- fixture --------------------------------------------------------- */

static void set_up(void)
{
	const struct store_local_settings settings = { .directory = folder };
	char why[256];

	mutex_init(&lock, RANK_LEAF);
	cond_init(&changed);
	folder_make(folder, sizeof folder);
	ck_assert_int_eq(
		store_local_open(&settings, &store, why, sizeof why), 0);
}

static void tear_down(void)
{
	store_close(store);
	folder_remove(folder);
}

static void later_is_answered(void *arg, int err)
{
	(void)arg;
	mutex_lock(&lock);
	later_err = err;
	is_answered = true;
	cond_broadcast(&changed);
	mutex_unlock(&lock);
}

static void wait_for(const bool *what)
{
	int64_t until_ns = clock_monotonic_ns() + 20 * NS_PER_S;

	mutex_lock(&lock);
	while (!*what)
		ck_assert(cond_wait_until(&changed, &lock, until_ns));
	mutex_unlock(&lock);
}

static void append(uint64_t number, uint64_t offset)
{
	static char octets[4096];

	dataset_append(store, number, offset, octets, sizeof octets);
}

static uint64_t make_large(void)
{
	uint64_t number = dataset_begin(store, "large");

	append(number, LARGE_OCTETS);
	ck_assert_int_eq(sync_wait(store, number), 0);
	return number;
}

/* Two flushes; the first one is kept. Returns its answer. */
static int flush_twice(uint64_t number)
{
	struct awaited first;

	append(number, 2 * LARGE_OCTETS);
	mutex_lock(&lock);
	is_armed = true;
	mutex_unlock(&lock);
	awaited_init(&first);
	store_sync(store, number, awaited_set, &first);
	wait_for(&is_kept);
	append(number, 3 * LARGE_OCTETS);
	store_sync(store, number, later_is_answered, NULL);
	wait_for(&is_answered);
	return awaited_wait(&first);
}

/* ---- tests ----------------------------------------------------------- */

START_TEST(the_later_flush_has_the_last_word)
{
	uint64_t number = make_large();
	struct dataset row;
	size_t count = 0;

	ck_assert_int_eq(flush_twice(number), 0);
	ck_assert_int_eq(later_err, 0);
	ck_assert_int_eq(store_list(store, NULL, 0, 1, &row, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(row.size_octets, 3 * LARGE_OCTETS + 4096);
}
END_TEST

/* Its row is written with the flush that was under way. */
START_TEST(a_rename_during_the_first_flush_is_kept)
{
	const struct store_rename how = {
		.writer = "BATCH", .label = "new", .has_label = true
	};
	uint64_t number = dataset_begin(store, "large");
	struct awaited first;
	struct dataset row;
	size_t count = 0;

	append(number, LARGE_OCTETS);
	mutex_lock(&lock);
	is_armed = true;
	mutex_unlock(&lock);
	awaited_init(&first);
	store_sync(store, number, awaited_set, &first);
	wait_for(&is_kept);
	ck_assert_int_eq(rename_wait(store, number, &how), 0);
	later_is_answered(NULL, 0);
	ck_assert_int_eq(awaited_wait(&first), 0);
	ck_assert_int_eq(store_list(store, NULL, 0, 1, &row, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(row.label, "new");
	ck_assert_str_eq(row.writer, "BATCH");
	ck_assert_uint_gt(row.named, number);
}
END_TEST

/* The kernel tells of a lost write once: the second sync would succeed. */
START_TEST(no_flush_succeeds_behind_one_that_failed)
{
	uint64_t number = make_large();

	kept_errno = EIO;
	ck_assert_int_eq(flush_twice(number), -EIO);
	ck_assert_int_eq(later_err, -EIO);
}
END_TEST

/* What close was promised is there: only checksums find no room. */
START_TEST(a_full_disk_keeps_no_flushed_data_set_from_being_submitted)
{
	uint64_t number = make_large();
	char octet = 'x';

	atomic_store(&is_full, true);
	ck_assert_int_eq(submit_wait(store, number, DATASET_READY, ""), 0);
	atomic_store(&is_full, false);
	check_state(store, number, DATASET_READY);
	ck_assert_int_eq(store_read(store, number, LARGE_OCTETS, &octet, 1), 1);
	ck_assert_int_eq(octet, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("large data sets");
	TCase *tc = tcase_create("flushes");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_later_flush_has_the_last_word);
	tcase_add_test(tc, a_rename_during_the_first_flush_is_kept);
	tcase_add_test(tc, no_flush_succeeds_behind_one_that_failed);
	tcase_add_test(
		tc, a_full_disk_keeps_no_flushed_data_set_from_being_submitted);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
