#include "../fs/fresh.h"
#include "support_run.h"
#include "support_spool.h"
#include "text.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ALICE = 1000, BOB = 1001, THREAD = 71, OTHER_THREAD = 72 };

static struct store *store;
static struct spool *spool;
static struct fresh *fresh;

static void setup(void)
{
	ck_assert_int_eq(store_memory_open(&store), 0);
	ck_assert_int_eq(spool_open(store, judge_by_dot, NULL, &spool), 0);
	ck_assert_int_eq(spool_add_writer(spool, "MAIL"), 0);
	ck_assert_int_eq(fresh_open(spool, &fresh), 0);
}

static void teardown(void)
{
	fresh_close(fresh);
	spool_close(spool);
	store_close(store);
}

/* Makes a data set of ALICE that stays open; returns it. */
static struct spool_file *make(const char *label)
{
	struct spool_file *f;

	ck_assert_int_eq(spool_create(spool, "MAIL", label, &alice, 0600, "t",
				 false, &f),
		0);
	return f;
}

static int take(uint64_t number, pid_t tid, uid_t uid, struct spool_file **out)
{
	const struct fresh_caller caller = { tid,
		{ .uid = uid, .gid = uid, .pid = tid }, "t" };

	return fresh_take(fresh, number, &caller, out);
}

static uint64_t find(const char *label, uid_t uid)
{
	const struct spool_caller caller = { .uid = uid, .gid = uid };
	struct dataset d;

	if (spool_find(spool, "MAIL", label, &caller, &d) != 0)
		return 0;
	return d.number;
}

static size_t count_all(void)
{
	const struct spool_caller root = { .is_operator = true };
	uint64_t *numbers;
	size_t count;

	ck_assert_int_eq(
		spool_numbers(spool, NULL, &root, &numbers, &count), 0);
	free(numbers);
	return count;
}

START_TEST(the_second_open_gets_what_the_first_made)
{
	struct spool_file *old = make("f");
	uint64_t number = spool_file_number(old);
	struct spool_file *f;

	ck_assert_int_eq(take(number, THREAD, ALICE, &f), -ESTALE);
	ck_assert_uint_ne(find("f", ALICE), number);
	ck_assert_int_eq(take(find("f", ALICE), THREAD, ALICE, &f), 0);
	ck_assert_uint_eq(spool_file_number(f), find("f", ALICE));
	spool_file_release(f, false);
	spool_file_release(old, false);
}
END_TEST

/* A descriptor of /proc leads to the same inode each time. */
START_TEST(the_second_open_succeeds_on_any_inode)
{
	struct spool_file *old = make("f");
	uint64_t number = spool_file_number(old);
	struct spool_file *f, *g;

	ck_assert_int_eq(take(number, THREAD, ALICE, &f), -ESTALE);
	ck_assert_int_eq(take(number, OTHER_THREAD, ALICE, &g), -ESTALE);
	ck_assert_int_eq(take(number, THREAD, ALICE, &f), 0);
	ck_assert_int_eq(take(find("f", ALICE), OTHER_THREAD, ALICE, &g), 0);
	ck_assert_uint_ne(spool_file_number(f), spool_file_number(g));
	ck_assert_uint_eq(spool_file_number(g), find("f", ALICE));
	spool_file_release(f, false);
	spool_file_release(g, false);
	spool_file_release(old, false);
	ck_assert_uint_eq(count_all(), 0);
}
END_TEST

START_TEST(the_label_is_that_of_who_opens)
{
	struct spool_file *old = make("f");
	uint64_t number = spool_file_number(old);
	struct spool_file *f;

	ck_assert_int_eq(take(number, THREAD, BOB, &f), -ESTALE);
	ck_assert_uint_eq(find("f", ALICE), number);
	ck_assert_int_eq(take(number, THREAD, BOB, &f), 0);
	ck_assert_uint_eq(spool_file_number(f), find("f", BOB));
	spool_file_release(f, false);
	spool_file_release(old, false);
}
END_TEST

/* What was left behind by an open that was given up is not handed out. */
START_TEST(another_name_or_user_starts_anew)
{
	struct spool_file *one = make("one");
	struct spool_file *two = make("two");
	struct spool_file *f;

	ck_assert_int_eq(
		take(spool_file_number(one), THREAD, ALICE, &f), -ESTALE);
	ck_assert_int_eq(
		take(spool_file_number(two), THREAD, ALICE, &f), -ESTALE);
	ck_assert_int_eq(
		take(spool_file_number(two), THREAD, BOB, &f), -ESTALE);
	ck_assert_int_eq(take(spool_file_number(two), THREAD, BOB, &f), 0);
	ck_assert_uint_eq(count_all(), 3);
	spool_file_release(f, false);
	spool_file_release(one, false);
	spool_file_release(two, false);
}
END_TEST

START_TEST(what_nobody_comes_for_is_dropped_after_its_time)
{
	struct spool_file *old = make("f");
	struct spool_file *f;
	int64_t now_ns = clock_monotonic_ns();

	ck_assert_int_eq(
		take(spool_file_number(old), THREAD, ALICE, &f), -ESTALE);
	ck_assert_uint_eq(count_all(), 2);
	ck_assert_uint_eq(fresh_sweep(fresh, now_ns + FRESH_WAIT_NS - 1), 1);
	ck_assert_uint_eq(count_all(), 2);
	now_ns = clock_monotonic_ns();
	ck_assert_uint_eq(fresh_sweep(fresh, now_ns + FRESH_WAIT_NS), 0);
	ck_assert_uint_eq(count_all(), 1);
	spool_file_release(old, false);
}
END_TEST

START_TEST(a_thread_that_is_not_known_gets_its_own_at_once)
{
	struct spool_file *old = make("f");
	struct spool_file *f;

	ck_assert_int_eq(take(spool_file_number(old), 0, ALICE, &f), 0);
	ck_assert_uint_eq(spool_file_number(f), find("f", ALICE));
	spool_file_release(f, false);
	spool_file_release(old, false);
}
END_TEST

/* LOOKUP found it, then it was sent and purged, and then again. */
START_TEST(what_is_purged_between_lookup_and_open_is_no_error)
{
	struct dataset gone = { .number = 99, .writer = "MAIL" };
	struct spool_file *f;

	text_copy(gone.label, sizeof gone.label, "f");
	fresh_note(fresh, THREAD, &gone);
	ck_assert_int_eq(take(99, THREAD, ALICE, &f), -ESTALE);
	ck_assert_uint_eq(count_all(), 0);
	gone.number = 100;
	fresh_note(fresh, THREAD, &gone);
	ck_assert_int_eq(take(100, THREAD, ALICE, &f), 0);
	ck_assert_uint_eq(spool_file_number(f), find("f", ALICE));
	spool_file_release(f, false);
}
END_TEST

START_TEST(after_a_create_the_next_open_is_a_first_one)
{
	struct dataset gone = { .number = 99, .writer = "MAIL", .label = "f" };
	struct spool_file *made, *f;

	fresh_note(fresh, THREAD, &gone);
	ck_assert_int_eq(take(99, THREAD, ALICE, &f), -ESTALE);
	fresh_forget(fresh, THREAD);
	made = make("f");
	ck_assert_int_eq(
		take(spool_file_number(made), THREAD, ALICE, &f), -ESTALE);
	spool_file_release(made, false);
}
END_TEST

START_TEST(an_inode_nobody_looked_up_is_stale)
{
	struct spool_file *f;

	ck_assert_int_eq(take(99, THREAD, ALICE, &f), -ESTALE);
	ck_assert_int_eq(take(99, THREAD, ALICE, &f), -ESTALE);
	ck_assert_uint_eq(count_all(), 0);
}
END_TEST

START_TEST(nothing_new_once_the_spool_is_quiet)
{
	struct spool_file *old = make("f");
	struct spool_file *f;

	spool_quiesce(spool);
	ck_assert_int_eq(
		take(spool_file_number(old), THREAD, ALICE, &f), -EROFS);
	spool_file_release(old, false);
}
END_TEST

/* However many threads are killed between their two steps. */
START_TEST(beyond_its_bound_every_open_succeeds_at_once)
{
	enum { MANY = 1100 };
	struct spool_file *old = make("f");
	struct spool_file *files[MANY];
	int i;
	int at_once = 0;

	for (i = 0; i < MANY; i++)
		if (take(spool_file_number(old), 1000 + i, ALICE,
			    &files[at_once])
			== 0)
			at_once++;
	ck_assert_int_eq(at_once, MANY - 1024);
	while (at_once > 0)
		spool_file_release(files[--at_once], false);
	spool_file_release(old, false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fresh");
	TCase *tc = tcase_create("opens");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_second_open_gets_what_the_first_made);
	tcase_add_test(tc, the_second_open_succeeds_on_any_inode);
	tcase_add_test(tc, the_label_is_that_of_who_opens);
	tcase_add_test(tc, another_name_or_user_starts_anew);
	tcase_add_test(tc, what_nobody_comes_for_is_dropped_after_its_time);
	tcase_add_test(tc, a_thread_that_is_not_known_gets_its_own_at_once);
	tcase_add_test(tc, what_is_purged_between_lookup_and_open_is_no_error);
	tcase_add_test(tc, after_a_create_the_next_open_is_a_first_one);
	tcase_add_test(tc, an_inode_nobody_looked_up_is_stale);
	tcase_add_test(tc, nothing_new_once_the_spool_is_quiet);
	tcase_add_test(tc, beyond_its_bound_every_open_succeeds_at_once);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
