#include "spool_step.h"

#include "log.h"
#include "messages.h"
#include "spool_again.h"
#include "text.h"

#include <string.h>

/* Takes out what waits for the data set, which may be gone by now. */
static struct spool_later *take_later_locked(struct spool *sp, uint64_t number)
	REQUIRES(&sp->lock)
{
	struct spool_later **at = &sp->later;
	struct spool_later *taken = NULL;
	struct spool_later *later;

	while ((later = *at) != NULL) {
		if (later->number != number) {
			at = &later->next;
			continue;
		}
		*at = later->next;
		later->next = taken;
		taken = later;
	}
	return taken;
}

static void run_later(struct spool_later *later)
{
	struct spool_later *next;

	for (; later != NULL; later = next) {
		next = later->next;
		later->run(later);
	}
}

/* Whether the store may take later what it does not now. */
static bool may_pass(int err)
{
	return err == STORE_FULL || err == -EDQUOT || err == -ENOMEM;
}

/* Returns an entry that is to be freed, or NULL. */
static struct roster_entry *apply_locked(struct spool *sp,
	struct roster_entry *e, struct spool_step *step, int err)
	REQUIRES(&sp->lock)
{
	char reason[REASON_MAX + 1];

	if (err == STORE_NONE || (err == 0 && step->to == DATASET_PURGED)) {
		spool_remove_locked(sp, e);
		return e;
	}
	if (e->state != step->shown
		|| (step->has_failed && e->token != step->token))
		return NULL;
	if (err == 0) {
		spool_set_state_locked(sp, e, step->to, 0, step->reason);
		return NULL;
	}
	/* It may still be there: the operator must see that it is not sent. */
	text_format(reason, sizeof reason, "not submitted%s: %s",
		may_pass(err) ? " yet" : "", strerrordesc_np(-err));
	spool_set_state_locked(sp, e, DATASET_HELD, 0, reason);
	step->shown = DATASET_HELD;
	step->token = e->token;
	return NULL;
}

/* Whom lines about it are for; operators alone where the roster has forgotten
 * it. */
static struct log_subject subject_locked(struct spool *sp,
	const struct roster_entry *e, const char *job_id) REQUIRES(&sp->lock)
{
	return (struct log_subject){
		.uid = e != NULL ? e->uid : 0,
		.writer = e != NULL ? sp->writers[e->writer].name : "-",
		.job_id = job_id,
	};
}

static void log_step(
	const struct spool_step *step, const struct log_subject *about, int err)
{
	const char *job_id = about->job_id;

	if (err == STORE_NONE && step->to == DATASET_PURGED)
		return;
	if (may_pass(err) && step->has_failed)
		return;
	if (err != 0 && step->to == DATASET_PURGED)
		log_about(about, LOG_LEVEL_ERROR, MSG_NOT_PURGED, job_id,
			strerrordesc_np(-err));
	else if (err != 0)
		log_about(about, LOG_LEVEL_ERROR, MSG_NOT_SUBMITTED, job_id,
			strerrordesc_np(-err));
	else if (step->to == DATASET_HELD && !step->is_quiet)
		log_about(
			about, LOG_LEVEL_EVENT, MSG_HELD, job_id, step->reason);
	else if (step->has_failed)
		log_about(about, LOG_LEVEL_EVENT,
			step->to == DATASET_PURGED ? MSG_PURGED_LATE
						   : MSG_SUBMITTED_LATE,
			job_id);
}

/* From here on the step is another thread's, or gone. */
static void leave_step(struct spool *sp, struct spool_step *step, int err)
{
	bool had_failed = step->has_failed;

	step->has_failed = true;
	if (may_pass(err) && spool_again_put(sp->again, step))
		return;
	step->over(step);
	if (had_failed && !may_pass(err))
		spool_again_works(sp->again);
}

static void step_done(void *arg, int err)
{
	struct spool_step *step = arg;
	struct spool *sp = step->spool;
	struct spool_wake wake = { NULL, NULL, NULL };
	struct spool_later *later;
	struct roster_entry *gone = NULL;
	char job_id[JOB_ID_LEN + 1];
	struct log_subject about;
	struct roster_entry *e;

	dataset_job_id(step->job, job_id);
	mutex_lock(&sp->lock);
	later = take_later_locked(sp, step->number);
	e = roster_by_number(&sp->roster, step->number);
	about = subject_locked(sp, e, job_id);
	if (e != NULL) {
		gone = apply_locked(sp, e, step, err);
		/* A claim may have been told first. */
		if (gone == NULL && e->state == DATASET_READY)
			wake = spool_wake_locked(sp, e->writer);
	}
	mutex_unlock(&sp->lock);

	log_step(step, &about, err);
	roster_entry_free(gone);
	run_later(later);
	leave_step(sp, step, err);
	spool_wake_and_end_call(sp, &wake);
}

void spool_step_repeat(struct spool_step *step)
{
	struct store *store = step->spool->store;

	spool_begin_call(step->spool);
	if (step->from == DATASET_OPEN)
		store_submit(store, step->number, step->to, step->reason,
			step_done, step);
	else
		store_move(store, step->number, step->from, step->to,
			step->reason, step_done, step);
}

void spool_step_move(struct spool_step *step)
{
	step->shown = step->from;
	step->has_failed = false;
	spool_step_repeat(step);
}

void spool_step_submit(struct spool_step *step)
{
	step->from = DATASET_OPEN;
	spool_step_move(step);
}
