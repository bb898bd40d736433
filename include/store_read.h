/*
 * store_read - what a store can be asked without changing it.
 *
 * Any thread. These calls may wait for a disk, never for a commit.
 */
#ifndef STORE_READ_H
#define STORE_READ_H

#include "attributes.h"
#include "store_values.h"

#include <sys/types.h>

struct store;

/* Finds the number that begin gave to key, or STORE_NONE for good. */
MUST_USE int store_resolve(struct store *s, uint64_t key, uint64_t *number);

MUST_USE int store_lookup(
	struct store *s, uint64_t number, struct dataset *out);

/*
 * Reads up to len octets at offset, fewer only at the end of the data set.
 * What damaged storage gives back is found when the first octet of a piece
 * as it was written is read: of a data set of up to 1 MiB that is octet 0.
 *
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
 * deadline_ns of the monotonic clock; next_try_ns of WAITING ones is for the
 * caller to watch. A hint: look again anyway. Returns the version to wait
 * for next; start with 0.
 */
uint64_t store_wait(struct store *s, uint64_t version, int64_t deadline_ns);

#endif
