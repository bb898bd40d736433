#include "store_promise.h"

/* Records that a start need not look at again. */
enum { ANCHOR_RECORDS = 4096 };

/* ---- what records can say -------------------------------------------- */

static bool says_all_of_flush(const struct request *r)
{
	const struct flush_plan *p = r->plan;
	const struct entry *e = r->entry;

	if (r->submit != NULL && r->submit->to != DATASET_READY)
		return r->submit->to == DATASET_PURGED;
	if (p->is_synced || p->flush.is_file)
		return false;
	if (!p->has_record)
		return e->has_row && !p->is_newer;
	return !e->has_row && p->flush.low == 0
		&& p->flush.high == p->flush.size && p->row.dataset.named == 0;
}

/* The first claim of each: what later ones find may be in marks. */
static bool says_all_of_claim(const struct request *r)
{
	const struct entry *e;
	size_t i;

	for (i = 0; i < r->count; i++) {
		e = r->taken[i];
		if (e->state != DATASET_READY || e->read_upto != 1
			|| e->has_marks)
			return false;
	}
	return true;
}

static bool says_all(const struct request *r)
{
	switch (r->kind) {
	case REQUEST_SYNC:
	case REQUEST_SUBMIT:
		return says_all_of_flush(r);
	case REQUEST_CLAIM:
		return says_all_of_claim(r);
	case REQUEST_FINISH:
	case REQUEST_MOVE:
		return r->to == DATASET_PURGED;
	case REQUEST_UNCLAIM:
		return true;
	case REQUEST_CHECKPOINT:
	case REQUEST_RENAME:
	case REQUEST_UNLABEL:
	case REQUEST_NUDGE:
	case REQUEST_CATCH_UP:
		break;
	}
	return false;
}

static bool may_promise(const struct batch *b)
{
	const struct local *l = b->local;
	const struct request *r;
	size_t records = 0;

	if (l->anchor == 0 || b->next_number > l->reserved_number)
		return false;
	for (r = b->work.first; r != NULL; r = next_of(r)) {
		if (!says_all(r))
			return false;
		records += r->kind == REQUEST_CLAIM ? r->count : 1;
	}
	return records <= BATCH_RECORDS_MAX
		&& records <= BACKLOG_MAX - backlog_count(l->backlog);
}

/* ---- records --------------------------------------------------------- */

static struct segment_record *next_record(struct local *l, size_t *count,
	struct request *owner, enum segment_step step, uint64_t number)
{
	struct segment_record *record = &l->records[*count];

	l->owners[(*count)++] = owner;
	*record = (struct segment_record){
		.number = number,
		.note = promise_note(l, step),
	};
	return record;
}

static void say_move(struct segment_record *record, enum dataset_state state,
	uint32_t read_upto, bool is_first_claimed)
{
	record->note.state = (uint8_t)state;
	record->note.read_upto = read_upto;
	record->note.is_first_claimed = is_first_claimed;
}

static bool purges(const struct request *r)
{
	return r->kind == REQUEST_FINISH || r->kind == REQUEST_MOVE
		|| (r->submit != NULL && r->submit->to == DATASET_PURGED);
}

/* Its row in the catalogue may not be one yet. */
static int describe_claimed(struct local *l, uint64_t number, struct dataset *d)
{
	const struct dataset *found = backlog_find(l->backlog, number);
	int err = 0;

	if (found != NULL)
		*d = *found;
	else
		err = catalogue_lookup(l->catalogue, number, d);
	d->state = DATASET_ACTIVE;
	d->next_try_ns = 0;
	d->reason[0] = '\0';
	return err;
}

static int say_claims(struct local *l, struct request *r, size_t *count)
{
	struct store_claim *c;
	size_t i;
	int err = 0;

	for (i = 0; i < r->count && err == 0; i++) {
		c = &r->claims[i];
		err = describe_claimed(l, r->taken[i]->number, &c->dataset);
		c->token = ++l->last_token;
		c->read_upto = 1;
		say_move(next_record(
				 l, count, r, STEP_MOVE, r->taken[i]->number),
			DATASET_ACTIVE, 2, true);
	}
	return err;
}

/* What has no octets. Of what never was on disk nothing has to be said. */
static int say_steps(struct local *l, struct request *r, size_t *count)
{
	const struct entry *e = r->entry;
	const struct catalogue_row *row;

	if (r->kind == REQUEST_CLAIM)
		return say_claims(l, r, count);
	if (purges(r)) {
		if (e->has_row)
			next_record(l, count, r, STEP_PURGE, e->number);
		return 0;
	}
	if (r->kind == REQUEST_UNCLAIM) {
		say_move(next_record(l, count, r, STEP_MOVE, e->number),
			DATASET_OPEN, 1, false);
		return 0;
	}
	row = &r->plan->row;
	describe_state(l, r);
	if (!r->plan->has_record)
		say_move(next_record(l, count, r, STEP_MOVE, e->number),
			row->dataset.state, row->read_upto,
			row->is_first_claimed);
	return 0;
}

static bool has_octets(const struct request *r)
{
	return r->plan != NULL && r->plan->has_record && !purges(r);
}

static void say_content(struct local *l, struct request *r, size_t *count)
{
	struct flush_plan *p = r->plan;
	struct segment_record *record =
		next_record(l, count, r, STEP_ADD, r->entry->number);

	record->attributes = &p->row.dataset;
	record->octets = p->flush.content->octets;
	record->length = (uint32_t)p->flush.high;
	record->note.key = p->row.key;
	say_move(record, p->row.dataset.state, p->row.read_upto,
		p->row.is_first_claimed);
}

/*
 * The steps first: where they cannot be written nothing is, and the
 * catalogue may have room that the segments have not.
 */
static bool write_records(struct batch *b)
{
	struct local *l = b->local;
	struct request *r;
	size_t count = 0;

	for (r = b->work.first; r != NULL; r = next_of(r))
		if (say_steps(l, r, &count) != 0)
			return false;
	if (count > 0 && segments_append(l->segments, l->records, count) != 0)
		return false;
	count = 0;
	for (r = b->work.first; r != NULL; r = next_of(r))
		if (has_octets(r))
			say_content(l, r, &count);
	batch_append(l, count);
	return true;
}

/* ---- the backlog ----------------------------------------------------- */

static void note_move(struct local *l, uint64_t number,
	enum dataset_state state, uint64_t token, uint32_t read_upto)
{
	struct catalogue_row row = { .dataset = { .number = number,
					     .state = state },
		.token = token,
		.read_upto = read_upto,
		.is_first_claimed = read_upto > 1 };

	backlog_move(l->backlog, &row);
}

static void note(struct local *l, struct request *r)
{
	const struct entry *e = r->entry;
	size_t i;

	if (r->kind == REQUEST_CLAIM) {
		for (i = 0; i < r->count; i++)
			note_move(l, r->taken[i]->number, DATASET_ACTIVE,
				r->claims[i].token, 2);
	} else if (purges(r)) {
		if (e->has_row)
			backlog_purge(
				l->backlog, e->number, entry_has_more_rows(e));
	} else if (r->kind == REQUEST_UNCLAIM) {
		note_move(l, e->number, DATASET_OPEN, 0, 1);
	} else if (r->plan->has_record) {
		describe_content(r);
		backlog_add(l->backlog, &r->plan->row);
	} else {
		r->plan->row.dataset.number = e->number;
		describe_content(r);
		backlog_move(l->backlog, &r->plan->row);
	}
}

bool promise_by_records(struct batch *b)
{
	struct local *l = b->local;
	struct request *r;
	int err;

	if (!may_promise(b) || !write_records(b))
		return false;
	err = segments_sync(l->segments);
	for (r = b->work.first; r != NULL; r = next_of(r)) {
		if (err != 0)
			r->err = -EIO;
		if (r->err == 0)
			note(l, r);
	}
	atomic_store(&l->backlog_count, backlog_count(l->backlog));
	return true;
}

void promise_settle_locked(struct local *l, struct batch *b)
{
	struct request *r;
	size_t i;

	(void)l;
	for (r = b->work.first; r != NULL; r = next_of(r)) {
		if (r->err != 0)
			continue;
		if (r->entry != NULL)
			r->entry->is_behind = true;
		for (i = 0; i < r->count; i++)
			r->taken[i]->is_behind = true;
	}
}

/* ---- the catalogue catches up ---------------------------------------- */

int promise_apply(struct local *l)
{
	uint32_t segment, position;
	int err;

	l->next_anchor = l->anchor;
	if (l->anchor != 0 && backlog_count(l->backlog) == 0
		&& l->sequence - l->anchor < ANCHOR_RECORDS)
		return 0;
	if (!segments_tail(l->segments, &segment, &position))
		return 0;
	l->next_anchor = l->sequence;
	err = backlog_apply(l->backlog, l->catalogue);
	if (err == 0)
		err = catalogue_set(l->catalogue, CATALOGUE_LIFE, l->life);
	if (err == 0)
		err = catalogue_set(
			l->catalogue, CATALOGUE_SEQUENCE, l->sequence);
	if (err == 0)
		err = catalogue_set(l->catalogue, CATALOGUE_TAIL,
			(uint64_t)segment << 32 | position);
	return err;
}

void promise_applied(struct local *l)
{
	struct entry *e;
	size_t i;

	l->anchor = l->next_anchor;
	if (backlog_count(l->backlog) == 0)
		return;
	mutex_lock(&l->lock);
	for (i = 0; i < backlog_count(l->backlog); i++) {
		e = index_find(&l->index, backlog_number(l->backlog, i));
		if (e != NULL)
			e->is_behind = false;
	}
	mutex_unlock(&l->lock);
	backlog_clear(l->backlog);
	l->backlog_due = BACKLOG_LONG;
	atomic_store(&l->backlog_count, 0);
	segments_settle(l->segments);
}
