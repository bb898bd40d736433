#include "support_spool.h"

#include "clock.h"

#include <check.h>
#include <string.h>

/* How often a forwarder was called. */
struct arrivals {
	struct mutex lock;
	struct cond changed;
	int count;
};

static void count_arrival(void *arg)
{
	struct arrivals *a = arg;

	mutex_lock(&a->lock);
	a->count++;
	cond_signal(&a->changed);
	mutex_unlock(&a->lock);
}

static void wait_for_arrivals(struct arrivals *a, int count)
{
	int64_t deadline_ns = clock_monotonic_ns() + 20 * NS_PER_S;

	mutex_lock(&a->lock);
	while (a->count < count)
		ck_assert(cond_wait_until(&a->changed, &a->lock, deadline_ns));
	ck_assert_int_eq(a->count, count);
	mutex_unlock(&a->lock);
}

START_TEST(a_forwarder_selects_and_finishes)
{
	struct store_claim claims[2];
	int64_t due_ns;
	struct arrivals arrivals = { .count = 0 };
	size_t count;

	mutex_init(&arrivals.lock, RANK_LEAF);
	cond_init(&arrivals.changed);
	spool_attach(test_spool, "MAIL", count_arrival, &arrivals);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 0);
	ck_assert_int_eq(due_ns, INT64_MAX);
	dataset_put(test_spool, "a", "a", &alice);
	dataset_put(test_spool, "b", "b", &alice);
	wait_for_arrivals(&arrivals, 2);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 2);

	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 2, claims, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 0);
	wait_for_state(test_spool, claims[0].dataset.number, DATASET_ACTIVE);

	ck_assert_int_eq(
		dataset_finish(test_spool, &claims[0], DATASET_PURGED, 0, ""),
		0);
	ck_assert_uint_eq(listed(&alice), 1);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claims[1], DATASET_READY, 0, ""),
		0);
	wait_for_arrivals(&arrivals, 3);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 1);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claims[1], DATASET_READY, 0, ""),
		STORE_LOST);
	spool_attach(test_spool, "MAIL", NULL, NULL);
	dataset_put(test_spool, "c", "c", &alice);
	wait_for_arrivals(&arrivals, 3);
}
END_TEST

START_TEST(a_waiting_data_set_is_selectable_when_it_is_due)
{
	int64_t now_ns = clock_wall_ns();
	int64_t due_ns;
	struct store_claim claim;
	struct dataset d;
	uint64_t number = dataset_put(test_spool, "a", "a", &alice);
	size_t count;

	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_int_eq(dataset_finish(test_spool, &claim, DATASET_WAITING,
				 now_ns + 3600 * NS_PER_S, "451 later"),
		0);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 0);
	ck_assert_int_eq(due_ns, now_ns + 3600 * NS_PER_S);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_WAITING);
	ck_assert_str_eq(d.reason, "451 later");
	ck_assert_int_eq(d.next_try_ns, due_ns);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 0);

	number = dataset_put(test_spool, "b", "b", &alice);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_int_eq(dataset_finish(test_spool, &claim, DATASET_WAITING,
				 now_ns - 1, "451 later"),
		0);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 1);
	ck_assert_int_eq(due_ns, now_ns + 3600 * NS_PER_S);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(claim.dataset.number, number);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
}
END_TEST

START_TEST(a_claim_shows_the_marks_of_the_one_before)
{
	struct store_mark mark = { .mail = 1,
		.kind = STORE_MARK_DEFERRED,
		.tries = 1,
		.recipients = "D.",
		.reason = "451" };
	struct store_mark_row row;
	struct store_claim claim;
	struct awaited a;
	size_t count;

	dataset_put(test_spool, "a", "a", &alice);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	awaited_init(&a);
	spool_checkpoint(test_spool, claim.dataset.number, claim.token, &mark,
		1, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
	ck_assert_int_eq(
		spool_mark_read(test_spool, claim.dataset.number, 1, &row), 0);
	ck_assert_str_eq(row.recipients, "D.");
	store_mark_fini(&row);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_READY, 0, ""), 0);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_uint_eq(claim.read_upto, 2);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_forwarder_selects_and_finishes);
	tcase_add_test(tc, a_waiting_data_set_is_selectable_when_it_is_due);
	tcase_add_test(tc, a_claim_shows_the_marks_of_the_one_before);
}

int main(void)
{
	return spool_run_on_stores("spool", add_tests);
}
