#include "segment_walk.h"

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
	uint64_t after;
	int (*found)(void *arg, const struct segment_found *record);
	void *arg;
};

static int look(struct segments *s, uint32_t id, uint32_t position,
	struct record_head *head, char label[static LABEL_MAX + 1])
{
	struct segment *g;
	uint32_t limit = 0;
	int fd = -1;
	int err = STORE_NONE;

	mutex_lock(&s->lock);
	g = id < s->table_len ? s->table[id] : NULL;
	if (g != NULL)
		err = segment_reopen_locked(s, g);
	if (err == 0) {
		fd = g->fd;
		limit = g->zeroed;
	}
	mutex_unlock(&s->lock);
	return err != 0 ? err : record_look(fd, position, limit, head, label);
}

/* A program that was killed may have left what no sync has seen. */
static void set_unsynced(struct segments *s, uint32_t id)
{
	mutex_lock(&s->lock);
	s->table[id]->is_unsynced = true;
	mutex_unlock(&s->lock);
}

static int add_run(struct walk *w, uint32_t id, uint32_t position)
{
	struct record_head head;
	char label[LABEL_MAX + 1];
	int err = look(w->segments, id, position, &head, label);

	if (err == STORE_NONE || (err == 0 && head.sequence <= w->after))
		return 0;
	if (err == 0)
		w->runs[w->count++] =
			(struct run){ id, position, head.sequence };
	if (err == 0)
		set_unsynced(w->segments, id);
	return err;
}

static int by_sequence(const void *a, const void *b)
{
	const struct run *one = a;
	const struct run *other = b;

	return (one->sequence > other->sequence)
		- (one->sequence < other->sequence);
}

/* Up to the first that is not newer than the one before it. */
static int follow(struct walk *w, const struct run *run)
{
	struct segment_found record = { .segment = run->segment,
		.position = run->position };
	struct record_head head;
	char label[LABEL_MAX + 1];
	uint64_t last = 0;
	int err;

	record.head = &head;
	record.label = label;
	while ((err = look(w->segments, record.segment, record.position, &head,
			label))
			== 0
		&& head.sequence > last) {
		last = head.sequence;
		if (last > w->after) {
			err = w->found(w->arg, &record);
			w->after = last;
		}
		if (err != 0)
			return err;
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

static int find_runs(
	struct walk *w, uint32_t count, uint32_t segment, uint32_t position)
{
	uint32_t id;
	int err = 0;

	if (position > 0)
		err = add_run(w, segment, position);
	for (id = 1; id < count && err == 0; id++)
		err = add_run(w, id, 0);
	return err;
}

int segments_walk(struct segments *s, uint32_t segment, uint32_t position,
	uint64_t after,
	int (*found)(void *arg, const struct segment_found *record), void *arg)
{
	struct walk w = {
		.segments = s, .after = after, .found = found, .arg = arg
	};
	uint32_t count = count_segments(s);
	size_t i;
	int err;

	w.runs = calloc((size_t)count + 1, sizeof *w.runs);
	if (w.runs == NULL)
		return -ENOMEM;
	err = find_runs(&w, count, segment, position);
	qsort(w.runs, w.count, sizeof *w.runs, by_sequence);
	for (i = 0; i < w.count && err == 0; i++)
		err = follow(&w, &w.runs[i]);
	free(w.runs);
	return err;
}
