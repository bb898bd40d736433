/*
 * Many threads at once: writers that race on one name, those that list and
 * unlink what they made, and a forwarder that selects it.
 */
#include "clock.h"
#include "support_spool.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITERS = 8, EACH = 150, ALL = WRITERS * EACH, BATCH = 16 };

static atomic_uint received[ALL];
static atomic_uint received_count;
static atomic_bool is_over;

/* Every data set says which one it is. */
static void *write_many(void *arg)
{
	unsigned int first = *(unsigned int *)arg * EACH;
	unsigned int i;
	char text[32];

	for (i = first; i < first + EACH; i++) {
		struct spool_file *f =
			dataset_create(test_spool, "mail", &alice);

		snprintf(text, sizeof text, "%u\n.\n", i);
		dataset_write(f, text);
		if (i % 2 == 0)
			ck_assert_int_eq(dataset_flush(f), 0);
		spool_file_release(f, i % 8 == 0);
	}
	return NULL;
}

static void take(const struct store_claim *claim)
{
	char text[32] = "";
	unsigned long i;
	ssize_t len;

	len = spool_read(
		test_spool, claim->dataset.number, 0, text, sizeof text - 1);
	ck_assert_int_gt(len, 0);
	i = strtoul(text, NULL, 10);
	ck_assert_uint_lt(i, ALL);
	atomic_fetch_add(&received[i], 1);
	atomic_fetch_add(&received_count, 1);
	ck_assert_int_eq(
		dataset_finish(test_spool, claim, DATASET_PURGED, 0, ""), 0);
}

static struct mutex arrival_lock;
static struct cond arrival;

static void arrived(void *arg)
{
	(void)arg;
	mutex_lock(&arrival_lock);
	cond_signal(&arrival);
	mutex_unlock(&arrival_lock);
}

static void wait_for_arrival(int64_t deadline_ns)
{
	int64_t due_ns;

	mutex_lock(&arrival_lock);
	if (spool_selectable(test_spool, "MAIL", &due_ns) == 0)
		cond_wait_until(&arrival, &arrival_lock,
			clock_monotonic_ns() + 10 * NS_PER_MS);
	mutex_unlock(&arrival_lock);
	ck_assert_int_lt(clock_monotonic_ns(), deadline_ns);
}

static void *forward(void *arg)
{
	int64_t deadline_ns = clock_monotonic_ns() + 60 * NS_PER_S;
	struct store_claim *claims = calloc(BATCH, sizeof *claims);
	size_t count, i;

	ck_assert_ptr_nonnull(claims);
	while (atomic_load(&received_count) < ALL) {
		wait_for_arrival(deadline_ns);
		ck_assert_int_eq(
			spool_select(test_spool, "MAIL", BATCH, claims, &count),
			0);
		for (i = 0; i < count; i++)
			take(&claims[i]);
	}
	free(claims);
	return arg;
}

/* Lists all the time, as an operator does. */
static void *look_around(void *arg)
{
	char name[LABEL_MAX + 16];
	struct spool_row row;
	uint64_t *numbers;
	size_t count, i;

	while (!atomic_load(&is_over)) {
		ck_assert_int_eq(spool_numbers(test_spool, "MAIL", &alice,
					 &numbers, &count),
			0);
		for (i = 0; i < count; i++)
			if (spool_name(test_spool, numbers[i], &alice, name,
				    sizeof name)
				!= 0)
				name[0] = '\0';
		free(numbers);
		ck_assert_int_eq(spool_rows(test_spool, NULL, &operator_caller,
					 0, 1, &row, &count),
			0);
	}
	return arg;
}

START_TEST(writers_that_race_on_one_name_lose_nothing)
{
	pthread_t writers[WRITERS], forwarders[2], looker;
	unsigned int which[WRITERS];
	unsigned int i;

	mutex_init(&arrival_lock, RANK_DAEMON);
	cond_init(&arrival);
	spool_attach(test_spool, "MAIL", arrived, NULL);
	pthread_create(&looker, NULL, look_around, NULL);
	for (i = 0; i < 2; i++)
		pthread_create(&forwarders[i], NULL, forward, NULL);
	for (i = 0; i < WRITERS; i++) {
		which[i] = i;
		pthread_create(&writers[i], NULL, write_many, &which[i]);
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	for (i = 0; i < 2; i++)
		pthread_join(forwarders[i], NULL);
	atomic_store(&is_over, true);
	pthread_join(looker, NULL);
	spool_attach(test_spool, "MAIL", NULL, NULL);

	for (i = 0; i < ALL; i++)
		ck_assert_uint_eq(atomic_load(&received[i]), 1);
	ck_assert_uint_eq(listed(&operator_caller), 0);
}
END_TEST

static atomic_uint unlinked;

/* Unlinks the name others write under, at any moment of their lives. */
static void *unlink_many(void *arg)
{
	while (!atomic_load(&is_over))
		if (dataset_unlink(test_spool, "mail", &alice) == 0)
			atomic_fetch_add(&unlinked, 1);
	return arg;
}

/* Purges whatever there is, by job id. */
static void *purge_many(void *arg)
{
	char name[LABEL_MAX + 16];
	uint64_t *numbers;
	size_t count, i;
	bool was_over;

	do {
		was_over = atomic_load(&is_over);
		ck_assert_int_eq(spool_numbers(test_spool, "MAIL",
					 &operator_caller, &numbers, &count),
			0);
		for (i = 0; i < count; i++)
			if (spool_name(test_spool, numbers[i], &operator_caller,
				    name, sizeof name)
				== 0)
				dataset_unlink(
					test_spool, name, &operator_caller);
		free(numbers);
	} while (!was_over || count > 0);
	return arg;
}

START_TEST(unlink_at_any_moment_leaves_no_trace_of_what_it_purged)
{
	pthread_t writers[WRITERS], unlinker, purger;
	struct dataset left;
	size_t count;
	unsigned int which[WRITERS];
	unsigned int i;

	pthread_create(&unlinker, NULL, unlink_many, NULL);
	pthread_create(&purger, NULL, purge_many, NULL);
	for (i = 0; i < WRITERS; i++) {
		which[i] = i;
		pthread_create(&writers[i], NULL, write_many, &which[i]);
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	atomic_store(&is_over, true);
	pthread_join(unlinker, NULL);
	pthread_join(purger, NULL);

	ck_assert_uint_eq(listed(&operator_caller), 0);
	spool_close(test_spool);
	ck_assert_int_eq(store_list(test_store, NULL, 0, 1, &left, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, writers_that_race_on_one_name_lose_nothing);
	tcase_add_test(
		tc, unlink_at_any_moment_leaves_no_trace_of_what_it_purged);
}

int main(void)
{
	return spool_run_on_stores("spool_threads", add_tests);
}
