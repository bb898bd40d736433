/*
 * store_values - what goes into a store and what comes out of it.
 *
 * Plain data; store.h has the calls.
 */
#ifndef STORE_VALUES_H
#define STORE_VALUES_H

#include "dataset.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

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

/* What became of one mail of a data set. Absence of a mark on a mail below
 * read_upto says: delivered to all its recipients. */
enum store_mark_kind {
	STORE_MARK_CLAIMED,   /* about to be sent; in doubt after a crash */
	STORE_MARK_DELIVERED, /* removes the mark: nothing is left to do */
	STORE_MARK_DEFERRED,  /* to be tried again at next_try_ns */
	STORE_MARK_FAILED,    /* for good; see reason */
};

enum { STORE_RECIPIENTS_MAX = 100000 };

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
	size_t units; /* granted to its writer with it: store_standing.h */
};

/* What store_rename() makes of a data set. */
struct store_rename {
	const char *writer; /* NULL: it keeps its writer */
	const char *label;
	bool has_label;
	bool is_draft; /* as in struct dataset */
	bool moves;    /* false: its state stays, whatever it is */
	enum dataset_state from, to; /* as for store_move() */
	const char *reason;          /* escaped text; "" for none */
};

struct store_stats {
	uint64_t count[DATASET_STATES];
	uint64_t octets; /* content of all data sets */
	uint64_t capacity_octets;
	uint64_t free_octets; /* still accepted */
};

#endif
