#include "support_local.h"
#include "support_standing.h"
#include "support_suite_store.h"

#include <string.h>

static const char whole[] = "HELO x\nMAIL FROM:<a@b.c>\r\n.\r\nQuit  \r\n";
static struct listener l;

static uint64_t write_synced(struct store *s, const char *text)
{
	uint64_t number = dataset_begin(s, "x");

	listener_start(&l, s);
	store_grant(s, "MAIL", 1);
	dataset_append(s, number, 0, text, strlen(text));
	ck_assert_int_eq(sync_wait(s, number), 0);
	return number;
}

static size_t count_marks(struct store *s, enum store_mark_kind *kind)
{
	struct store_mark_row rows[4];
	size_t count = 0;
	size_t i;

	ck_assert_int_eq(store_marks_read(s, local_find(s, "x").number, 0, 4,
				 rows, &count),
		0);
	for (i = 0; i < count; i++) {
		*kind = rows[i].kind;
		store_mark_fini(&rows[i]);
	}
	return count;
}

/* What a start finds after a scenario that crashed. */
static void check_found(
	enum dataset_state state, size_t marks, enum store_mark_kind want)
{
	struct store *s = local_start();
	enum store_mark_kind kind = want;

	ck_assert_int_eq(local_find(s, "x").state, state);
	ck_assert_uint_eq(count_marks(s, &kind), marks);
	ck_assert_int_eq(kind, want);
	store_close(s);
}

static void leave_open(struct store *s)
{
	write_synced(s, whole);
}

static void leave_handed_out(struct store *s)
{
	uint64_t number = write_synced(s, whole);

	ck_assert_int_eq(submit_wait(s, number, DATASET_READY, ""), 0);
	ck_assert_uint_eq(listener_count(&l), 1);
}

START_TEST(what_is_claimed_ahead_is_in_doubt_after_a_crash)
{
	local_crash(_i == 0 ? leave_open : leave_handed_out);
	check_found(DATASET_OPEN, 1, STORE_MARK_CLAIMED);
}
END_TEST

static void leave_not_whole(struct store *s)
{
	write_synced(s, "HELO x\nnothing that ends.");
}

static void leave_grown(struct store *s)
{
	uint64_t number = write_synced(s, whole);

	dataset_append(s, number, sizeof whole - 1, "more", 4);
	ck_assert_int_eq(sync_wait(s, number), 0);
}

static void leave_withdrawn(struct store *s)
{
	write_synced(s, whole);
	listener_stop(&l, s, 1);
}

START_TEST(what_is_not_claimed_ahead_is_not_in_doubt)
{
	static void (*const scenarios[])(struct store * s) = { leave_not_whole,
		leave_grown, leave_withdrawn };

	local_crash(scenarios[_i]);
	check_found(DATASET_OPEN, 0, STORE_MARK_CLAIMED);
}
END_TEST

static void leave_deferred(struct store *s)
{
	const struct store_mark mark = { .mail = 1,
		.kind = STORE_MARK_DEFERRED,
		.recipients = "",
		.reason = "" };
	uint64_t number = write_synced(s, whole);

	ck_assert_int_eq(submit_wait(s, number, DATASET_READY, ""), 0);
	ck_assert_int_eq(
		checkpoint_wait(s, number, l.claims[0].token, &mark, 1), 0);
}

START_TEST(a_checkpoint_makes_its_row_active)
{
	local_crash(leave_deferred);
	check_found(DATASET_ACTIVE, 1, STORE_MARK_DEFERRED);
}
END_TEST

/* The lists of a running store and of the next one tell the same. */
START_TEST(a_list_says_active_where_the_row_says_open)
{
	struct store *s = local_start();

	leave_handed_out(s);
	ck_assert_int_eq(local_find(s, "x").state, DATASET_ACTIVE);
	listener_stop(&l, s, 1);
	store_close(s);
}
END_TEST

START_TEST(one_that_was_claimed_ahead_goes_on_after_a_crash)
{
	struct store_claim claim;
	struct store *s;

	local_crash(leave_handed_out);
	s = local_start();
	ck_assert_int_eq(
		submit_wait(s, local_find(s, "x").number, DATASET_READY, ""),
		0);
	ck_assert(claim_one(s, &claim));
	ck_assert_uint_eq(claim.read_upto, 2);
	check_text(s, claim.dataset.number, whole);
	store_close(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("claims ahead");
	TCase *tc = tcase_create("after a crash");

	tcase_add_checked_fixture(tc, local_set_up, local_tear_down);
	tcase_add_loop_test(
		tc, what_is_claimed_ahead_is_in_doubt_after_a_crash, 0, 2);
	tcase_add_loop_test(
		tc, what_is_not_claimed_ahead_is_not_in_doubt, 0, 3);
	tcase_add_test(tc, a_checkpoint_makes_its_row_active);
	tcase_add_test(tc, a_list_says_active_where_the_row_says_open);
	tcase_add_test(tc, one_that_was_claimed_ahead_goes_on_after_a_crash);
	suite_add_tcase(suite, tc);
	return suite_store_run(suite);
}
