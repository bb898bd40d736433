/*
 * backlog - what is durable in the segments and not yet in the catalogue.
 *
 * Where the records of a batch say all that its rows would, the batch is
 * answered when they are synced, and the rows follow in one commit for many
 * batches. Until then they are here; a start after a crash finds them in the
 * segments (segment_walk.h). What is made and purged meanwhile is never a
 * row.
 *
 * No lock of its own: the committer's alone.
 */
#ifndef BACKLOG_H
#define BACKLOG_H

#include "catalogue.h"

enum {
	BACKLOG_LONG = 256, /* changes that are worth a commit */
	BACKLOG_MAX = 2048,
};

struct backlog;

/* NULL: no memory. */
struct backlog *backlog_new(void);
void backlog_free(struct backlog *b);

/* Changes that it holds; never more than BACKLOG_MAX. */
size_t backlog_count(const struct backlog *b);

/*
 * Each takes a place, which the caller has seen to be there. A data set that
 * has one keeps it; for another it is the row in the catalogue that changes.
 */
void backlog_add(struct backlog *b, const struct catalogue_row *row);
/* As catalogue_move(). */
void backlog_move(struct backlog *b, const struct catalogue_row *row);
/* has_more: marks, or records but the first, may have rows too. */
void backlog_purge(struct backlog *b, uint64_t number, bool has_more);

/* The data set whose row is still to come; NULL when that is not so. */
const struct dataset *backlog_find(const struct backlog *b, uint64_t number);

/* The number of the data set of each change, from 0 to count. */
uint64_t backlog_number(const struct backlog *b, size_t nth);

/* All of it, in the transaction that is under way. */
MUST_USE int backlog_apply(const struct backlog *b, struct catalogue *c);

/* Once that is durable. */
void backlog_clear(struct backlog *b);

#endif
