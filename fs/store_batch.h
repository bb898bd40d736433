/*
 * store_batch - what the committer serves at once.
 *
 * Planned under the lock; then content goes to a segment in one write and
 * one sync, rows in one transaction, and everybody is answered. A data set
 * has at most one request in a batch (and those that ride with it); what
 * comes after it waits for the next.
 *
 * The committer's thread alone.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "store_request.h"

struct list {
	struct request *first;
	struct request **end;
};

struct batch {
	struct local *local;
	struct list work;
	struct list done; /* nothing to commit; err says why */
	struct list large;
	struct list later;
	size_t count;
	uint64_t octets;
	bool catches_up;      /* somebody waits for all rows */
	uint64_t next_number; /* as it was when the batch was planned */
	uint32_t next_job;
};

static inline struct request *next_of(const struct request *r)
{
	return (struct request *)r->base.next;
}

static inline void list_init(struct list *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static inline void list_add(struct list *l, struct request *r)
{
	r->base.next = NULL;
	*l->end = r;
	l->end = (struct request **)&r->base.next;
}

/* Sorts what waits into the lists of b; work has been checked, and marked
 * as being served. */
void batch_plan(struct batch *b, struct request *waiting);

/*
 * Writes the first records of l, all together; if that fails each alone, so
 * that one does not fail all: then the err of its owner says so. Their plans
 * get the extents.
 */
void batch_append(struct local *l, size_t count);

/* ---- store_apply.c ---------------------------------------------------- */

/* What a request changes in the catalogue. */
MUST_USE int apply_rows(struct local *l, struct request *r);

/* The row of a flush that is planned: its state and claim; and, once its
 * record is written, where its content lies. */
void describe_state(struct local *l, struct request *r);
void describe_content(struct request *r);

/* Whether there may be rows of it beside the one. */
static inline bool entry_has_more_rows(const struct entry *e)
{
	return e->has_marks || e->extents > 1 || e->content == CONTENT_LOST;
}

/* The same in memory, once it is durable; or takes back what was planned. */
void settle_locked(struct local *l, struct request *r) REQUIRES(&l->lock);
void unplan_locked(struct local *l, struct request *r) REQUIRES(&l->lock);

#endif
