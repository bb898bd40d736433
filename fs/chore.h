/*
 * chore - work that may wait for a disk, done away from whom it would hold
 * up: FUSE handlers, the committer.
 *
 * A few threads take chores in the order they came. Safe from any thread.
 */
#ifndef CHORE_H
#define CHORE_H

#include "attributes.h"

struct chores;

/* Embedded in what the work is about; run may free that. */
struct chore {
	struct chore *next;
	void (*run)(struct chore *c);
};

enum { CHORE_THREADS_MAX = 2 };

/* Starts so many threads. Returns 0; -ENOMEM; -EAGAIN. */
MUST_USE int chores_start(int threads, struct chores **out);

void chores_add(struct chores *cs, struct chore *c);

/* Does what is queued, ends the threads, frees cs. NULL is accepted. */
void chores_stop(struct chores *cs);

#endif
