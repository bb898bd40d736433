#include "spool.h"

#include "clock.h"
#include "spool_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The embedded store frees claims at its next start, not by this. */
#define LEASE_NS (300 * NS_PER_S)
#define DETACH_LOOK_NS NS_PER_S

void spool_attach(struct spool *sp, const char *writer,
	void (*arrived)(void *arg), void *arg)
{
	struct spool_writer *w;

	mutex_lock(&sp->lock);
	w = spool_writer_locked(sp, writer);
	assert(w != NULL);
	w->arrived = arrived;
	w->arg = arg;
	while (arrived == NULL && w->calls > 0)
		cond_wait_until(&sp->settled, &sp->lock,
			clock_monotonic_ns() + DETACH_LOOK_NS);
	mutex_unlock(&sp->lock);
}

size_t spool_selectable(
	struct spool *sp, const char *writer, int64_t *next_due_ns)
{
	int64_t now_ns = clock_wall_ns();
	struct spool_writer *w;
	size_t count = 0;

	*next_due_ns = INT64_MAX;
	mutex_lock(&sp->lock);
	w = spool_writer_locked(sp, writer);
	if (w != NULL)
		count = w->count[DATASET_READY]
			+ waiting_due(&w->waiting, now_ns, next_due_ns);
	if (w != NULL)
		count -= count < w->selecting ? count : w->selecting;
	mutex_unlock(&sp->lock);
	return count;
}

static void claimed_locked(struct spool *sp, const struct store_claim *claim)
	REQUIRES(&sp->lock)
{
	struct roster_entry *e =
		roster_by_number(&sp->roster, claim->dataset.number);

	/* A purge may already have been told. */
	if (e == NULL || e->token >= claim->token)
		return;
	e->token = claim->token;
	spool_set_state_locked(sp, e, DATASET_ACTIVE, 0, "");
}

/* The roster knows of a claim before the forwarder does. */
static void claimed(
	void *arg, const struct store_claim *claim, size_t units, int err)
{
	struct spool_writer *w = arg;
	struct spool *sp = w->spool;

	if (claim != NULL) {
		mutex_lock(&sp->lock);
		claimed_locked(sp, claim);
		mutex_unlock(&sp->lock);
	}
	w->claimed(w->claimed_arg, claim, units, err);
}

/* What a listener is called with does not change while he listens. */
int spool_listen(struct spool *sp, const char *writer, store_claimed *listener,
	void *arg)
{
	struct spool_writer *w;

	mutex_lock(&sp->lock);
	w = spool_writer_locked(sp, writer);
	assert(w != NULL);
	if (listener != NULL) {
		w->claimed = listener;
		w->claimed_arg = arg;
	}
	mutex_unlock(&sp->lock);
	return store_listen(
		sp->store, w->name, listener != NULL ? claimed : NULL, w);
}

void spool_grant(struct spool *sp, const char *writer, size_t units)
{
	store_grant(sp->store, writer, units);
}

void spool_withdraw(struct spool *sp, const char *writer)
{
	store_withdraw(sp->store, writer);
}

/*
 * The store knows of a claim before the roster does. Until then the data
 * sets count as taken, or another thread would ask for them again and again.
 */
int spool_select(struct spool *sp, const char *writer, size_t max,
	struct store_claim *claims, size_t *count)
{
	struct spool_writer *w;
	size_t claimed = 0, i;
	int err;

	mutex_lock(&sp->lock);
	w = spool_writer_locked(sp, writer);
	if (w != NULL)
		w->selecting += max;
	mutex_unlock(&sp->lock);

	err = store_claim(sp->store, writer, max, LEASE_NS, claims, &claimed);

	mutex_lock(&sp->lock);
	if (w != NULL)
		w->selecting -= max;
	for (i = 0; i < claimed; i++)
		claimed_locked(sp, &claims[i]);
	mutex_unlock(&sp->lock);
	if (err != 0)
		return err;
	*count = claimed;
	return 0;
}

ssize_t spool_read(struct spool *sp, uint64_t number, uint64_t offset,
	void *octets, size_t len)
{
	return store_read(sp->store, number, offset, octets, len);
}

int spool_mark_read(struct spool *sp, uint64_t number, uint32_t mail,
	struct store_mark_row *out)
{
	return store_mark_read(sp->store, number, mail, out);
}

void spool_checkpoint(struct spool *sp, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg)
{
	store_checkpoint(sp->store, number, token, marks, count, done, arg);
}

/* ---- the end of a claim ---------------------------------------------- */

struct finish {
	struct spool *spool;
	uint64_t number, token;
	enum dataset_state to;
	int64_t next_try_ns;
	store_done *done;
	void *arg;
	char reason[]; /* empty where the state has none */
};

/* Who wrote it may still have to do with its name. */
static struct roster_entry *sent_locked(
	struct spool *sp, struct roster_entry *e) REQUIRES(&sp->lock)
{
	bool has_label = e->has_label;

	spool_remove_locked(sp, e);
	if (!has_label)
		return e;
	e->state = DATASET_PURGED;
	return linger_add(&sp->linger, e, clock_monotonic_ns());
}

/* Returns an entry that is to be freed, or NULL. */
static struct roster_entry *finished_locked(struct spool *sp,
	const struct finish *f, struct spool_wake *wake) REQUIRES(&sp->lock)
{
	struct roster_entry *e = roster_by_number(&sp->roster, f->number);

	if (e == NULL)
		return NULL;
	if (f->to == DATASET_PURGED)
		return sent_locked(sp, e);
	if (f->to == DATASET_READY || f->to == DATASET_WAITING)
		*wake = spool_wake_locked(sp, e->writer);
	if (e->token == f->token)
		spool_set_state_locked(sp, e, f->to, f->next_try_ns, f->reason);
	return NULL;
}

static void finish_done(void *arg, int err)
{
	struct finish *f = arg;
	struct spool *sp = f->spool;
	struct spool_wake wake = { NULL, NULL, NULL };
	struct roster_entry *gone = NULL;

	if (err == 0) {
		mutex_lock(&sp->lock);
		gone = finished_locked(sp, f, &wake);
		mutex_unlock(&sp->lock);
	}
	roster_entry_free(gone);
	f->done(f->arg, err);
	free(f);
	spool_wake_and_end_call(sp, &wake);
}

void spool_finish(struct spool *sp, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg)
{
	size_t len = how->reason != NULL ? strlen(how->reason) : 0;
	struct finish *f = calloc(1, sizeof *f + len + 1);

	if (f == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	*f = (struct finish){ sp, number, token, how->to, how->next_try_ns,
		done, arg };
	if (len > 0)
		memcpy(f->reason, how->reason, len);
	spool_begin_call(sp);
	store_finish(sp->store, number, token, how, finish_done, f);
}
