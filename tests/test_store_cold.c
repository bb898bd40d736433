/*
 * A cold start forgets which mails are settled, and nothing else.
 */
#include "support_run.h"
#include "support_store.h"

#include "clock.h"

#include <check.h>
#include <limits.h>
#include <string.h>

static char folder[PATH_MAX];
static struct store *store;

static void open_store(bool is_cold)
{
	struct store_local_settings settings = {
		.directory = folder,
		.forgets_progress = is_cold,
	};
	char why[256] = "";

	ck_assert_msg(store_local_open(&settings, &store, why, sizeof why) == 0,
		"%s", why);
}

static void start_again(bool is_cold)
{
	store_close(store);
	open_store(is_cold);
}

static void set_up(void)
{
	folder_make(folder, sizeof folder);
	open_store(false);
}

static void tear_down(void)
{
	store_close(store);
	folder_remove(folder);
}

/* Mail 1 was delivered, mail 2 is deferred for an hour. */
static uint64_t make_waiting(void)
{
	const int64_t next_ns = clock_wall_ns() + 3600 * NS_PER_S;
	const struct store_mark marks[] = {
		{ 1, STORE_MARK_DELIVERED, 1, 0, "", "" },
		{ 2, STORE_MARK_CLAIMED, 0, 0, "", "" },
		{ 2, STORE_MARK_DEFERRED, 1, next_ns, ".", "450" },
	};
	uint64_t number = dataset_make(store, "a", "two mails", DATASET_READY);
	struct store_claim claim;

	ck_assert(claim_one(store, &claim));
	ck_assert_int_eq(
		checkpoint_wait(store, number, claim.token, marks, 3), 0);
	ck_assert_int_eq(finish_wait(store, number, claim.token,
				 DATASET_WAITING, next_ns, "450"),
		0);
	return number;
}

static size_t marks_count(uint64_t number)
{
	struct store_mark_row rows[8];
	size_t count, i;

	ck_assert_int_eq(
		store_marks_read(store, number, 0, 8, rows, &count), 0);
	for (i = 0; i < count; i++)
		store_mark_fini(&rows[i]);
	return count;
}

START_TEST(a_warm_start_keeps_what_is_settled)
{
	uint64_t number = make_waiting();
	struct store_claim claim;

	start_again(false);
	check_state(store, number, DATASET_WAITING);
	ck_assert_uint_eq(marks_count(number), 1);
	ck_assert(!claim_one(store, &claim));
}
END_TEST

START_TEST(a_cold_start_begins_at_the_first_mail)
{
	uint64_t number = make_waiting();
	struct store_claim claim;

	start_again(true);
	check_state(store, number, DATASET_READY);
	check_text(store, number, "two mails");
	ck_assert_uint_eq(marks_count(number), 0);
	ck_assert(claim_one(store, &claim));
	ck_assert_uint_eq(claim.dataset.number, number);
	ck_assert_uint_eq(claim.read_upto, 1);
	ck_assert_str_eq(claim.dataset.reason, "");
}
END_TEST

START_TEST(what_was_forgotten_stays_forgotten)
{
	uint64_t number = make_waiting();
	struct store_claim claim;

	start_again(true);
	start_again(false);
	check_state(store, number, DATASET_READY);
	ck_assert(claim_one(store, &claim));
	ck_assert_uint_eq(claim.read_upto, 1);
}
END_TEST

/* Nothing is in doubt any more: all of it is done again. */
START_TEST(a_claim_that_a_crash_left_is_forgotten)
{
	uint64_t number = dataset_make(store, "a", "x", DATASET_READY);
	struct store_claim claim;

	ck_assert(claim_one(store, &claim));
	start_again(true);
	check_state(store, number, DATASET_ACTIVE);
	ck_assert_uint_eq(marks_count(number), 0);
	ck_assert_int_eq(
		move_wait(store, number, DATASET_ACTIVE, DATASET_READY, ""), 0);
	ck_assert(claim_one(store, &claim));
	ck_assert_uint_eq(claim.read_upto, 1);
}
END_TEST

START_TEST(what_is_held_stays_held)
{
	uint64_t number = dataset_make(store, "a", "x", DATASET_HELD);

	start_again(true);
	check_state(store, number, DATASET_HELD);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store_cold");
	TCase *t = tcase_create("cold");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_warm_start_keeps_what_is_settled);
	tcase_add_test(t, a_cold_start_begins_at_the_first_mail);
	tcase_add_test(t, what_was_forgotten_stays_forgotten);
	tcase_add_test(t, a_claim_that_a_crash_left_is_forgotten);
	tcase_add_test(t, what_is_held_stays_held);
	suite_add_tcase(s, t);
	return suite_run(s);
}
