#include "store_local.h"

#include "store_large.h"
#include "store_room.h"

#include <string.h>

int local_resolve(struct store *s, uint64_t key, uint64_t *number)
{
	struct local *l = local_of(s);
	struct entry *e;

	mutex_lock(&l->lock);
	e = index_find_key(&l->index, key);
	if (e != NULL)
		*number = e->number;
	mutex_unlock(&l->lock);
	return e != NULL ? 0 : STORE_NONE;
}

/* A row may say OPEN of what was claimed ahead and is ACTIVE now. */
static void correct_state(struct local *l, struct dataset *d)
{
	struct entry *e;

	if (d->state != DATASET_OPEN)
		return;
	mutex_lock(&l->lock);
	e = index_find(&l->index, d->number);
	if (e != NULL && e->is_open_row)
		d->state = (enum dataset_state)e->state;
	mutex_unlock(&l->lock);
}

/* The row of a data set may be on its way: then waits for it. STORE_NONE:
 * there is none, whatever the catalogue still has. */
static int await_row(struct local *l, uint64_t number)
{
	struct entry *e;
	bool is_behind;

	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	is_behind = e != NULL && e->is_behind;
	mutex_unlock(&l->lock);
	if (e == NULL)
		return STORE_NONE;
	return is_behind ? local_catch_up(l) : 0;
}

/* What is being written is described by its draft, else by its row. */
int local_lookup(struct store *s, uint64_t number, struct dataset *out)
{
	struct local *l = local_of(s);
	struct entry *e;
	struct draft *d = NULL;
	int err;

	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	if (e != NULL && e->draft != NULL)
		d = draft_ref(e->draft);
	mutex_unlock(&l->lock);
	if (e == NULL)
		return STORE_NONE;
	if (d == NULL) {
		err = await_row(l, number);
		if (err == 0)
			err = catalogue_lookup(l->catalogue, number, out);
		if (err == 0)
			correct_state(l, out);
		return err;
	}
	draft_describe(d, out);
	draft_unref(d);
	return 0;
}

/* ---- octets ---------------------------------------------------------- */

/* Where the octets are, as it was at one moment under the lock. */
struct place {
	struct draft *draft;
	enum catalogue_content content;
	uint64_t size;
	struct extent extents[EXTENTS_MAX + 1];
	size_t count;
	size_t pinned;
};

/* While the lock is held the data set lives, and so do its records. */
static int pin_locked(struct local *l, const struct entry *e, struct place *p)
	REQUIRES(&l->lock)
{
	int err = 0;

	p->count = e->extents;
	if (e->extents > 0)
		p->extents[0] = e->extent;
	if (e->extents > 1)
		memcpy(p->extents + 1, e->more,
			(size_t)(e->extents - 1) * sizeof *e->more);
	while (p->pinned < p->count && err == 0) {
		err = segments_pin(l->segments, p->extents[p->pinned].segment);
		if (err == 0)
			p->pinned++;
	}
	return err == -ENOENT ? STORE_DAMAGED : err;
}

static int find_place(struct local *l, uint64_t number, struct place *p)
{
	struct entry *e;
	int err = STORE_NONE;

	memset(p, 0, offsetof(struct place, extents));
	p->count = p->pinned = 0;
	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	if (e != NULL) {
		err = 0;
		p->content = (enum catalogue_content)e->content;
		p->size = e->size_octets;
		if (e->draft != NULL)
			p->draft = draft_ref(e->draft);
		else if (p->content == CONTENT_SEGMENT)
			err = pin_locked(l, e, p);
	}
	mutex_unlock(&l->lock);
	return err;
}

static void leave_place(struct local *l, struct place *p)
{
	while (p->pinned > 0)
		segments_unpin(l->segments, p->extents[--p->pinned].segment);
	draft_unref(p->draft);
}

/* Lays the wanted part of one record over what earlier ones gave. */
static int read_extent(struct local *l, const struct extent *e, uint64_t number,
	uint64_t offset, char *octets, size_t len)
{
	uint64_t low = e->offset > offset ? e->offset : offset;
	uint64_t high = (uint64_t)e->offset + e->length;

	if (high > offset + len)
		high = offset + len;
	if (low >= high)
		return 0;
	return segments_read(l->segments, e, number,
		(uint32_t)(low - e->offset), octets + (low - offset),
		(uint32_t)(high - low));
}

static ssize_t read_extents(struct local *l, const struct place *p,
	uint64_t number, uint64_t offset, char *octets, size_t len)
{
	uint64_t left = offset < p->size ? p->size - offset : 0;
	size_t i;
	int err = 0;

	if (len > left)
		len = (size_t)left;
	for (i = 0; i < p->count && err == 0; i++)
		err = read_extent(
			l, &p->extents[i], number, offset, octets, len);
	return err != 0 ? err : (ssize_t)len;
}

static ssize_t read_file(struct local *l, const struct place *p,
	uint64_t number, uint64_t offset, void *octets, size_t len)
{
	ssize_t got = large_read(l->files, number, p->size,
		p->content == CONTENT_SUMMED, offset, octets, len);

	if (got != -ENOENT)
		return got;
	/* purged just now, or its file is lost */
	mutex_lock(&l->lock);
	got = index_find(&l->index, number) != NULL ? STORE_DAMAGED
						    : STORE_NONE;
	mutex_unlock(&l->lock);
	return got;
}

ssize_t local_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len)
{
	struct local *l = local_of(s);
	struct place p;
	ssize_t got = find_place(l, number, &p);

	if (got == 0 && p.content == CONTENT_LOST)
		got = STORE_DAMAGED;
	else if (got == 0 && p.draft != NULL)
		got = draft_read(p.draft, offset, octets, len);
	else if (got == 0 && p.content == CONTENT_SEGMENT)
		got = read_extents(l, &p, number, offset, octets, len);
	else if (got == 0)
		got = read_file(l, &p, number, offset, octets, len);
	leave_place(l, &p);
	return got;
}

/* ---- rows ------------------------------------------------------------ */

int local_mark(struct store *s, uint64_t number, uint32_t mail,
	struct store_mark_row *out)
{
	struct store_mark_row row;
	size_t count = 0;
	int err;

	if (mail == 0)
		return STORE_NONE;
	err = await_row(local_of(s), number);
	if (err == 0)
		err = catalogue_marks(local_of(s)->catalogue, number, mail - 1,
			1, &row, &count);
	if (err != 0)
		return err;
	if (count == 1 && row.mail == mail) {
		*out = row;
		return 0;
	}
	if (count == 1)
		store_mark_fini(&row);
	return STORE_NONE;
}

int local_marks(struct store *s, uint64_t number, uint32_t after, size_t max,
	struct store_mark_row *out, size_t *count)
{
	int err = await_row(local_of(s), number);

	*count = 0;
	if (err != 0)
		return err == STORE_NONE ? 0 : err;
	return catalogue_marks(
		local_of(s)->catalogue, number, after, max, out, count);
}

int local_list(struct store *s, const char *writer, uint64_t after, size_t max,
	struct dataset *out, size_t *count)
{
	struct local *l = local_of(s);
	size_t i;
	int err = 0;

	if (atomic_load(&l->backlog_count) > 0)
		err = local_catch_up(l);
	if (err == 0)
		err = catalogue_list(
			l->catalogue, writer, after, max, out, count);
	for (i = 0; err == 0 && i < *count; i++)
		correct_state(l, &out[i]);
	return err;
}

/* The file system's room counts too: others may write to it. */
void local_stats(struct store *s, struct store_stats *out)
{
	struct local *l = local_of(s);

	room_look(l);
	mutex_lock(&l->lock);
	memcpy(out->count, l->index.states, sizeof out->count);
	out->octets = l->index.octets;
	out->capacity_octets = l->capacity_octets;
	out->free_octets = l->capacity_octets > out->octets
		? l->capacity_octets - out->octets
		: 0;
	if (out->free_octets > l->room_octets)
		out->free_octets = l->room_octets;
	mutex_unlock(&l->lock);
}

uint64_t local_wait(struct store *s, uint64_t version, int64_t deadline_ns)
{
	struct local *l = local_of(s);

	mutex_lock(&l->lock);
	while (l->version == version
		&& cond_wait_until(&l->changed, &l->lock, deadline_ns))
		;
	version = l->version;
	mutex_unlock(&l->lock);
	return version;
}
