#include "store_names.h"

#include "store_claims.h"
#include "text.h"

void local_rename(struct store *s, uint64_t number,
	const struct store_rename *how, store_done *done, void *arg)
{
	struct request *r =
		request_new(local_of(s), REQUEST_RENAME, number, NULL, NULL, 0);
	struct rename_plan *p;

	if (r == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	p = r->rename;
	p->named.number = number;
	p->named.has_label = how->has_label;
	p->named.is_draft = how->is_draft;
	text_copy(p->named.label, sizeof p->named.label, how->label);
	p->has_writer = how->writer != NULL;
	if (p->has_writer)
		text_copy(p->named.writer, sizeof p->named.writer, how->writer);
	p->moves = how->moves;
	r->from = how->from;
	r->to = how->to;
	text_copy(p->reason, sizeof p->reason,
		how->moves ? store_reason(how->to, how->reason) : "");
	request_push(r, done, arg);
}

int names_plan_locked(struct local *l, struct request *r, struct entry *e)
{
	struct rename_plan *p = r->rename;
	int err;

	if (p->moves
		&& (e->state != r->from || !store_may_move(r->from, r->to)))
		return STORE_BUSY;
	if (!p->has_writer)
		text_copy(p->named.writer, sizeof p->named.writer,
			l->index.writers[e->writer]->name);
	err = index_make_writer(&l->index, p->named.writer, &p->at);
	if (err != 0)
		return err;
	p->has_writer = p->at != e->writer;
	if (p->has_writer && e->state == DATASET_ACTIVE)
		return STORE_BUSY;
	if (p->has_writer)
		err = index_expect(&l->index, p->at);
	if (err != 0)
		return err;
	p->is_arriving = p->has_writer;
	p->named.named = l->next_number++;
	return 0;
}

/* A claim recorded ahead would be a mail in doubt of what is not sent. */
static bool must_drop_claim(const struct request *r)
{
	return r->entry->state == DATASET_OPEN && r->entry->token != 0
		&& (r->rename->has_writer || r->rename->named.is_draft);
}

int names_apply(struct local *l, const struct request *r)
{
	const struct rename_plan *p = r->rename;
	int err;

	if (!r->entry->has_row)
		return 0;
	err = catalogue_set_label(l->catalogue, &p->named, p->has_writer);
	if (err == 0 && must_drop_claim(r))
		err = catalogue_set_progress(
			l->catalogue, r->number, DATASET_OPEN, 1, false);
	if (err == 0 && p->moves)
		err = catalogue_set_state(
			l->catalogue, r->number, r->to, p->reason, 0);
	return err;
}

void names_settle_locked(struct local *l, struct request *r)
{
	struct rename_plan *p = r->rename;
	struct entry *e = r->entry;

	if (must_drop_claim(r))
		claims_drop_locked(l, e);
	if (e->draft != NULL)
		draft_set_name(e->draft, &p->named);
	if (!p->is_arriving)
		return;
	index_change_writer(&l->index, e, p->at);
	p->is_arriving = false;
	l->version++;
	cond_broadcast(&l->changed);
}

void names_unplan_locked(struct local *l, const struct request *r)
{
	if (r->rename->is_arriving)
		index_expect_no_more(&l->index, r->rename->at);
}
