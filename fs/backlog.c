#include "backlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 }; /* a power of two */

enum change_kind {
	CHANGE_NONE, /* made and purged */
	CHANGE_ADD,
	CHANGE_MOVE,
	CHANGE_PURGE,
	CHANGE_PURGE_MORE,
};

struct change {
	enum change_kind kind;
	uint32_t next; /* of the same bucket, from 1; 0: the last */
	struct catalogue_row row;
};

struct backlog {
	uint32_t buckets[BUCKETS]; /* places from 1; 0: empty */
	uint32_t count;
	struct change changes[BACKLOG_MAX];
};

/* What is never used of it takes no memory: the pages are not touched. */
struct backlog *backlog_new(void)
{
	return calloc(1, sizeof(struct backlog));
}

void backlog_free(struct backlog *b)
{
	free(b);
}

size_t backlog_count(const struct backlog *b)
{
	return b->count;
}

static uint32_t bucket_of(uint64_t number)
{
	return (uint32_t)number & (BUCKETS - 1);
}

static uint32_t place_of(const struct backlog *b, uint64_t number)
{
	uint32_t place = b->buckets[bucket_of(number)];

	while (place != 0 && b->changes[place - 1].row.dataset.number != number)
		place = b->changes[place - 1].next;
	return place;
}

/* The change of a data set, of which nothing is said yet when it is new. */
static struct change *change_of(struct backlog *b, uint64_t number)
{
	uint32_t place = place_of(b, number);
	uint32_t *bucket = &b->buckets[bucket_of(number)];
	struct change *change;

	if (place != 0)
		return &b->changes[place - 1];
	assert(b->count < BACKLOG_MAX);
	change = &b->changes[b->count++];
	change->kind = CHANGE_NONE;
	change->next = *bucket;
	change->row.dataset.number = number;
	*bucket = b->count;
	return change;
}

void backlog_add(struct backlog *b, const struct catalogue_row *row)
{
	struct change *change = change_of(b, row->dataset.number);

	assert(change->kind == CHANGE_NONE);
	change->kind = CHANGE_ADD;
	change->row = *row;
}

void backlog_move(struct backlog *b, const struct catalogue_row *row)
{
	struct change *change = change_of(b, row->dataset.number);

	if (change->kind == CHANGE_NONE)
		change->kind = CHANGE_MOVE;
	assert(change->kind == CHANGE_ADD || change->kind == CHANGE_MOVE);
	change->row.dataset.state = row->dataset.state;
	change->row.dataset.next_try_ns = 0;
	change->row.dataset.reason[0] = '\0';
	change->row.token = row->token;
	change->row.read_upto = row->read_upto;
	change->row.is_first_claimed = row->is_first_claimed;
}

void backlog_purge(struct backlog *b, uint64_t number, bool has_more)
{
	struct change *change = change_of(b, number);

	if (change->kind == CHANGE_ADD)
		change->kind = CHANGE_NONE;
	else
		change->kind = has_more ? CHANGE_PURGE_MORE : CHANGE_PURGE;
}

const struct dataset *backlog_find(const struct backlog *b, uint64_t number)
{
	uint32_t place = place_of(b, number);

	if (place == 0 || b->changes[place - 1].kind != CHANGE_ADD)
		return NULL;
	return &b->changes[place - 1].row.dataset;
}

uint64_t backlog_number(const struct backlog *b, size_t nth)
{
	assert(nth < b->count);
	return b->changes[nth].row.dataset.number;
}

static int apply_one(const struct change *change, struct catalogue *c)
{
	uint64_t number = change->row.dataset.number;

	switch (change->kind) {
	case CHANGE_NONE:
		return 0;
	case CHANGE_ADD:
		return catalogue_insert(c, &change->row);
	case CHANGE_MOVE:
		return catalogue_move(c, &change->row);
	case CHANGE_PURGE:
		return catalogue_delete(c, number, false);
	case CHANGE_PURGE_MORE:
		return catalogue_delete(c, number, true);
	}
	return -EIO;
}

int backlog_apply(const struct backlog *b, struct catalogue *c)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < b->count && err == 0; i++)
		err = apply_one(&b->changes[i], c);
	return err;
}

void backlog_clear(struct backlog *b)
{
	memset(b->buckets, 0, sizeof b->buckets);
	b->count = 0;
}
