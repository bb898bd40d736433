/*
 * Locks are taken in the order of their ranks, and waits end in time.
 */
#include "mutex.h"

#include "clock.h"
#include "support_run.h"

#include <check.h>
#include <signal.h>

struct pair {
	struct mutex outer, inner;
};

static void pair_init(struct pair *p)
{
	mutex_init(&p->outer, RANK_SPOOL);
	mutex_init(&p->inner, RANK_STORE);
}

static void pair_fini(struct pair *p)
{
	mutex_fini(&p->outer);
	mutex_fini(&p->inner);
}

/* What the ranks allow; the analysis of the compiler sees it too. */
START_TEST(locks_nest_from_the_outer_to_the_inner)
{
	struct pair p;

	pair_init(&p);
	mutex_lock(&p.outer);
	mutex_lock(&p.inner);
	mutex_unlock(&p.outer); /* in any order */
	mutex_unlock(&p.inner);
	mutex_lock(&p.inner);
	mutex_unlock(&p.inner);
	mutex_lock(&p.outer);
	mutex_unlock(&p.outer);
	pair_fini(&p);
}
END_TEST

START_TEST(the_wrong_order_aborts)
{
	struct pair p;

	pair_init(&p);
	mutex_lock(&p.inner);
	mutex_lock(&p.outer);
	mutex_unlock(&p.outer);
	mutex_unlock(&p.inner);
}
END_TEST

START_TEST(two_locks_of_one_rank_abort)
{
	struct mutex a, b;

	mutex_init(&a, RANK_STORE);
	mutex_init(&b, RANK_STORE);
	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
}
END_TEST

START_TEST(a_lock_released_in_the_middle_is_forgotten)
{
	struct mutex a, b, c;

	mutex_init(&a, RANK_SPOOL);
	mutex_init(&b, RANK_STORE);
	mutex_init(&c, RANK_LEAF);
	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&a);
	mutex_lock(&c);
	mutex_unlock(&c);
	mutex_unlock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_fini(&a);
	mutex_fini(&b);
	mutex_fini(&c);
}
END_TEST

/* ---- conditions ---------------------------------------------------------- */

struct meeting {
	struct mutex lock;
	struct cond changed;
	int stage GUARDED_BY(lock);
};

static void meeting_init(struct meeting *m) UNCHECKED_LOCKS
{
	mutex_init(&m->lock, RANK_LEAF);
	cond_init(&m->changed);
	m->stage = 0;
}

static void meeting_fini(struct meeting *m)
{
	cond_fini(&m->changed);
	mutex_fini(&m->lock);
}

/* Returns false when the stage was not reached within the deadline. */
static bool reach(struct meeting *m, int stage, int64_t deadline_ns)
{
	bool is_reached;

	mutex_lock(&m->lock);
	while (m->stage < stage
		&& cond_wait_until(&m->changed, &m->lock, deadline_ns))
		;
	is_reached = m->stage >= stage;
	mutex_unlock(&m->lock);
	return is_reached;
}

static void move_on(struct meeting *m, int stage)
{
	mutex_lock(&m->lock);
	m->stage = stage;
	cond_broadcast(&m->changed);
	mutex_unlock(&m->lock);
}

static void *answer(void *arg)
{
	struct meeting *m = arg;

	if (reach(m, 1, INT64_MAX))
		move_on(m, 2);
	return NULL;
}

START_TEST(a_wait_ends_when_it_is_woken)
{
	struct meeting m;
	pthread_t other;

	meeting_init(&m);
	ck_assert_int_eq(pthread_create(&other, NULL, answer, &m), 0);
	move_on(&m, 1);
	ck_assert(reach(&m, 2, clock_monotonic_ns() + 10 * NS_PER_S));
	pthread_join(other, NULL);
	meeting_fini(&m);
}
END_TEST

START_TEST(a_wait_ends_at_its_deadline)
{
	struct meeting m;
	int64_t deadline_ns = clock_monotonic_ns() + 20 * NS_PER_MS;

	meeting_init(&m);
	ck_assert(!reach(&m, 1, deadline_ns));
	ck_assert_int_ge(clock_monotonic_ns(), deadline_ns);
	ck_assert(!reach(&m, 1, 0));
	ck_assert(!reach(&m, 1, INT64_MIN));
	meeting_fini(&m);
}
END_TEST

static _Atomic int64_t injected_ns;

static int64_t read_injected(void)
{
	return injected_ns;
}

static void *wait_for_noon(void *arg)
{
	reach(arg, 1, 3600 * NS_PER_S);
	return NULL;
}

START_TEST(an_injected_clock_ends_waits)
{
	static const struct clock_source source = {
		read_injected,
		read_injected,
	};
	struct meeting m;
	pthread_t other;

	meeting_init(&m);
	clock_set_source(&source);
	ck_assert_int_eq(pthread_create(&other, NULL, wait_for_noon, &m), 0);
	injected_ns = 3600 * NS_PER_S;
	pthread_join(other, NULL);
	clock_set_source(NULL);
	meeting_fini(&m);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, locks_nest_from_the_outer_to_the_inner);
	tcase_add_test(t, a_lock_released_in_the_middle_is_forgotten);
#ifndef NDEBUG
	tcase_add_test_raise_signal(t, the_wrong_order_aborts, SIGABRT);
	tcase_add_test_raise_signal(t, two_locks_of_one_rank_abort, SIGABRT);
#endif
	tcase_add_test(t, a_wait_ends_when_it_is_woken);
	tcase_add_test(t, a_wait_ends_at_its_deadline);
	tcase_add_test(t, an_injected_clock_ends_waits);
}

int main(void)
{
	Suite *s = suite_create("mutex");
	TCase *t = tcase_create("mutex");

	add_tests(t);
	suite_add_tcase(s, t);
	return suite_run(s);
}
