#include "waiting.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAP = 64, HEAP_DEPTH_MAX = 32 };

void waiting_fini(struct waiting *w)
{
	free(w->heap);
	w->heap = NULL;
	w->count = 0;
	w->cap = 0;
}

int waiting_reserve(struct waiting *w, size_t count)
{
	size_t cap = w->cap != 0 ? w->cap : FIRST_CAP;
	struct roster_entry **grown;

	if (count <= w->cap)
		return 0;
	if (count > UINT32_MAX / 2)
		return -ENOMEM;
	while (cap < count)
		cap *= 2;
	grown = reallocarray(w->heap, cap, sizeof(struct roster_entry *));
	if (grown == NULL)
		return -ENOMEM;
	w->heap = grown;
	w->cap = (uint32_t)cap;
	return 0;
}

static void put(struct waiting *w, uint32_t slot, struct roster_entry *e)
{
	w->heap[slot] = e;
	e->slot = slot;
}

static void rise(struct waiting *w, uint32_t slot, struct roster_entry *e)
{
	while (slot > 0) {
		uint32_t parent = (slot - 1) / 2;

		if (w->heap[parent]->next_try_ns <= e->next_try_ns)
			break;
		put(w, slot, w->heap[parent]);
		slot = parent;
	}
	put(w, slot, e);
}

static void sink(struct waiting *w, uint32_t slot, struct roster_entry *e)
{
	for (;;) {
		uint32_t child = slot * 2 + 1;

		if (child >= w->count)
			break;
		if (child + 1 < w->count
			&& w->heap[child + 1]->next_try_ns
				< w->heap[child]->next_try_ns)
			child++;
		if (w->heap[child]->next_try_ns >= e->next_try_ns)
			break;
		put(w, slot, w->heap[child]);
		slot = child;
	}
	put(w, slot, e);
}

void waiting_add(struct waiting *w, struct roster_entry *e)
{
	assert(w->count < w->cap);
	rise(w, w->count++, e);
}

void waiting_remove(struct waiting *w, struct roster_entry *e)
{
	uint32_t slot = e->slot;
	struct roster_entry *last;

	assert(slot < w->count && w->heap[slot] == e);
	last = w->heap[--w->count];
	if (last == e)
		return;
	if (last->next_try_ns < e->next_try_ns)
		rise(w, slot, last);
	else
		sink(w, slot, last);
}

/*
 * A walk from the top that never goes below one that is not due: its cost is
 * what it counts. A stack of the heap's depth is enough, as only the right
 * sister of each node on the way is kept.
 */
size_t waiting_due(const struct waiting *w, int64_t now_ns, int64_t *next_ns)
{
	uint32_t stack[HEAP_DEPTH_MAX + 1];
	size_t depth = 0;
	size_t due = 0;

	*next_ns = INT64_MAX;
	if (w->count > 0)
		stack[depth++] = 0;
	while (depth > 0 && due < WAITING_COUNTED_MAX) {
		uint32_t slot = stack[--depth];
		int64_t try_ns = w->heap[slot]->next_try_ns;
		uint64_t child = (uint64_t)slot * 2 + 1;

		if (try_ns > now_ns) {
			*next_ns = try_ns < *next_ns ? try_ns : *next_ns;
			continue;
		}
		due++;
		if (child + 1 < w->count)
			stack[depth++] = (uint32_t)child + 1;
		if (child < w->count)
			stack[depth++] = (uint32_t)child;
	}
	return due;
}
