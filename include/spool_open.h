/*
 * spool_open - a spool from its start to its end, for the program that owns
 * it.
 */
#ifndef SPOOL_OPEN_H
#define SPOOL_OPEN_H

#include "attributes.h"
#include "dataset.h"
#include "store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct spool;

struct draft_names;

typedef ssize_t spool_reader(
	void *arg, uint64_t offset, void *octets, size_t len);

/*
 * Who says whether what a data set of writer was left with, by one that did
 * not close it, is complete. It is asked on any thread, for one data set at a
 * time.
 */
struct spool_judge {
	void *rules;
	bool (*is_complete)(
		void *rules, const char *writer, spool_reader *read, void *arg);
};

/*
 * Takes over the store's data sets: rebuilds the roster page by page and
 * brings every data set from its state on disk to the one it starts in (the
 * table in spool_start.c). Mails in doubt are logged, "in doubt: JOBID.mail",
 * a line each. Writers that have data sets are there from the start. Blocks.
 * store stays the caller's. judge is copied, and what it points to must outlive
 * the spool. drafts says what is not sent under its name; NULL for the usual
 * names.
 *
 * Starts two threads: one judges the data sets of killed writers, one asks
 * again for what the store had no room or memory for. spool_close() ends
 * them.
 */
MUST_USE int spool_open(struct store *store, const struct spool_judge *judge,
	const struct draft_names *drafts, struct spool **out);

/*
 * Makes a writer directory. -EEXIST when it was added before (not when the
 * store brought it), -ENOSPC over DATASET_WRITERS_MAX, or what
 * writer_name_parse() says.
 */
MUST_USE int spool_add_writer(struct spool *sp, const char *writer);

/*
 * Names under which somebody's mail was sent stay his for for_ns after that:
 * they can be looked at, changed without effect, and removed, and are not
 * free for O_EXCL. Not at all until it is called. Returns 0, -ENOMEM or -EIO.
 */
MUST_USE int spool_linger(struct spool *sp, int64_t for_ns);

/* 0 is no limit. */
struct spool_limits {
	uint64_t spool_octets; /* 0: the capacity of the store */
	uint64_t user_octets;  /* of each owner; none for root */
	uint64_t user_datasets;
};

/*
 * From now on what comes is refused over a limit; what is there stays. A
 * write over one of octets, and a create over that of data sets, is answered
 * -EDQUOT, one over the capacity -ENOSPC; the last 5 % are for operators.
 * Until it is called there is no limit.
 */
void spool_limit(struct spool *sp, const struct spool_limits *limits);

/* The most octets a data set of the writer may have, -EFBIG over it; 0: no
 * limit. For those that are opened from now on. The writer has been added. */
void spool_limit_datasets(
	struct spool *sp, const char *writer, uint64_t octets_max);

/*
 * Who looks at the octets of a writer's data sets while they are written: as
 * long as they come in order, from the first, and not under a draft name.
 * Calls for one data set come one at a time, those for several side by side.
 */
struct spool_check {
	void *rules;
	/* At the first write. NULL when memory is out: nothing is looked at. */
	void *(*begin)(void *rules);
	/*
	 * Returns false when the data set can never be processed, with escaped
	 * text in why: then the write, all later calls and the data set itself
	 * are refused, -EINVAL.
	 */
	bool (*feed)(void *checker, const void *octets, size_t len,
		char why[static REASON_MAX + 1]);
	void (*end)(void *checker);
};

/* For data sets that are opened from now on. The writer has been added; check
 * is copied, and what it points to must outlive the spool. */
void spool_check_datasets(
	struct spool *sp, const char *writer, const struct spool_check *check);

/* From now on no new data set and no further octet: -EROFS. */
void spool_quiesce(struct spool *sp);

/* No handle is open and no forwarder attached any more. Blocks. */
void spool_close(struct spool *sp);

#endif
