#include "store_queue.h"

#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 1024, JOB_BITS = 8 };

int index_init(struct index *x)
{
	memset(x, 0, sizeof *x);
	x->next_job = 1;
	x->buckets = calloc(FIRST_BUCKETS, sizeof(*x->buckets));
	x->jobs = calloc(1, JOB_NUMBER_MAX / JOB_BITS + 1);
	if (x->buckets == NULL || x->jobs == NULL) {
		index_fini(x);
		return -ENOMEM;
	}
	x->bucket_count = FIRST_BUCKETS;
	return 0;
}

void index_fini(struct index *x)
{
	struct entry *e;
	size_t i;

	for (i = 0; x->buckets != NULL && i < x->bucket_count; i++)
		while ((e = x->buckets[i]) != NULL) {
			x->buckets[i] = e->chain;
			free(e->more);
			free(e);
		}
	for (i = 0; i < x->writer_count; i++) {
		free(x->writers[i]->ready.heap);
		free(x->writers[i]->waiting.heap);
		free(x->writers[i]);
	}
	free(x->buckets);
	free(x->jobs);
	memset(x, 0, sizeof *x);
}

/* ---- by number ------------------------------------------------------- */

/* Numbers follow each other, so their low bits spread them evenly. */
static struct entry **bucket_of(struct index *x, uint64_t number)
{
	return &x->buckets[number & (x->bucket_count - 1)];
}

struct entry *index_find(struct index *x, uint64_t number)
{
	struct entry *e = *bucket_of(x, number);

	while (e != NULL && e->number != number)
		e = e->chain;
	return e;
}

/* Nobody asks for keys but after a lost answer: no second hash for them. */
struct entry *index_find_key(struct index *x, uint64_t key)
{
	struct entry *e;
	size_t i;

	for (i = 0; i < x->bucket_count; i++)
		for (e = x->buckets[i]; e != NULL; e = e->chain)
			if (e->key == key)
				return e;
	return NULL;
}

/* Longer chains are slower, not wrong: no memory is no error here. */
static void spread(struct index *x)
{
	size_t old_count = x->bucket_count;
	struct entry **old = x->buckets;
	struct entry **grown;
	struct entry *e;
	size_t i;

	grown = calloc(old_count * 2, sizeof(*grown));
	if (grown == NULL)
		return;
	x->buckets = grown;
	x->bucket_count = old_count * 2;
	for (i = 0; i < old_count; i++)
		while ((e = old[i]) != NULL) {
			old[i] = e->chain;
			e->chain = *bucket_of(x, e->number);
			*bucket_of(x, e->number) = e;
		}
	free(old);
}

/* ---- by writer ------------------------------------------------------- */

size_t index_writer_place(struct index *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->writer_count; i++)
		if (strcmp(x->writers[i]->name, name) == 0)
			break;
	return i;
}

struct index_writer *index_find_writer(struct index *x, const char *name)
{
	size_t at = index_writer_place(x, name);

	return at < x->writer_count ? x->writers[at] : NULL;
}

int index_make_writer(struct index *x, const char *name, size_t *at)
{
	struct index_writer *w;

	*at = index_writer_place(x, name);
	if (*at < x->writer_count)
		return 0;
	if (x->writer_count == INDEX_WRITERS_MAX)
		return STORE_FULL;
	w = calloc(1, sizeof *w);
	if (w == NULL)
		return -ENOMEM;
	text_copy(w->name, sizeof w->name, name);
	x->writers[x->writer_count++] = w;
	return 0;
}

int index_expect(struct index *x, size_t at)
{
	struct index_writer *w = x->writers[at];

	if (queue_reserve(&w->ready, w->live + 1) != 0
		|| queue_reserve(&w->waiting, w->live + 1) != 0)
		return -ENOMEM;
	w->live++;
	return 0;
}

void index_expect_no_more(struct index *x, size_t at)
{
	x->writers[at]->live--;
}

int index_add(struct index *x, uint64_t number, const char *writer,
	struct entry **out)
{
	struct entry *e;
	size_t at;
	int err = index_make_writer(x, writer, &at);

	if (err == 0)
		err = index_expect(x, at);
	if (err != 0)
		return err;
	e = calloc(1, sizeof *e);
	if (e == NULL) {
		index_expect_no_more(x, at);
		return -ENOMEM;
	}
	e->number = number;
	e->read_upto = 1;
	e->state = DATASET_OPEN;
	e->writer = (uint8_t)at;
	e->place = INDEX_NOWHERE;
	if (x->count >= x->bucket_count)
		spread(x);
	e->chain = *bucket_of(x, number);
	*bucket_of(x, number) = e;
	x->count++;
	x->states[DATASET_OPEN]++;
	*out = e;
	return 0;
}

/* ---- job numbers ----------------------------------------------------- */

static bool job_is_used(const struct index *x, uint32_t job)
{
	return (x->jobs[job / JOB_BITS] >> job % JOB_BITS & 1) != 0;
}

void index_keep_job(struct index *x, uint32_t job)
{
	if (job < 1 || job > JOB_NUMBER_MAX || job_is_used(x, job))
		return;
	x->jobs[job / JOB_BITS] |= (uint8_t)(1u << job % JOB_BITS);
	x->jobs_used++;
}

static void free_job(struct index *x, uint32_t job)
{
	if (job < 1 || job > JOB_NUMBER_MAX || !job_is_used(x, job))
		return;
	x->jobs[job / JOB_BITS] &= (uint8_t) ~(1u << job % JOB_BITS);
	x->jobs_used--;
}

int index_take_job(struct index *x, uint32_t *job)
{
	if (x->jobs_used >= JOB_NUMBER_MAX)
		return STORE_FULL;
	while (job_is_used(x, x->next_job))
		x->next_job = x->next_job % JOB_NUMBER_MAX + 1;
	*job = x->next_job;
	index_keep_job(x, *job);
	x->next_job = *job % JOB_NUMBER_MAX + 1;
	return 0;
}

/* ---- states ---------------------------------------------------------- */

static void leave_queue(struct index *x, struct entry *e)
{
	struct index_writer *w = x->writers[e->writer];

	if (e->place == INDEX_NOWHERE)
		return;
	/* one that is due waits with the ready ones */
	if (e->place < w->ready.count && w->ready.heap[e->place] == e)
		queue_remove(&w->ready, e, queue_by_number);
	else
		queue_remove(&w->waiting, e, queue_by_time);
}

static void enter_queue(struct index *x, struct entry *e)
{
	struct index_writer *w = x->writers[e->writer];

	if (e->state == DATASET_READY)
		queue_push(&w->ready, e, queue_by_number);
	else if (e->state == DATASET_WAITING)
		queue_push(&w->waiting, e, queue_by_time);
}

/* What may be in memory alone: more than that is in a file. */
static uint64_t open_part(const struct entry *e)
{
	if (e->state != DATASET_OPEN)
		return 0;
	return e->size_octets < SEGMENT_RECORD_MAX ? e->size_octets
						   : SEGMENT_RECORD_MAX;
}

void index_move(struct index *x, struct entry *e, enum dataset_state to,
	int64_t next_try_ns)
{
	leave_queue(x, e);
	x->open_octets -= open_part(e);
	x->states[e->state]--;
	x->states[to]++;
	e->state = (uint8_t)to;
	x->open_octets += open_part(e);
	e->next_try_ns = to == DATASET_WAITING ? next_try_ns : 0;
	enter_queue(x, e);
}

void index_change_writer(struct index *x, struct entry *e, size_t at)
{
	leave_queue(x, e);
	x->writers[e->writer]->live--;
	e->writer = (uint8_t)at;
	enter_queue(x, e);
}

void index_resize(struct index *x, struct entry *e, uint64_t size_octets)
{
	x->open_octets -= open_part(e);
	x->octets += size_octets - e->size_octets;
	e->size_octets = size_octets;
	x->open_octets += open_part(e);
}

void index_remove(struct index *x, struct entry *e)
{
	struct entry **at = bucket_of(x, e->number);

	assert(e->draft == NULL);
	leave_queue(x, e);
	index_resize(x, e, 0);
	x->states[e->state]--;
	x->writers[e->writer]->live--;
	free_job(x, e->job);
	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	x->count--;
	free(e->more);
	free(e);
}

/* ---- claims ---------------------------------------------------------- */

struct entry *index_pop(struct index_writer *w, int64_t now_ns)
{
	struct entry *e;

	while (w->waiting.count > 0
		&& w->waiting.heap[0]->next_try_ns <= now_ns) {
		e = w->waiting.heap[0];
		queue_remove(&w->waiting, e, queue_by_time);
		queue_push(&w->ready, e, queue_by_number);
	}
	if (w->ready.count == 0)
		return NULL;
	e = w->ready.heap[0];
	queue_remove(&w->ready, e, queue_by_number);
	return e;
}

void index_unpop(struct index *x, struct entry *e)
{
	enter_queue(x, e);
}
