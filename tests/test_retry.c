#include "../forwarder/retry.h"

#include "support_run.h"

#include <check.h>
#include <stdlib.h>

enum { NUMBERS = 1000, STEPS = 200000 };

static struct retry retry;
static uint64_t model[NUMBERS + 1];

static void tear_down(void)
{
	retry_fini(&retry);
}

START_TEST(mails_are_counted_by_data_set)
{
	retry_leave(&retry, 5);
	ck_assert_uint_eq(retry.mails, 0);
	retry_enter(&retry, 7);
	retry_enter(&retry, 7);
	retry_enter(&retry, 8);
	ck_assert_uint_eq(retry.mails, 3);
	ck_assert_uint_eq(retry.count, 2);
	retry_leave(&retry, 9);
	retry_leave(&retry, 8);
	retry_leave(&retry, 8);
	ck_assert_uint_eq(retry.mails, 2);
	ck_assert_uint_eq(retry.count, 1);
}
END_TEST

static uint64_t sum(void)
{
	uint64_t total = 0;
	size_t i;

	for (i = 1; i <= NUMBERS; i++)
		total += model[i];
	return total;
}

static bool is_even(void *arg, uint64_t number)
{
	(void)arg;
	return number % 2 == 0;
}

START_TEST(it_agrees_with_a_plain_table)
{
	unsigned int seed = 1;
	size_t i;

	for (i = 0; i < STEPS; i++) {
		uint64_t number = 1 + (uint64_t)rand_r(&seed) % NUMBERS;

		if (rand_r(&seed) % 2 == 0) {
			retry_enter(&retry, number);
			model[number]++;
		} else if (model[number] > 0) {
			retry_leave(&retry, number);
			model[number]--;
		} else {
			retry_leave(&retry, number);
		}
	}
	ck_assert_uint_eq(retry.mails, sum());

	for (i = 1; i <= NUMBERS; i += 2)
		model[i] = 0;
	for (i = 0; i < 200; i++)
		retry_sweep(&retry, 64, is_even, NULL);
	ck_assert_uint_eq(retry.mails, sum());
	for (i = 1; i <= NUMBERS; i++)
		for (; model[i] > 0; model[i]--)
			retry_leave(&retry, i);
	ck_assert_uint_eq(retry.mails, 0);
	ck_assert_uint_eq(retry.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("retry");
	TCase *tc = tcase_create("retry");

	tcase_add_checked_fixture(tc, NULL, tear_down);
	tcase_add_test(tc, mails_are_counted_by_data_set);
	tcase_add_test(tc, it_agrees_with_a_plain_table);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
