/*
 * catalogue - the rows of the embedded store: what each data set is, where
 * its content lies, what is settled. SQLite, in one file with a write-ahead
 * log beside it.
 *
 * Threads: the calls that write, and those for the start, belong to one
 * thread, the committer; the calls that read go over a connection of their
 * own and any thread may make them. A thread of its own, from open to close,
 * copies the log into the file, so that a commit never does.
 */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "segment.h"
#include "store_values.h"

#include <stdbool.h>

struct catalogue;
enum catalogue_content {
	CONTENT_SEGMENT, /* in records; extents 0: no octets */
	CONTENT_FILE,    /* in a file of its own */
	CONTENT_SUMMED,  /* the same, with checksums at its end */
	CONTENT_LOST,    /* never on disk: found to be missing at start */
};

/* One data set on disk. */
struct catalogue_row {
	struct dataset dataset;
	uint64_t key;
	uint64_t token; /* 0: nobody's */
	uint32_t read_upto;
	bool is_first_claimed; /* mail 1, without a mark of its own */
	enum catalogue_content content;
	struct extent extent; /* of the first record */
	uint32_t extents;     /* how many records, this one included */
};

enum catalogue_number { /* what outlives the program */
	CATALOGUE_EPOCH,
	CATALOGUE_NEXT_NUMBER, /* all data set numbers below may be in use */
	CATALOGUE_NEXT_JOB,
	CATALOGUE_LIFE, /* of records that may be ahead; 0: there are none */
	CATALOGUE_SEQUENCE, /* of the last that is not */
	CATALOGUE_TAIL,     /* where the next is: segment << 32 | position */
};

/*
 * Opens or makes the catalogue of a directory, and checks it when the last
 * stop was not clean. why gets a sentence when this fails. Returns 0;
 * -EPROTO for another schema; -EBADMSG: damaged; -EIO; -ENOMEM; -ENOSPC.
 */
MUST_USE int catalogue_open(const char *directory, struct catalogue **out,
	char *why, size_t why_cap);
/* After a clean close the next open need not check. */
void catalogue_close(struct catalogue *c, bool is_clean);

/* Calls found for each row, in order of numbers, until it fails. */
MUST_USE int catalogue_each_row(struct catalogue *c,
	int (*found)(void *arg, const struct catalogue_row *row), void *arg);
/* The records of a data set but the first, oldest first, up to max. */
MUST_USE int catalogue_extents(struct catalogue *c, uint64_t number,
	struct extent *out, size_t max, size_t *count);
/* Calls found for each number that has marks. */
MUST_USE int catalogue_each_marked(struct catalogue *c,
	int (*found)(void *arg, uint64_t number), void *arg);

/* ---- writing ---------------------------------------------------------- */

MUST_USE int catalogue_begin(struct catalogue *c);
/* Returns 0, durable; or an error, rolled back: see catalogue_is_failed(). */
MUST_USE int catalogue_commit(struct catalogue *c);
void catalogue_rollback(struct catalogue *c);
/* After commits, once all are answered: keeps the log short. May sync. */
void catalogue_log_step(struct catalogue *c);

/* A sync or a commit failed, and nobody knows what a restart will find. All
 * that writes answers -EIO from then on. */
bool catalogue_is_failed(struct catalogue *c);

MUST_USE int catalogue_get(struct catalogue *c, enum catalogue_number which,
	uint64_t otherwise, uint64_t *value);
MUST_USE int catalogue_set(
	struct catalogue *c, enum catalogue_number which, uint64_t value);

MUST_USE int catalogue_insert(
	struct catalogue *c, const struct catalogue_row *row);
MUST_USE int catalogue_set_content(
	struct catalogue *c, const struct catalogue_row *row);
MUST_USE int catalogue_set_state(struct catalogue *c, uint64_t number,
	enum dataset_state state, const char *reason, int64_t next_try_ns);

/* State, token and progress of row; no reason and no next try any more. */
MUST_USE int catalogue_move(
	struct catalogue *c, const struct catalogue_row *row);

/* Makes it ACTIVE; out gets what the row says then. */
MUST_USE int catalogue_claim(struct catalogue *c, uint64_t number,
	uint64_t token, uint32_t read_upto, bool is_first_claimed,
	struct dataset *out);

/* How far it was read, of one that is ACTIVE, or OPEN and claimed ahead. */
MUST_USE int catalogue_set_progress(struct catalogue *c, uint64_t number,
	enum dataset_state state, uint32_t read_upto, bool is_first_claimed);
/* d's label, when it was given it and, has_writer, its writer. */
MUST_USE int catalogue_set_label(
	struct catalogue *c, const struct dataset *d, bool has_writer);
MUST_USE int catalogue_drop_label(struct catalogue *c, uint64_t number);
/* has_more: marks, or records but the first, may have rows too. */
MUST_USE int catalogue_delete(
	struct catalogue *c, uint64_t number, bool has_more);
MUST_USE int catalogue_add_extent(struct catalogue *c, uint64_t number,
	uint32_t nth, const struct extent *e);
MUST_USE int catalogue_delete_extents(struct catalogue *c, uint64_t number);
MUST_USE int catalogue_put_mark(
	struct catalogue *c, uint64_t number, const struct store_mark *mark);
MUST_USE int catalogue_delete_mark(
	struct catalogue *c, uint64_t number, uint32_t mail);

#endif
