/*
 * mutex - locks with a rank, and condition variables with a deadline.
 *
 * The order in which locks may be nested is enum lock_rank and nothing else:
 * a thread takes a lock only when its rank is higher than every rank it
 * holds. Builds without NDEBUG abort when it does not.
 */
#ifndef MUTEX_H
#define MUTEX_H

#include "attributes.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Outermost first. */
enum lock_rank {
	RANK_DAEMON = 1,
	RANK_ANSWER,    /* FUSE replies that wait for a completion */
	RANK_HANDLE,    /* open data sets, fs */
	RANK_FRESH,     /* data sets waiting for their second OPEN */
	RANK_FORWARDER, /* queue and budget of one forwarder */
	RANK_JOB,       /* one claimed data set */
	RANK_TARGET,    /* one target server */
	RANK_SPOOL,     /* the index of data sets */
	RANK_WITNESS,
	RANK_STORE,     /* entries of the store */
	RANK_DRAFT,     /* octets of one data set being written */
	RANK_COMMITTER, /* queue of the committer */
	RANK_CATALOGUE, /* the read connection */
	RANK_SEGMENT,
	RANK_LEAF,   /* takes no other lock but the next: tests */
	RANK_EVENTS, /* what log_line() fills, whatever its caller holds */
};

struct CAPABILITY("mutex") mutex {
	pthread_mutex_t native;
	enum lock_rank rank;
};

struct cond {
	pthread_cond_t native;
};

void mutex_init(struct mutex *m, enum lock_rank rank);
void mutex_fini(struct mutex *m);
void mutex_lock(struct mutex *m) ACQUIRES(m);
void mutex_unlock(struct mutex *m) RELEASES(m);

void cond_init(struct cond *c);
void cond_fini(struct cond *c);
void cond_signal(struct cond *c);
void cond_broadcast(struct cond *c);

/*
 * Waits until woken or until clock_monotonic_ns() reaches deadline_ns. Wakes
 * spuriously: callers loop on their condition and look at the clock.
 *
 * Returns false when the deadline has passed.
 */
bool cond_wait_until(struct cond *c, struct mutex *m, int64_t deadline_ns)
	REQUIRES(m);

#endif
