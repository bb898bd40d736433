#include "../fs/gone.h"
#include "clock.h"
#include "support_run.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct gone g;

static void set_up(void)
{
	g = (struct gone){ .is_wanted = true, .age_ns = 6 * NS_PER_S };
}

static void tear_down(void)
{
	gone_fini(&g);
}

static bool put(uint64_t number, const char *label, int64_t now_ns)
{
	struct dataset d = { .number = number, .uid = 1000, .job = 7 };
	struct roster_entry *e;
	bool is_news;

	snprintf(d.label, sizeof d.label, "%s", label);
	e = roster_entry_new(&d, 3);
	ck_assert_ptr_nonnull(e);
	e->has_label = label[0] != '-';
	is_news = gone_put(&g, e, now_ns);
	roster_entry_free(e);
	return is_news;
}

static struct gone_bundle *take(int64_t now_ns)
{
	int64_t until_ns;

	return gone_take(&g, now_ns, &until_ns);
}

/* Takes a bundle that has to be there, of those numbers. */
static void check_bundle(int64_t now_ns, uint64_t first, size_t count)
{
	struct gone_bundle *b = take(now_ns);
	size_t i;

	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->count, count);
	for (i = 0; i < count; i++)
		ck_assert_uint_eq(b->rows[i].number, first + i);
	gone_bundle_free(b);
}

START_TEST(nothing_is_kept_that_nobody_wants)
{
	g.is_wanted = false;
	ck_assert(!put(1, "a", 0));
	ck_assert_ptr_null(g.first);
}
END_TEST

START_TEST(what_went_is_told_in_order_and_when_it_is_old)
{
	int64_t until_ns;

	ck_assert_ptr_null(gone_take(&g, 0, &until_ns));
	ck_assert_int_eq(until_ns, INT64_MAX);
	ck_assert(put(1, "a", 10 * NS_PER_S));
	ck_assert(!put(2, "b", 11 * NS_PER_S));
	ck_assert_ptr_null(gone_take(&g, 17 * NS_PER_S - 1, &until_ns));
	ck_assert_int_eq(until_ns, 17 * NS_PER_S);
	check_bundle(17 * NS_PER_S, 1, 2);
	ck_assert_ptr_null(take(INT64_MAX));
	ck_assert(put(3, "c", 20 * NS_PER_S));
	check_bundle(26 * NS_PER_S, 3, 1);
}
END_TEST

START_TEST(a_bundle_is_not_kept_back_by_what_goes_on)
{
	uint64_t number;

	for (number = 1; number <= 12; number++)
		put(number, "a", (int64_t)number * NS_PER_S);
	/* A second, and an eighth of six, are collected. */
	check_bundle(8 * NS_PER_S, 1, 2);
	check_bundle(10 * NS_PER_S, 3, 2);
	ck_assert_ptr_null(take(10 * NS_PER_S));
}
END_TEST

START_TEST(a_full_bundle_is_followed_by_another)
{
	uint64_t number;

	for (number = 1; number <= GONE_ROWS + 1; number++)
		put(number, "a", 0);
	ck_assert_uint_eq(g.bundles, 2);
	check_bundle(6 * NS_PER_S, 1, GONE_ROWS);
	check_bundle(6 * NS_PER_S, GONE_ROWS + 1, 1);
}
END_TEST

/* Puts so many that bundles are full; how often that was news. */
static int fill(uint64_t first, size_t bundles)
{
	uint64_t number;
	int news = 0;

	for (number = first; number < first + bundles * GONE_ROWS; number++)
		news += put(number, "a", 0);
	return news;
}

START_TEST(of_very_many_the_oldest_are_told_early)
{
	enum { HALF = GONE_BUNDLES / 2 };

	ck_assert_int_eq(fill(1, HALF), 1);
	ck_assert_ptr_null(take(0));
	ck_assert_int_eq(fill(1 + HALF * GONE_ROWS, 1), 1);
	check_bundle(0, 1, GONE_ROWS);
	ck_assert_ptr_null(take(0));
}
END_TEST

START_TEST(of_too_many_the_oldest_are_not_told)
{
	g.has_names = true;
	fill(1, GONE_BUNDLES);
	ck_assert_uint_eq(g.bundles, GONE_BUNDLES);
	fill(1 + GONE_BUNDLES * GONE_ROWS, 1);
	ck_assert_uint_eq(g.bundles, GONE_BUNDLES);
	check_bundle(0, 1 + GONE_ROWS, GONE_ROWS);
}
END_TEST

START_TEST(names_are_told_only_when_they_are_wanted)
{
	struct gone_bundle *b;

	put(1, "a", 0);
	g.has_names = true;
	put(2, "a", 0);
	put(3, "-b", 0);
	b = take(6 * NS_PER_S);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_null(b->rows[0].name);
	ck_assert_str_eq(b->rows[1].name, "a");
	ck_assert_str_eq(b->rows[2].name, "JOB00007.-b");
	ck_assert_uint_eq(b->rows[2].uid, 1000);
	ck_assert_uint_eq(b->rows[2].writer, 3);
	gone_bundle_free(b);
	gone_bundle_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gone");
	TCase *tc = suite_case(suite, "bundles", 0, set_up, tear_down);

	tcase_add_test(tc, nothing_is_kept_that_nobody_wants);
	tcase_add_test(tc, what_went_is_told_in_order_and_when_it_is_old);
	tcase_add_test(tc, a_bundle_is_not_kept_back_by_what_goes_on);
	tcase_add_test(tc, a_full_bundle_is_followed_by_another);
	tcase_add_test(tc, of_very_many_the_oldest_are_told_early);
	tcase_add_test(tc, of_too_many_the_oldest_are_not_told);
	tcase_add_test(tc, names_are_told_only_when_they_are_wanted);
	return suite_run(suite);
}
