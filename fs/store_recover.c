#include "store_local.h"

#include "log.h"
#include "messages.h"
#include "store_failed.h"
#include "store_large.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * What a start finds, and what it makes of it, before anybody else sees it
 * (what the data sets themselves become is in dataset.c):
 *
 *   a segment file           used again where nothing in it lives
 *   files/N without a row    never promised: unlinked
 *   a row without content    stays; reading it answers STORE_DAMAGED
 *   a row out of range       HELD, with that reason
 *   the file "failed"        not zeros: a sync had failed; what it names and
 *                            what was OPEN is HELD, then it is cleared
 */

/* More than will ever be used; rows beyond are no rows of ours. */
#define NUMBER_MAX (UINT64_C(1) << 62)

struct start {
	struct local *local;
	struct failed failed;
	uint64_t *held; /* numbers to hold */
	size_t held_count;
	size_t held_cap;
};

/* ---- rows to entries ------------------------------------------------- */

static bool is_sane(const struct catalogue_row *row)
{
	const struct dataset *d = &row->dataset;
	char writer[WRITER_NAME_MAX + 1];

	return d->job >= 1 && d->job <= JOB_NUMBER_MAX
		&& writer_name_parse(d->writer, strlen(d->writer), writer) == 0
		&& row->extents <= EXTENTS_MAX && row->read_upto >= 1
		&& row->content < CONTENT_LOST;
}

static int note_held(struct start *st, uint64_t number)
{
	size_t cap = st->held_cap != 0 ? st->held_cap * 2 : 64;
	uint64_t *grown;

	if (st->held_count == st->held_cap) {
		grown = realloc(st->held, cap * sizeof *grown);
		if (grown == NULL)
			return -ENOMEM;
		st->held = grown;
		st->held_cap = cap;
	}
	st->held[st->held_count++] = number;
	return 0;
}

static bool was_failed(const struct start *st, const struct dataset *d)
{
	if (!st->failed.is_set)
		return false;
	return d->state == DATASET_OPEN
		|| ((d->state == DATASET_READY || d->state == DATASET_ACTIVE)
			&& failed_has(&st->failed, d->number));
}

static void drop_kept(
	struct local *l, const struct extent *extents, size_t count)
{
	while (count > 0)
		segments_drop(l->segments, &extents[--count]);
}

/* Finds all records of a row; CONTENT_LOST when one is not there. */
static int keep_records(
	struct local *l, const struct catalogue_row *row, struct entry *e)
{
	struct extent extents[EXTENTS_MAX];
	size_t count = 0;
	size_t kept = 0;
	int err = 0;

	if (row->content != CONTENT_SEGMENT || row->extents == 0)
		return 0;
	e->extent = extents[0] = row->extent;
	if (row->extents > 1)
		err = catalogue_extents(l->catalogue, e->number, extents + 1,
			EXTENTS_MAX - 1, &count);
	if (err != 0)
		return err;
	count++;
	while (kept < count && segments_keep(l->segments, &extents[kept]) == 0)
		kept++;
	if (kept < row->extents || kept < count) {
		drop_kept(l, extents, kept);
		e->content = CONTENT_LOST;
		return 0;
	}
	e->extents = (uint16_t)count;
	if (count == 1)
		return 0;
	e->more = calloc(count - 1, sizeof *e->more);
	if (e->more == NULL)
		return -ENOMEM;
	memcpy(e->more, extents + 1, (count - 1) * sizeof *e->more);
	return 0;
}

/*
 * No other thread knows the store yet; the lock is for the compiler. The
 * token stays behind: what an earlier life claimed is nobody's now.
 */
static int take_row(void *arg, const struct catalogue_row *row)
{
	struct start *st = arg;
	struct local *l = st->local;
	const struct dataset *d = &row->dataset;
	struct entry *e = NULL;
	int err;

	if (d->number == 0 || d->number > NUMBER_MAX) {
		log_error("spool: a row of the catalogue has no number");
		return 0;
	}
	mutex_lock(&l->lock);
	err = index_add(&l->index, d->number, d->writer, &e);
	if (err == 0) {
		e->key = row->key;
		e->job = d->job;
		e->read_upto = row->read_upto;
		e->is_first_claimed = row->is_first_claimed;
		e->content = (uint8_t)row->content;
		e->has_row = true;
		index_keep_job(&l->index, e->job);
		index_resize(&l->index, e, d->size_octets);
		index_move(&l->index, e, d->state, d->next_try_ns);
		if (d->number >= l->next_number)
			l->next_number = d->number + 1;
	}
	mutex_unlock(&l->lock);
	if (err == 0)
		err = keep_records(l, row, e);
	if (err == 0 && (!is_sane(row) || was_failed(st, d)))
		err = note_held(st, d->number);
	return err;
}

static int take_marked(void *arg, uint64_t number)
{
	struct start *st = arg;
	struct local *l = st->local;
	struct entry *e;

	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	if (e != NULL)
		e->has_marks = true;
	mutex_unlock(&l->lock);
	return 0;
}

static bool keeps_file(void *arg, uint64_t number)
{
	struct local *l = arg;
	struct entry *e;
	bool keeps;

	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	keeps = e != NULL && e->content != CONTENT_SEGMENT;
	mutex_unlock(&l->lock);
	return keeps;
}

/* ---- what a start changes -------------------------------------------- */

/* It may have been on its way before its row said that it was claimed. */
static void log_in_doubt(uint32_t job)
{
	char job_id[JOB_ID_LEN + 1];

	dataset_job_id(job, job_id);
	log_event(MSG_IN_DOUBT, job_id, UINT32_C(1));
}

static int hold_one(struct start *st, uint64_t number)
{
	struct local *l = st->local;
	struct entry *e;
	uint32_t job = 0; /* whose first mail is in doubt */
	const char *reason = st->failed.is_set
		? "storage failed while it was written"
		: "its row in the catalogue is damaged";

	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	if (e != NULL) {
		e->token = 0;
		index_move(&l->index, e, DATASET_HELD, 0);
		if (e->is_first_claimed)
			job = e->job;
	}
	mutex_unlock(&l->lock);
	if (job != 0)
		log_in_doubt(job);
	return catalogue_set_state(
		l->catalogue, number, DATASET_HELD, reason, 0);
}

/* A new epoch, so that tokens of the last one are nobody's; and holds. */
static int change_rows(struct start *st)
{
	struct local *l = st->local;
	size_t i;
	int err = catalogue_begin(l->catalogue);

	if (err == 0)
		err = catalogue_set(
			l->catalogue, CATALOGUE_EPOCH, l->last_token >> 32);
	for (i = 0; i < st->held_count && err == 0; i++)
		err = hold_one(st, st->held[i]);
	if (err == 0)
		return catalogue_commit(l->catalogue);
	catalogue_rollback(l->catalogue);
	return err;
}

static int read_numbers(struct local *l)
{
	uint64_t epoch = 0;
	uint64_t number = 0;
	uint64_t job = 0;
	int err;

	err = catalogue_get(l->catalogue, CATALOGUE_EPOCH, 0, &epoch);
	if (err == 0)
		err = catalogue_get(
			l->catalogue, CATALOGUE_NEXT_NUMBER, 1, &number);
	if (err == 0)
		err = catalogue_get(l->catalogue, CATALOGUE_NEXT_JOB, 1, &job);
	if (err != 0)
		return err;
	l->last_token = (epoch + 1) << 32;
	l->reserved_number = number;
	mutex_lock(&l->lock);
	l->next_number = number;
	if (job >= 1 && job <= JOB_NUMBER_MAX)
		l->index.next_job = (uint32_t)job;
	mutex_unlock(&l->lock);
	return 0;
}

int local_recover(struct local *l)
{
	struct start st = { .local = l };
	int err = failed_read(l->failed_file, &st.failed);

	if (err == 0)
		err = read_numbers(l);
	if (err == 0)
		err = catalogue_each_row(l->catalogue, take_row, &st);
	if (err == 0)
		err = catalogue_each_marked(l->catalogue, take_marked, &st);
	if (err == 0)
		err = change_rows(&st);
	if (err == 0 && st.held_count > 0)
		log_warning("spool: %zu data sets are held: storage failed "
			    "before the last stop, or their rows are damaged",
			st.held_count);
	if (err == 0 && st.failed.is_set)
		err = failed_clear(l->failed_file);
	if (err == 0)
		err = large_sweep(l->files, keeps_file, l);
	failed_fini(&st.failed);
	free(st.held);
	return err;
}
