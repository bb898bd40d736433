/*
 * unlink(2) in a writer directory. What it does follows from the state the
 * data set is in when we look; the store has the last word, and when it moved
 * meanwhile we look again.
 *
 *   state                  its label                   <JOBID>.<name>
 *   OPEN, being written    purged                      purged
 *   OPEN, being closed     label taken away (*)        purged
 *   OPEN, released         once it is submitted, as below
 *   HELD                   label taken away (*)        purged
 *   ACTIVE                 label taken away            -EBUSY
 *   any other              label taken away            purged
 *
 * (*) purged when the label is a draft name: nobody takes it for submitted.
 */
#include "clock.h"
#include "log.h"
#include "messages.h"
#include "spool_handle.h"
#include "spool_lookup.h"

#include <stddef.h>
#include <stdlib.h>

enum { LOOKS_MAX = 4 };

struct unlinking {
	struct spool_later later;
	struct spool *spool;
	uint64_t number;
	bool is_job_name;
	bool is_draft;           /* its label is a draft name */
	enum dataset_state from; /* what the move was asked for */
	int looks;
	uid_t caller;
	struct spool_file *file; /* what it was found open in */
	int err;                 /* of answer_at_once() */
	store_done *done;
	void *arg;
};

/* What is to be done, found out under the lock, done without it. */
typedef void act(struct unlinking *u);

static void look(struct unlinking *u);

/* The last of it: answers, and lets spool_close() go on. */
static void answer(struct unlinking *u, int err)
{
	struct spool *sp = u->spool;

	u->done(u->arg, err);
	free(u);
	spool_end_call(sp);
}

static void answer_at_once(struct unlinking *u)
{
	answer(u, u->err);
}

/* ---- submitted data sets --------------------------------------------- */

/* Its mail may have been sent meanwhile: then its name is all that lingers. */
static void drop_label_locked(struct spool *sp, uint64_t number)
	REQUIRES(&sp->lock)
{
	struct roster_entry *e = roster_by_number(&sp->roster, number);

	if (e != NULL) {
		roster_drop_label(&sp->roster, e);
		return;
	}
	e = linger_by_number(&sp->linger, number, clock_monotonic_ns());
	if (e != NULL)
		linger_remove(&sp->linger, e);
	roster_entry_free(e);
}

static void relabelled(void *arg, int err)
{
	struct unlinking *u = arg;
	struct spool *sp = u->spool;

	if (err == 0 || err == STORE_NONE) {
		mutex_lock(&sp->lock);
		drop_label_locked(sp, u->number);
		mutex_unlock(&sp->lock);
	}
	answer(u, err == STORE_NONE ? 0 : err);
}

/* Mail that was promised to be sent is cancelled: worth a line. */
static void log_purge(struct spool *sp, const struct unlinking *u,
	const struct roster_entry *e)
	UNCHECKED_LOCKS /* a writer's name never changes */
{
	char job_id[JOB_ID_LEN + 1];
	struct log_subject about = { .uid = e->uid,
		.writer = sp->writers[e->writer].name,
		.job_id = job_id };

	dataset_job_id(e->job, job_id);
	log_about(&about, LOG_LEVEL_EVENT, MSG_PURGED_BY, job_id,
		(unsigned int)u->caller);
}

static void moved(void *arg, int err)
{
	struct unlinking *u = arg;
	struct spool *sp = u->spool;
	struct roster_entry *e = NULL;

	if (err == STORE_BUSY) {
		look(u);
		return;
	}
	if (err == 0 || err == STORE_NONE) {
		mutex_lock(&sp->lock);
		e = roster_by_number(&sp->roster, u->number);
		if (e != NULL)
			spool_remove_locked(sp, e);
		mutex_unlock(&sp->lock);
	}
	if (err == 0 && e != NULL)
		log_purge(sp, u, e);
	roster_entry_free(e);
	answer(u, err);
}

static void relabel(struct unlinking *u)
{
	store_unlabel(u->spool->store, u->number, relabelled, u);
}

static void move(struct unlinking *u)
{
	store_move(u->spool->store, u->number, u->from, DATASET_PURGED, "",
		moved, u);
}

/* ---- open data sets -------------------------------------------------- */

static void purged(void *arg, int err)
{
	answer(arg, err);
}

static void hide(struct spool *sp, uint64_t number)
{
	struct roster_entry *e;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, number);
	if (e != NULL) {
		e->is_hidden = true;
		roster_drop_label(&sp->roster, e);
	}
	mutex_unlock(&sp->lock);
}

/* Whether the handle's data set is as good as submitted. */
static bool is_closed(struct spool_file *f)
{
	bool closed;

	mutex_lock(&f->lock);
	closed = f->is_closing && f->err == 0;
	mutex_unlock(&f->lock);
	return closed && atomic_load(&f->size_octets) > 0;
}

/*
 * Purges what is being written. What was never synced needs nothing on disk:
 * a crash leaves nothing of it. The turn keeps flushes away in between.
 */
static void purge_open(struct unlinking *u, struct spool_file *f)
{
	struct spool *sp = u->spool;
	bool is_durable = f->was_synced && !f->is_gone;
	uint64_t number = f->number;

	mutex_lock(&f->lock);
	f->is_unlinked = true;
	mutex_unlock(&f->lock);
	hide(sp, number);
	if (is_durable)
		f->is_gone = true;
	spool_file_end_turn(f);
	spool_file_unref(f);

	if (is_durable)
		store_submit(sp->store, number, DATASET_PURGED, "", purged, u);
	else
		answer(u, 0);
}

/* Whoever unlinks it means the data set, not its label. */
static bool purges(const struct unlinking *u)
{
	return u->is_job_name || u->is_draft;
}

static void unlink_handle(struct unlinking *u)
{
	struct spool_file *f = u->file;

	if (!spool_file_take_open(f)) {
		look(u);
		return;
	}
	if (purges(u) || !is_closed(f)) {
		purge_open(u, f);
		return;
	}
	spool_file_end_turn(f);
	spool_file_unref(f);
	relabel(u);
}

/* ---- which of them --------------------------------------------------- */

/* Returns NULL when it goes on later, and may have by the time we unlock. */
static act *look_locked(struct spool *sp, struct unlinking *u)
	REQUIRES(&sp->lock)
{
	struct roster_entry *e = roster_by_number(&sp->roster, u->number);

	/* Gone meanwhile: its label with it, but not by our purge. */
	u->err = u->is_job_name ? -ENOENT : 0;
	if (e == NULL && !u->is_job_name)
		drop_label_locked(sp, u->number);
	if (e == NULL)
		return answer_at_once;
	u->is_draft = draft_names_match(&sp->drafts, e->label);
	if (e->state == DATASET_OPEN) {
		u->file = spool_file_or_later_locked(sp, e, &u->later);
		return u->file != NULL ? unlink_handle : NULL;
	}
	if (!u->is_job_name && !(u->is_draft && e->state == DATASET_HELD))
		return relabel;

	/* Looking again helps only once the roster has heard of the move. */
	u->err = -EBUSY;
	if (e->state == DATASET_ACTIVE || e->state == u->from
		|| ++u->looks > LOOKS_MAX)
		return answer_at_once;
	u->from = (enum dataset_state)e->state;
	return move;
}

static void look(struct unlinking *u)
{
	struct spool *sp = u->spool;
	act *next;

	mutex_lock(&sp->lock);
	next = look_locked(sp, u);
	mutex_unlock(&sp->lock);
	if (next != NULL)
		next(u);
}

static void submitted(struct spool_later *later)
{
	look((struct unlinking *)((char *)later
		- offsetof(struct unlinking, later)));
}

/* A name that lingers has nothing left but itself. */
static bool forget_locked(struct spool *sp, const char *writer,
	const char *name, const struct spool_caller *caller) REQUIRES(&sp->lock)
{
	struct roster_entry *e =
		spool_lingering_locked(sp, writer, name, caller);

	if (e == NULL)
		return false;
	linger_remove(&sp->linger, e);
	roster_entry_free(e);
	return true;
}

/* Returns 1 when that was all. */
static int find(struct spool *sp, const char *writer, const char *name,
	const struct spool_caller *caller, struct unlinking *u)
{
	struct roster_entry *e;
	int err = 0;

	mutex_lock(&sp->lock);
	e = spool_find_locked(sp, writer, name, caller, &u->is_job_name);
	if (e == NULL || e->is_hidden)
		err = forget_locked(sp, writer, name, caller) ? 1 : -ENOENT;
	else if (!spool_is_visible(e, caller))
		err = -EPERM;
	if (err == 0) {
		u->number = e->number;
		sp->in_flight++;
	}
	mutex_unlock(&sp->lock);
	return err;
}

void spool_unlink(struct spool *sp, const char *writer, const char *name,
	const struct spool_caller *caller, store_done *done, void *arg)
{
	struct unlinking *u = calloc(1, sizeof *u);
	int err = -ENOMEM;

	if (u != NULL) {
		*u = (struct unlinking){ .later.run = submitted,
			.spool = sp,
			.from = DATASET_OPEN,
			.caller = caller->uid,
			.done = done,
			.arg = arg };
		err = find(sp, writer, name, caller, u);
	}
	if (err != 0) {
		free(u);
		done(arg, err < 0 ? err : 0);
		return;
	}
	look(u);
}
