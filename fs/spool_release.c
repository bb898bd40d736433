/*
 * The last close of a data set: what becomes of it.
 *
 *   unlinked, empty, or a write of it failed    purged
 *   its writer was killed                       synced, judged, then READY
 *                                               or HELD
 *   else                                        READY
 *
 * Where its label is a draft name it becomes HELD, not READY. A rename that
 * is under way decides which label that is, so the release waits for it.
 */
#include "log.h"
#include "messages.h"
#include "spool_check.h"
#include "spool_file.h"
#include "spool_handle.h"

#include <stddef.h>
#include <string.h>

static const char incomplete[] = "INCOMPLETE: the writer was killed";

static struct spool_file *file_of_step(struct spool_step *step)
{
	return (struct spool_file *)((char *)step
		- offsetof(struct spool_file, step));
}

static void submit_over(struct spool_step *step)
{
	spool_file_unref(file_of_step(step));
}

static void submit(
	struct spool_file *f, enum dataset_state to, const char *reason)
{
	f->step = (struct spool_step){ .spool = f->spool,
		.number = f->number,
		.job = f->job,
		.to = to,
		.reason = reason,
		.is_quiet = reason == spool_draft_reason,
		.over = submit_over };
	spool_step_submit(&f->step);
}

/*
 * The roster learns that nobody writes any more; of a data set that goes it
 * forgets even the name at once.
 */
static void leave(struct spool_file *f, bool is_purged)
{
	struct spool *sp = f->spool;
	struct roster_entry *e;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, f->number);
	if (e != NULL) {
		e->file = NULL;
		e->size_octets = atomic_load(&f->size_octets);
		e->changed_ns = atomic_load(&f->changed_ns);
		if (is_purged)
			spool_remove_locked(sp, e);
	}
	mutex_unlock(&sp->lock);
	if (is_purged)
		roster_entry_free(e);
}

static bool is_draft(struct spool_file *f)
{
	struct spool *sp = f->spool;
	struct roster_entry *e;
	bool is;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, f->number);
	is = e != NULL && draft_names_match(&sp->drafts, e->label);
	mutex_unlock(&sp->lock);
	return is;
}

static void submit_whole(struct spool_file *f)
{
	if (is_draft(f))
		submit(f, DATASET_HELD, spool_draft_reason);
	else
		submit(f, DATASET_READY, "");
}

static void log_discarded(const struct spool_file *f, int err)
{
	struct spool_subject about;

	spool_file_subject(f, &about);
	log_about(&about.log, LOG_LEVEL_EVENT, MSG_DISCARDED, about.job_id,
		strerrordesc_np(-err));
}

static void judged(struct judge_case *c, struct judge_verdict verdict)
{
	struct spool_file *f = (struct spool_file *)((char *)c
		- offsetof(struct spool_file, judged));
	struct spool *sp = f->spool;
	struct spool_subject about;

	if (verdict.to == DATASET_READY) {
		spool_file_subject(f, &about);
		log_about(&about.log, LOG_LEVEL_EVENT, MSG_KILLED_COMPLETE,
			about.job_id);
		submit_whole(f);
	} else {
		submit(f, verdict.to, verdict.reason);
	}
	spool_end_call(sp);
}

/* What is judged must be what a crash would leave to be judged. */
static void synced(void *arg, int err)
{
	struct spool_file *f = arg;
	struct spool *sp = f->spool;

	if (err == 0) {
		judge_put(sp->judge, &f->judged);
		return;
	}
	submit(f, DATASET_HELD, incomplete);
	spool_end_call(sp);
}

/* It may have been given to another one since it was opened. */
static const char *writer_now(struct spool_file *f)
{
	struct spool *sp = f->spool;
	struct roster_entry *e;
	const char *name;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, f->number);
	name = sp->writers[e != NULL ? e->writer : f->writer].name;
	mutex_unlock(&sp->lock);
	return name;
}

static void have_judged(struct spool_file *f)
{
	f->judged.number = f->number;
	f->judged.writer = writer_now(f);
	f->judged.incomplete = incomplete;
	f->judged.decided = judged;
	spool_begin_call(f->spool);
	store_sync(f->spool->store, f->number, synced, f);
}

static void end_writing(struct spool_file *f, bool was_killed)
{
	if (was_killed)
		have_judged(f);
	else
		submit_whole(f);
}

void spool_file_renamed(struct spool_file *f)
{
	bool is_over, was_killed;

	mutex_lock(&f->lock);
	is_over = --f->renames == 0 && f->is_late;
	was_killed = f->was_killed;
	mutex_unlock(&f->lock);
	if (is_over)
		end_writing(f, was_killed);
	spool_file_unref(f);
}

/* Whether a rename that is under way ends the release. */
static bool leave_to_rename(struct spool_file *f, bool was_killed)
{
	bool is_late;

	mutex_lock(&f->lock);
	is_late = f->renames > 0;
	f->is_late = is_late;
	f->was_killed = was_killed;
	mutex_unlock(&f->lock);
	return is_late;
}

void spool_file_release(struct spool_file *f, bool was_killed)
{
	bool is_purged, is_gone, is_unlinked;
	bool is_late = false;
	int err;

	quota_leave(f->spool->quota, f->account);
	spool_file_take_turn(f);
	f->is_released = true;
	spool_check_end(f);
	is_gone = f->is_gone;
	mutex_lock(&f->lock);
	is_unlinked = f->is_unlinked;
	err = f->err;
	mutex_unlock(&f->lock);
	is_purged = is_unlinked || err != 0 || spool_file_is_empty(f);
	leave(f, is_purged);
	if (!is_purged)
		is_late = leave_to_rename(f, was_killed);
	spool_file_end_turn(f);

	if (err != 0 && !is_unlinked && !f->is_refused)
		log_discarded(f, err);
	if (is_gone)
		spool_file_unref(f);
	else if (is_purged)
		submit(f, DATASET_PURGED, "");
	else if (!is_late)
		end_writing(f, was_killed);
}
