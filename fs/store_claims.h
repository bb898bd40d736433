/*
 * store_claims - standing claims of the embedded store.
 *
 * A unit that was granted is used by one of three: by a data set that is
 * READY, in whatever batch comes next; by a submit, in its own batch; or by
 * the sync of a data set that seems whole. The last is a claim recorded
 * ahead: the row says OPEN and claimed, and when the handle is closed with
 * nothing newer to write, the data set is ACTIVE with no commit at all. Its
 * row says OPEN until something else has to be written to it.
 *
 * Claims ahead of data sets that stay open are taken back when somebody
 * else waits for their units.
 */
#ifndef STORE_CLAIMS_H
#define STORE_CLAIMS_H

#include "store_batch.h"

enum { AHEAD_MAX = 64 };

/* What a flush does to the claim ahead of its data set. */
enum claim_step { CLAIM_NONE, CLAIM_TAKE, CLAIM_KEEP, CLAIM_DROP };

/* The standing claims of one writer. */
struct standing {
	store_claimed *claimed; /* NULL: nobody listens */
	void *arg;
	size_t units;   /* granted, not used */
	size_t planned; /* of these: by the batch under way */
	size_t coming;  /* granted by finishes of the batch under way */
	size_t back;    /* could not be used; back_err says why */
	int back_err;
	size_t calls;      /* of claimed, under way */
	bool is_withdrawn; /* until the next grant */
	size_t ahead_count;
	struct entry *ahead[AHEAD_MAX]; /* oldest first */
	int64_t since_ns[AHEAD_MAX];
};

/* What may still be claimed with. NULL: nothing. */
size_t standing_available(const struct standing *st);

/* Those of an entry's writer, or NULL. */
static inline struct standing *standing_of_locked(
	struct local *l, const struct entry *e) REQUIRES(&l->lock)
{
	return l->standing[e->writer];
}

/* ---- store.h ---------------------------------------------------------- */

int local_listen(
	struct store *s, const char *writer, store_claimed *claimed, void *arg);
void local_grant(struct store *s, const char *writer, size_t units);
void local_withdraw(struct store *s, const char *writer);

/*
 * Submits a data set whose claim is recorded, when nothing of it is newer
 * than that. False: it takes a request.
 */
MUST_USE bool claims_submit_ahead(
	struct local *l, uint64_t number, store_done *done, void *arg);

/* ---- for a batch ------------------------------------------------------ */

/* After all else is planned: what the units that are left may claim. */
void claims_plan_locked(struct batch *b) REQUIRES(&b->local->lock);

/* Chooses r->plan->claim; r is being planned, and its plan is filled. */
void claims_plan_flush_locked(
	struct local *l, struct request *r, struct entry *e) REQUIRES(&l->lock);

/* A finish is planned that grants units. */
void claims_plan_finish_locked(struct local *l, const struct request *r,
	const struct entry *e) REQUIRES(&l->lock);

/* The end of each, durable or not. */
void claims_settle_flush_locked(
	struct local *l, struct request *r, bool is_durable) REQUIRES(&l->lock);
void claims_settle_finish_locked(
	struct local *l, struct request *r, bool is_durable) REQUIRES(&l->lock);
void claims_settle_claim_locked(struct local *l, struct request *r,
	size_t count, bool is_durable) REQUIRES(&l->lock);

/* An OPEN data set goes, or its claim ahead does: the unit is free again. */
void claims_drop_locked(struct local *l, struct entry *e) REQUIRES(&l->lock);

/* Hands out what the request has claimed; no lock held. */
void claims_deliver(struct request *r);

/* After a batch: units that come back, and whether another batch is due. */
void claims_step(struct local *l);

void claims_fini_locked(struct local *l) REQUIRES(&l->lock);

#endif
