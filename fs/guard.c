#include "guard.h"

#include "mutex.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define IDLE_NS (3600 * NS_PER_S)

struct guard {
	pthread_t thread;
	guard_sweep *sweep;
	void *arg;
	atomic_bool is_armed;
	struct mutex lock;
	struct cond changed;
	bool is_stopping GUARDED_BY(lock);
};

/* Sleeps until the next tick, or until armed; false when it is to end. */
static bool wait_for_tick(struct guard *g)
{
	bool was_armed = atomic_load(&g->is_armed);
	int64_t until_ns =
		clock_monotonic_ns() + (was_armed ? GUARD_TICK_NS : IDLE_NS);
	bool goes_on;

	mutex_lock(&g->lock);
	while (!g->is_stopping && (was_armed || !atomic_load(&g->is_armed))
		&& cond_wait_until(&g->changed, &g->lock, until_ns))
		continue;
	goes_on = !g->is_stopping;
	mutex_unlock(&g->lock);
	return goes_on;
}

/*
 * Disarmed before the sweep: what comes after the sweep has looked arms
 * again and wakes us, what came before is seen.
 */
static void *work(void *arg)
{
	struct guard *g = arg;

	while (wait_for_tick(g)) {
		atomic_store(&g->is_armed, false);
		if (g->sweep(g->arg, clock_monotonic_ns()))
			atomic_store(&g->is_armed, true);
	}
	return NULL;
}

int guard_start(guard_sweep *sweep, void *arg, struct guard **out)
{
	struct guard *g = calloc(1, sizeof *g);
	int err;

	if (g == NULL)
		return -ENOMEM;
	g->sweep = sweep;
	g->arg = arg;
	mutex_init(&g->lock, RANK_LEAF);
	cond_init(&g->changed);
	err = pthread_create(&g->thread, NULL, work, g);
	if (err != 0) {
		cond_fini(&g->changed);
		mutex_fini(&g->lock);
		free(g);
		return -err;
	}
	*out = g;
	return 0;
}

void guard_arm(struct guard *g)
{
	if (atomic_load_explicit(&g->is_armed, memory_order_relaxed)
		|| atomic_exchange(&g->is_armed, true))
		return;
	mutex_lock(&g->lock);
	cond_signal(&g->changed);
	mutex_unlock(&g->lock);
}

void guard_stop(struct guard *g)
{
	if (g == NULL)
		return;
	mutex_lock(&g->lock);
	g->is_stopping = true;
	cond_signal(&g->changed);
	mutex_unlock(&g->lock);
	pthread_join(g->thread, NULL);
	cond_fini(&g->changed);
	mutex_fini(&g->lock);
	free(g);
}
