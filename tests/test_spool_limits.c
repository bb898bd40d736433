/*
 * Limits: who is refused what, where he sees it, and that what is counted is
 * what is on the spool.
 */
#include "support_limits.h"

#include <check.h>
#include <errno.h>

static const struct spool_caller root = { .is_operator = true, .uid = 0 };
static const struct spool_caller clerk = { .is_operator = true, .uid = 1002 };

static const char octets[1000]; /* of any value */

/* A data set of so many octets, submitted. */
static uint64_t put(const struct spool_caller *owner, size_t len)
{
	struct spool_file *f = dataset_create(test_spool, "mail", owner);
	uint64_t number = spool_file_number(f);

	ck_assert_int_eq(limits_append(f, len), 0);
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_READY);
	return number;
}

static void purge(uint64_t number, const struct spool_caller *owner)
{
	ck_assert_int_eq(dataset_unlink(test_spool,
				 job_name_of(test_spool, number), owner),
		0);
	wait_until_gone(test_spool, number);
}

/* ---- an owner's octets ------------------------------------------------- */

START_TEST(a_write_over_the_owners_limit_is_refused_and_discarded)
{
	struct spool_file *f;

	limits_set(0, 1000, 0);
	put(&alice, 600);
	f = dataset_create(test_spool, "two", &alice);
	ck_assert_int_eq(limits_append(f, 400), 0);
	ck_assert_int_eq(limits_append(f, 1), -EDQUOT);
	ck_assert_int_eq(limits_append(f, 1), -EDQUOT);
	ck_assert_int_eq(dataset_flush(f), -EDQUOT);
	ck_assert_int_eq(limits_used(), 1000);
	spool_file_release(f, false);
	ck_assert_uint_eq(limits_used(), 600);
	ck_assert_int_eq(log_count("JESF011W"), 1);
	ck_assert_int_eq(log_count("discarded: Disk quota exceeded"), 1);
}
END_TEST

START_TEST(what_was_refused_makes_room_for_another)
{
	struct spool_file *f;

	limits_set(0, 1000, 0);
	f = dataset_create(test_spool, "one", &alice);
	ck_assert_int_eq(limits_append(f, 1001), -EDQUOT);
	spool_file_release(f, false);
	ck_assert_uint_eq(limits_used(), 0);
	put(&alice, 1000);
}
END_TEST

START_TEST(octets_written_twice_count_once)
{
	struct spool_file *f = dataset_create(test_spool, "one", &alice);

	limits_set(0, 1000, 0);
	ck_assert_int_eq(limits_append(f, 1000), 0);
	ck_assert_int_eq(spool_file_write(f, 0, false, octets, 1000), 0);
	ck_assert_int_eq(spool_file_write(f, 500, false, octets, 500), 0);
	ck_assert_int_eq(spool_file_write(f, 500, false, octets, 501), -EDQUOT);
	spool_file_release(f, false);
}
END_TEST

START_TEST(a_gap_counts_as_octets)
{
	struct spool_file *f = dataset_create(test_spool, "one", &alice);

	limits_set(0, 1000, 0);
	ck_assert_int_eq(spool_file_write(f, 999, false, octets, 1), 0);
	ck_assert_int_eq(limits_append(f, 1), -EDQUOT);
	spool_file_release(f, false);
}
END_TEST

START_TEST(a_truncate_over_the_limit_is_refused_and_one_below_gives_back)
{
	struct spool_file *f = dataset_create(test_spool, "one", &alice);
	struct spool_file *g = dataset_create(test_spool, "two", &alice);

	limits_set(0, 1000, 0);
	ck_assert_int_eq(spool_file_truncate(f, 1000), 0);
	ck_assert_int_eq(spool_file_truncate(f, 10), 0);
	ck_assert_uint_eq(limits_used(), 10);
	ck_assert_int_eq(limits_append(g, 990), 0);
	ck_assert_int_eq(spool_file_truncate(f, 11), -EDQUOT);
	spool_file_release(f, false);
	spool_file_release(g, false);
}
END_TEST

START_TEST(the_owners_of_other_data_sets_have_limits_of_their_own)
{
	limits_set(0, 1000, 1);
	put(&alice, 1000);
	put(&bob, 1000);
}
END_TEST

START_TEST(root_has_no_limits_of_his_own)
{
	limits_set(0, 1000, 1);
	put(&root, 1001);
	put(&root, 1001);
}
END_TEST

START_TEST(a_limit_below_what_is_there_refuses_what_comes)
{
	struct spool_file *f = dataset_create(test_spool, "one", &alice);

	ck_assert_int_eq(limits_append(f, 1000), 0);
	limits_set(0, 500, 0);
	ck_assert_int_eq(spool_file_truncate(f, 600), 0);
	ck_assert_int_eq(limits_append(f, 1), -EDQUOT);
	spool_file_release(f, false);
	put(&alice, 500);
}
END_TEST

/* ---- an owner's data sets ---------------------------------------------- */

START_TEST(a_data_set_too_many_is_refused_when_it_is_made)
{
	struct spool_file *f;
	uint64_t first;

	limits_set(0, 0, 2);
	first = put(&alice, 1);
	put(&alice, 1);
	ck_assert_int_eq(limits_create("three", &alice, &f), -EDQUOT);
	ck_assert_int_eq(limits_create("three", &alice, &f), -EDQUOT);
	purge(first, &alice);
	put(&alice, 1);
	ck_assert_int_eq(limits_create("four", &alice, &f), -EDQUOT);
}
END_TEST

START_TEST(an_open_data_set_counts_and_an_empty_one_goes_with_its_close)
{
	struct spool_file *f, *g;

	limits_set(0, 0, 1);
	f = dataset_create(test_spool, "one", &alice);
	ck_assert_int_eq(limits_create("two", &alice, &g), -EDQUOT);
	spool_file_release(f, false);
	put(&alice, 1);
}
END_TEST

START_TEST(a_name_that_is_taken_is_no_place_to_get_over_it)
{
	struct spool_file *f;

	limits_set(0, 0, 1);
	put(&alice, 1); /* as "mail" */
	ck_assert_int_eq(limits_create("mail", &alice, &f), -EDQUOT);
}
END_TEST

/* ---- the spool --------------------------------------------------------- */

START_TEST(the_last_part_of_the_spool_is_for_operators)
{
	struct spool_file *f, *g;
	struct spool_space space;

	limits_set(10000, 0, 0);
	put(&alice, 9500);
	spool_space(test_spool, &space);
	ck_assert_uint_eq(space.available_octets, 0);
	ck_assert_uint_eq(space.free_octets, 500);
	ck_assert_int_eq(limits_create("two", &bob, &f), -ENOSPC);

	f = dataset_create(test_spool, "three", &clerk);
	ck_assert_int_eq(limits_append(f, 500), 0);
	spool_space(test_spool, &space);
	ck_assert_uint_eq(space.free_octets, 0);
	ck_assert_int_eq(limits_create("four", &clerk, &g), -ENOSPC);
	ck_assert_int_eq(limits_append(f, 1), -ENOSPC);
	spool_file_release(f, false);
	ck_assert_int_eq(log_count("discarded: No space left on device"), 1);
}
END_TEST

START_TEST(a_full_spool_takes_again_what_is_gone)
{
	struct spool_file *f;
	uint64_t number;

	limits_set(10000, 0, 0);
	number = put(&alice, 9500);
	ck_assert_int_eq(limits_create("two", &alice, &f), -ENOSPC);
	purge(number, &alice);
	put(&alice, 9500);
}
END_TEST

START_TEST(a_shortage_is_told_once_and_its_end_once)
{
	uint64_t one, two, three;

	limits_set(10000, 0, 0);
	one = put(&alice, 7999);
	ck_assert_int_eq(log_count("JESF017W"), 0);
	two = put(&alice, 1);
	ck_assert_int_eq(log_count("JESF017W shortage of spool space: 8000 of "
				   "10000 octets are in use, 80 % or more"),
		1);
	ck_assert(spool_is_short(test_spool));
	purge(two, &alice);
	two = put(&alice, 1);
	three = put(&alice, 100);
	purge(three, &alice);
	ck_assert_int_eq(log_count("JESF017W"), 1);
	ck_assert_int_eq(log_count("JESF018I"), 0);

	purge(one, &alice);
	wait_for_log("JESF018I shortage of spool space is over: 1 of 10000");
	ck_assert(!spool_is_short(test_spool));
	purge(two, &alice);
	put(&alice, 8001);
	ck_assert_int_eq(log_count("JESF017W"), 2);
	ck_assert_int_eq(log_count("JESF018I"), 1);
}
END_TEST

START_TEST(without_a_limit_the_stores_capacity_counts)
{
	struct spool_space space;
	struct store_stats stats;

	limits_set(0, 0, 0);
	put(&alice, 100);
	store_stats_read(test_store, &stats);
	spool_space(test_spool, &space);
	ck_assert_uint_eq(space.used_octets, 100);
	ck_assert_uint_eq(space.datasets, 1);
	ck_assert_uint_gt(space.available_octets, 0);
	ck_assert_uint_le(space.available_octets, space.free_octets);
	ck_assert_uint_le(space.free_octets, stats.free_octets);
}
END_TEST

/* ---- one data set ------------------------------------------------------ */

START_TEST(a_data_set_larger_than_its_writer_takes_is_refused)
{
	struct spool_file *f;

	spool_limit_datasets(test_spool, "MAIL", 1000);
	ck_assert_int_eq(spool_add_writer(test_spool, "BATCH"), 0);
	f = dataset_create(test_spool, "one", &root);
	ck_assert_int_eq(limits_append(f, 1000), 0);
	ck_assert_int_eq(spool_file_truncate(f, 1000), 0);
	ck_assert_int_eq(spool_file_truncate(f, 1001), -EFBIG);
	ck_assert_int_eq(dataset_flush(f), -EFBIG);
	spool_file_release(f, false);
	ck_assert_int_eq(log_count("discarded: File too large"), 1);
	ck_assert_uint_eq(limits_used(), 0);

	f = dataset_create(test_spool, "two", &alice);
	ck_assert_int_eq(limits_append(f, 1001), -EFBIG);
	spool_file_release(f, false);
	ck_assert_int_eq(spool_create(test_spool, "BATCH", "one", &alice, 0600,
				 "cp", false, &f),
		0);
	ck_assert_int_eq(limits_append(f, 1001), 0);
	spool_file_release(f, false);
}
END_TEST

/* ---- what is counted ---------------------------------------------------- */

START_TEST(what_is_found_at_a_start_counts)
{
	struct spool_file *f, *g;

	put(&alice, 300);
	put(&alice, 300);
	put(&bob, 50);
	spool_close(test_spool);
	store_on_disk_reopen();
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
	limits_set(0, 1000, 3);
	ck_assert_uint_eq(limits_used(), 650);
	f = dataset_create(test_spool, "three", &alice);
	ck_assert_int_eq(limits_append(f, 400), 0);
	ck_assert_int_eq(limits_append(f, 1), -EDQUOT);
	ck_assert_int_eq(limits_create("four", &alice, &g), -EDQUOT);
	ck_assert_int_eq(limits_create("four", &bob, &g), 0);
	spool_file_release(f, false);
	spool_file_release(g, false);
}
END_TEST

START_TEST(what_is_unlinked_while_it_is_open_counts_until_its_close)
{
	struct spool_file *f = dataset_create(test_spool, "one", &alice);

	ck_assert_int_eq(limits_append(f, 100), 0);
	ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(dataset_unlink(test_spool, "one", &alice), 0);
	ck_assert_int_eq(limits_append(f, 50), 0);
	ck_assert_uint_eq(limits_used(), 150);
	spool_file_release(f, false);
	ck_assert_uint_eq(limits_used(), 0);
}
END_TEST

START_TEST(a_purge_by_the_forwarder_gives_back)
{
	struct store_claim claim;
	size_t count;

	limits_set(0, 1000, 1);
	put(&alice, 1000);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
	ck_assert_uint_eq(limits_used(), 0);
	put(&alice, 1000);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(
		t, a_write_over_the_owners_limit_is_refused_and_discarded);
	tcase_add_test(t, what_was_refused_makes_room_for_another);
	tcase_add_test(t, octets_written_twice_count_once);
	tcase_add_test(t, a_gap_counts_as_octets);
	tcase_add_test(t,
		a_truncate_over_the_limit_is_refused_and_one_below_gives_back);
	tcase_add_test(
		t, the_owners_of_other_data_sets_have_limits_of_their_own);
	tcase_add_test(t, root_has_no_limits_of_his_own);
	tcase_add_test(t, a_limit_below_what_is_there_refuses_what_comes);
	tcase_add_test(t, a_data_set_too_many_is_refused_when_it_is_made);
	tcase_add_test(t,
		an_open_data_set_counts_and_an_empty_one_goes_with_its_close);
	tcase_add_test(t, a_name_that_is_taken_is_no_place_to_get_over_it);
	tcase_add_test(t, the_last_part_of_the_spool_is_for_operators);
	tcase_add_test(t, a_full_spool_takes_again_what_is_gone);
	tcase_add_test(t, a_shortage_is_told_once_and_its_end_once);
	tcase_add_test(t, without_a_limit_the_stores_capacity_counts);
	tcase_add_test(t, a_data_set_larger_than_its_writer_takes_is_refused);
	tcase_add_test(t, what_is_found_at_a_start_counts);
	tcase_add_test(
		t, what_is_unlinked_while_it_is_open_counts_until_its_close);
	tcase_add_test(t, a_purge_by_the_forwarder_gives_back);
}

int main(void)
{
	return spool_run_on_stores("spool_limits", add_tests);
}
