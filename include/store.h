/*
 * store - what keeps data sets: the interface every back end implements.
 *
 * A store knows numbers, attributes, octets and marks; it knows no path, no
 * inode, and never assumes that it is the only process. Correctness rests on
 * tokens, never on clocks: a call that carries a token changes something
 * only while that token is the data set's current one, else it answers
 * STORE_LOST and nothing has changed.
 *
 * Threads: any thread may call; appends, truncates and the sync or submit
 * that follows them come from one thread per data set at a time. A call that
 * takes a done function returns at once: done is called exactly once, maybe
 * before the call returns, otherwise on a thread of the store, with no lock
 * of the store held. It must not block and must not call a blocking function
 * of the store. Strings handed in are copied before the call returns.
 */
#ifndef STORE_H
#define STORE_H

#include "attributes.h"
#include "dataset.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum store_error {
	STORE_NONE = -ENOENT, /* no such data set, mark or key */
	STORE_LOST = -ESTALE, /* another holds it now; nothing changed */
	STORE_BUSY = -EBUSY,  /* its state does not allow it; nothing changed */
	STORE_FULL = -ENOSPC, /* no room; nothing changed */
	STORE_DAMAGED = -EBADMSG,         /* a checksum is wrong */
	STORE_REGRESS = -ENOTRECOVERABLE, /* the engine went back in time */
	STORE_REFUSED = -EROFS,           /* closed for new data sets */
	/* and -EIO, -EFBIG, -ENOMEM. After a failed sync: -EIO for ever. */
};

typedef void store_done(void *arg, int err);

/* What became of one mail of a data set. Absence of a mark on a mail below
 * read_upto says: delivered to all its recipients. */
enum store_mark_kind {
	STORE_MARK_CLAIMED,   /* about to be sent; in doubt after a crash */
	STORE_MARK_DELIVERED, /* removes the mark: nothing is left to do */
	STORE_MARK_DEFERRED,  /* to be tried again at next_try_ns */
	STORE_MARK_FAILED,    /* for good; see reason */
};

enum { STORE_RECIPIENTS_MAX = 2000 };

struct store_mark {
	uint32_t mail; /* from 1, in the order of the data set */
	enum store_mark_kind kind;
	uint32_t tries;      /* counted passes so far */
	int64_t next_try_ns; /* DEFERRED: wall clock */
	/* one character per recipient, in order: '.' undecided, 'D' delivered,
	 * 'F' failed; "" when all are undecided */
	const char *recipients;
	const char *reason; /* escaped text; "" for none */
};

/* A mark that was read: owned by the caller, store_mark_fini() frees it. */
struct store_mark_row {
	uint32_t mail;
	enum store_mark_kind kind;
	uint32_t tries;
	int64_t next_try_ns;
	char *recipients;
	char *reason;
};

struct store_claim {
	struct dataset dataset;
	uint64_t token; /* only grows; carries the store's epoch */
	/* Mails below this number were read by an earlier claim: each has a
	 * mark or is delivered. 1 in the first claim of a data set. That first
	 * claim claims mail 1 too, as STORE_MARK_CLAIMED would. */
	uint32_t read_upto;
};

struct store_finish {
	enum dataset_state to; /* PURGED, READY, WAITING, HELD or DEAD */
	int64_t next_try_ns;   /* WAITING: wall clock */
	const char *reason;    /* escaped text; "" for none */
	const struct store_mark *marks; /* settled in the same transaction */
	size_t mark_count;
};

struct store_stats {
	uint64_t count[DATASET_STATES];
	uint64_t octets;      /* content of all data sets */
	uint64_t free_octets; /* still accepted */
};

struct store;

struct store_ops {
	void (*close)(struct store *s);
	int (*begin)(struct store *s, const struct dataset *attributes,
		uint64_t key, uint64_t *number, uint32_t *job);
	int (*append)(struct store *s, uint64_t number, uint64_t offset,
		const void *octets, size_t len);
	int (*truncate)(struct store *s, uint64_t number, uint64_t size);
	void (*sync)(
		struct store *s, uint64_t number, store_done *done, void *arg);
	void (*submit)(struct store *s, uint64_t number, enum dataset_state to,
		const char *reason, store_done *done, void *arg);
	int (*resolve)(struct store *s, uint64_t key, uint64_t *number);
	int (*claim)(struct store *s, const char *writer, size_t max,
		int64_t lease_ns, struct store_claim *claims, size_t *count);
	int (*renew)(struct store *s, uint64_t number, uint64_t token,
		int64_t lease_ns);
	void (*checkpoint)(struct store *s, uint64_t number, uint64_t token,
		const struct store_mark *marks, size_t count, store_done *done,
		void *arg);
	void (*finish)(struct store *s, uint64_t number, uint64_t token,
		const struct store_finish *how, store_done *done, void *arg);
	void (*move)(struct store *s, uint64_t number, enum dataset_state from,
		enum dataset_state to, const char *reason, store_done *done,
		void *arg);
	void (*relabel)(struct store *s, uint64_t number, const char *label,
		bool has_label, store_done *done, void *arg);
	int (*lookup)(struct store *s, uint64_t number, struct dataset *out);
	ssize_t (*read)(struct store *s, uint64_t number, uint64_t offset,
		void *octets, size_t len);
	int (*mark)(struct store *s, uint64_t number, uint32_t mail,
		struct store_mark_row *out);
	int (*marks)(struct store *s, uint64_t number, uint32_t after,
		size_t max, struct store_mark_row *out, size_t *count);
	int (*list)(struct store *s, const char *writer, uint64_t after,
		size_t max, struct dataset *out, size_t *count);
	void (*stats)(struct store *s, struct store_stats *out);
	uint64_t (*wait)(
		struct store *s, uint64_t version, int64_t deadline_ns);
};

struct store {
	const struct store_ops *ops;
};

/* Answers what is queued, stops the store's threads, frees it. */
void store_close(struct store *s);

/*
 * Starts a data set with the given writer, label, owner, mode, job name and
 * times; its number and job are chosen by the store and given out. Nothing
 * is durable: after a crash nothing remains. key is random and names the
 * data set when an answer is lost.
 *
 * Returns 0; STORE_FULL; STORE_REFUSED; -EIO after a failed sync; -ENOMEM.
 */
MUST_USE int store_begin(struct store *s, const struct dataset *attributes,
	uint64_t key, uint64_t *number, uint32_t *job);

/*
 * Puts octets at an offset of an OPEN data set; a gap reads as zeros.
 * A repeated call is harmless. Returns 0; STORE_FULL; -EFBIG; -EIO;
 * STORE_NONE; STORE_BUSY when it is not OPEN; -ENOMEM.
 */
MUST_USE int store_append(struct store *s, uint64_t number, uint64_t offset,
	const void *octets, size_t len);

/* Sets the size of an OPEN data set; growth reads as zeros. */
MUST_USE int store_truncate(struct store *s, uint64_t number, uint64_t size);

/* Makes all octets so far durable: all or nothing. */
void store_sync(struct store *s, uint64_t number, store_done *done, void *arg);

/*
 * Ends the writing of an OPEN data set: octets not yet durable become so
 * before it is READY or HELD. Rides with the next commit. To PURGED: drops
 * the data set.
 */
void store_submit(struct store *s, uint64_t number, enum dataset_state to,
	const char *reason, store_done *done, void *arg);

/* Finds the number that begin gave to key, or STORE_NONE for good. */
MUST_USE int store_resolve(struct store *s, uint64_t key, uint64_t *number);

/*
 * Claims up to max data sets of a writer that are READY, or WAITING with
 * next_try_ns reached, oldest number first, and makes them ACTIVE; durable
 * before it returns. lease_ns is how long the claim lasts without renew; the
 * embedded store frees claims at its next start instead. Blocks for a
 * commit. Returns 0 (also when there were none).
 */
MUST_USE int store_claim(struct store *s, const char *writer, size_t max,
	int64_t lease_ns, struct store_claim *claims, size_t *count);

MUST_USE int store_renew(
	struct store *s, uint64_t number, uint64_t token, int64_t lease_ns);

/* Records marks; durable before done. Fenced. */
void store_checkpoint(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg);

/* Ends a claim: marks and the new state in one transaction. Fenced. */
void store_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg);

/*
 * Moves a data set that nobody claims from one state to another (hold,
 * release, purge; at start also ACTIVE to READY or HELD, which voids the old
 * token). Durable before done. STORE_BUSY when its state is not from.
 */
void store_move(struct store *s, uint64_t number, enum dataset_state from,
	enum dataset_state to, const char *reason, store_done *done, void *arg);

/* Changes the label, or takes it away. Durable before done. */
void store_relabel(struct store *s, uint64_t number, const char *label,
	bool has_label, store_done *done, void *arg);

MUST_USE int store_lookup(
	struct store *s, uint64_t number, struct dataset *out);

/*
 * Reads up to len octets at offset, fewer only at the end of the data set.
 * Returns how many; STORE_NONE; STORE_DAMAGED; -EIO.
 */
MUST_USE ssize_t store_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len);

/* Reads one mark; STORE_NONE when the mail has none. */
MUST_USE int store_mark_read(struct store *s, uint64_t number, uint32_t mail,
	struct store_mark_row *out);

/*
 * Reads up to max marks of mails over after, in order. The implied claim of
 * mail 1 (struct store_claim) counts as a mark.
 */
MUST_USE int store_marks_read(struct store *s, uint64_t number, uint32_t after,
	size_t max, struct store_mark_row *out, size_t *count);

void store_mark_fini(struct store_mark_row *row);

/*
 * Lists durable data sets with a number over after, in order; writer NULL
 * lists all. One snapshot a call.
 */
MUST_USE int store_list(struct store *s, const char *writer, uint64_t after,
	size_t max, struct dataset *out, size_t *count);

void store_stats_read(struct store *s, struct store_stats *out);

/*
 * Waits until something may have become claimable since version, or until
 * deadline_ns of the monotonic clock. A hint: look again anyway. Returns the
 * version to wait for next; start with 0.
 */
uint64_t store_wait(struct store *s, uint64_t version, int64_t deadline_ns);

/* How the embedded store works. */
struct store_local_settings {
	const char *directory;       /* created 0700 when missing */
	uint64_t capacity_octets;    /* 0: 80 % of the file system */
	uint64_t dataset_octets_max; /* 0: no limit */
};

/*
 * Opens the embedded store: SQLite catalogue, segment files, a committer.
 * -EWOULDBLOCK when another instance has the directory, -EPROTO when its
 * schema is newer than this program. why gets a sentence for the operator.
 */
MUST_USE int store_local_open(const struct store_local_settings *settings,
	struct store **out, char *why, size_t why_cap);

/* Opens a store that lives and dies with the process. */
MUST_USE int store_memory_open(struct store **out);

#endif
