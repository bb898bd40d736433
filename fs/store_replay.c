#include "store_local.h"

#include "segment_walk.h"
#include "text.h"

#include <string.h>

struct replay {
	struct catalogue *catalogue;
	size_t count;
};

static void copy_name(char *out, size_t cap, const char *name)
{
	size_t len = strnlen(name, cap - 1);

	memcpy(out, name, len);
	out[len] = '\0';
}

static enum dataset_state read_state(const struct record_head *head)
{
	switch (head->state) {
	case DATASET_OPEN:
	case DATASET_READY:
	case DATASET_ACTIVE:
		return (enum dataset_state)head->state;
	default:
		return DATASET_HELD;
	}
}

static void read_progress(
	const struct record_head *head, struct catalogue_row *row)
{
	row->dataset.number = head->number;
	row->dataset.state = read_state(head);
	row->read_upto = head->read_upto;
	row->is_first_claimed = head->is_first_claimed != 0;
}

static void read_row(
	const struct segment_found *found, struct catalogue_row *row)
{
	const struct record_head *head = found->head;
	struct dataset *d = &row->dataset;

	read_progress(head, row);
	d->job = head->job;
	d->uid = head->uid;
	d->gid = head->gid;
	d->mode = head->mode & 0600;
	d->has_label = head->has_label != 0;
	d->size_octets = head->length;
	d->created_ns = head->created_ns;
	d->changed_ns = head->changed_ns;
	copy_name(d->writer, sizeof d->writer, head->writer);
	copy_name(d->job_name, sizeof d->job_name, head->job_name);
	text_copy(d->label, sizeof d->label, found->label);
	row->key = head->key;
	row->content = CONTENT_SEGMENT;
	row->extents = 1;
	row->extent = (struct extent){
		.segment = found->segment,
		.position = found->position,
		.length = head->length,
	};
}

/* One that is a row already was taken before. */
static int add(struct replay *p, const struct segment_found *found)
{
	struct catalogue_row row = { .key = 0 };
	struct dataset known;
	int err = catalogue_lookup(p->catalogue, found->head->number, &known);

	if (err != STORE_NONE)
		return err;
	read_row(found, &row);
	return catalogue_insert(p->catalogue, &row);
}

static int take(void *arg, const struct segment_found *found)
{
	struct replay *p = arg;
	const struct record_head *head = found->head;
	struct catalogue_row row = { .key = 0 };

	p->count += head->step != STEP_NONE;
	switch (head->step) {
	case STEP_ADD:
		return add(p, found);
	case STEP_MOVE:
		read_progress(head, &row);
		return catalogue_move(p->catalogue, &row);
	case STEP_PURGE:
		return catalogue_delete(p->catalogue, head->number, true);
	default:
		return 0;
	}
}

static int read_from(struct catalogue *c, struct segment_from *from)
{
	uint64_t tail;
	int err = catalogue_get(c, CATALOGUE_LIFE, 0, &from->life);

	if (err == 0)
		err = catalogue_get(c, CATALOGUE_SEQUENCE, 0, &from->after);
	if (err == 0)
		err = catalogue_get(c, CATALOGUE_TAIL, 0, &tail);
	if (err == 0) {
		from->segment = (uint32_t)(tail >> 32);
		from->position = (uint32_t)tail;
	}
	return err;
}

/* All that is ahead is not any more; the next life finds its own. */
static int walk(struct local *l, struct replay *p)
{
	struct segment_from from;
	int err = read_from(l->catalogue, &from);

	if (err != 0 || from.life == 0)
		return err;
	err = segments_walk(l->segments, &from, take, p);
	if (err == 0)
		err = segments_sync(l->segments);
	if (err == 0 && p->count > 0)
		err = catalogue_set(l->catalogue, CATALOGUE_LIFE, 0);
	return err;
}

int local_replay(struct local *l)
{
	struct replay p = { .catalogue = l->catalogue };
	int err = catalogue_begin(l->catalogue);

	if (err == 0)
		err = walk(l, &p);
	if (err == 0 && p.count > 0)
		return catalogue_commit(l->catalogue);
	catalogue_rollback(l->catalogue);
	return err;
}
