/*
 * store_promise - batches that are durable by their records alone.
 *
 * A record says all that its row would where a data set is new and written
 * in one piece. A claim, a submit and a purge say little: they are records
 * without octets. A batch of nothing else takes one write and one sync; the
 * catalogue follows when there is enough (backlog.h), or with the first batch
 * that needs it.
 *
 * The committer's thread alone.
 */
#ifndef STORE_PROMISE_H
#define STORE_PROMISE_H

#include "store_batch.h"

/*
 * Makes a batch durable by records, and each request's err says how that
 * went. False: it needs the catalogue, and nothing was promised.
 */
MUST_USE bool promise_by_records(struct batch *b);

/* Before the requests of such a batch are settled. */
void promise_settle_locked(struct local *l, struct batch *b) REQUIRES(&l->lock);

/* In a transaction: all that the catalogue does not have yet. */
MUST_USE int promise_apply(struct local *l);

/* Once that is durable. */
void promise_applied(struct local *l);

/* What the next record says, and its place in their order. */
static inline struct segment_note promise_note(
	struct local *l, enum segment_step step)
{
	return (struct segment_note){ .life = l->life,
		.sequence = ++l->sequence,
		.step = (uint8_t)step };
}

#endif
