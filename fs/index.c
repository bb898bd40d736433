#include "index.h"

#include "siphash.h"
#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_SLOTS = 64, FIRST_BUCKETS = 64 };

/* ---- entries --------------------------------------------------------- */

struct index_entry *index_entry_new(const struct dataset *d, uint8_t writer)
{
	size_t label_len = strlen(d->label);
	struct index_entry *e = calloc(1, sizeof *e + label_len + 1);

	if (e == NULL)
		return NULL;
	e->number = d->number;
	e->size_octets = d->size_octets;
	e->created_ns = d->created_ns;
	e->changed_ns = d->changed_ns;
	e->next_try_ns = d->next_try_ns;
	e->job = d->job;
	e->uid = d->uid;
	e->gid = d->gid;
	e->mode = d->mode & 0600;
	e->state = (uint8_t)d->state;
	e->writer = writer;
	memcpy(e->job_name, d->job_name, strnlen(d->job_name, JOB_NAME_MAX));
	memcpy(e->label, d->label, label_len);
	if (d->reason[0] != '\0') {
		e->reason = strdup(d->reason);
		if (e->reason == NULL) {
			free(e);
			return NULL;
		}
	}
	return e;
}

void index_entry_free(struct index_entry *e)
{
	if (e == NULL)
		return;
	free(e->reason);
	free(e);
}

void index_entry_get(const struct index_entry *e, struct dataset *out)
{
	*out = (struct dataset){
		.number = e->number,
		.job = e->job,
		.state = (enum dataset_state)e->state,
		.uid = e->uid,
		.gid = e->gid,
		.mode = e->mode,
		.has_label = e->has_label,
		.size_octets = e->size_octets,
		.created_ns = e->created_ns,
		.changed_ns = e->changed_ns,
		.next_try_ns = e->next_try_ns,
	};
	memcpy(out->job_name, e->job_name, JOB_NAME_MAX);
	text_copy(out->label, sizeof out->label, e->label);
	if (e->reason != NULL)
		text_copy(out->reason, sizeof out->reason, e->reason);
}

/* ---- buckets --------------------------------------------------------- */

static struct index_entry **job_bucket(const struct index *ix, uint32_t job)
{
	return &ix->jobs[job & (ix->buckets - 1)];
}

static struct index_entry **label_bucket(
	const struct index *ix, uint8_t writer, uid_t uid, const char *label)
{
	struct siphash h;

	siphash_init(&h, ix->key);
	siphash_word(&h, (uint64_t)writer << 32 | uid);
	siphash_octets(&h, label, strlen(label));
	return &ix->labels[siphash_end(&h) & (ix->buckets - 1)];
}

static void job_link(struct index *ix, struct index_entry *e)
{
	struct index_entry **at = job_bucket(ix, e->job);

	e->next_job = *at;
	*at = e;
}

static void label_link(struct index *ix, struct index_entry *e)
{
	struct index_entry **at = label_bucket(ix, e->writer, e->uid, e->label);

	e->next_label = *at;
	*at = e;
}

/*
 * Doubles the tables. Without the memory for it the old ones stay: a search
 * takes longer, and nothing else is lost.
 */
static void grow_buckets(struct index *ix)
{
	size_t buckets = ix->buckets * 2;
	struct index_entry **jobs = calloc(buckets, sizeof *jobs);
	struct index_entry **labels = calloc(buckets, sizeof *labels);
	size_t place = ix->first;
	struct index_entry *e;

	if (jobs == NULL || labels == NULL) {
		free(jobs);
		free(labels);
		return;
	}
	free(ix->jobs);
	free(ix->labels);
	ix->jobs = jobs;
	ix->labels = labels;
	ix->buckets = buckets;
	while ((e = index_step(ix, &place)) != NULL) {
		job_link(ix, e);
		if (e->has_label)
			label_link(ix, e);
	}
}

/* ---- slots ----------------------------------------------------------- */

/* The first slot whose number is not below number, or used. */
static size_t slot_search(const struct index *ix, uint64_t number)
{
	size_t low = ix->first, high = ix->used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ix->slots[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void close_gaps(struct index *ix)
{
	size_t to = 0, from;

	for (from = ix->first; from < ix->used; from++)
		if (ix->slots[from].entry != NULL)
			ix->slots[to++] = ix->slots[from];
	ix->first = 0;
	ix->used = to;
}

/* Makes room for one more slot: a quarter of gaps is worth closing. */
static int reserve_slot(struct index *ix)
{
	struct index_slot *grown;
	size_t cap = ix->cap != 0 ? ix->cap * 2 : FIRST_SLOTS;

	if (ix->used < ix->cap)
		return 0;
	if (ix->cap != 0 && ix->live <= ix->cap - ix->cap / 4) {
		close_gaps(ix);
		return 0;
	}
	grown = reallocarray(ix->slots, cap, sizeof *grown);
	if (grown == NULL)
		return -ENOMEM;
	ix->slots = grown;
	ix->cap = cap;
	return 0;
}

/* ---- the index ------------------------------------------------------- */

int index_init(struct index *ix)
{
	memset(ix, 0, sizeof *ix);
	if (getrandom(ix->key, sizeof ix->key, 0) != sizeof ix->key)
		return -EIO;
	ix->jobs = calloc(FIRST_BUCKETS, sizeof(struct index_entry *));
	ix->labels = calloc(FIRST_BUCKETS, sizeof(struct index_entry *));
	ix->buckets = FIRST_BUCKETS;
	if (ix->jobs == NULL || ix->labels == NULL) {
		index_fini(ix);
		return -ENOMEM;
	}
	return 0;
}

void index_fini(struct index *ix)
{
	size_t place = ix->first;
	struct index_entry *e;

	while ((e = index_step(ix, &place)) != NULL)
		index_entry_free(e);
	free(ix->slots);
	free(ix->jobs);
	free(ix->labels);
	memset(ix, 0, sizeof *ix);
}

int index_insert(struct index *ix, struct index_entry *e)
{
	size_t at;
	int err = reserve_slot(ix);

	if (err != 0)
		return err;
	/* Numbers grow, but two threads may bring theirs the wrong way round:
	 * this is the end of the slots, or near it. */
	at = slot_search(ix, e->number);
	assert(at == ix->used || ix->slots[at].number != e->number);
	memmove(&ix->slots[at + 1], &ix->slots[at],
		(ix->used - at) * sizeof *ix->slots);
	ix->slots[at].number = e->number;
	ix->slots[at].entry = e;
	ix->used++;
	ix->live++;
	e->has_label = false;
	job_link(ix, e);
	if (ix->live > ix->buckets)
		grow_buckets(ix);
	return 0;
}

void index_remove(struct index *ix, struct index_entry *e)
{
	struct index_entry **at = job_bucket(ix, e->job);
	size_t slot = slot_search(ix, e->number);

	index_drop_label(ix, e);
	while (*at != e)
		at = &(*at)->next_job;
	*at = e->next_job;

	assert(ix->slots[slot].entry == e);
	ix->slots[slot].entry = NULL;
	ix->live--;
	while (ix->first < ix->used && ix->slots[ix->first].entry == NULL)
		ix->first++;
}

void index_take_label(struct index *ix, struct index_entry *e)
{
	struct index_entry *holder =
		index_by_label(ix, e->writer, e->uid, e->label);

	if (holder == e)
		return;
	if (holder != NULL)
		index_drop_label(ix, holder);
	e->has_label = true;
	label_link(ix, e);
}

void index_drop_label(struct index *ix, struct index_entry *e)
{
	struct index_entry **at;

	if (!e->has_label)
		return;
	at = label_bucket(ix, e->writer, e->uid, e->label);
	while (*at != e)
		at = &(*at)->next_label;
	*at = e->next_label;
	e->has_label = false;
}

struct index_entry *index_by_number(const struct index *ix, uint64_t number)
{
	size_t at = slot_search(ix, number);

	if (at == ix->used || ix->slots[at].number != number)
		return NULL;
	return ix->slots[at].entry;
}

struct index_entry *index_by_job(
	const struct index *ix, uint32_t job, const char *label)
{
	struct index_entry *e = *job_bucket(ix, job);

	while (e != NULL && (e->job != job || strcmp(e->label, label) != 0))
		e = e->next_job;
	return e;
}

struct index_entry *index_by_label(
	const struct index *ix, uint8_t writer, uid_t uid, const char *label)
{
	struct index_entry *e = *label_bucket(ix, writer, uid, label);

	while (e != NULL
		&& (e->writer != writer || e->uid != uid
			|| strcmp(e->label, label) != 0))
		e = e->next_label;
	return e;
}

size_t index_seek(const struct index *ix, uint64_t after)
{
	if (after == UINT64_MAX)
		return ix->used;
	return slot_search(ix, after + 1);
}

struct index_entry *index_step(const struct index *ix, size_t *place)
{
	while (*place < ix->used) {
		struct index_entry *e = ix->slots[(*place)++].entry;

		if (e != NULL)
			return e;
	}
	return NULL;
}
