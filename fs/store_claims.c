#include "store_claims.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	CLAIMS_MAX = 64, /* of one writer in one batch */
	TAIL_MAX = 256,  /* octets looked at for the last line */
};

/* A data set that stays open for longer gives its claim to who waits. */
#define AHEAD_NS (50 * NS_PER_MS)

/* ---- units ----------------------------------------------------------- */

static struct standing *standing_of(struct local *l, const struct entry *e)
	REQUIRES(&l->lock)
{
	return l->standing[e->writer];
}

static size_t available(const struct standing *st)
{
	if (st == NULL || st->claimed == NULL || st->is_withdrawn)
		return 0;
	return st->units + st->coming - st->planned;
}

static void ignore(void *arg, int err)
{
	(void)arg;
	(void)err;
}

/* Lets the committer look; where memory is out, the next request does. */
static void nudge(struct local *l)
{
	struct request *r = request_new(l, REQUEST_NUDGE, 0, NULL, NULL, 0);

	if (r != NULL)
		request_push(r, ignore, NULL);
}

/* Calls with the lock released; listen(NULL) waits for it. */
static void give_back_locked(struct local *l, struct standing *st, size_t units,
	int err) REQUIRES(&l->lock)
{
	store_claimed *claimed = st->claimed;
	void *arg = st->arg;

	if (units == 0 || claimed == NULL)
		return;
	st->calls++;
	mutex_unlock(&l->lock);
	claimed(arg, NULL, units, err);
	mutex_lock(&l->lock);
	st->calls--;
	cond_broadcast(&l->changed);
}

static bool wants_batch_locked(struct local *l, size_t writer)
	REQUIRES(&l->lock)
{
	const struct standing *st = l->standing[writer];
	const struct index_writer *w = l->index.writers[writer];

	if (st->is_withdrawn)
		return st->ahead_count > 0;
	return available(st) > 0
		&& (w->ready.count > 0
			|| (w->waiting.count > 0
				&& w->waiting.heap[0]->next_try_ns
					<= clock_wall_ns()));
}

void claims_step(struct local *l)
{
	struct standing *st;
	bool is_due = false;
	size_t i, units;

	mutex_lock(&l->lock);
	for (i = 0; i < l->index.writer_count; i++) {
		st = l->standing[i];
		if (st == NULL)
			continue;
		units = st->back;
		st->back = 0;
		give_back_locked(l, st, units, st->back_err);
		if (st->is_withdrawn) {
			/* then nothing changes on disk any more */
			while (l->is_broken && st->ahead_count > 0)
				claims_drop_locked(l, st->ahead[0]);
			units = st->units;
			st->units = 0;
			give_back_locked(l, st, units, 0);
		}
		is_due = is_due || wants_batch_locked(l, i);
	}
	mutex_unlock(&l->lock);
	if (is_due)
		nudge(l);
}

/* ---- store.h --------------------------------------------------------- */

static struct standing *find_standing(
	struct local *l, const char *writer, size_t *at) REQUIRES(&l->lock)
{
	*at = index_writer_place(&l->index, writer);
	return *at < l->index.writer_count ? l->standing[*at] : NULL;
}

int local_listen(
	struct store *s, const char *writer, store_claimed *claimed, void *arg)
{
	struct local *l = local_of(s);
	struct standing *st;
	size_t at;
	int err;

	mutex_lock(&l->lock);
	err = index_make_writer(&l->index, writer, &at);
	if (err == 0 && l->standing[at] == NULL)
		l->standing[at] = calloc(1, sizeof *st);
	st = err == 0 ? l->standing[at] : NULL;
	if (st != NULL) {
		st->claimed = claimed;
		st->arg = arg;
		while (claimed == NULL && st->calls > 0)
			cond_wait_until(&l->changed, &l->lock,
				clock_monotonic_ns() + NS_PER_S);
	} else if (err == 0) {
		err = -ENOMEM;
	}
	mutex_unlock(&l->lock);
	return err;
}

void local_grant(struct store *s, const char *writer, size_t units)
{
	struct local *l = local_of(s);
	struct standing *st;
	bool is_due = false;
	size_t at;

	mutex_lock(&l->lock);
	st = find_standing(l, writer, &at);
	if (st != NULL) {
		st->units += units;
		if (units > 0)
			st->is_withdrawn = false;
		is_due = wants_batch_locked(l, at)
			|| (st->ahead_count > 0
				&& l->index.writers[at]->ready.count > 0);
	}
	mutex_unlock(&l->lock);
	if (is_due)
		nudge(l);
}

/* What a batch under way uses is used. */
void local_withdraw(struct store *s, const char *writer)
{
	struct local *l = local_of(s);
	struct standing *st;
	bool has_ahead = false;
	size_t at, units;

	mutex_lock(&l->lock);
	st = find_standing(l, writer, &at);
	if (st != NULL) {
		st->is_withdrawn = true;
		units = st->units > st->planned ? st->units - st->planned : 0;
		st->units -= units;
		has_ahead = st->ahead_count > 0;
		give_back_locked(l, st, units, 0);
	}
	mutex_unlock(&l->lock);
	if (has_ahead)
		nudge(l);
}

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
	struct standing *st = standing_of(l, e);

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
	*out = standing_of(l, e);
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

	if (r->submit != NULL)
		return r->to == DATASET_READY;
	return f->content != NULL
		&& seems_whole(f->content->octets, (size_t)f->size);
}

void claims_plan_flush_locked(
	struct local *l, struct request *r, struct entry *e)
{
	struct standing *st = standing_of(l, e);
	bool may = may_go_ahead(r);

	r->plan->claim = CLAIM_NONE;
	if (st == NULL)
		return;
	if (is_ahead(e)) {
		r->plan->claim = may ? CLAIM_KEEP : CLAIM_DROP;
		return;
	}
	/* Those that are ready are older. */
	if (!may || available(st) == 0
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
	st = standing_of(l, r->entry);
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
	if (standing_of(l, e) != NULL)
		standing_of(l, e)->coming += r->units;
}

void claims_settle_finish_locked(
	struct local *l, struct request *r, bool is_durable)
{
	struct standing *st = standing_of(l, r->entry);

	if (st == NULL)
		return;
	st->coming -= r->units;
	if (is_durable)
		st->units += r->units;
}

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
	r->done = ignore;
	return r;
}

static void plan_claims_locked(struct batch *b, struct index_writer *w,
	struct standing *st) REQUIRES(&b->local->lock)
{
	struct entry *taken[CLAIMS_MAX];
	size_t most = available(st);
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
	r->done = ignore;
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

	if (!st->is_withdrawn && (w->ready.count == 0 || available(st) > 0))
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

/* ---- handing out ----------------------------------------------------- */

void claims_deliver(struct request *r)
{
	struct standing *st = r->standing;
	struct local *l = r->local;
	struct store_claim claim;
	store_claimed *claimed;
	void *arg;
	size_t i;

	if (st == NULL)
		return;
	mutex_lock(&l->lock);
	claimed = st->claimed;
	arg = st->arg;
	mutex_unlock(&l->lock);
	for (i = 0; i < r->count; i++)
		claimed(arg, &r->claims[i], 1, 0);
	if (r->plan != NULL) {
		claim.dataset = r->plan->row.dataset;
		claim.token = r->plan->row.token;
		claim.read_upto = 1;
		claimed(arg, &claim, 1, 0);
	}
	mutex_lock(&l->lock);
	st->calls--;
	cond_broadcast(&l->changed);
	mutex_unlock(&l->lock);
}

void claims_fini_locked(struct local *l)
{
	size_t i;

	for (i = 0; i < INDEX_WRITERS_MAX; i++)
		free(l->standing[i]);
}
