/*
 * store_index - the embedded store's data sets in memory: about a hundred
 * octets each, found by number, and in order of when they may be claimed.
 * No lock of its own: the store's lock is held around every call.
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include "segment.h"
#include "store_values.h"

#include <stdbool.h>

struct draft;
struct request;

enum { INDEX_NOWHERE = UINT32_MAX, INDEX_WRITERS_MAX = 255 };

struct entry {
	uint64_t number;
	uint64_t key;
	uint64_t token; /* 0: nobody's; of an OPEN one: claimed ahead */
	uint64_t size_octets;
	int64_t next_try_ns;
	struct request *serving; /* what the batch under way does with it */
	struct entry *chain;     /* next of the same hash */
	struct draft *draft;     /* while it is written */
	struct extent *more;     /* records but the first */
	struct extent extent;
	uint32_t job;
	uint32_t read_upto;
	uint32_t place; /* in its queue, or INDEX_NOWHERE */
	uint16_t extents;
	uint8_t state;
	uint8_t writer;
	uint8_t content; /* enum catalogue_content */
	bool has_row;
	bool is_open_row; /* ACTIVE, and its row says OPEN: store_claims.h */
	bool is_first_claimed;
	bool has_marks; /* may have rows in the table of marks */
	bool is_behind; /* its row is, in the catalogue: backlog.h */
};

/* A heap: the least first. Entries know their place in it. */
struct queue {
	struct entry **heap;
	uint32_t count;
	uint32_t cap;
};

/* The data sets of one writer that may be claimed, now or later. */
struct index_writer {
	char name[WRITER_NAME_MAX + 1];
	uint32_t live;        /* data sets of this writer */
	struct queue ready;   /* by number; WAITING ones that are due too */
	struct queue waiting; /* by next_try_ns */
};

struct index {
	struct entry **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	uint64_t states[DATASET_STATES];
	uint64_t octets;
	uint64_t open_octets; /* of those that are OPEN, at most 1 MiB each */
	struct index_writer *writers[INDEX_WRITERS_MAX];
	size_t writer_count;
	uint8_t *jobs; /* a bit per job number in use */
	uint32_t jobs_used;
	uint32_t next_job;
};

MUST_USE int index_init(struct index *x);
void index_fini(struct index *x);

/*
 * Adds a data set that is OPEN and in no queue; entry and queue room are
 * reserved, so that nothing that follows can fail. The caller sets the rest.
 *
 * Returns 0; STORE_FULL; -ENOMEM.
 */
MUST_USE int index_add(struct index *x, uint64_t number, const char *writer,
	struct entry **out);
void index_remove(struct index *x, struct entry *e);

/* NULL when there is none. */
struct entry *index_find(struct index *x, uint64_t number);
struct entry *index_find_key(struct index *x, uint64_t key);
struct index_writer *index_find_writer(struct index *x, const char *name);

/* Its place among the writers; writer_count when it is not one. */
size_t index_writer_place(struct index *x, const char *name);
/* Adds it where it is missing. 0; STORE_FULL; -ENOMEM. */
MUST_USE int index_make_writer(struct index *x, const char *name, size_t *at);

/*
 * Makes room for one more with a writer, so that index_change_writer() cannot
 * fail; or gives it back. 0 or -ENOMEM.
 */
MUST_USE int index_expect(struct index *x, size_t at);
void index_expect_no_more(struct index *x, size_t at);
/* Gives it to another writer, which expects it. */
void index_change_writer(struct index *x, struct entry *e, size_t at);

/* Changes state and next try, and queues or unqueues accordingly. */
void index_move(struct index *x, struct entry *e, enum dataset_state to,
	int64_t next_try_ns);
void index_resize(struct index *x, struct entry *e, uint64_t size_octets);

/* Takes the oldest claimable data set out of its queue; NULL: none. */
struct entry *index_pop(struct index_writer *w, int64_t now_ns);
/* Puts back what was popped and not claimed. */
void index_unpop(struct index *x, struct entry *e);

/* Marks the next unused job number as used. STORE_FULL when there is none. */
MUST_USE int index_take_job(struct index *x, uint32_t *job);
/* The same for a number found at start; what is out of range is ignored. */
void index_keep_job(struct index *x, uint32_t job);

#endif
