#include "support_spool.h"

#include "clock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void count_arrival(void *arg)
{
	(*(int *)arg)++;
}

START_TEST(a_forwarder_selects_and_finishes)
{
	struct store_claim claims[2];
	int64_t due_ns;
	int arrivals = 0;
	size_t count;

	spool_attach(test_spool, "MAIL", count_arrival, &arrivals);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 0);
	ck_assert_int_eq(due_ns, INT64_MAX);
	dataset_put(test_spool, "a", "a", &alice);
	dataset_put(test_spool, "b", "b", &alice);
	ck_assert_int_eq(arrivals, 2);
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
	ck_assert_int_eq(arrivals, 3);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 1);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claims[1], DATASET_READY, 0, ""),
		STORE_LOST);
	spool_attach(test_spool, "MAIL", NULL, NULL);
	dataset_put(test_spool, "c", "c", &alice);
	ck_assert_int_eq(arrivals, 3);
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

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tc = tcase_create("spool");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, spool_set_up, spool_tear_down);
	tcase_add_test(tc, a_forwarder_selects_and_finishes);
	tcase_add_test(tc, a_waiting_data_set_is_selectable_when_it_is_due);
	tcase_add_test(tc, a_claim_shows_the_marks_of_the_one_before);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
