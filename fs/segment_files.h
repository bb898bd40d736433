/*
 * segment_files - the files that segments are, and who prepares them.
 *
 * The private half of segment.c. _locked functions may let go of the lock
 * while they work on files and hold it again when they return; only one
 * thread at a time works on files.
 */
#ifndef SEGMENT_FILES_H
#define SEGMENT_FILES_H

#include "mutex.h"
#include "segment_record.h"

#include <stdbool.h>

enum {
	ZERO_FIRST = 1 << 20, /* zeros written at first */
	ZERO_STEP = 4 << 20,  /* at most at a time, once there is more */
	RUN_MAX = 128,        /* records in one pwritev() */
	SPARE_MAX = 4,        /* empty segments kept */
	OPEN_MAX = 256,       /* descriptors kept */
};

struct segment {
	uint32_t id;
	int fd;          /* -1: not open now */
	uint32_t zeroed; /* octets that are allocated and durable */
	uint32_t tail;   /* where the next record goes */
	uint32_t live;   /* records */
	uint32_t pins;   /* readers */
	bool is_unsynced;
	bool is_ahead; /* of the catalogue; counts as one more that lives */
};

struct segments {
	int directory;
	uint32_t size; /* of each */
	struct mutex lock;
	struct cond changed;
	struct segment **table GUARDED_BY(lock); /* by id; NULL: no such one */
	uint32_t table_len GUARDED_BY(lock);
	uint32_t open_count GUARDED_BY(lock);
	struct segment *current GUARDED_BY(lock);
	bool is_busy GUARDED_BY(lock); /* one thread works on files */
	bool is_stopping GUARDED_BY(lock);
	bool is_started;
	pthread_t preparer;
	/* the committer's alone */
	struct record_head heads[RUN_MAX];
	struct iovec pieces[RUN_MAX * RECORD_PIECES];
};

/* Fills the table from the directory. Before any thread starts. */
MUST_USE int segment_files_scan(struct segments *s);

/* Waits until no other thread works on files, then is that thread. */
void segment_files_take_locked(struct segments *s) REQUIRES(&s->lock);
void segment_files_give_locked(struct segments *s) REQUIRES(&s->lock);

/* Both need the files taken. */
MUST_USE int segment_create_locked(struct segments *s, struct segment **out)
	REQUIRES(&s->lock);
MUST_USE int segment_extend_locked(struct segments *s, struct segment *g)
	REQUIRES(&s->lock);

/* An open descriptor in g->fd; closed only when there are too many. */
MUST_USE int segment_reopen_locked(struct segments *s, struct segment *g)
	REQUIRES(&s->lock);
void segment_close_locked(struct segments *s, struct segment *g)
	REQUIRES(&s->lock);

/* The first segment in which nothing lives; count gets how many there are. */
struct segment *segment_find_free_locked(struct segments *s, uint32_t *count)
	REQUIRES(&s->lock);

/* Whether the preparer has work; then changed is to be signalled. */
bool segment_wants_preparer_locked(struct segments *s) REQUIRES(&s->lock);

/* The thread that prepares: zeros ahead, a spare segment, no surplus. */
void *segment_prepare_main(void *segments);

#endif
