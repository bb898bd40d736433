/*
 * What start-up does with each data set, by its state on disk. Nothing here
 * is done twice by a second crash: until a step is durable, the next start
 * finds the state it started from.
 *
 *   state on disk       what start-up does                 it starts as
 *   OPEN, empty         purges it                          gone
 *   OPEN, whole         submits it, says so                READY
 *   OPEN, not whole     holds it as INCOMPLETE             HELD
 *   OPEN, unreadable    holds it as DAMAGED                HELD
 *   OPEN, and claimed   names its mail in doubt; then as
 *                       above
 *   OPEN, a draft name  the same, but whole or not it is     HELD
 *                       held, and never was in doubt
 *   READY, HELD,        nothing                            the same
 *   WAITING, DEAD
 *   ACTIVE              names its mails in doubt, voids    READY
 *                       the claim
 *   ACTIVE, marks       holds it as DAMAGED                HELD
 *   unreadable
 *   none, or OPEN and   nothing was promised: the store
 *   never synced        leaves no trace of it              gone
 *
 * Who has which label: spool_labels.h.
 */
#include "clock.h"
#include "log.h"
#include "messages.h"
#include "spool_again.h"
#include "spool_file.h"
#include "spool_handle.h"
#include "spool_labels.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_DATASETS = 64, PAGE_MARKS = 64 };

static const char incomplete[] =
	"INCOMPLETE: not closed when the program ended";
static const char unreadable[] = "DAMAGED: its marks cannot be read";

/* ---- mails in doubt -------------------------------------------------- */

static int log_page(
	struct spool *sp, const struct dataset *d, uint32_t *after, bool *more)
{
	struct store_mark_row rows[PAGE_MARKS];
	char job_id[JOB_ID_LEN + 1];
	size_t count, i;
	int err;

	err = store_marks_read(
		sp->store, d->number, *after, PAGE_MARKS, rows, &count);
	if (err != 0)
		return err;
	dataset_job_id(d->job, job_id);
	for (i = 0; i < count; i++) {
		if (rows[i].kind == STORE_MARK_CLAIMED)
			log_event(MSG_IN_DOUBT, job_id, rows[i].mail);
		*after = rows[i].mail;
		store_mark_fini(&rows[i]);
	}
	*more = count == PAGE_MARKS;
	return 0;
}

static int log_doubts(struct spool *sp, const struct dataset *d)
{
	char job_id[JOB_ID_LEN + 1];
	uint32_t after = 0;
	bool more = true;
	int err = 0;

	while (err == 0 && more)
		err = log_page(sp, d, &after, &more);
	if (err != 0) {
		dataset_job_id(d->job, job_id);
		log_error(MSG_MARKS_UNREADABLE, job_id, strerrordesc_np(-err));
	}
	return err;
}

/* ---- steps ----------------------------------------------------------- */

static void step_over(struct spool_step *step)
{
	free(step);
}

static int take_step(struct spool *sp, const struct dataset *d,
	enum dataset_state to, const char *reason)
{
	struct spool_step *step = calloc(1, sizeof *step);

	if (step == NULL)
		return -ENOMEM;
	*step = (struct spool_step){ .spool = sp,
		.number = d->number,
		.job = d->job,
		.from = d->state,
		.to = to,
		.reason = reason,
		.over = step_over };
	if (d->state == DATASET_OPEN)
		spool_step_submit(step);
	else
		spool_step_move(step);
	return 0;
}

/* A claim may have been recorded with its octets: store_standing.h. */
static int start_open(struct spool *sp, const struct dataset *d,
	const struct spool_judge *judge)
{
	struct judge_verdict verdict = { DATASET_PURGED, "" };
	bool is_draft = draft_names_match(&sp->drafts, d->label);
	char job_id[JOB_ID_LEN + 1];
	int err = is_draft ? 0 : log_doubts(sp, d);

	if (d->size_octets > 0)
		verdict = judge_dataset(
			sp->store, judge, d->writer, d->number, incomplete);
	if (verdict.to == DATASET_READY && err != 0)
		verdict = (struct judge_verdict){ DATASET_HELD, unreadable };
	if (verdict.to == DATASET_READY && is_draft)
		verdict = (struct judge_verdict){ DATASET_HELD,
			spool_draft_reason };
	if (verdict.to == DATASET_READY) {
		dataset_job_id(d->job, job_id);
		log_event(MSG_FOUND_COMPLETE, job_id);
	}
	return take_step(sp, d, verdict.to, verdict.reason);
}

static int start_active(struct spool *sp, const struct dataset *d,
	const struct spool_judge *judge)
{
	(void)judge;
	if (log_doubts(sp, d) != 0)
		return take_step(sp, d, DATASET_HELD, unreadable);
	return take_step(sp, d, DATASET_READY, "");
}

/* ---- the roster ------------------------------------------------------ */

/* NULL: it stays what it is. */
static int (*const starts[DATASET_STATES])(struct spool *sp,
	const struct dataset *d, const struct spool_judge *judge) = {
	[DATASET_OPEN] = start_open,
	[DATASET_ACTIVE] = start_active,
};

static int enter_locked(struct spool *sp, const struct dataset *d,
	struct spool_labels *labels) REQUIRES(&sp->lock)
{
	struct spool_writer *w;
	struct roster_entry *e;
	int err = spool_writer_make_locked(sp, d->writer, &w);

	if (err != 0)
		return err;
	e = roster_entry_new(d, spool_writer_number(sp, w));
	if (e == NULL)
		return -ENOMEM;
	err = quota_found(sp->quota, e->uid, e->size_octets);
	if (err == 0) {
		err = spool_insert_locked(sp, e);
		if (err != 0)
			quota_gone(sp->quota, e->uid, e->size_octets);
	}
	if (err != 0) {
		roster_entry_free(e);
		return err;
	}
	return spool_labels_found_locked(sp, labels, e, d);
}

static int start_dataset(struct spool *sp, const struct dataset *d,
	const struct spool_judge *judge, struct spool_labels *labels)
{
	int err;

	mutex_lock(&sp->lock);
	err = enter_locked(sp, d, labels);
	mutex_unlock(&sp->lock);
	if (err == 0 && starts[d->state] != NULL)
		err = starts[d->state](sp, d, judge);
	return err;
}

static int start_all(struct spool *sp, const struct spool_judge *judge)
{
	struct dataset *page = calloc(PAGE_DATASETS, sizeof *page);
	struct spool_labels labels = { NULL, 0, 0 };
	uint64_t after = 0;
	size_t count, i;
	int err = page != NULL ? 0 : -ENOMEM;

	do {
		count = 0;
		if (err == 0)
			err = store_list(sp->store, NULL, after, PAGE_DATASETS,
				page, &count);
		for (i = 0; i < count && err == 0; i++) {
			after = page[i].number;
			err = start_dataset(sp, &page[i], judge, &labels);
		}
	} while (err == 0 && count == PAGE_DATASETS);
	free(page);
	mutex_lock(&sp->lock);
	spool_labels_end_locked(sp, &labels);
	mutex_unlock(&sp->lock);
	spool_settle(sp);
	return err;
}

/* ---- open and close -------------------------------------------------- */

static void spool_free(struct spool *sp)
{
	size_t i;

	for (i = 0; i < sp->writer_count; i++)
		waiting_fini(&sp->writers[i].waiting);
	roster_fini(&sp->roster);
	linger_fini(&sp->linger);
	gone_fini(&sp->gone);
	quota_close(sp->quota);
	cond_fini(&sp->gone_news);
	cond_fini(&sp->settled);
	mutex_fini(&sp->lock);
	free(sp);
}

/* What the store takes now it has not to be asked for at the next start. */
static void end_steps(struct spool *sp)
{
	if (sp->again == NULL)
		return;
	spool_again_stop(sp->again);
	spool_settle(sp);
	spool_again_close(sp->again);
}

int spool_open(struct store *store, const struct spool_judge *judge,
	const struct draft_names *drafts, struct spool **out)
{
	struct spool *sp = calloc(1, sizeof *sp);
	int err;

	if (sp == NULL)
		return -ENOMEM;
	sp->store = store;
	if (drafts != NULL)
		sp->drafts = *drafts;
	else
		draft_names_usual(&sp->drafts);
	atomic_init(&sp->is_quiesced, false);
	mutex_init(&sp->lock, RANK_SPOOL);
	cond_init(&sp->settled);
	cond_init(&sp->gone_news);
	err = roster_init(&sp->roster);
	if (err == 0)
		err = quota_open(&sp->quota);
	if (err == 0)
		err = spool_again_open(spool_step_repeat, &sp->again);
	if (err == 0)
		err = start_all(sp, judge);
	if (err == 0)
		err = judge_open(store, judge, &sp->judge);
	if (err != 0) {
		end_steps(sp);
		spool_free(sp);
		return err;
	}
	*out = sp;
	return 0;
}

void spool_close(struct spool *sp)
{
	if (sp == NULL)
		return;
	spool_settle(sp);
	judge_close(sp->judge);
	end_steps(sp);
	spool_free(sp);
}

/* ---- writers --------------------------------------------------------- */

int spool_add_writer(struct spool *sp, const char *writer)
{
	char name[WRITER_NAME_MAX + 1];
	struct spool_writer *w;
	int err = writer_name_parse(writer, strlen(writer), name);

	if (err != 0)
		return err;
	mutex_lock(&sp->lock);
	err = spool_writer_make_locked(sp, name, &w);
	if (err == 0 && w->is_added)
		err = -EEXIST;
	else if (err == 0)
		w->is_added = true;
	mutex_unlock(&sp->lock);
	return err;
}

int spool_linger(struct spool *sp, int64_t for_ns)
{
	struct linger fresh;
	struct linger old;
	int err = linger_init(&fresh, for_ns);

	if (err != 0)
		return err;
	mutex_lock(&sp->lock);
	old = sp->linger;
	sp->linger = fresh;
	mutex_unlock(&sp->lock);
	linger_fini(&old);
	return 0;
}

void spool_limit_datasets(
	struct spool *sp, const char *writer, uint64_t octets_max)
{
	struct spool_writer *w;

	mutex_lock(&sp->lock);
	w = spool_writer_locked(sp, writer);
	assert(w != NULL);
	w->dataset_octets_max = octets_max;
	mutex_unlock(&sp->lock);
}

void spool_check_datasets(
	struct spool *sp, const char *writer, const struct spool_check *check)
{
	struct spool_writer *w;

	mutex_lock(&sp->lock);
	w = spool_writer_locked(sp, writer);
	assert(w != NULL);
	w->check = *check;
	mutex_unlock(&sp->lock);
}

const char *spool_writer(struct spool *sp, size_t index)
{
	const char *name = NULL;

	mutex_lock(&sp->lock);
	if (index < sp->writer_count)
		name = sp->writers[index].name;
	mutex_unlock(&sp->lock);
	return name;
}

void spool_quiesce(struct spool *sp)
{
	atomic_store(&sp->is_quiesced, true);
}

/* ---- space ----------------------------------------------------------- */

void spool_limit(struct spool *sp, const struct spool_limits *limits)
{
	struct spool_limits chosen = *limits;
	struct store_stats stats;

	if (chosen.spool_octets == 0) {
		store_stats_read(sp->store, &stats);
		chosen.spool_octets = stats.capacity_octets;
	}
	quota_limit(sp->quota, &chosen);
	quota_tell(sp->quota);
}

bool spool_is_short(struct spool *sp)
{
	return quota_is_short(sp->quota);
}

/* What the store has no room for cannot come, whatever the limits say. */
void spool_space(struct spool *sp, struct spool_space *out)
{
	struct quota_usage usage;
	struct store_stats stats;
	uint64_t room;
	int state;

	store_stats_read(sp->store, &stats);
	quota_usage(sp->quota, &usage);
	*out = (struct spool_space){ .used_octets = usage.used_octets };
	for (state = 0; state < DATASET_PURGED; state++)
		out->datasets += stats.count[state];
	if (usage.used_octets < usage.limit_octets)
		out->free_octets = usage.limit_octets - usage.used_octets;
	room = out->free_octets > usage.reserve_octets
		? out->free_octets - usage.reserve_octets
		: 0;
	if (out->free_octets > stats.free_octets)
		out->free_octets = stats.free_octets;
	out->available_octets =
		room < stats.free_octets ? room : stats.free_octets;
}

void spool_stats(struct spool *sp, struct store_stats *out)
{
	store_stats_read(sp->store, out);
}
