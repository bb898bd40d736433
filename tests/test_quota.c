/*
 * What is counted, at the ends of the numbers and for many owners.
 */
#include "../fs/quota.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>

START_TEST(limits_of_any_size_are_kept)
{
	static const uint64_t limits[] = { 1, 2, 99, 100, 101,
		(uint64_t)INT64_MAX, UINT64_MAX };
	struct spool_limits l = { .spool_octets = limits[_i] };
	struct quota_usage usage;
	struct quota_account *a;
	struct quota *q;

	ck_assert_int_eq(quota_open(&q), 0);
	a = quota_account(q, 7);
	quota_limit(q, &l);
	quota_usage(q, &usage);
	ck_assert_int_eq(quota_add(q, a, true), 0);
	ck_assert_int_eq(
		quota_grow(q, a, false, limits[_i] - usage.reserve_octets), 0);
	ck_assert_int_eq(quota_grow(q, a, false, 1), -ENOSPC);
	if (usage.reserve_octets > 0)
		ck_assert_int_eq(
			quota_grow(q, a, true, usage.reserve_octets), 0);
	ck_assert_int_eq(quota_grow(q, a, true, 1), -ENOSPC);
	ck_assert_int_eq(quota_grow(q, a, true, UINT64_MAX), -ENOSPC);
	quota_gone(q, 7, limits[_i]);
	quota_usage(q, &usage);
	ck_assert_uint_eq(usage.used_octets, 0);
	ck_assert(!usage.is_short);
	quota_close(q);
}
END_TEST

START_TEST(a_limit_of_an_owner_holds_at_its_last_octet)
{
	struct spool_limits l = { .user_octets = UINT64_MAX - 1 };
	struct quota_account *a;
	struct quota *q;

	ck_assert_int_eq(quota_open(&q), 0);
	a = quota_account(q, 7);
	quota_limit(q, &l);
	ck_assert_int_eq(quota_add(q, a, true), 0);
	ck_assert_int_eq(quota_grow(q, a, true, UINT64_MAX), -EDQUOT);
	ck_assert_int_eq(quota_grow(q, a, true, UINT64_MAX - 1), 0);
	ck_assert_int_eq(quota_grow(q, a, true, 1), -EDQUOT);
	quota_close(q);
}
END_TEST

START_TEST(an_owner_writes_so_many_at_once)
{
	struct quota_account *a, *other;
	struct quota *q;
	int i;

	ck_assert_int_eq(quota_open(&q), 0);
	a = quota_account(q, 7);
	other = quota_account(q, 8);
	for (i = 0; i < QUOTA_OPEN_MAX; i++)
		ck_assert_int_eq(quota_enter(q, a, false), 0);
	ck_assert_int_eq(quota_enter(q, a, false), -ENFILE);
	ck_assert_int_eq(quota_enter(q, other, false), 0);
	ck_assert_int_eq(quota_enter(q, a, true), 0);
	quota_leave(q, a);
	ck_assert_int_eq(quota_enter(q, a, false), -ENFILE);
	quota_leave(q, a);
	ck_assert_int_eq(quota_enter(q, a, false), 0);
	quota_close(q);
}
END_TEST

START_TEST(thousands_of_owners_are_told_apart)
{
	struct spool_limits l = { .user_datasets = 1 };
	struct quota *q;
	uid_t uid;

	ck_assert_int_eq(quota_open(&q), 0);
	quota_limit(q, &l);
	for (uid = 1; uid <= 5000; uid++)
		ck_assert_int_eq(quota_add(q, quota_account(q, uid), false), 0);
	for (uid = 1; uid <= 5000; uid++)
		ck_assert_int_eq(
			quota_add(q, quota_account(q, uid), false), -EDQUOT);
	quota_close(q);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("quota");
	TCase *t = tcase_create("quota");

	tcase_add_loop_test(t, limits_of_any_size_are_kept, 0, 7);
	tcase_add_test(t, a_limit_of_an_owner_holds_at_its_last_octet);
	tcase_add_test(t, an_owner_writes_so_many_at_once);
	tcase_add_test(t, thousands_of_owners_are_told_apart);
	suite_add_tcase(s, t);
	return suite_run(s);
}
