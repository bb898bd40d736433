#include "../fs/spool_gone.h"
#include "clock.h"
#include "spool_open.h"
#include "support_clock.h"
#include "support_spool.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

static uint64_t put_sent(const char *label)
{
	uint64_t number = dataset_put(test_spool, label, "a", &alice);
	struct store_claim claim;
	size_t count;

	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
	return number;
}

/* ---- one that waits -------------------------------------------------- */

static pthread_t waiter;
static atomic_bool is_over;
static struct gone_bundle *told;

static void *await(void *arg)
{
	told = spool_await_gone(test_spool, 0);
	atomic_store(&is_over, true);
	return arg;
}

static void start_waiting(void)
{
	told = NULL;
	atomic_store(&is_over, false);
	ck_assert_int_eq(pthread_create(&waiter, NULL, await, NULL), 0);
}

static struct gone_bundle *wait_for_it(void)
{
	pthread_join(waiter, NULL);
	return told;
}

/* ---- tests ----------------------------------------------------------- */

START_TEST(what_was_sent_and_what_was_purged_is_told)
{
	uint64_t sent, empty, purged;
	struct gone_bundle *b;
	struct spool_file *f;

	put_sent("before");
	spool_want_gone(test_spool, true);
	sent = put_sent("x");
	f = dataset_create(test_spool, "y", &bob);
	empty = spool_file_number(f);
	spool_file_release(f, false);
	purged = dataset_put(test_spool, "z", "a", &alice);
	ck_assert_int_eq(dataset_unlink(test_spool,
				 job_name_of(test_spool, purged), &alice),
		0);
	clock_forward(NS_PER_S);
	b = spool_await_gone(test_spool, 0);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->count, 3);
	ck_assert_uint_eq(b->rows[0].number, sent);
	ck_assert_str_eq(b->rows[0].name, "x");
	ck_assert_uint_eq(b->rows[0].uid, alice.uid);
	ck_assert_uint_eq(b->rows[1].number, empty);
	ck_assert_str_eq(b->rows[1].name, "y");
	ck_assert_uint_eq(b->rows[1].uid, bob.uid);
	ck_assert_uint_eq(b->rows[2].number, purged);
	gone_bundle_free(b);
}
END_TEST

START_TEST(it_is_told_a_second_after_its_name_lingered)
{
	struct gone_bundle *b;
	struct dataset d;
	uint64_t number;

	ck_assert_int_eq(spool_linger(test_spool, 5 * NS_PER_S), 0);
	spool_want_gone(test_spool, false);
	start_waiting();
	number = put_sent("x");
	ck_assert_int_eq(spool_find(test_spool, "MAIL", "x", &alice, &d), 0);
	clock_forward(5 * NS_PER_S);
	ck_assert_int_eq(
		spool_find(test_spool, "MAIL", "x", &alice, &d), -ENOENT);
	ck_assert(!atomic_load(&is_over));
	clock_forward(NS_PER_S);
	b = wait_for_it();
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->count, 1);
	ck_assert_uint_eq(b->rows[0].number, number);
	ck_assert_ptr_null(b->rows[0].name);
	gone_bundle_free(b);
}
END_TEST

START_TEST(who_wants_to_be_told_later_is)
{
	int64_t from_ns = clock_monotonic_ns() + 3600 * NS_PER_S;
	struct gone_bundle *b;

	spool_want_gone(test_spool, false);
	put_sent("x");
	clock_forward(3600 * NS_PER_S);
	b = spool_await_gone(test_spool, from_ns);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_ge(clock_monotonic_ns(), from_ns);
	gone_bundle_free(b);
}
END_TEST

START_TEST(who_waits_is_let_go)
{
	spool_want_gone(test_spool, true);
	put_sent("x");
	start_waiting();
	spool_end_gone(test_spool);
	ck_assert_ptr_null(wait_for_it());
	put_sent("y");
	ck_assert_ptr_null(spool_await_gone(test_spool, 0));
}
END_TEST

START_TEST(what_nobody_took_goes_with_the_spool)
{
	spool_want_gone(test_spool, true);
	put_sent("x");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_was_sent_and_what_was_purged_is_told);
	tcase_add_test(tc, it_is_told_a_second_after_its_name_lingered);
	tcase_add_test(tc, who_wants_to_be_told_later_is);
	tcase_add_test(tc, who_waits_is_let_go);
	tcase_add_test(tc, what_nobody_took_goes_with_the_spool);
}

int main(void)
{
	clock_take_over(); /* before any thread reads it */
	return spool_run_on_stores("spool_gone", add_tests);
}
