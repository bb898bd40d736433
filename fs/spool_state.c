/*
 * How the roster follows the store. A completion changes an entry only where
 * it is the latest word on it:
 *
 *   submitted         while the entry is OPEN. A claim may have been told
 *                     first, then it is ACTIVE already.
 *   claimed           always: only one claim at a time exists, and tokens
 *                     only grow.
 *   finished          while the entry's token is the one that finished; else
 *                     the next claim was told first.
 *   moved             while the entry is in the state it was moved from.
 *   purged            always: nothing comes after it.
 */
#include "spool_state.h"

#include "clock.h"
#include "log.h"
#include "messages.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define SETTLE_LOOK_NS NS_PER_S

/* ---- writers --------------------------------------------------------- */

struct spool_writer *spool_writer_locked(struct spool *sp, const char *name)
{
	size_t i;

	for (i = 0; i < sp->writer_count; i++)
		if (text_equals_nocase(name, strlen(name), sp->writers[i].name))
			return &sp->writers[i];
	return NULL;
}

int spool_writer_make_locked(
	struct spool *sp, const char *name, struct spool_writer **out)
{
	struct spool_writer *w = spool_writer_locked(sp, name);

	if (w == NULL) {
		if (sp->writer_count == DATASET_WRITERS_MAX)
			return -ENOSPC;
		w = &sp->writers[sp->writer_count++];
		text_copy(w->name, sizeof w->name, name);
	}
	*out = w;
	return 0;
}

uint8_t spool_writer_number(struct spool *sp, const struct spool_writer *w)
	UNCHECKED_LOCKS /* the place of a writer never changes */
{
	return (uint8_t)(w - sp->writers);
}

/* ---- entries --------------------------------------------------------- */

int spool_insert_locked(struct spool *sp, struct roster_entry *e)
{
	struct spool_writer *w = &sp->writers[e->writer];
	int err;

	/* So that becoming WAITING later cannot fail. */
	err = waiting_reserve(&w->waiting, w->entries + 1);
	if (err == 0)
		err = roster_insert(&sp->roster, e);
	if (err != 0)
		return err;
	w->entries++;
	w->count[e->state]++;
	if (e->state == DATASET_WAITING)
		waiting_add(&w->waiting, e);
	return 0;
}

void spool_remove_locked(struct spool *sp, struct roster_entry *e)
{
	struct spool_writer *w = &sp->writers[e->writer];

	if (e->state == DATASET_WAITING)
		waiting_remove(&w->waiting, e);
	w->count[e->state]--;
	w->entries--;
	roster_remove(&sp->roster, e);
}

void spool_set_state_locked(struct spool *sp, struct roster_entry *e,
	enum dataset_state to, int64_t next_try_ns, const char *reason)
{
	struct spool_writer *w = &sp->writers[e->writer];

	if (e->state == DATASET_WAITING)
		waiting_remove(&w->waiting, e);
	w->count[e->state]--;
	w->count[to]++;
	e->state = (uint8_t)to;
	e->next_try_ns = to == DATASET_WAITING ? next_try_ns : 0;
	if (to == DATASET_WAITING)
		waiting_add(&w->waiting, e);

	free(e->reason);
	e->reason = NULL;
	if (to == DATASET_HELD || to == DATASET_WAITING || to == DATASET_DEAD)
		e->reason = strdup(reason); /* without it the state remains */
}

/* ---- calls ----------------------------------------------------------- */

void spool_begin_call(struct spool *sp)
{
	mutex_lock(&sp->lock);
	sp->in_flight++;
	mutex_unlock(&sp->lock);
}

static void end_call_locked(struct spool *sp) REQUIRES(&sp->lock)
{
	if (--sp->in_flight == 0)
		cond_broadcast(&sp->settled);
}

void spool_end_call(struct spool *sp)
{
	mutex_lock(&sp->lock);
	end_call_locked(sp);
	mutex_unlock(&sp->lock);
}

struct spool_wake spool_wake_locked(struct spool *sp, uint8_t writer)
{
	struct spool_writer *w = &sp->writers[writer];

	if (w->arrived == NULL)
		return (struct spool_wake){ NULL, NULL, NULL };
	w->calls++;
	return (struct spool_wake){ w, w->arrived, w->arg };
}

void spool_wake_and_end_call(struct spool *sp, const struct spool_wake *wake)
{
	if (wake->writer != NULL)
		wake->arrived(wake->arg);

	mutex_lock(&sp->lock);
	if (wake->writer != NULL && --wake->writer->calls == 0)
		cond_broadcast(&sp->settled);
	end_call_locked(sp);
	mutex_unlock(&sp->lock);
}

void spool_settle(struct spool *sp)
{
	mutex_lock(&sp->lock);
	while (sp->in_flight > 0)
		cond_wait_until(&sp->settled, &sp->lock,
			clock_monotonic_ns() + SETTLE_LOOK_NS);
	mutex_unlock(&sp->lock);
}

/* ---- steps ----------------------------------------------------------- */

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

/* Returns an entry that is to be freed, or NULL. */
static struct roster_entry *apply_locked(struct spool *sp,
	struct roster_entry *e, const struct spool_step *step, int err)
	REQUIRES(&sp->lock)
{
	char reason[REASON_MAX + 1];

	if (err == STORE_NONE || (err == 0 && step->to == DATASET_PURGED)) {
		spool_remove_locked(sp, e);
		return e;
	}
	if (e->state != step->from)
		return NULL;
	if (err == 0) {
		spool_set_state_locked(sp, e, step->to, 0, step->reason);
		return NULL;
	}
	/* It may still be there: the operator must see that it is not sent. */
	text_format(reason, sizeof reason, "not submitted: %s",
		strerrordesc_np(-err));
	spool_set_state_locked(sp, e, DATASET_HELD, 0, reason);
	return NULL;
}

static void log_step(const struct spool_step *step, int err)
{
	char job_id[JOB_ID_LEN + 1];

	if (err == STORE_NONE && step->to == DATASET_PURGED)
		return;
	dataset_job_id(step->job, job_id);
	if (err != 0 && step->to == DATASET_PURGED)
		log_error(MSG_NOT_PURGED, job_id, strerrordesc_np(-err));
	else if (err != 0)
		log_error(MSG_NOT_SUBMITTED, job_id, strerrordesc_np(-err));
	else if (step->to == DATASET_HELD)
		log_event(MSG_HELD, job_id, step->reason);
}

static void step_done(void *arg, int err)
{
	struct spool_step *step = arg;
	struct spool *sp = step->spool;
	struct spool_wake wake = { NULL, NULL, NULL };
	struct spool_later *later;
	struct roster_entry *gone = NULL;
	struct roster_entry *e;

	mutex_lock(&sp->lock);
	later = take_later_locked(sp, step->number);
	e = roster_by_number(&sp->roster, step->number);
	if (e != NULL) {
		if (err == 0 && step->to == DATASET_READY)
			wake = spool_wake_locked(sp, e->writer);
		gone = apply_locked(sp, e, step, err);
	}
	mutex_unlock(&sp->lock);

	log_step(step, err);
	roster_entry_free(gone);
	run_later(later);
	step->over(step);
	spool_wake_and_end_call(sp, &wake);
}

void spool_step_submit(struct spool_step *step)
{
	step->from = DATASET_OPEN;
	spool_begin_call(step->spool);
	store_submit(step->spool->store, step->number, step->to, step->reason,
		step_done, step);
}

void spool_step_move(struct spool_step *step)
{
	spool_begin_call(step->spool);
	store_move(step->spool->store, step->number, step->from, step->to,
		step->reason, step_done, step);
}
