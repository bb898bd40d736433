#include "store_claims.h"

#include "store_large.h"
#include "store_names.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ------------------------------------------------------------ */

static int delete_rows(struct local *l, const struct entry *e)
{
	if (!e->has_row)
		return 0;
	return catalogue_delete(
		l->catalogue, e->number, entry_has_more_rows(e));
}

/* A claim ahead becomes a claim with the submit it waits for. */
static void describe_claim(
	struct local *l, const struct request *r, struct catalogue_row *row)
{
	const struct entry *e = r->entry;

	row->token = 0;
	row->read_upto = e->read_upto;
	row->is_first_claimed = e->is_first_claimed;
	switch ((enum claim_step)r->plan->claim) {
	case CLAIM_NONE:
		return;
	case CLAIM_DROP:
		row->read_upto = 1;
		row->is_first_claimed = false;
		return;
	case CLAIM_TAKE:
		row->token = ++l->last_token;
		break;
	case CLAIM_KEEP:
		row->token = e->token;
		break;
	}
	row->read_upto = 2;
	row->is_first_claimed = true;
	if (r->submit != NULL)
		row->dataset.state = DATASET_ACTIVE;
}

void describe_state(struct local *l, struct request *r)
{
	const struct request *submit = r->submit;
	struct dataset *d = &r->plan->row.dataset;

	d->state = submit != NULL ? submit->to : DATASET_OPEN;
	text_copy(d->reason, sizeof d->reason,
		submit != NULL ? store_reason(submit->to, submit->text) : "");
	describe_claim(l, r, &r->plan->row);
}

void describe_content(struct request *r)
{
	const struct flush_plan *p = r->plan;
	const struct entry *e = r->entry;
	struct catalogue_row *row = &r->plan->row;

	row->content = (enum catalogue_content)e->content;
	row->extent = e->extent;
	row->extents = e->extents;
	if (p->is_synced) {
		row->content = p->is_sealed ? CONTENT_SUMMED : CONTENT_FILE;
		row->extents = 0;
		memset(&row->extent, 0, sizeof row->extent);
	} else if (p->has_record && p->is_whole) {
		row->extent = p->extent;
		row->extents = 1;
	} else if (p->has_record) {
		row->extents++;
	}
}

static int update_content(struct local *l, const struct request *r)
{
	const struct flush_plan *p = r->plan;
	const struct entry *e = r->entry;
	int err = 0;

	if (e->extents > 1 && p->row.extents <= 1)
		err = catalogue_delete_extents(l->catalogue, e->number);
	if (err == 0 && p->row.extents > 1 && p->has_record)
		err = catalogue_add_extent(l->catalogue, e->number,
			p->row.extents - 1, &p->extent);
	if (err == 0)
		err = catalogue_set_content(l->catalogue, &p->row);
	return err;
}

static int apply_flush(struct local *l, struct request *r)
{
	const struct request *submit = r->submit;
	const struct entry *e = r->entry;
	const struct dataset *d = &r->plan->row.dataset;

	if (submit != NULL && submit->to == DATASET_PURGED)
		return delete_rows(l, e);
	describe_state(l, r);
	describe_content(r);
	if (!e->has_row)
		return catalogue_insert(l->catalogue, &r->plan->row);
	if (r->plan->is_newer || r->plan->row.content != e->content
		|| r->plan->claim != CLAIM_NONE)
		return update_content(l, r);
	return catalogue_set_state(
		l->catalogue, e->number, d->state, d->reason, 0);
}

static int apply_claim(struct local *l, struct request *r)
{
	struct store_claim *c;
	struct entry *e;
	size_t i;
	int err = 0;

	for (i = 0; i < r->count && err == 0; i++) {
		c = &r->claims[i];
		e = r->taken[i];
		c->token = ++l->last_token;
		c->read_upto = e->read_upto;
		err = catalogue_claim(l->catalogue, e->number, c->token,
			e->read_upto > 1 ? e->read_upto : 2,
			e->is_first_claimed || e->read_upto == 1, &c->dataset);
	}
	return err;
}

static int apply_mark(
	struct local *l, struct request *r, const struct store_mark *mark)
{
	const struct entry *e = r->entry;

	if (mark->mail == 1)
		r->is_first_claimed = false;
	if (mark->kind == STORE_MARK_CLAIMED && mark->mail >= r->read_upto)
		r->read_upto = mark->mail + 1;
	if (mark->kind != STORE_MARK_DELIVERED) {
		r->adds_marks = true;
		return catalogue_put_mark(l->catalogue, e->number, mark);
	}
	if (!e->has_marks && !r->adds_marks)
		return 0;
	return catalogue_delete_mark(l->catalogue, e->number, mark->mail);
}

/* The marks of r, for itself or for the one it rides with. */
static int apply_all_marks(
	struct local *l, struct request *leader, const struct request *r)
{
	size_t i;
	int err = 0;

	for (i = 0; i < r->mark_count && err == 0; i++)
		err = apply_mark(l, leader, &r->marks[i]);
	return err;
}

static int apply_marks(struct local *l, struct request *r)
{
	const struct entry *e = r->entry;
	const struct request *rider;
	int err;

	r->read_upto = e->read_upto;
	r->is_first_claimed = e->is_first_claimed;
	r->adds_marks = false;
	err = apply_all_marks(l, r, r);
	for (rider = r->riders; rider != NULL && err == 0;
		rider = next_of(rider))
		err = apply_all_marks(l, r, rider);
	if (err == 0
		&& (e->is_open_row || r->read_upto != e->read_upto
			|| r->is_first_claimed != e->is_first_claimed))
		err = catalogue_set_progress(l->catalogue, e->number,
			DATASET_ACTIVE, r->read_upto, r->is_first_claimed);
	return err;
}

static int apply_move(struct local *l, struct request *r)
{
	char reason[REASON_MAX + 1];

	if (r->to == DATASET_PURGED)
		return delete_rows(l, r->entry);
	text_copy(reason, sizeof reason, store_reason(r->to, r->text));
	return catalogue_set_state(
		l->catalogue, r->number, r->to, reason, r->next_try_ns);
}

static int apply_unlabel(struct local *l, const struct request *r)
{
	if (!r->entry->has_row)
		return 0;
	return catalogue_drop_label(l->catalogue, r->number);
}

static int apply_finish(struct local *l, struct request *r)
{
	int err = 0;

	if (r->to != DATASET_PURGED)
		err = apply_marks(l, r);
	return err != 0 ? err : apply_move(l, r);
}

int apply_rows(struct local *l, struct request *r)
{
	switch (r->kind) {
	case REQUEST_SYNC:
	case REQUEST_SUBMIT:
		return apply_flush(l, r);
	case REQUEST_CLAIM:
		return apply_claim(l, r);
	case REQUEST_CHECKPOINT:
		return apply_marks(l, r);
	case REQUEST_FINISH:
		return apply_finish(l, r);
	case REQUEST_MOVE:
		return apply_move(l, r);
	case REQUEST_RENAME:
		return names_apply(l, r);
	case REQUEST_UNLABEL:
		return apply_unlabel(l, r);
	case REQUEST_UNCLAIM:
		return catalogue_set_progress(
			l->catalogue, r->entry->number, DATASET_OPEN, 1, false);
	case REQUEST_NUDGE:
	case REQUEST_CATCH_UP:
		return 0;
	}
	return -EIO;
}

/* ---- entries --------------------------------------------------------- */

static void drop_extents(struct local *l, struct entry *e)
{
	uint16_t i;

	if (e->extents > 0)
		segments_drop(l->segments, &e->extent);
	for (i = 1; i < e->extents; i++)
		segments_drop(l->segments, &e->more[i - 1]);
	e->extents = 0;
}

struct unlink_chore {
	struct chore chore;
	int files;
	uint64_t number;
};

static void run_unlink(struct chore *chore)
{
	struct unlink_chore *u = (struct unlink_chore *)chore;

	large_unlink(u->files, u->number);
	free(u);
}

/* To give back gigabytes takes long. What is lost to a missing chore object
 * is found by the sweep of the next start. */
static void drop_file(struct local *l, uint64_t number)
{
	struct unlink_chore *u = malloc(sizeof *u);

	if (u == NULL)
		return;
	u->chore.run = run_unlink;
	u->files = l->files;
	u->number = number;
	chores_add(l->chores, &u->chore);
}

static void forget_locked(struct local *l, struct request *r, struct entry *e)
	REQUIRES(&l->lock)
{
	bool is_file = e->content != CONTENT_SEGMENT
		|| (e->draft != NULL && draft_is_file(e->draft));

	drop_extents(l, e);
	if (is_file)
		drop_file(l, e->number);
	if (e->draft != NULL && r->draft == NULL) {
		r->draft = e->draft; /* let go of it with the request */
		e->draft = NULL;
	} else if (e->draft != NULL) {
		draft_unref(e->draft);
		e->draft = NULL;
	}
	index_remove(&l->index, e);
}

/* The one place where a data set of this store changes its state. */
static void move_locked(struct local *l, struct request *r, struct entry *e,
	enum dataset_state to, int64_t next_try_ns) REQUIRES(&l->lock)
{
	assert(dataset_may_move((enum dataset_state)e->state, to));
	if (to != DATASET_ACTIVE)
		e->token = 0;
	if (to == DATASET_PURGED) {
		forget_locked(l, r, e);
		return;
	}
	index_move(&l->index, e, to, next_try_ns);
	e->is_open_row = false;
	if (to == DATASET_READY || to == DATASET_WAITING) {
		l->version++;
		cond_broadcast(&l->changed);
	}
}

static void settle_content(struct local *l, struct request *r)
{
	struct flush_plan *p = r->plan;
	struct entry *e = r->entry;

	if (p->row.extents == 0 || (p->has_record && p->is_whole))
		drop_extents(l, e);
	if (p->has_record && p->is_whole)
		e->extent = p->extent;
	else if (p->has_record)
		e->more[e->extents - 1] = p->extent;
	e->extents = (uint16_t)p->row.extents;
	e->content = (uint8_t)p->row.content;
	e->has_row = true;
	if (p->is_taken)
		draft_flushed(r->draft, &p->flush, true);
}

static void settle_flush_locked(struct local *l, struct request *r)
	REQUIRES(&l->lock)
{
	struct entry *e = r->entry;

	if (r->submit != NULL && r->submit->to == DATASET_PURGED) {
		claims_drop_locked(l, e);
		move_locked(l, r, e, DATASET_PURGED, 0);
		return;
	}
	settle_content(l, r);
	claims_settle_flush_locked(l, r, true);
	if (r->submit == NULL)
		return;
	if (e->draft != NULL) {
		draft_unref(e->draft); /* the request has another reference */
		e->draft = NULL;
	}
	if (e->state == DATASET_OPEN)
		move_locked(l, r, e, r->submit->to, 0);
}

static void settle_claim_locked(struct local *l, struct request *r)
	REQUIRES(&l->lock)
{
	struct entry *e;
	size_t i;

	for (i = 0; i < r->count; i++) {
		e = r->taken[i];
		e->serving = NULL;
		e->is_first_claimed = e->is_first_claimed || e->read_upto == 1;
		if (e->read_upto == 1)
			e->read_upto = 2;
		move_locked(l, r, e, DATASET_ACTIVE, 0);
		e->token = r->claims[i].token;
	}
	claims_settle_claim_locked(l, r, r->count, true);
}

static void settle_marks(struct request *r)
{
	struct entry *e = r->entry;

	e->read_upto = r->read_upto;
	e->is_first_claimed = r->is_first_claimed;
	e->has_marks = e->has_marks || r->adds_marks;
	e->is_open_row = false;
}

void settle_locked(struct local *l, struct request *r)
{
	struct entry *e = r->entry;

	if (r->kind == REQUEST_CLAIM) {
		settle_claim_locked(l, r);
		return;
	}
	assert(e != NULL);
	e->serving = NULL;
	switch (r->kind) {
	case REQUEST_SYNC:
	case REQUEST_SUBMIT:
		settle_flush_locked(l, r);
		break;
	case REQUEST_CLAIM:
	case REQUEST_NUDGE:
	case REQUEST_CATCH_UP:
		break;
	case REQUEST_UNCLAIM:
		claims_drop_locked(l, e);
		break;
	case REQUEST_CHECKPOINT:
		settle_marks(r);
		break;
	case REQUEST_FINISH:
		claims_settle_finish_locked(l, r, true);
		if (r->to != DATASET_PURGED)
			settle_marks(r);
		move_locked(l, r, e, r->to, r->next_try_ns);
		break;
	case REQUEST_MOVE:
		move_locked(l, r, e, r->to, 0);
		break;
	case REQUEST_RENAME:
		names_settle_locked(l, r);
		if (r->rename->moves)
			move_locked(l, r, e, r->to, 0);
		break;
	case REQUEST_UNLABEL:
		if (e->draft != NULL)
			draft_drop_label(e->draft);
		break;
	}
}

static void unplan_entry_locked(struct local *l, struct request *r)
	REQUIRES(&l->lock)
{
	r->entry->serving = NULL;
	if (r->plan != NULL)
		claims_settle_flush_locked(l, r, false);
	else if (r->kind == REQUEST_FINISH)
		claims_settle_finish_locked(l, r, false);
	else if (r->kind == REQUEST_RENAME)
		names_unplan_locked(l, r);
	else if (r->kind == REQUEST_UNCLAIM) /* of no use for anybody now */
		claims_drop_locked(l, r->entry);
}

void unplan_locked(struct local *l, struct request *r)
{
	struct flush_plan *p = r->plan;
	size_t i;

	if (r->entry != NULL)
		unplan_entry_locked(l, r);
	if (r->kind == REQUEST_CLAIM)
		claims_settle_claim_locked(l, r, r->count, false);
	for (i = 0; i < r->count; i++) {
		r->taken[i]->serving = NULL;
		index_unpop(&l->index, r->taken[i]);
	}
	r->count = 0;
	if (p == NULL)
		return;
	if (p->extent.segment != 0)
		segments_drop(l->segments, &p->extent);
	if (p->is_taken)
		draft_flushed(r->draft, &p->flush, false);
}
