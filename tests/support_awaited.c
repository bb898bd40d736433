#include "support_awaited.h"

#include "clock.h"

#include <assert.h>

#define DEADLINE_NS (60 * NS_PER_S)

/* No ck_assert() here: it takes memory, and some tests count that. */

void awaited_init(struct awaited *a)
{
	mutex_init(&a->lock, RANK_LEAF);
	cond_init(&a->set);
	a->is_set = false;
	a->err = 0;
}

void awaited_set(void *awaited, int err)
{
	struct awaited *a = awaited;

	mutex_lock(&a->lock);
	assert(!a->is_set);
	a->is_set = true;
	a->err = err;
	cond_signal(&a->set);
	mutex_unlock(&a->lock);
}

bool awaited_is_set(struct awaited *a)
{
	bool is_set;

	mutex_lock(&a->lock);
	is_set = a->is_set;
	mutex_unlock(&a->lock);
	return is_set;
}

int awaited_wait(struct awaited *a)
{
	int64_t deadline_ns = clock_monotonic_ns() + DEADLINE_NS;
	bool is_in_time = true;
	int err;

	mutex_lock(&a->lock);
	while (!a->is_set && is_in_time)
		is_in_time = cond_wait_until(&a->set, &a->lock, deadline_ns);
	assert(a->is_set);
	err = a->err;
	mutex_unlock(&a->lock);
	cond_fini(&a->set);
	mutex_fini(&a->lock);
	return err;
}

void awaited_ignore(void *arg, int err)
{
	(void)arg;
	(void)err;
}
