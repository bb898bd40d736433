/*
 * How the roster follows the store. A completion changes an entry only where
 * it is the latest word on it:
 *
 *   submitted         while the entry is OPEN, or HELD because that had
 *                     failed, and its token is still the same. A claim may
 *                     have been told first, then it is ACTIVE already.
 *   claimed           always: only one claim at a time exists, and tokens
 *                     only grow.
 *   finished          while the entry's token is the one that finished; else
 *                     the next claim was told first.
 *   moved             while the entry is in the state it was moved from.
 *   purged            always: nothing comes after it.
 */
#include "spool_state.h"

#include "clock.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_LOOK_NS NS_PER_S

const char spool_draft_reason[] = "DRAFT: not sent under this name";

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
		w->spool = sp;
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
	assert(e->file == NULL); /* it would count more than the entry says */
	quota_gone(sp->quota, e->uid, e->size_octets);
	if (sp->gone.is_wanted && gone_put(&sp->gone, e, clock_monotonic_ns()))
		cond_signal(&sp->gone_news);
	roster_remove(&sp->roster, e);
}

void spool_take_label_locked(struct spool *sp, struct roster_entry *e)
{
	struct roster_entry *gone = linger_by_label(
		&sp->linger, e->writer, e->uid, e->label, INT64_MIN);

	if (gone != NULL)
		linger_remove(&sp->linger, gone);
	roster_entry_free(gone);
	roster_take_label(&sp->roster, e);
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

/* Whatever has ended may have made room. */
void spool_end_call(struct spool *sp)
{
	quota_tell(sp->quota);
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
	quota_tell(sp->quota);

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
