/*
 * placement - which processors each worker of the mount runs on.
 *
 * Writers wait for one another while the kernel asks LOOKUP and CREATE under
 * the directory's lock, so each wake-up of a worker counts. Workers that keep
 * to processors of their own are woken sooner than workers the scheduler
 * moves to where the writers are: docs/performance.md. Each has every nth of
 * those the process may run on, so a worker has one to itself only where
 * there are no more processors than workers. It is speed and no more: what
 * fails is left as it was.
 *
 * Source: sched_setaffinity(2).
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include <sched.h>
#include <stdatomic.h>

struct placement {
	cpu_set_t allowed; /* empty: workers stay as they are */
	unsigned int workers;
	atomic_uint placed;
};

/*
 * The share of one of so many workers, counted from 0: of the allowed
 * processors those whose rank leaves it when divided by workers. All of them
 * where there are fewer than workers.
 */
void placement_share(const cpu_set_t *allowed, unsigned int workers,
	unsigned int worker, cpu_set_t *out);

/* For so many workers, on the processors the calling thread may run on. */
void placement_init(struct placement *p, unsigned int workers);

/*
 * Gives the calling thread the next share, the first time it calls; after
 * that it costs nothing. From a worker alone: a thread it starts begins with
 * its share.
 */
void placement_take(struct placement *p);

#endif
