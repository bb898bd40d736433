/*
 * store_pool - two threads for what takes long and must not hold up the
 * committer: to sync a large data set, to unlink one.
 *
 * Threads: any may push. Those of the pool start in open and end in close,
 * when everything pushed has run.
 */
#ifndef STORE_POOL_H
#define STORE_POOL_H

#include "attributes.h"

struct pool;

/* Embedded in what is to be worked on; run may free it. */
struct pool_job {
	struct pool_job *next;
	void (*run)(struct pool_job *job);
};

MUST_USE int pool_open(struct pool **out);
void pool_close(struct pool *p);
void pool_push(struct pool *p, struct pool_job *job);

#endif
