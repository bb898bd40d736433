#include "retry.h"

#include <stdlib.h>

enum { CAPACITY_MIN = 64 };

/* Numbers are given out in a row: spread them (Knuth's multiplier). */
static const uint64_t SPREAD = UINT64_C(0x9e3779b97f4a7c15);

static size_t home(const struct retry *r, uint64_t number)
{
	return (size_t)(number * SPREAD >> 32) & (r->capacity - 1);
}

/* The entry of number, or the free one where it would go. */
static struct retry_entry *find(const struct retry *r, uint64_t number)
{
	size_t at = home(r, number);

	while (r->entries[at].number != 0 && r->entries[at].number != number)
		at = (at + 1) & (r->capacity - 1);
	return &r->entries[at];
}

/* Keeps a third of the entries free. */
static bool make_room(struct retry *r)
{
	struct retry grown = *r;
	size_t i;

	if (r->capacity > 0 && r->count + 1 <= r->capacity / 3 * 2)
		return true;
	grown.capacity = r->capacity > 0 ? r->capacity * 2 : CAPACITY_MIN;
	grown.entries = calloc(grown.capacity, sizeof *grown.entries);
	if (grown.entries == NULL)
		return false;
	for (i = 0; i < r->capacity; i++)
		if (r->entries[i].number != 0)
			*find(&grown, r->entries[i].number) = r->entries[i];
	free(r->entries);
	*r = grown;
	return true;
}

/* What stands behind it moves up, or it would not be found any more. */
static void forget(struct retry *r, struct retry_entry *e)
{
	size_t hole = (size_t)(e - r->entries);
	size_t mask = r->capacity - 1;
	size_t at;

	r->mails -= e->mails;
	r->count--;
	for (at = (hole + 1) & mask; r->entries[at].number != 0;
		at = (at + 1) & mask) {
		size_t wanted = home(r, r->entries[at].number);

		if (((at - wanted) & mask) >= ((at - hole) & mask)) {
			r->entries[hole] = r->entries[at];
			hole = at;
		}
	}
	r->entries[hole] = (struct retry_entry){ 0, 0 };
}

void retry_fini(struct retry *r)
{
	free(r->entries);
	*r = (struct retry){ .entries = NULL };
}

void retry_enter(struct retry *r, uint64_t number)
{
	struct retry_entry *e;

	if (!make_room(r))
		return;
	e = find(r, number);
	if (e->number == 0) {
		e->number = number;
		r->count++;
	}
	e->mails++;
	r->mails++;
}

void retry_leave(struct retry *r, uint64_t number)
{
	struct retry_entry *e;

	if (r->capacity == 0)
		return;
	e = find(r, number);
	if (e->number == 0)
		return;
	if (e->mails == 1) {
		forget(r, e);
		return;
	}
	e->mails--;
	r->mails--;
}

void retry_sweep(struct retry *r, size_t max,
	bool (*is_there)(void *arg, uint64_t number), void *arg)
{
	struct retry_entry *e;

	if (max > r->capacity)
		max = r->capacity;
	for (; max > 0; max--) {
		e = &r->entries[r->cursor];
		/* What moves up into its place is looked at next time. */
		if (e->number != 0 && !is_there(arg, e->number))
			forget(r, e);
		r->cursor = (r->cursor + 1) & (r->capacity - 1);
	}
}
