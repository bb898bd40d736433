#include "store_queue.h"

#include <assert.h>
#include <stdlib.h>

bool queue_by_number(const struct entry *a, const struct entry *b)
{
	return a->number < b->number;
}

bool queue_by_time(const struct entry *a, const struct entry *b)
{
	if (a->next_try_ns != b->next_try_ns)
		return a->next_try_ns < b->next_try_ns;
	return a->number < b->number;
}

int queue_reserve(struct queue *q, uint32_t count)
{
	uint32_t cap = q->cap != 0 ? q->cap : 64;
	struct entry **grown;

	if (count <= q->cap)
		return 0;
	while (cap < count)
		cap *= 2;
	grown = realloc(q->heap, cap * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	q->heap = grown;
	q->cap = cap;
	return 0;
}

static void put(struct queue *q, struct entry *e, uint32_t place)
{
	q->heap[place] = e;
	e->place = place;
}

static void rise(
	struct queue *q, struct entry *e, uint32_t place, queue_less *less)
{
	uint32_t parent;

	while (place > 0) {
		parent = (place - 1) / 2;
		if (!less(e, q->heap[parent]))
			break;
		put(q, q->heap[parent], place);
		place = parent;
	}
	put(q, e, place);
}

static void sink(
	struct queue *q, struct entry *e, uint32_t place, queue_less *less)
{
	uint32_t child;

	while ((child = 2 * place + 1) < q->count) {
		if (child + 1 < q->count
			&& less(q->heap[child + 1], q->heap[child]))
			child++;
		if (!less(q->heap[child], e))
			break;
		put(q, q->heap[child], place);
		place = child;
	}
	put(q, e, place);
}

void queue_push(struct queue *q, struct entry *e, queue_less *less)
{
	assert(q->count < q->cap && e->place == INDEX_NOWHERE);
	rise(q, e, q->count++, less);
}

void queue_remove(struct queue *q, struct entry *e, queue_less *less)
{
	uint32_t place = e->place;
	struct entry *last;

	assert(place < q->count && q->heap[place] == e);
	e->place = INDEX_NOWHERE;
	last = q->heap[--q->count];
	if (last == e)
		return;
	if (place > 0 && less(last, q->heap[(place - 1) / 2]))
		rise(q, last, place, less);
	else
		sink(q, last, place, less);
}
