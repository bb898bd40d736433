/*
 * spool_state - what a spool is inside, and how its roster follows the store.
 *
 * For the modules of the spool alone. The store decides; the roster repeats,
 * as soon as a call has succeeded. Completions for one data set may come the
 * wrong way round: the token of its last claim says which is later.
 * The lock is held for moments: never across a call of the store.
 */
#ifndef SPOOL_STATE_H
#define SPOOL_STATE_H

#include "draft_names.h"
#include "gone.h"
#include "linger.h"
#include "mutex.h"
#include "quota.h"
#include "roster.h"
#include "spool_open.h"
#include "waiting.h"

#include <stdatomic.h>

struct judge;
struct spool_again;

/* One writer directory; once made it stays. */
struct spool_writer {
	char name[WRITER_NAME_MAX + 1];
	bool is_added; /* asked for, not only found in the store */
	uint64_t dataset_octets_max; /* 0: no limit */
	struct spool_check check;    /* begin is NULL: nobody looks */
	uint64_t count[DATASET_STATES];
	size_t entries;
	size_t selecting; /* asked of the store, not yet answered */
	struct waiting waiting;
	void (*arrived)(void *arg); /* NULL while nothing is attached */
	void *arg;
	unsigned int calls; /* of arrived, running now */
	struct spool *spool;
	store_claimed *claimed; /* NULL while nobody listens */
	void *claimed_arg;
};

/* Runs, with no lock held, once the submission it waits for is over. */
struct spool_later {
	struct spool_later *next;
	uint64_t number;
	void (*run)(struct spool_later *later);
};

struct spool {
	struct store *store;
	struct judge *judge;
	struct spool_again *again;
	struct quota *quota;       /* counts what is in the roster */
	struct draft_names drafts; /* never change */
	atomic_bool is_quiesced;
	struct mutex lock;
	struct cond settled; /* calls or in_flight came to 0 */
	struct roster roster GUARDED_BY(lock);
	struct linger linger GUARDED_BY(lock);
	struct gone gone GUARDED_BY(lock);
	struct cond gone_news; /* something for who waits for what is gone */
	struct spool_writer writers[DATASET_WRITERS_MAX] GUARDED_BY(lock);
	size_t writer_count GUARDED_BY(lock);
	size_t in_flight GUARDED_BY(lock); /* completions yet to come */
	struct spool_later *later GUARDED_BY(lock);
};

/* Why a data set is held whose label is a draft name. */
extern const char spool_draft_reason[];

/* NULL for a name that is no writer's; in any case of letters. */
struct spool_writer *spool_writer_locked(struct spool *sp, const char *name)
	REQUIRES(&sp->lock);

/* Finds or makes it. Returns 0 or -ENOSPC. */
MUST_USE int spool_writer_make_locked(struct spool *sp, const char *name,
	struct spool_writer **out) REQUIRES(&sp->lock);

uint8_t spool_writer_number(struct spool *sp, const struct spool_writer *w);

/* Puts an entry into the roster and counts it. Returns 0 or -ENOMEM. */
MUST_USE int spool_insert_locked(struct spool *sp, struct roster_entry *e)
	REQUIRES(&sp->lock);

/* Takes an entry out, which has no handle, and counts it no longer; it is the
 * caller's to free, once he has unlocked. */
void spool_remove_locked(struct spool *sp, struct roster_entry *e)
	REQUIRES(&sp->lock);

/* Makes e the one its label finds. */
void spool_take_label_locked(struct spool *sp, struct roster_entry *e)
	REQUIRES(&sp->lock);

/* The one place where an entry changes its state. */
void spool_set_state_locked(struct spool *sp, struct roster_entry *e,
	enum dataset_state to, int64_t next_try_ns, const char *reason)
	REQUIRES(&sp->lock);

/* Counts a completion to come, and one that is over: spool_settle(). */
void spool_begin_call(struct spool *sp);
void spool_end_call(struct spool *sp);

/* Calls the forwarder of the writer, if there is one: mark it under the lock,
 * call with none held, and end the call spool_begin_call() counted. */
struct spool_wake {
	struct spool_writer *writer; /* NULL: nobody to call */
	void (*arrived)(void *arg);
	void *arg;
};

struct spool_wake spool_wake_locked(struct spool *sp, uint8_t writer)
	REQUIRES(&sp->lock);
void spool_wake_and_end_call(struct spool *sp, const struct spool_wake *wake);

/* Waits until no call is in flight. Blocks. */
void spool_settle(struct spool *sp);

#endif
