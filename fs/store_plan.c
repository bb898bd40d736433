#include "store_claims.h"
#include "store_names.h"

#include "clock.h"

#include <stdlib.h>

enum verdict {
	VERDICT_WORK,
	VERDICT_DONE,
	VERDICT_LARGE,
	VERDICT_LATER,
	VERDICT_RIDES
};

static enum verdict refuse(struct request *r, int err)
{
	r->err = err;
	return VERDICT_DONE;
}

/* What a claim of these marks brings read_upto to. */
static uint32_t upto_after(uint32_t upto, const struct request *r)
{
	size_t i;

	for (i = 0; i < r->mark_count; i++)
		if (r->marks[i].kind == STORE_MARK_CLAIMED
			&& r->marks[i].mail >= upto)
			upto = r->marks[i].mail + 1;
	return upto;
}

/*
 * Checkpoints of one claim go into one commit, in their order: the mails of a
 * large data set would else take a commit each.
 */
static enum verdict ride_checkpoint(struct request *leader, struct request *r)
{
	struct request **end = &leader->riders;

	if (leader->kind != REQUEST_CHECKPOINT || leader->token != r->token)
		return VERDICT_LATER;
	if (store_marks_leave_gap(leader->read_upto, r->marks, r->mark_count))
		return refuse(r, STORE_BUSY);
	leader->read_upto = upto_after(leader->read_upto, r);
	while (*end != NULL)
		end = (struct request **)&(*end)->base.next;
	*end = r;
	r->base.next = NULL;
	return VERDICT_RIDES;
}

/* A flush of the same octets, or the submit that follows it. */
static enum verdict ride(struct request *leader, struct request *r)
{
	if (r->kind == REQUEST_CHECKPOINT)
		return ride_checkpoint(leader, r);
	if (leader->plan == NULL || r->plan == NULL || r->plan->is_synced)
		return VERDICT_LATER;
	if (r->kind == REQUEST_SUBMIT) {
		if (leader->submit != NULL || r->to == DATASET_PURGED
			|| (r->to != DATASET_READY
				&& leader->plan->claim != CLAIM_NONE))
			return VERDICT_LATER;
		leader->submit = r;
	}
	r->base.next = (struct committer_request *)leader->riders;
	leader->riders = r;
	return VERDICT_RIDES;
}

/* Room for one more record, while a failure harms nobody. */
static int reserve_extent(struct entry *e)
{
	struct extent *grown;

	if (e->extents == 0)
		return 0;
	grown = realloc(e->more, e->extents * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	e->more = grown;
	return 0;
}

static void plan_record(struct entry *e, struct flush_plan *p)
{
	if (p->flush.is_file || p->flush.low == p->flush.high)
		return;
	p->has_record = true;
	p->is_whole = e->extents == 0
		|| (p->flush.low == 0 && p->flush.high == p->flush.size);
}

/*
 * Most data sets have one record for ever, and their submit brings none: room
 * that was kept for a second one would be a tenth of what each of them takes.
 */
static void return_extent(struct entry *e, const struct flush_plan *p)
{
	if (e->extents > 1 || (p->has_record && !p->is_whole))
		return;
	free(e->more);
	e->more = NULL;
}

static enum verdict plan_flush_locked(struct batch *b, struct request *r,
	struct entry *e) REQUIRES(&b->local->lock)
{
	struct flush_plan *p = r->plan;
	struct draft *d = e->draft;

	if (r->kind == REQUEST_SYNC && (e->state != DATASET_OPEN || d == NULL))
		return refuse(r, 0); /* it is as durable as it can be */
	if (e->state != DATASET_OPEN)
		return refuse(r, STORE_BUSY);
	if (r->kind == REQUEST_SUBMIT)
		r->submit = r;
	if (d == NULL || (r->submit != NULL && r->to == DATASET_PURGED))
		return VERDICT_WORK;
	if (reserve_extent(e) != 0)
		return refuse(r, -ENOMEM);
	if (!p->is_synced) {
		r->draft = draft_ref(d);
		p->is_newer = draft_take(d, e->extents >= EXTENTS_MAX,
			&p->flush, &p->row.dataset);
		p->is_taken = p->is_newer;
	} else {
		draft_get_name(d, &p->row.dataset); /* renamed meanwhile? */
	}
	if (r->kind == REQUEST_SYNC && !p->is_newer && e->has_row)
		return refuse(r, 0);
	plan_record(e, p);
	return_extent(e, p);
	p->row.key = e->key;
	b->octets += p->flush.high - p->flush.low;
	claims_plan_flush_locked(b->local, r, e);
	return VERDICT_WORK;
}

static bool is_unsynced_large(const struct request *r, const struct entry *e)
{
	return r->plan != NULL && !r->plan->is_synced && e->draft != NULL
		&& e->state == DATASET_OPEN
		&& !(r->kind == REQUEST_SUBMIT && r->to == DATASET_PURGED)
		&& draft_is_file(e->draft);
}

/*
 * One sync of a file at a time: the kernel tells of what it lost only once,
 * and the second of two would hear nothing. Those that come meanwhile are
 * parked, and sorted in again when the first one comes back.
 */
static enum verdict plan_large_locked(struct request *r, struct draft *d)
{
	struct request **end;

	if (d->in_pool != NULL) {
		end = &d->in_pool->parked;
		while (*end != NULL)
			end = (struct request **)&(*end)->base.next;
		*end = r;
		r->base.next = NULL;
		return VERDICT_RIDES;
	}
	r->draft = draft_ref(d);
	d->in_pool = r;
	return VERDICT_LARGE;
}

static void unpark_locked(struct batch *b, struct request *r)
{
	struct request *parked = r->parked;
	struct request *next;

	r->parked = NULL;
	r->draft->in_pool = NULL;
	for (; parked != NULL; parked = next) {
		next = next_of(parked);
		list_add(&b->later, parked);
	}
}

static enum verdict plan_claim_locked(struct batch *b, struct request *r)
	REQUIRES(&b->local->lock)
{
	struct index *x = &b->local->index;
	struct index_writer *w = index_find_writer(x, r->writer);
	int64_t now_ns = clock_wall_ns();
	struct entry *e;

	/* one that something else is done to waits, and with it all younger */
	while (w != NULL && r->count < r->max
		&& (e = index_pop(w, now_ns)) != NULL) {
		if (e->serving != NULL) {
			index_unpop(x, e);
			return r->count > 0 ? VERDICT_WORK : VERDICT_LATER;
		}
		e->serving = r;
		r->taken[r->count++] = e;
	}
	return r->count > 0 ? VERDICT_WORK : VERDICT_DONE;
}

static enum verdict plan_entry_locked(struct batch *b, struct request *r,
	struct entry *e) REQUIRES(&b->local->lock)
{
	int err;

	switch (r->kind) {
	case REQUEST_SYNC:
	case REQUEST_SUBMIT:
		return plan_flush_locked(b, r, e);
	case REQUEST_CHECKPOINT:
	case REQUEST_FINISH:
		if (r->token == 0 || r->token != e->token)
			return refuse(r, STORE_LOST);
		if (store_marks_leave_gap(
			    e->read_upto, r->marks, r->mark_count))
			return refuse(r, STORE_BUSY);
		r->read_upto = upto_after(e->read_upto, r);
		claims_plan_finish_locked(b->local, r, e);
		return VERDICT_WORK;
	case REQUEST_MOVE:
		if (e->state != r->from || !store_may_move(r->from, r->to))
			return refuse(r, STORE_BUSY);
		return VERDICT_WORK;
	case REQUEST_RENAME:
		err = names_plan_locked(b->local, r, e);
		return err != 0 ? refuse(r, err) : VERDICT_WORK;
	case REQUEST_UNLABEL:
	case REQUEST_CLAIM:
	case REQUEST_UNCLAIM:
	case REQUEST_NUDGE:
	case REQUEST_CATCH_UP:
		break;
	}
	return VERDICT_WORK;
}

static enum verdict plan_locked(struct batch *b, struct request *r)
	REQUIRES(&b->local->lock)
{
	struct entry *e;
	enum verdict verdict;

	if (b->count >= BATCH_REQUESTS_MAX || b->octets >= BATCH_OCTETS_MAX)
		return VERDICT_LATER;
	if (r->draft != NULL && r->draft->in_pool == r)
		unpark_locked(b, r);
	if (r->err != 0 || b->local->is_broken)
		return refuse(r, r->err != 0 ? r->err : -EIO);
	if (r->kind == REQUEST_CLAIM)
		return plan_claim_locked(b, r);
	if (r->kind == REQUEST_NUDGE)
		return VERDICT_DONE;
	if (r->kind == REQUEST_CATCH_UP) {
		b->catches_up = true;
		return VERDICT_DONE;
	}

	e = index_find(&b->local->index, r->number);
	if (e == NULL)
		return refuse(r, r->token != 0 ? STORE_LOST : STORE_NONE);
	if (is_unsynced_large(r, e))
		return plan_large_locked(r, e->draft);
	if (e->serving != NULL)
		return ride(e->serving, r);
	verdict = plan_entry_locked(b, r, e);
	if (verdict == VERDICT_WORK) {
		r->entry = e;
		e->serving = r;
	}
	return verdict;
}

static void sort_in(struct batch *b, struct request *r, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_WORK:
		b->count++;
		list_add(&b->work, r);
		break;
	case VERDICT_DONE:
		list_add(&b->done, r);
		break;
	case VERDICT_LARGE:
		list_add(&b->large, r);
		break;
	case VERDICT_LATER:
		list_add(&b->later, r);
		break;
	case VERDICT_RIDES:
		break;
	}
}

static void plan_all_locked(struct batch *b, struct request *waiting)
	REQUIRES(&b->local->lock)
{
	struct request *next;

	for (; waiting != NULL; waiting = next) {
		next = next_of(waiting);
		sort_in(b, waiting, plan_locked(b, waiting));
	}
}

/* A rename goes first: its directory is locked until it is answered. */
static void part(
	struct request *waiting, struct list *renames, struct list *others)
{
	struct request *next;

	for (; waiting != NULL; waiting = next) {
		next = next_of(waiting);
		list_add(waiting->kind == REQUEST_RENAME ? renames : others,
			waiting);
	}
}

void batch_plan(struct batch *b, struct request *waiting)
{
	struct list renames;
	struct list others;

	list_init(&renames);
	list_init(&others);
	part(waiting, &renames, &others);
	mutex_lock(&b->local->lock);
	plan_all_locked(b, renames.first);
	plan_all_locked(b, others.first);
	claims_plan_locked(b);
	b->next_number = b->local->next_number;
	b->next_job = b->local->index.next_job;
	mutex_unlock(&b->local->lock);
}
