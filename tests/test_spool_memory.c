/*
 * Memory, threads and random numbers that run out at each place in turn:
 * WRAP_test_spool_memory in the Makefile sends the calls here. malloc() is
 * libcheck's alone.
 */
#include "support_run.h"
#include "support_spool.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
ssize_t __real_getrandom(void *out, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned int flags);
int __real_pthread_create(pthread_t *out, const pthread_attr_t *attributes,
	void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attributes,
	void *(*run)(void *), void *arg);

static atomic_int calls_left = -1; /* until one fails; below 0 none does */

static bool fails_now(void)
{
	return atomic_load(&calls_left) >= 0
		&& atomic_fetch_sub(&calls_left, 1) == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return fails_now() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
	return fails_now() ? NULL : __real_strdup(text);
}

ssize_t __wrap_getrandom(void *out, size_t len, unsigned int flags)
{
	return fails_now() ? -1 : __real_getrandom(out, len, flags);
}

int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attributes,
	void *(*run)(void *), void *arg)
{
	return fails_now() ? EAGAIN
			   : __real_pthread_create(out, attributes, run, arg);
}

/* ---- a short life ---------------------------------------------------- */

enum { DATA_SETS = 70 }; /* more than the tables hold at first */

static bool is_shortage(int err)
{
	return err == -ENOMEM || err == -EAGAIN || err == -EIO;
}

/* Returns how many data sets were promised to be on disk. */
static size_t write_some(void)
{
	struct spool_file *f;
	size_t promised = 0;
	int i, err, write_err;

	for (i = 0; i < DATA_SETS; i++) {
		err = spool_create(test_spool, "MAIL", "mail", &alice, 0600,
			"mail", i == 0, &f);
		if (err != 0) {
			ck_assert(is_shortage(err));
			continue;
		}
		write_err = spool_file_write(f, 0, true, "a\n.\n", 4);
		err = dataset_flush(f);
		ck_assert(err == 0 || is_shortage(err));
		ck_assert(write_err == 0 || err == write_err);
		spool_file_release(f, i % 16 == 0);
		promised += err == 0;
	}
	return promised;
}

/* Holds one, takes away its label, tries to purge it; returns how many were
 * purged. */
static size_t forward_some(void)
{
	char name[LABEL_MAX + 16];
	struct store_claim claim;
	uint64_t *numbers;
	size_t count = 0, listed_count;
	int err;

	err = spool_select(test_spool, "MAIL", 1, &claim, &count);
	ck_assert(err == 0 || is_shortage(err));
	if (err != 0 || count == 0)
		return 0;
	err = dataset_finish(test_spool, &claim, DATASET_HELD, 0, "bad");
	ck_assert(err == 0 || is_shortage(err));
	err = spool_numbers(
		test_spool, "MAIL", &alice, &numbers, &listed_count);
	ck_assert(err == 0 || is_shortage(err));
	if (err == 0)
		free(numbers);

	err = dataset_unlink(test_spool, "mail", &alice);
	ck_assert(err == 0 || err == -ENOENT || is_shortage(err));
	strcpy(name, job_name_of(test_spool, claim.dataset.number));
	err = dataset_unlink(test_spool, name, &alice);
	ck_assert(err == 0 || err == -EBUSY || is_shortage(err));
	return err == 0;
}

static bool open_spool(void)
{
	int err = spool_open(test_store, judge_by_dot, NULL, &test_spool);

	ck_assert(err == 0 || is_shortage(err));
	return err == 0;
}

/* Lets the i-th call fail; returns whether one did. */
static bool fails_at(int i)
{
	struct store_stats stats;
	size_t expected = 0;
	bool failed, is_open;
	unsigned int state;
	uint64_t stored = 0;

	ck_assert_int_eq(store_memory_open(&test_store), 0);
	atomic_store(&calls_left, i);
	is_open = open_spool();
	if (is_open) {
		ck_assert_int_eq(spool_add_writer(test_spool, "MAIL"), 0);
		expected = write_some();
		expected -= forward_some();
		spool_close(test_spool);
		is_open = open_spool();
	}
	failed = atomic_load(&calls_left) < 0;
	atomic_store(&calls_left, -1);
	if (is_open)
		spool_close(test_spool);

	/* With memory again nothing is lost, and nothing is left over. */
	ck_assert(open_spool());
	store_stats_read(test_store, &stats);
	for (state = 0; state < DATASET_STATES; state++)
		stored += stats.count[state];
	ck_assert_uint_eq(stored, expected);
	ck_assert_uint_eq(stats.count[DATASET_OPEN], 0);
	ck_assert_uint_eq(stats.count[DATASET_ACTIVE], 0);
	if (expected > 0)
		ck_assert_uint_eq(listed(&alice), expected);
	spool_close(test_spool);
	store_close(test_store);
	return failed;
}

START_TEST(a_shortage_at_any_place_loses_no_data_set)
{
	int i = 0;

	log_capture();
	while (fails_at(i))
		i++;
	ck_assert_int_gt(i, DATA_SETS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool_memory");
	TCase *tc = tcase_create("spool_memory");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_shortage_at_any_place_loses_no_data_set);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
