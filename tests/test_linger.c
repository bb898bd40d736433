#include "../fs/linger.h"
#include "clock.h"
#include "support_run.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct linger l;

static void set_up(void)
{
	ck_assert_int_eq(linger_init(&l, 5 * NS_PER_S), 0);
}

static void tear_down(void)
{
	linger_fini(&l);
}

static struct roster_entry *entry(uint64_t number, uid_t uid, const char *label)
{
	struct dataset d = { .number = number, .uid = uid };
	struct roster_entry *e;

	snprintf(d.label, sizeof d.label, "%s", label);
	e = roster_entry_new(&d, 1);
	ck_assert_ptr_nonnull(e);
	return e;
}

static void add(uint64_t number, uid_t uid, const char *label, int64_t now_s)
{
	roster_entry_free(
		linger_add(&l, entry(number, uid, label), now_s * NS_PER_S));
}

static uint64_t find(uid_t uid, const char *label, int64_t now_s)
{
	const struct roster_entry *e =
		linger_by_label(&l, 1, uid, label, now_s * NS_PER_S);

	if (e == NULL)
		return 0;
	ck_assert_ptr_eq(linger_by_number(&l, e->number, now_s * NS_PER_S), e);
	return e->number;
}

START_TEST(a_name_lingers_for_as_long_as_was_said)
{
	add(7, 1000, "mail", 100);
	ck_assert_uint_eq(find(1000, "mail", 100), 7);
	ck_assert_uint_eq(find(1000, "mail", 104), 7);
	ck_assert_uint_eq(find(1000, "mail", 105), 0);
	ck_assert_uint_eq(find(1001, "mail", 100), 0);
	ck_assert_uint_eq(find(1000, "mail2", 100), 0);
	ck_assert_ptr_null(linger_by_label(&l, 2, 1000, "mail", 100));
	ck_assert_ptr_null(linger_by_number(&l, 8, 100));
}
END_TEST

START_TEST(a_name_belongs_to_the_last_one)
{
	add(7, 1000, "mail", 100);
	add(9, 1000, "mail", 103);
	ck_assert_uint_eq(find(1000, "mail", 104), 9);
	ck_assert_ptr_null(linger_by_number(&l, 7, 104 * NS_PER_S));
	ck_assert_uint_eq(find(1000, "mail", 107), 9);
}
END_TEST

START_TEST(what_is_removed_is_gone)
{
	struct roster_entry *e;

	add(7, 1000, "a", 100);
	add(8, 1000, "b", 100);
	add(9, 1000, "c", 100);
	e = linger_by_label(&l, 1, 1000, "b", 0);
	linger_remove(&l, e);
	roster_entry_free(e);
	ck_assert_uint_eq(find(1000, "b", 100), 0);
	ck_assert_uint_eq(find(1000, "a", 100), 7);
	ck_assert_uint_eq(find(1000, "c", 100), 9);
	add(10, 1000, "b", 100);
	ck_assert_uint_eq(find(1000, "b", 100), 10);
}
END_TEST

static const char *name_of(unsigned int i)
{
	static char name[16];

	snprintf(name, sizeof name, "mail%u", i);
	return name;
}

START_TEST(the_last_ones_are_kept_and_no_more)
{
	unsigned int i;

	for (i = 1; i <= LINGER_MAX + 100; i++)
		add(i, 1000, name_of(i), 100);
	ck_assert_uint_eq(l.used, LINGER_MAX);
	ck_assert_uint_eq(find(1000, name_of(100), 100), 0);
	ck_assert_uint_eq(find(1000, name_of(101), 100), 101);
	ck_assert_uint_eq(
		find(1000, name_of(LINGER_MAX + 100), 100), LINGER_MAX + 100);
	/* Those whose time is over go as others come. */
	for (i = 1; i <= LINGER_MAX; i++)
		add(LINGER_MAX + 100 + i, 1000, "same", 200);
	ck_assert_uint_le(l.used, LINGER_MAX);
	ck_assert_uint_eq(find(1000, name_of(LINGER_MAX + 100), 100), 0);
}
END_TEST

START_TEST(nothing_lingers_where_nothing_is_to)
{
	struct roster_entry *e = entry(7, 1000, "mail");

	linger_fini(&l);
	ck_assert_int_eq(linger_init(&l, 0), 0);
	ck_assert_ptr_eq(linger_add(&l, e, 100), e);
	ck_assert_uint_eq(find(1000, "mail", 100), 0);
	roster_entry_free(e);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("linger");
	TCase *tc = tcase_create("names");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_name_lingers_for_as_long_as_was_said);
	tcase_add_test(tc, a_name_belongs_to_the_last_one);
	tcase_add_test(tc, what_is_removed_is_gone);
	tcase_add_test(tc, the_last_ones_are_kept_and_no_more);
	tcase_add_test(tc, nothing_lingers_where_nothing_is_to);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
