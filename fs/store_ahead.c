#include "store_claims.h"

#include "clock.h"

#include <string.h>
#include <strings.h>

enum { TAIL_MAX = 256 }; /* octets looked at for the last line */

/* ---- claims ahead ---------------------------------------------------- */

static bool is_ahead(const struct entry *e)
{
	return e->state == DATASET_OPEN && e->token != 0;
}

static void forget_ahead(struct standing *st, const struct entry *e)
{
	size_t i = 0;
	size_t left;

	while (i < st->ahead_count && st->ahead[i] != e)
		i++;
	if (i == st->ahead_count)
		return;
	st->ahead_count--;
	left = st->ahead_count - i;
	memmove(st->ahead + i, st->ahead + i + 1,
		left * sizeof(struct entry *));
	memmove(st->since_ns + i, st->since_ns + i + 1,
		left * sizeof *st->since_ns);
}

void claims_drop_locked(struct local *l, struct entry *e)
{
	struct standing *st = standing_of_locked(l, e);

	if (!is_ahead(e) || st == NULL)
		return;
	forget_ahead(st, e);
	st->units++;
	e->token = 0;
	e->read_upto = 1;
	e->is_first_claimed = false;
}

/* From OPEN by way of READY: the table of states has no shorter one. */
static void activate_locked(struct local *l, struct entry *e, uint64_t token)
	REQUIRES(&l->lock)
{
	index_move(&l->index, e, DATASET_READY, 0);
	index_move(&l->index, e, DATASET_ACTIVE, 0);
	e->token = token;
	e->read_upto = 2;
	e->is_first_claimed = true;
}

/* The row keeps saying OPEN. What comes of it is ours to hand out. */
static bool take_ahead_locked(struct local *l, uint64_t number,
	struct store_claim *claim, struct standing **out) REQUIRES(&l->lock)
{
	struct entry *e = index_find(&l->index, number);

	if (e == NULL || !is_ahead(e) || e->serving != NULL || l->is_broken
		|| e->draft == NULL || !draft_is_flushed(e->draft))
		return false;
	*out = standing_of_locked(l, e);
	draft_describe(e->draft, &claim->dataset);
	claim->dataset.state = DATASET_ACTIVE;
	claim->token = e->token;
	claim->read_upto = 1;
	draft_unref(e->draft);
	e->draft = NULL;
	forget_ahead(*out, e);
	activate_locked(l, e, claim->token);
	e->is_open_row = true;
	(*out)->calls++;
	return true;
}

bool claims_submit_ahead(
	struct local *l, uint64_t number, store_done *done, void *arg)
{
	struct store_claim claim;
	struct standing *st;
	store_claimed *claimed;
	void *claimed_arg;
	bool is_taken;

	mutex_lock(&l->lock);
	is_taken = take_ahead_locked(l, number, &claim, &st);
	if (is_taken) {
		claimed = st->claimed;
		claimed_arg = st->arg;
	}
	mutex_unlock(&l->lock);
	if (!is_taken)
		return false;

	claimed(claimed_arg, &claim, 1, 0);
	done(arg, 0);
	mutex_lock(&l->lock);
	st->calls--;
	cond_broadcast(&l->changed);
	mutex_unlock(&l->lock);
	return true;
}

/*
 * Whether the last line is a dot or QUIT, as that of a batch SMTP data set
 * that would be submitted after a crash. One that only looks so is held then,
 * and its mail is named as in doubt all the same.
 */
static bool seems_whole(const char *octets, size_t len)
{
	size_t least = len > TAIL_MAX ? len - TAIL_MAX : 0;
	size_t end = len;
	size_t start;

	while (end > least && strchr(" \r\n", octets[end - 1]) != NULL
		&& octets[end - 1] != '\0')
		end--;
	start = end;
	while (start > least && octets[start - 1] != '\n')
		start--;
	if (start == 0 || octets[start - 1] != '\n')
		return false;
	return (end - start == 1 && octets[start] == '.')
		|| (end - start == 4
			&& strncasecmp(octets + start, "QUIT", 4) == 0);
}

static bool may_go_ahead(const struct request *r)
{
	const struct flush *f = &r->plan->flush;

	if (r->plan->row.dataset.is_draft)
		return false;
	if (r->submit != NULL)
		return r->to == DATASET_READY;
	return f->content != NULL
		&& seems_whole(f->content->octets, (size_t)f->size);
}

void claims_plan_flush_locked(
	struct local *l, struct request *r, struct entry *e)
{
	struct standing *st = standing_of_locked(l, e);
	bool may = may_go_ahead(r);

	r->plan->claim = CLAIM_NONE;
	if (st == NULL)
		return;
	if (is_ahead(e)) {
		r->plan->claim = may ? CLAIM_KEEP : CLAIM_DROP;
		return;
	}
	/* Those that are ready are older. */
	if (!may || standing_available(st) == 0
		|| l->index.writers[e->writer]->ready.count > 0
		|| st->ahead_count + st->planned >= AHEAD_MAX)
		return;
	st->planned++;
	r->plan->claim = CLAIM_TAKE;
}

/* A submit in the same commit hands the claim out. */
static void settle_taken_locked(struct local *l, struct request *r,
	struct standing *st) REQUIRES(&l->lock)
{
	struct entry *e = r->entry;

	if (r->submit != NULL) {
		forget_ahead(st, e);
		activate_locked(l, e, r->plan->row.token);
		r->standing = st;
		st->calls++;
		return;
	}
	if (is_ahead(e))
		return;
	e->token = r->plan->row.token;
	e->read_upto = 2;
	e->is_first_claimed = true;
	st->since_ns[st->ahead_count] = clock_monotonic_ns();
	st->ahead[st->ahead_count++] = e;
}

void claims_settle_flush_locked(
	struct local *l, struct request *r, bool is_durable)
{
	struct standing *st;

	if (r->plan->claim == CLAIM_NONE)
		return;
	st = standing_of_locked(l, r->entry);
	if (r->plan->claim == CLAIM_TAKE) {
		st->planned--;
		if (is_durable)
			st->units--;
	}
	if (!is_durable)
		return;
	if (r->plan->claim == CLAIM_DROP)
		claims_drop_locked(l, r->entry);
	else
		settle_taken_locked(l, r, st);
}

/* ---- finishes -------------------------------------------------------- */

void claims_plan_finish_locked(
	struct local *l, const struct request *r, const struct entry *e)
{
	if (standing_of_locked(l, e) != NULL)
		standing_of_locked(l, e)->coming += r->units;
}

void claims_settle_finish_locked(
	struct local *l, struct request *r, bool is_durable)
{
	struct standing *st = standing_of_locked(l, r->entry);

	if (st == NULL)
		return;
	st->coming -= r->units;
	if (is_durable)
		st->units += r->units;
}
