#include "support_run.h"
#include "support_suite_parts.h"

#include "clock.h"
#include "text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CASE_TIMEOUT_S = 60 };

struct store *the_store;
static const struct suite_store *backend;

static void set_up(void)
{
	the_store = backend->open();
}

static void tear_down(void)
{
	backend->close(the_store);
}

/* ---- all data sets --------------------------------------------------- */

START_TEST(a_list_has_what_is_durable_once_and_in_order)
{
	enum { COUNT = 57, PAGE = 10 };
	struct dataset *page = calloc(PAGE, sizeof *page);
	uint64_t numbers[COUNT];
	uint64_t after = 0;
	size_t seen = 0;
	size_t count = PAGE;
	size_t i;

	for (i = 0; i < COUNT; i++) {
		numbers[i] = dataset_begin(the_store, "x");
		if (i % 2 == 0)
			ck_assert_int_eq(sync_wait(the_store, numbers[i]), 0);
		else
			ck_assert_int_eq(submit_wait(the_store, numbers[i],
						 DATASET_HELD, ""),
				0);
	}
	dataset_append(
		the_store, dataset_begin(the_store, "not durable"), 0, "x", 1);
	while (count == PAGE) {
		ck_assert_int_eq(
			store_list(the_store, seen % 20 == 0 ? NULL : "MAIL",
				after, PAGE, page, &count),
			0);
		for (i = 0; i < count; i++)
			ck_assert_uint_eq(page[i].number, numbers[seen++]);
		if (count > 0)
			after = page[count - 1].number;
	}
	ck_assert_uint_eq(seen, COUNT);
	ck_assert_int_eq(
		store_list(the_store, "OTHER", 0, PAGE, page, &count), 0);
	ck_assert_uint_eq(count, 0);
	free(page);
}
END_TEST

START_TEST(counts_follow_the_data_sets)
{
	struct store_stats stats;
	uint64_t token = 0;

	dataset_in_state(the_store, DATASET_ACTIVE, &token);
	dataset_in_state(the_store, DATASET_WAITING, &token);
	dataset_in_state(the_store, DATASET_DEAD, &token);
	dataset_in_state(the_store, DATASET_PURGED, &token);
	dataset_in_state(the_store, DATASET_HELD, &token);
	dataset_in_state(the_store, DATASET_OPEN, &token);
	dataset_make(the_store, "x", "12345", DATASET_READY);
	store_stats_read(the_store, &stats);
	ck_assert_uint_eq(stats.count[DATASET_OPEN], 1);
	ck_assert_uint_eq(stats.count[DATASET_READY], 1);
	ck_assert_uint_eq(stats.count[DATASET_HELD], 1);
	ck_assert_uint_eq(stats.count[DATASET_ACTIVE], 1);
	ck_assert_uint_eq(stats.count[DATASET_WAITING], 1);
	ck_assert_uint_eq(stats.count[DATASET_DEAD], 1);
	ck_assert_uint_eq(stats.count[DATASET_PURGED], 0);
	ck_assert_uint_eq(stats.octets, 5 * 6 + 5);
	ck_assert_uint_gt(stats.free_octets, 0);
}
END_TEST

START_TEST(a_wait_ends_when_something_is_ready)
{
	int64_t now_ns = clock_monotonic_ns();
	uint64_t version = store_wait(the_store, 0, now_ns + 60 * NS_PER_S);
	uint64_t next;

	ck_assert_uint_eq(store_wait(the_store, version, now_ns), version);
	dataset_make(the_store, "x", "abc", DATASET_HELD);
	ck_assert_uint_eq(store_wait(the_store, version, now_ns), version);
	dataset_make(the_store, "x", "abc", DATASET_READY);
	next = store_wait(the_store, version, now_ns + 60 * NS_PER_S);
	ck_assert_uint_ne(next, version);
	ck_assert_int_lt(clock_monotonic_ns(), now_ns + 50 * NS_PER_S);
}
END_TEST

START_TEST(numbers_grow_and_jobs_differ)
{
	struct dataset d = { .mode = 0600 };
	uint64_t last_number = 0;
	uint64_t number;
	uint32_t last_job = 0;
	uint32_t job;
	int i;

	text_copy(d.writer, sizeof d.writer, "MAIL");
	for (i = 0; i < 3000; i++) {
		ck_assert_int_eq(
			store_begin(the_store, &d, i, &number, &job), 0);
		ck_assert_uint_gt(number, last_number);
		ck_assert_uint_ne(job, last_job);
		ck_assert_uint_le(job, JOB_NUMBER_MAX);
		last_number = number;
		last_job = job;
	}
}
END_TEST

/* ---- threads --------------------------------------------------------- */

enum { WRITERS = 6, EACH = 60 };

static void *write_main(void *arg)
{
	unsigned int seed = *(unsigned int *)arg;
	unsigned char octets[3000];
	uint64_t number;
	unsigned int i;

	for (i = 0; i < EACH; i++) {
		number = dataset_begin(the_store, "x");
		pattern_fill(octets, (unsigned int)number, 0, sizeof octets);
		dataset_append(the_store, number, 0, octets, 1000 + seed);
		if (i % 3 != 0)
			ck_assert_int_eq(sync_wait(the_store, number), 0);
		dataset_append(the_store, number, 1000 + seed,
			octets + 1000 + seed, sizeof octets - 1000 - seed);
		ck_assert_int_eq(
			submit_wait(the_store, number, DATASET_READY, ""), 0);
	}
	return NULL;
}

START_TEST(many_writers_and_a_reader_lose_nothing)
{
	static unsigned int seeds[WRITERS];
	pthread_t threads[WRITERS];
	struct store_claim claims[8];
	struct store_stats stats;
	uint64_t version = 0;
	size_t seen = 0;
	size_t count;
	size_t i;

	for (i = 0; i < WRITERS; i++) {
		seeds[i] = (unsigned int)i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_main,
					 &seeds[i]),
			0);
	}
	while (seen < (size_t)WRITERS * EACH) {
		ck_assert_int_eq(
			store_claim(the_store, "MAIL", 8, 0, claims, &count),
			0);
		for (i = 0; i < count; i++) {
			uint64_t number = claims[i].dataset.number;

			check_pattern(
				the_store, number, (unsigned int)number, 3000);
			ck_assert_int_eq(
				finish_wait(the_store, number, claims[i].token,
					DATASET_PURGED, 0, ""),
				0);
			seen++;
		}
		if (count == 0)
			version = store_wait(the_store, version,
				clock_monotonic_ns() + NS_PER_S);
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	store_stats_read(the_store, &stats);
	ck_assert_uint_eq(stats.octets, 0);
	ck_assert_uint_eq(stats.count[DATASET_READY], 0);
}
END_TEST

/* ---- the suite ------------------------------------------------------- */

TCase *suite_store_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, CASE_TIMEOUT_S);
	suite_add_tcase(suite, tc);
	return tc;
}

static void add_all(Suite *suite)
{
	TCase *tc = suite_store_case(suite, "all data sets");

	tcase_add_test(tc, a_list_has_what_is_durable_once_and_in_order);
	tcase_add_test(tc, counts_follow_the_data_sets);
	tcase_add_test(tc, a_wait_ends_when_something_is_ready);
	tcase_add_test(tc, numbers_grow_and_jobs_differ);
	tcase_add_test(tc, many_writers_and_a_reader_lose_nothing);
}

Suite *suite_store_create(const struct suite_store *made)
{
	Suite *suite = suite_create(made->name);

	backend = made;
	suite_store_add_writing(suite);
	suite_store_add_claims(suite);
	suite_store_add_standing(suite);
	suite_store_add_marks(suite);
	suite_store_add_names(suite);
	add_all(suite);
	return suite;
}

int suite_store_run(Suite *suite)
{
	return suite_run(suite);
}
