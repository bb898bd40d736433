/*
 * store_local - the embedded store: a catalogue, segments and files of their
 * own in one directory, written by one committer.
 *
 * What its files share. The entry in memory says what is durable: the
 * committer changes the row first, or writes a record that says the same
 * (store_promise.h), then, under the lock, the entry.
 */
#ifndef STORE_LOCAL_H
#define STORE_LOCAL_H

#include "backlog.h"
#include "catalogue_read.h"
#include "chore.h"
#include "committer.h"
#include "mutex.h"
#include "store_draft.h"
#include "store_index.h"
#include "store_ops.h"
#include "store_sync.h"

#include <stdatomic.h>

enum {
	EXTENTS_MAX = 64, /* records of one data set; then they become one */
	BATCH_REQUESTS_MAX = 512,
	BATCH_RECORDS_MAX = 1024,
	BATCH_OCTETS_MAX = 16 << 20,
	NUMBERS_AHEAD = 1000, /* reserved in the catalogue at a time */
};

struct standing;
struct local {
	struct store base;
	int directory;
	int segments_directory;
	int files; /* directory of large data sets */
	int lock_file;
	int failed_file; /* see store_failed.h */
	uint64_t capacity_octets;
	uint64_t dataset_octets_max;
	struct segments *segments;
	struct catalogue *catalogue;
	struct committer *committer;
	struct chores *chores; /* on large data sets */
	struct syncer *syncer;
	atomic_bool is_broken; /* a sync failed: -EIO for ever */

	struct mutex lock;
	struct cond changed;
	struct index index GUARDED_BY(lock);
	uint64_t room_octets GUARDED_BY(lock); /* see store_room.h */
	int64_t room_seen_ns GUARDED_BY(lock);
	/* by the writer's place in the index; NULL: nobody ever listened */
	struct standing *standing[INDEX_WRITERS_MAX] GUARDED_BY(lock);
	uint64_t next_number GUARDED_BY(lock);
	uint64_t version GUARDED_BY(lock); /* see store_wait() */
	uint64_t pending GUARDED_BY(lock); /* requests not yet answered */

	/* the committer's alone */
	uint64_t last_token;
	uint64_t reserved_number; /* below it the catalogue needs no change */
	struct backlog *backlog;
	size_t backlog_due;          /* so many are worth a commit */
	atomic_size_t backlog_count; /* for all others */
	uint64_t life;               /* of its records: segment_note.h */
	uint64_t sequence;           /* of the last record */
	uint64_t anchor; /* from there on a start looks; 0: not yet known */
	uint64_t next_anchor;
	struct segment_record records[BATCH_RECORDS_MAX];
	struct request *owners[BATCH_RECORDS_MAX]; /* of the records */
};

/* ---- store_batch.c ---------------------------------------------------- */

committer_serve local_serve;

/* ---- store_local_read.c ----------------------------------------------- */

int local_resolve(struct store *s, uint64_t key, uint64_t *number);
int local_lookup(struct store *s, uint64_t number, struct dataset *out);
ssize_t local_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len);
int local_mark(struct store *s, uint64_t number, uint32_t mail,
	struct store_mark_row *out);
int local_marks(struct store *s, uint64_t number, uint32_t after, size_t max,
	struct store_mark_row *out, size_t *count);
int local_list(struct store *s, const char *writer, uint64_t after, size_t max,
	struct dataset *out, size_t *count);
void local_stats(struct store *s, struct store_stats *out);
uint64_t local_wait(struct store *s, uint64_t version, int64_t deadline_ns);

/* ---- store_names.c ---------------------------------------------------- */

void local_rename(struct store *s, uint64_t number,
	const struct store_rename *how, store_done *done, void *arg);

/* ---- store_local.c ---------------------------------------------------- */

extern const struct store_ops local_ops;

/* Waits until the catalogue has all that is durable: 0, or why not. */
MUST_USE int local_catch_up(struct local *l);
/* ---- store_start.c ---------------------------------------------------- */

void local_close(struct store *s);

/* ---- store_replay.c, store_recover.c ---------------------------------- */

/* Takes into the catalogue what only the segments know. First of all. */
MUST_USE int local_replay(struct local *l);
/* Entries from rows; what a start changes. Before any thread of the store. */
MUST_USE int local_recover(struct local *l);

static inline struct local *local_of(struct store *s)
{
	return (struct local *)s;
}

#endif
