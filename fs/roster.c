#include "roster.h"

#include "siphash.h"
#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_SLOTS = 64, FIRST_BUCKETS = 64 };

/* ---- entries --------------------------------------------------------- */

struct roster_entry *roster_entry_new(const struct dataset *d, uint8_t writer)
{
	size_t label_len = strlen(d->label);
	struct roster_entry *e = calloc(1, sizeof *e + label_len + 1);

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

struct roster_entry *roster_entry_renamed(const char *label)
{
	size_t label_len = strlen(label);
	struct roster_entry *e = calloc(1, sizeof *e + label_len + 1);

	if (e != NULL)
		memcpy(e->label, label, label_len + 1);
	return e;
}

void roster_entry_copy(struct roster_entry *fresh, struct roster_entry *e)
{
	memcpy(fresh, e, offsetof(struct roster_entry, label));
	e->reason = NULL;
}

void roster_entry_free(struct roster_entry *e)
{
	if (e == NULL)
		return;
	free(e->reason);
	free(e);
}

void roster_entry_get(const struct roster_entry *e, struct dataset *out)
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

static struct roster_entry **job_bucket(const struct roster *r, uint32_t job)
{
	return &r->jobs[job & (r->buckets - 1)];
}

static struct roster_entry **label_bucket(
	const struct roster *r, uint8_t writer, uid_t uid, const char *label)
{
	struct siphash h;

	siphash_init(&h, r->key);
	siphash_word(&h, (uint64_t)writer << 32 | uid);
	siphash_octets(&h, label, strlen(label));
	return &r->labels[siphash_end(&h) & (r->buckets - 1)];
}

static void job_link(struct roster *r, struct roster_entry *e)
{
	struct roster_entry **at = job_bucket(r, e->job);

	e->next_job = *at;
	*at = e;
}

static void label_link(struct roster *r, struct roster_entry *e)
{
	struct roster_entry **at = label_bucket(r, e->writer, e->uid, e->label);

	e->next_label = *at;
	*at = e;
}

/*
 * Doubles the tables. Without the memory for it the old ones stay: a search
 * takes longer, and nothing else is lost.
 */
static void grow_buckets(struct roster *r)
{
	size_t buckets = r->buckets * 2;
	struct roster_entry **jobs = calloc(buckets, sizeof *jobs);
	struct roster_entry **labels = calloc(buckets, sizeof *labels);
	size_t place = r->first;
	struct roster_entry *e;

	if (jobs == NULL || labels == NULL) {
		free(jobs);
		free(labels);
		return;
	}
	free(r->jobs);
	free(r->labels);
	r->jobs = jobs;
	r->labels = labels;
	r->buckets = buckets;
	while ((e = roster_step(r, &place)) != NULL) {
		job_link(r, e);
		if (e->has_label)
			label_link(r, e);
	}
}

/* ---- slots ----------------------------------------------------------- */

/* The first slot whose number is not below number, or used. */
static size_t slot_search(const struct roster *r, uint64_t number)
{
	size_t low = r->first, high = r->used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->slots[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void close_gaps(struct roster *r)
{
	size_t to = 0, from;

	for (from = r->first; from < r->used; from++)
		if (r->slots[from].entry != NULL)
			r->slots[to++] = r->slots[from];
	r->first = 0;
	r->used = to;
}

/* Makes room for one more slot: a quarter of gaps is worth closing. */
static int reserve_slot(struct roster *r)
{
	struct roster_slot *grown;
	size_t cap = r->cap != 0 ? r->cap * 2 : FIRST_SLOTS;

	if (r->used < r->cap)
		return 0;
	if (r->cap != 0 && r->live <= r->cap - r->cap / 4) {
		close_gaps(r);
		return 0;
	}
	grown = reallocarray(r->slots, cap, sizeof *grown);
	if (grown == NULL)
		return -ENOMEM;
	r->slots = grown;
	r->cap = cap;
	return 0;
}

/* ---- the roster ------------------------------------------------------ */

int roster_init(struct roster *r)
{
	memset(r, 0, sizeof *r);
	if (getrandom(r->key, sizeof r->key, 0) != sizeof r->key)
		return -EIO;
	r->jobs = calloc(FIRST_BUCKETS, sizeof(struct roster_entry *));
	r->labels = calloc(FIRST_BUCKETS, sizeof(struct roster_entry *));
	r->buckets = FIRST_BUCKETS;
	if (r->jobs == NULL || r->labels == NULL) {
		roster_fini(r);
		return -ENOMEM;
	}
	return 0;
}

void roster_fini(struct roster *r)
{
	size_t place = r->first;
	struct roster_entry *e;

	while ((e = roster_step(r, &place)) != NULL)
		roster_entry_free(e);
	free(r->slots);
	free(r->jobs);
	free(r->labels);
	memset(r, 0, sizeof *r);
}

int roster_insert(struct roster *r, struct roster_entry *e)
{
	size_t at;
	int err = reserve_slot(r);

	if (err != 0)
		return err;
	/* Numbers grow, but two threads may bring theirs the wrong way round:
	 * this is the end of the slots, or near it. */
	at = slot_search(r, e->number);
	assert(at == r->used || r->slots[at].number != e->number);
	memmove(&r->slots[at + 1], &r->slots[at],
		(r->used - at) * sizeof *r->slots);
	r->slots[at].number = e->number;
	r->slots[at].entry = e;
	r->used++;
	r->live++;
	e->has_label = false;
	job_link(r, e);
	if (r->live > r->buckets)
		grow_buckets(r);
	return 0;
}

void roster_remove(struct roster *r, struct roster_entry *e)
{
	struct roster_entry **at = job_bucket(r, e->job);
	size_t slot = slot_search(r, e->number);

	roster_drop_label(r, e);
	while (*at != e)
		at = &(*at)->next_job;
	*at = e->next_job;

	assert(r->slots[slot].entry == e);
	r->slots[slot].entry = NULL;
	r->live--;
	while (r->first < r->used && r->slots[r->first].entry == NULL)
		r->first++;
}

void roster_replace(
	struct roster *r, struct roster_entry *e, struct roster_entry *fresh)
{
	struct roster_entry **at = job_bucket(r, e->job);

	roster_drop_label(r, e);
	while (*at != e)
		at = &(*at)->next_job;
	*at = fresh;
	r->slots[slot_search(r, e->number)].entry = fresh;
	roster_entry_copy(fresh, e);
}

void roster_take_label(struct roster *r, struct roster_entry *e)
{
	struct roster_entry *holder =
		roster_by_label(r, e->writer, e->uid, e->label);

	if (holder == e)
		return;
	if (holder != NULL)
		roster_drop_label(r, holder);
	e->has_label = true;
	label_link(r, e);
}

void roster_drop_label(struct roster *r, struct roster_entry *e)
{
	struct roster_entry **at;

	if (!e->has_label)
		return;
	at = label_bucket(r, e->writer, e->uid, e->label);
	while (*at != e)
		at = &(*at)->next_label;
	*at = e->next_label;
	e->has_label = false;
}

struct roster_entry *roster_by_number(const struct roster *r, uint64_t number)
{
	size_t at = slot_search(r, number);

	if (at == r->used || r->slots[at].number != number)
		return NULL;
	return r->slots[at].entry;
}

struct roster_entry *roster_by_job(
	const struct roster *r, uint32_t job, const char *label)
{
	struct roster_entry *e = *job_bucket(r, job);

	while (e != NULL && (e->job != job || strcmp(e->label, label) != 0))
		e = e->next_job;
	return e;
}

struct roster_entry *roster_by_label(
	const struct roster *r, uint8_t writer, uid_t uid, const char *label)
{
	struct roster_entry *e = *label_bucket(r, writer, uid, label);

	while (e != NULL
		&& (e->writer != writer || e->uid != uid
			|| strcmp(e->label, label) != 0))
		e = e->next_label;
	return e;
}

size_t roster_seek(const struct roster *r, uint64_t after)
{
	if (after == UINT64_MAX)
		return r->used;
	return slot_search(r, after + 1);
}

struct roster_entry *roster_step(const struct roster *r, size_t *place)
{
	while (*place < r->used) {
		struct roster_entry *e = r->slots[(*place)++].entry;

		if (e != NULL)
			return e;
	}
	return NULL;
}
