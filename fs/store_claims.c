#include "store_claims.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

enum { CLAIMS_MAX = 64 }; /* of one writer in one batch */

/* A data set that stays open for longer gives its claim to who waits. */
#define AHEAD_NS (50 * NS_PER_MS)

/* ---- what is ready --------------------------------------------------- */

/* Claims and the entries they are of, in one piece of memory of its own. */
static struct request *claim_new(
	struct local *l, struct entry **taken, size_t count)
{
	struct request *r = request_new(l, REQUEST_CLAIM, 0, NULL, NULL, 0);

	if (r == NULL)
		return NULL;
	r->own = malloc(count * (sizeof *r->claims + sizeof(struct entry *)));
	if (r->own == NULL) {
		request_free(r);
		return NULL;
	}
	r->claims = r->own;
	r->taken = (struct entry **)(r->claims + count);
	memcpy(r->taken, taken, count * sizeof(struct entry *));
	r->count = count;
	r->done = request_ignore;
	return r;
}

static void plan_claims_locked(struct batch *b, struct index_writer *w,
	struct standing *st) REQUIRES(&b->local->lock)
{
	struct entry *taken[CLAIMS_MAX];
	size_t most = standing_available(st);
	int64_t now_ns = clock_wall_ns();
	struct request *r = NULL;
	size_t count = 0;
	size_t i;

	if (most > CLAIMS_MAX)
		most = CLAIMS_MAX;
	while (count < most && (taken[count] = index_pop(w, now_ns)) != NULL) {
		/* one that something else is done to waits, and all younger */
		if (taken[count]->serving != NULL) {
			index_unpop(&b->local->index, taken[count]);
			break;
		}
		count++;
	}
	if (count > 0)
		r = claim_new(b->local, taken, count);
	for (i = 0; i < count; i++) {
		if (r == NULL)
			index_unpop(&b->local->index, taken[i]);
		else
			taken[i]->serving = r;
	}
	if (r == NULL)
		return;
	r->standing = st;
	st->planned += count;
	b->local->pending++;
	b->count++;
	list_add(&b->work, r);
}

static void plan_drop_locked(struct batch *b, struct entry *e)
	REQUIRES(&b->local->lock)
{
	struct request *r = request_new(
		b->local, REQUEST_UNCLAIM, e->number, NULL, NULL, 0);

	if (r == NULL)
		return;
	r->done = request_ignore;
	r->entry = e;
	e->serving = r;
	b->local->pending++;
	b->count++;
	list_add(&b->work, r);
}

/* Data sets that are open, while others that are closed wait for a unit. */
static void plan_drops_locked(struct batch *b, const struct index_writer *w,
	struct standing *st) REQUIRES(&b->local->lock)
{
	int64_t before_ns = clock_monotonic_ns() - AHEAD_NS;
	size_t i;

	if (!st->is_withdrawn
		&& (w->ready.count == 0 || standing_available(st) > 0))
		return;
	for (i = 0; i < st->ahead_count; i++) {
		if (!st->is_withdrawn && st->since_ns[i] > before_ns)
			break;
		if (st->ahead[i]->serving == NULL)
			plan_drop_locked(b, st->ahead[i]);
	}
}

void claims_plan_locked(struct batch *b)
{
	struct local *l = b->local;
	size_t i;

	if (atomic_load(&l->is_broken))
		return;
	for (i = 0; i < l->index.writer_count; i++) {
		struct standing *st = l->standing[i];

		if (st == NULL || st->claimed == NULL)
			continue;
		if (b->count + CLAIMS_MAX + AHEAD_MAX > BATCH_REQUESTS_MAX)
			return;
		plan_claims_locked(b, l->index.writers[i], st);
		plan_drops_locked(b, l->index.writers[i], st);
	}
}

/* Durable or not: what could not be claimed is of no use for now. */
void claims_settle_claim_locked(
	struct local *l, struct request *r, size_t count, bool is_durable)
{
	struct standing *st = r->standing;

	if (st == NULL)
		return;
	st->planned -= count;
	if (is_durable) {
		st->units -= count;
		st->calls++;
	} else if (r->err != STORE_BUSY) {
		count = count < st->units ? count : st->units;
		st->units -= count;
		st->back += count;
		st->back_err = r->err;
	}
	if (!is_durable)
		r->standing = NULL;
	(void)l;
}
