#include "bounded.h"

#include "clock.h"
#include "mutex.h"
#include "support_clock.h"
#include "support_run.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

#define PATIENCE_NS (30 * NS_PER_S)

/* A disk: what asks it waits until it answers. */
static struct mutex lock;
static struct cond answered;
static bool is_stuck;
static atomic_int begun, over;

static void set_up(void)
{
	clock_take_over();
	mutex_init(&lock, RANK_LEAF);
	cond_init(&answered);
	is_stuck = false;
	atomic_store(&begun, 0);
	atomic_store(&over, 0);
}

static void ask(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
	mutex_lock(&lock);
	while (is_stuck)
		cond_wait_until(&answered, &lock, INT64_MAX);
	mutex_unlock(&lock);
	atomic_fetch_add(&over, 1);
}

START_TEST(work_that_ends_is_waited_for)
{
	ck_assert(bounded_run(ask, &begun, clock_monotonic_ns() + PATIENCE_NS));
	ck_assert_int_eq(atomic_load(&over), 1);
}
END_TEST

static void *run_stuck(void *arg)
{
	*(bool *)arg =
		bounded_run(ask, &begun, clock_monotonic_ns() + PATIENCE_NS);
	return NULL;
}

static bool is_one(void *count)
{
	return atomic_load((atomic_int *)count) == 1;
}

START_TEST(work_that_is_stuck_is_left_behind_and_goes_on)
{
	bool was_over = true;
	pthread_t thread;

	is_stuck = true;
	ck_assert_int_eq(
		pthread_create(&thread, NULL, run_stuck, &was_over), 0);
	ck_assert(clock_wait_until(is_one, &begun));
	clock_forward(PATIENCE_NS);
	pthread_join(thread, NULL);
	ck_assert(!was_over);
	ck_assert_int_eq(atomic_load(&over), 0);

	mutex_lock(&lock);
	is_stuck = false;
	cond_broadcast(&answered);
	mutex_unlock(&lock);
	ck_assert(clock_wait_until(is_one, &over));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bounded");
	TCase *tc = tcase_create("bounded");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, work_that_ends_is_waited_for);
	tcase_add_test(tc, work_that_is_stuck_is_left_behind_and_goes_on);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
