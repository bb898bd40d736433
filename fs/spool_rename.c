/*
 * rename(2) in and between writer directories. What it does to the state of
 * the data set follows from the one it is in when we look; the store has the
 * last word, and when it moved meanwhile we look again.
 *
 *   state                  to a draft name     to another plain name
 *   OPEN, being written    relabelled: its release does the rest
 *   OPEN, released         once it is submitted, as below
 *   READY, WAITING         HELD                relabelled
 *   HELD                   relabelled          READY
 *   ACTIVE, DEAD           -EBUSY              relabelled
 *
 * To another writer directory: the same, but -EBUSY for ACTIVE and DEAD, and
 * what is HELD stays so under the name it had.
 */
#include "clock.h"
#include "label.h"
#include "spool_handle.h"
#include "spool_lookup.h"
#include "text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKS_MAX = 4 };

struct renaming {
	struct spool_later later;
	struct spool *spool;
	uint64_t number;
	uint8_t writer; /* whose it is to be */
	const char *writer_name;
	bool is_expected;   /* counted there already */
	bool is_draft;      /* its new name */
	bool is_other_name; /* not the one it was found by */
	bool keeps_place;   /* <JOBID>.<name>, with another writer */
	bool has_label;
	bool no_replace;
	bool moves;
	enum dataset_state from, to; /* what the store was asked for */
	int looks;
	struct spool_file *file;    /* found open; its release waits for us */
	int err;                    /* of answer_at_once() */
	struct roster_entry *fresh; /* what it is to be in the roster */
	store_done *done;
	void *arg;
};

/* What is to be done, found out under the lock, done without it. */
typedef void act(struct renaming *u);

static void look(struct renaming *u);

/* ---- the end --------------------------------------------------------- */

static void stop_expecting(struct renaming *u)
{
	struct spool *sp = u->spool;

	if (!u->is_expected)
		return;
	mutex_lock(&sp->lock);
	sp->writers[u->writer].entries--;
	mutex_unlock(&sp->lock);
	u->is_expected = false;
}

/* The last of it: answers, and lets spool_close() go on. */
static void answer(struct renaming *u, int err, const struct spool_wake *wake)
{
	struct spool *sp = u->spool;

	stop_expecting(u);
	roster_entry_free(u->fresh);
	u->done(u->arg, err);
	free(u);
	spool_wake_and_end_call(sp, wake);
}

static void answer_at_once(struct renaming *u)
{
	const struct spool_wake nobody = { NULL, NULL, NULL };

	answer(u, u->err, &nobody);
}

/* ---- too late -------------------------------------------------------- */

/*
 * What was sent before its writer gave it the name it was to have: the name
 * that lingers changes, so that he may go on with it. Where the new one is
 * taken the other keeps it. Who wanted to hold it, or to give it to another
 * writer, hears that it is gone, and then its name is.
 */
static int rename_lingering_locked(struct spool *sp, struct roster_entry *e,
	uint8_t writer, const char *label) REQUIRES(&sp->lock)
{
	struct roster_entry *fresh;

	if (e == NULL)
		return -ENOENT;
	if (e->writer != writer || draft_names_match(&sp->drafts, label)) {
		linger_remove(&sp->linger, e);
		roster_entry_free(e);
		return -ENOENT;
	}
	fresh = roster_entry_renamed(label);
	if (fresh == NULL)
		return -ENOMEM;
	linger_remove(&sp->linger, e);
	roster_entry_copy(fresh, e);
	roster_entry_free(e);
	roster_entry_free(linger_add(&sp->linger, fresh, clock_monotonic_ns()));
	return 0;
}

static int rename_gone_locked(struct spool *sp, const struct renaming *u)
	REQUIRES(&sp->lock)
{
	return rename_lingering_locked(sp,
		linger_by_number(&sp->linger, u->number, clock_monotonic_ns()),
		u->writer, u->fresh->label);
}

/* ---- the roster ------------------------------------------------------ */

static void change_writer_locked(struct spool *sp, struct roster_entry *e,
	uint8_t writer) REQUIRES(&sp->lock)
{
	struct spool_writer *old = &sp->writers[e->writer];
	struct spool_writer *w = &sp->writers[writer];

	if (old == w)
		return;
	old->entries--;
	old->count[e->state]--;
	w->count[e->state]++;
	e->writer = writer;
}

/* u->fresh takes the place of e, and e that of u->fresh: to be freed. */
static void replace_locked(struct spool *sp, struct renaming *u,
	struct roster_entry *e) REQUIRES(&sp->lock)
{
	struct roster_entry *fresh = u->fresh;
	struct spool_writer *old = &sp->writers[e->writer];

	if (e->state == DATASET_WAITING)
		waiting_remove(&old->waiting, e);
	roster_replace(&sp->roster, e, fresh);
	if (e->writer != u->writer)
		u->is_expected = false;
	change_writer_locked(sp, fresh, u->writer);
	if (fresh->state == DATASET_WAITING)
		waiting_add(&sp->writers[u->writer].waiting, fresh);
	if (u->has_label && !fresh->is_hidden)
		spool_take_label_locked(sp, fresh);
	u->fresh = e;
}

static int apply_locked(struct spool *sp, struct renaming *u,
	struct spool_wake *wake) REQUIRES(&sp->lock)
{
	struct roster_entry *e = roster_by_number(&sp->roster, u->number);

	if (e == NULL)
		return rename_gone_locked(sp, u);
	replace_locked(sp, u, e);
	e = roster_by_number(&sp->roster, u->number);
	/* A claim may have been told first. */
	if (u->moves && e->state == u->from)
		spool_set_state_locked(sp, e, u->to, 0, spool_draft_reason);
	if (e->state == DATASET_READY || e->state == DATASET_WAITING)
		*wake = spool_wake_locked(sp, e->writer);
	return 0;
}

static void renamed(void *arg, int err)
{
	struct renaming *u = arg;
	struct spool *sp = u->spool;
	struct spool_wake wake = { NULL, NULL, NULL };

	if (err == STORE_NONE && !u->moves)
		err = 0; /* sent meanwhile: maybe the roster is yet to hear it
			  */
	if (err == 0) {
		mutex_lock(&sp->lock);
		err = apply_locked(sp, u, &wake);
		mutex_unlock(&sp->lock);
	}
	if (u->file != NULL)
		spool_file_renamed(u->file);
	u->file = NULL;
	if (err == STORE_BUSY)
		look(u);
	else
		answer(u, err, &wake);
}

static void ask(struct renaming *u)
{
	struct spool *sp = u->spool;
	const struct store_rename how = { .writer = u->writer_name,
		.label = u->fresh->label,
		.has_label = u->has_label,
		.is_draft = u->is_draft,
		.moves = u->moves,
		.from = u->from,
		.to = u->to,
		.reason = spool_draft_reason };

	store_rename(sp->store, u->number, &how, renamed, u);
}

/* ---- which of them --------------------------------------------------- */

static void rename_handle(struct renaming *u)
{
	struct spool_file *f = u->file;

	if (!spool_file_take_open(f)) {
		u->file = NULL;
		look(u);
		return;
	}
	mutex_lock(&f->lock);
	f->renames++;
	mutex_unlock(&f->lock);
	spool_file_end_turn(f);
	ask(u);
}

/* Finds room with the writer, so that nothing fails once it is durable. */
static int expect_locked(struct spool *sp, struct renaming *u)
	REQUIRES(&sp->lock)
{
	struct spool_writer *w = &sp->writers[u->writer];
	int err;

	if (u->is_expected)
		return 0;
	err = waiting_reserve(&w->waiting, w->entries + 1);
	if (err != 0)
		return err;
	w->entries++;
	u->is_expected = true;
	return 0;
}

static int check_locked(struct spool *sp, struct renaming *u,
	const struct roster_entry *e) REQUIRES(&sp->lock)
{
	const struct roster_entry *holder = roster_by_label(
		&sp->roster, u->writer, e->uid, u->fresh->label);
	bool is_taken = holder != NULL && holder != e;
	bool changes_writer = e->writer != u->writer;

	if (is_taken && u->no_replace)
		return -EEXIST;
	if (u->keeps_place)
		u->has_label = e->has_label && !is_taken;
	if ((e->state == DATASET_ACTIVE || e->state == DATASET_DEAD)
		&& (u->is_draft || changes_writer))
		return -EBUSY;
	return changes_writer ? expect_locked(sp, u) : 0;
}

static void choose_move(struct renaming *u, enum dataset_state state)
{
	u->from = state;
	u->to = u->is_draft ? DATASET_HELD : DATASET_READY;
	u->moves = u->is_draft
		? state == DATASET_READY || state == DATASET_WAITING
		: state == DATASET_HELD && u->is_other_name;
}

/* Returns NULL when it goes on later, and may have by the time we unlock. */
static act *look_locked(struct spool *sp, struct renaming *u)
	REQUIRES(&sp->lock)
{
	struct roster_entry *e = roster_by_number(&sp->roster, u->number);

	u->err = e != NULL ? check_locked(sp, u, e) : rename_gone_locked(sp, u);
	if (e == NULL || u->err != 0)
		return answer_at_once;
	/* Looking again helps only once the roster has heard of the move. */
	if (u->looks > 0 && e->state == u->from && e->state != DATASET_OPEN)
		u->err = -EBUSY;
	if (++u->looks > LOOKS_MAX)
		u->err = -EBUSY;
	if (u->err != 0)
		return answer_at_once;
	choose_move(u, (enum dataset_state)e->state);
	if (e->state != DATASET_OPEN)
		return ask;
	u->file = spool_file_or_later_locked(sp, e, &u->later);
	return u->file != NULL ? rename_handle : NULL;
}

static void look(struct renaming *u)
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
	look((struct renaming *)((char *)later
		- offsetof(struct renaming, later)));
}

/* ---- names ----------------------------------------------------------- */

/*
 * The new label. In another directory a data set may keep the name by which
 * it is found there, whoever it belongs to.
 */
static int find_label_locked(struct spool *sp, struct renaming *u,
	const struct roster_entry *e, bool is_job_name, const char *from,
	const char *to) REQUIRES(&sp->lock)
{
	const char *label = to;
	int err = label_check(to);

	u->keeps_place = is_job_name && e->writer != u->writer
		&& text_equals_nocase(from, strlen(from), to);
	if (u->keeps_place) {
		label = e->label;
		err = 0;
	}
	if (err != 0)
		return err;
	u->is_draft = draft_names_match(&sp->drafts, label);
	u->has_label = true;
	u->fresh = roster_entry_renamed(label);
	return u->fresh != NULL ? 0 : -ENOMEM;
}

static int find_lingering_locked(struct spool *sp,
	const struct spool_path *from, const struct spool_path *to,
	const struct spool_writer *w, const struct spool_caller *caller)
	REQUIRES(&sp->lock)
{
	struct roster_entry *e =
		spool_lingering_locked(sp, from->writer, from->name, caller);
	int err = e != NULL ? label_check(to->name) : -ENOENT;

	if (err == 0)
		err = rename_lingering_locked(
			sp, e, spool_writer_number(sp, w), to->name);
	return err != 0 ? err : 1;
}

/* Returns 1 when there is nothing left to do. */
static int find_locked(struct spool *sp, const struct spool_path *from,
	const struct spool_path *to, const struct spool_caller *caller,
	struct renaming *u) REQUIRES(&sp->lock)
{
	struct spool_writer *w = spool_writer_locked(sp, to->writer);
	struct roster_entry *e;
	bool is_job_name;
	int err;

	e = spool_find_locked(
		sp, from->writer, from->name, caller, &is_job_name);
	if (e == NULL && w != NULL)
		return find_lingering_locked(sp, from, to, w, caller);
	if (w == NULL || e->is_hidden)
		return -ENOENT;
	if (!spool_is_visible(e, caller))
		return -EPERM;
	u->number = e->number;
	u->writer = spool_writer_number(sp, w);
	u->writer_name = w->name;
	u->is_other_name = strcmp(from->name, to->name) != 0;
	err = find_label_locked(sp, u, e, is_job_name, from->name, to->name);
	if (err == 0)
		sp->in_flight++;
	return err;
}

void spool_rename(struct spool *sp, const struct spool_path *from,
	const struct spool_path *to, bool no_replace,
	const struct spool_caller *caller, store_done *done, void *arg)
{
	struct renaming *u = calloc(1, sizeof *u);
	int err = -ENOMEM;

	if (u != NULL) {
		*u = (struct renaming){ .later.run = submitted,
			.spool = sp,
			.no_replace = no_replace,
			.done = done,
			.arg = arg };
		mutex_lock(&sp->lock);
		err = find_locked(sp, from, to, caller, u);
		mutex_unlock(&sp->lock);
	}
	if (err != 0) {
		free(u);
		done(arg, err < 0 ? err : 0);
		return;
	}
	look(u);
}
