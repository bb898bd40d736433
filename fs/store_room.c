#include "store_room.h"

#include "clock.h"
#include "disk_room.h"

/* Between two looks that nobody asked for. */
#define LOOK_NS (100 * NS_PER_MS)

/* What a data set takes beside its octets: its row, the head of a record. */
enum { OVERHEAD_OCTETS = 1024 };

/*
 * Segments have room that is theirs already. What is being written has been
 * promised room, and may not be on disk yet.
 */
void room_look(struct local *l)
{
	uint64_t disk = disk_room(l->directory);
	uint64_t room = segments_room(l->segments);
	int64_t now_ns = clock_monotonic_ns();

	room = disk > UINT64_MAX - room ? UINT64_MAX : room + disk;
	mutex_lock(&l->lock);
	l->room_octets =
		room > l->index.open_octets ? room - l->index.open_octets : 0;
	l->room_seen_ns = now_ns;
	mutex_unlock(&l->lock);
}

void room_look_again(struct local *l)
{
	int64_t before_ns = clock_monotonic_ns() - LOOK_NS;
	bool is_old;

	mutex_lock(&l->lock);
	is_old = l->room_seen_ns < before_ns;
	mutex_unlock(&l->lock);
	if (is_old)
		room_look(l);
}

static uint64_t capacity_left_locked(const struct local *l) REQUIRES(&l->lock)
{
	return l->capacity_octets > l->index.octets
		? l->capacity_octets - l->index.octets
		: 0;
}

static int check(struct local *l)
{
	int err = 0;

	mutex_lock(&l->lock);
	if (capacity_left_locked(l) == 0 || l->room_octets < OVERHEAD_OCTETS)
		err = STORE_FULL;
	mutex_unlock(&l->lock);
	return err;
}

int room_check(struct local *l)
{
	if (check(l) == 0)
		return 0;
	room_look(l);
	return check(l);
}

static int take_locked(struct local *l, const struct entry *e, uint64_t size)
	REQUIRES(&l->lock)
{
	uint64_t growth = size - e->size_octets;

	if (growth > capacity_left_locked(l))
		return STORE_FULL;
	if (e->size_octets == 0)
		growth += OVERHEAD_OCTETS;
	if (growth > l->room_octets)
		return STORE_FULL;
	l->room_octets -= growth;
	return 0;
}

static int reserve(struct local *l, uint64_t number, uint64_t size,
	bool may_shrink, struct draft **out)
{
	struct entry *e;
	int err = 0;

	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	if (e == NULL)
		err = STORE_NONE;
	else if (e->state != DATASET_OPEN || e->draft == NULL)
		err = STORE_BUSY;
	else if (size > e->size_octets)
		err = take_locked(l, e, size);
	if (err == 0) {
		*out = draft_ref(e->draft);
		if (size > e->size_octets || may_shrink)
			index_resize(&l->index, e, size);
	}
	mutex_unlock(&l->lock);
	return err;
}

int room_reserve(struct local *l, uint64_t number, uint64_t size,
	bool may_shrink, struct draft **out)
{
	int err;

	if (atomic_load(&l->is_broken))
		return -EIO;
	if (l->dataset_octets_max != 0 && size > l->dataset_octets_max)
		return -EFBIG;
	err = reserve(l, number, size, may_shrink, out);
	if (err != STORE_FULL)
		return err;
	room_look(l);
	return reserve(l, number, size, may_shrink, out);
}

void room_recount(struct local *l, uint64_t number, struct draft *d)
{
	struct entry *e;

	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	if (e != NULL)
		index_resize(&l->index, e, draft_size(d));
	mutex_unlock(&l->lock);
}
