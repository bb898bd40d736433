#include "segment_walk.h"

#include "log.h"
#include "segment_files.h"
#include "store_values.h"

#include <stdlib.h>

/* Records in a row, and the sequence of the first. */
struct run {
	uint32_t segment;
	uint32_t position;
	uint64_t sequence;
};

struct walk {
	struct segments *segments;
	struct run *runs;
	size_t count;
	uint64_t life;
	uint64_t after;
	int (*found)(void *arg, const struct segment_found *record);
	void *arg;
};

static int open_segment(
	struct segments *s, uint32_t id, int *fd, uint32_t *limit)
{
	struct segment *g;
	int err = STORE_NONE;

	mutex_lock(&s->lock);
	g = id < s->table_len ? s->table[id] : NULL;
	if (g != NULL)
		err = segment_reopen_locked(s, g);
	if (err == 0) {
		*fd = g->fd;
		*limit = g->zeroed;
	}
	mutex_unlock(&s->lock);
	return err;
}

/* STORE_NONE: there is no record, or none that is newer than last. */
static int look(const struct walk *w, uint32_t id, uint32_t position,
	uint64_t last, struct record_head *head,
	char label[static LABEL_MAX + 1])
{
	uint32_t limit;
	int fd;
	int err = open_segment(w->segments, id, &fd, &limit);

	if (err == 0)
		err = record_look(fd, position, limit, head, label);
	if (err == 0 && (head->life != w->life || head->sequence <= last))
		err = STORE_NONE;
	return err;
}

/* A program that was killed may have left what no sync has seen. */
static void set_unsynced(struct segments *s, uint32_t id)
{
	mutex_lock(&s->lock);
	s->table[id]->is_unsynced = true;
	mutex_unlock(&s->lock);
}

static int add_run(struct walk *w, uint32_t id)
{
	struct record_head head;
	char label[LABEL_MAX + 1];
	int err = look(w, id, 0, w->after, &head, label);

	if (err != 0)
		return err == STORE_NONE ? 0 : err;
	w->runs[w->count++] = (struct run){ id, 0, head.sequence };
	return 0;
}

static int by_sequence(const void *a, const void *b)
{
	const struct run *one = a;
	const struct run *other = b;

	return (one->sequence > other->sequence)
		- (one->sequence < other->sequence);
}

/* Behind one that cannot be read: the next that is newer than last. */
static int find_newer(struct walk *w, struct segment_found *record,
	uint64_t last, struct record_head *head,
	char label[static LABEL_MAX + 1])
{
	uint64_t position = (uint64_t)record->position + RECORD_ALIGN;
	uint32_t limit;
	int fd;
	int err = open_segment(w->segments, record->segment, &fd, &limit);

	while (err == 0) {
		err = record_find(fd, w->life, limit, &position);
		if (err != 0)
			break;
		err = look(w, record->segment, (uint32_t)position, last, head,
			label);
		if (err != STORE_NONE)
			break;
		position += RECORD_ALIGN;
		err = 0;
	}
	if (err != 0)
		return err;
	log_error("spool: %llu octets of segment %u cannot be read: a record "
		  "that a power cut broke, or damage",
		(unsigned long long)(position - record->position),
		(unsigned int)record->segment);
	record->position = (uint32_t)position;
	return 0;
}

/* Up to the last that is newer than the one before it. */
static int follow(struct walk *w, const struct run *run)
{
	struct segment_found record = { .segment = run->segment,
		.position = run->position };
	struct record_head head;
	char label[LABEL_MAX + 1];
	uint64_t last = w->after;
	int err = 0;

	record.head = &head;
	record.label = label;
	while (err == 0) {
		err = look(
			w, record.segment, record.position, last, &head, label);
		if (err == STORE_NONE)
			err = find_newer(w, &record, last, &head, label);
		if (err != 0)
			break;
		w->after = last = head.sequence;
		set_unsynced(w->segments, run->segment);
		err = w->found(w->arg, &record);
		record.position += record_head_octets(&head);
	}
	return err == STORE_NONE ? 0 : err;
}

static uint32_t count_segments(struct segments *s)
{
	uint32_t count;

	mutex_lock(&s->lock);
	count = s->table_len;
	mutex_unlock(&s->lock);
	return count;
}

/*
 * What the catalogue knows to be the end is where the first run begins, even
 * if its first record cannot be read; but not where the segment has begun
 * again since.
 */
static int find_runs(
	struct walk *w, uint32_t count, const struct segment_from *from)
{
	bool has_begun_again = false;
	uint32_t id;
	int err = 0;

	for (id = 1; id < count && err == 0; id++) {
		size_t runs = w->count;

		err = add_run(w, id);
		if (id == from->segment && w->count > runs)
			has_begun_again = true;
	}
	if (err == 0 && from->segment < count && from->position > 0
		&& !has_begun_again)
		w->runs[w->count++] = (struct run){ from->segment,
			from->position, from->after };
	return err;
}

int segments_walk(struct segments *s, const struct segment_from *from,
	int (*found)(void *arg, const struct segment_found *record), void *arg)
{
	struct walk w = { .segments = s,
		.life = from->life,
		.after = from->after,
		.found = found,
		.arg = arg };
	uint32_t count = count_segments(s);
	size_t i;
	int err;

	w.runs = calloc((size_t)count + 1, sizeof *w.runs);
	if (w.runs == NULL)
		return -ENOMEM;
	err = find_runs(&w, count, from);
	qsort(w.runs, w.count, sizeof *w.runs, by_sequence);
	for (i = 0; i < w.count && err == 0; i++)
		err = follow(&w, &w.runs[i]);
	free(w.runs);
	return err;
}
