/*
 * Limits where many write at once: nobody gets over one, and everything up to
 * it is granted.
 */
#include "support_limits.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- races -------------------------------------------------------------- */

enum { THREADS = 8, ROUNDS = 200, PIECE = 10 };

static atomic_uint accepted;

static void *append_until_refused(void *arg)
{
	struct spool_file *f = arg;

	while (limits_append(f, PIECE) == 0)
		atomic_fetch_add(&accepted, 1);
	return NULL;
}

/* What is refused stays counted until its release, so the sum is exact. */
START_TEST(writers_who_race_get_exactly_the_limit)
{
	struct spool_file *files[THREADS];
	pthread_t threads[THREADS];
	int i;

	limits_set(0, THREADS * ROUNDS * PIECE + PIECE / 2, 0);
	atomic_store(&accepted, 0);
	for (i = 0; i < THREADS; i++)
		files[i] = dataset_create(test_spool, "race", &alice);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
					 append_until_refused, files[i]),
			0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(atomic_load(&accepted), THREADS * ROUNDS);
	ck_assert_uint_eq(limits_used(), THREADS * ROUNDS * PIECE);
	for (i = 0; i < THREADS; i++)
		spool_file_release(files[i], false);
	ck_assert_uint_eq(limits_used(), 0);
}
END_TEST

enum { DATASETS_MAX = 5 };

static atomic_int open_now;
static atomic_int most_open;

static void note_open(void)
{
	int now = atomic_fetch_add(&open_now, 1) + 1;
	int most = atomic_load(&most_open);

	while (now > most
		&& !atomic_compare_exchange_weak(&most_open, &most, now))
		;
}

static void *create_and_close(void *arg)
{
	struct spool_file *f;
	int i, err;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		err = limits_create("race", &alice, &f);
		if (err != 0) {
			ck_assert_int_eq(err, -EDQUOT);
			continue;
		}
		note_open();
		ck_assert_int_eq(limits_append(f, PIECE), 0);
		ck_assert_int_eq(spool_file_truncate(f, 0), 0);
		atomic_fetch_sub(&open_now, 1);
		spool_file_release(f, false); /* empty: purged */
	}
	return NULL;
}

START_TEST(nobody_gets_more_data_sets_by_racing)
{
	pthread_t threads[THREADS];
	struct spool_file *f;
	int i;

	limits_set(0, 0, DATASETS_MAX);
	atomic_store(&most_open, 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
					 create_and_close, NULL),
			0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_le(atomic_load(&most_open), DATASETS_MAX);
	ck_assert_uint_eq(limits_used(), 0);
	for (i = 0; i < DATASETS_MAX; i++)
		dataset_put(test_spool, "after", "x", &alice);
	ck_assert_int_eq(limits_create("over", &alice, &f), -EDQUOT);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, writers_who_race_get_exactly_the_limit);
	tcase_add_test(t, nobody_gets_more_data_sets_by_racing);
}

int main(void)
{
	return spool_run_on_stores("spool_limit_races", add_tests);
}
