#include "store_claims.h"

#include "clock.h"

#include <stdlib.h>

/* ---- units ----------------------------------------------------------- */

size_t standing_available(const struct standing *st)
{
	if (st == NULL || st->claimed == NULL || st->is_withdrawn)
		return 0;
	return st->units + st->coming - st->planned;
}

/* Lets the committer look; where memory is out, the next request does. */
static void nudge(struct local *l)
{
	struct request *r = request_new(l, REQUEST_NUDGE, 0, NULL, NULL, 0);

	if (r != NULL)
		request_push(r, request_ignore, NULL);
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

	if (atomic_load(&l->is_broken))
		return false;
	if (st->is_withdrawn)
		return st->ahead_count > 0;
	return standing_available(st) > 0
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
