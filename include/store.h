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

#include "store_open.h"
#include "store_read.h"
#include "store_standing.h"
#include "store_values.h"

#include <stdbool.h>

typedef void store_done(void *arg, int err);

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
 * STORE_NONE; STORE_BUSY when it is not OPEN, or found so at start; -ENOMEM.
 */
MUST_USE int store_append(struct store *s, uint64_t number, uint64_t offset,
	const void *octets, size_t len);

/* Sets the size of an OPEN data set; growth reads as zeros. */
MUST_USE int store_truncate(struct store *s, uint64_t number, uint64_t size);

/* dataset_describe() of an OPEN data set, durable as octets are: with the
 * next sync or submit. Returns 0; STORE_NONE; STORE_BUSY as store_append(). */
MUST_USE int store_describe(
	struct store *s, uint64_t number, mode_t mode, int64_t changed_ns);

/* Makes all octets so far durable: all or nothing. */
void store_sync(struct store *s, uint64_t number, store_done *done, void *arg);

/*
 * Ends the writing of an OPEN data set: octets not yet durable become so
 * before it is READY or HELD. Rides with the next commit. To PURGED: drops
 * the data set.
 */
void store_submit(struct store *s, uint64_t number, enum dataset_state to,
	const char *reason, store_done *done, void *arg);

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

/*
 * Records marks; durable before done. Fenced. Checkpoints and the finish of
 * one claim take effect in the order in which they were called. Mails are
 * claimed in order: STORE_BUSY when a mail not claimed yet is passed over, as
 * after a call that failed.
 */
void store_checkpoint(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg);

/* Ends a claim: marks and the new state in one transaction. Fenced. */
void store_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg);

/*
 * Moves a data set that nobody claims from one state to another (hold,
 * release, purge; at start also ACTIVE to READY or HELD, which voids the old
 * token). Durable before done. STORE_BUSY when its state is not from, or the
 * table in dataset.c has no such move.
 */
void store_move(struct store *s, uint64_t number, enum dataset_state from,
	enum dataset_state to, const char *reason, store_done *done, void *arg);

/*
 * Gives a data set another label and, in the same transaction, another state
 * and another writer. Durable before done, of one that is OPEN as far as the
 * data set itself is. Served before whatever else waits. STORE_BUSY when its
 * state is not from, or the table in dataset.c has no such move, or a data
 * set that is ACTIVE would change its writer.
 */
void store_rename(struct store *s, uint64_t number,
	const struct store_rename *how, store_done *done, void *arg);

/* Takes the label away; its text stays. Durable before done, as above. */
void store_unlabel(
	struct store *s, uint64_t number, store_done *done, void *arg);

#endif
