#include "store_local.h"

#include "segment_walk.h"
#include "text.h"

#include <string.h>

struct replay {
	struct catalogue *catalogue;
	uint64_t sequence; /* of the last record */
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

	p->sequence = head->sequence;
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

static int read_number(
	struct catalogue *c, enum catalogue_number which, uint64_t *out)
{
	int err = catalogue_get(c, which, out);

	if (err == STORE_NONE)
		*out = 0;
	return err == STORE_NONE ? 0 : err;
}

static int walk(struct local *l, struct replay *p)
{
	uint64_t after = 0;
	uint64_t tail = 0;
	int err = read_number(l->catalogue, CATALOGUE_SEQUENCE, &after);

	if (err == 0)
		err = read_number(l->catalogue, CATALOGUE_TAIL, &tail);
	if (err == 0)
		err = segments_walk(l->segments, (uint32_t)(tail >> 32),
			(uint32_t)tail, after, take, p);
	if (err == 0)
		err = segments_sync(l->segments);
	if (err == 0 && p->sequence > after)
		err = catalogue_set(
			l->catalogue, CATALOGUE_SEQUENCE, p->sequence);
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
