/*
 * store_failed - what the next start must not believe.
 *
 * After a failed sync a restart may still find what was answered -EIO: the
 * kernel keeps it in memory, or part of it reached the disk. So the store
 * writes the numbers of those data sets into a file that was made at start,
 * when storage was healthy; the next start holds them, and every data set
 * that was still open. No state; one thread at a time.
 */
#ifndef STORE_FAILED_H
#define STORE_FAILED_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct failed {
	bool is_set;   /* a sync failed before the last stop */
	bool is_whole; /* numbers are all there; else suspect everything */
	uint64_t *numbers;
	size_t count;
};

/* Returns a descriptor of the file, made if it is missing, or -errno. */
MUST_USE int failed_open(int directory);

/* Returns 0, -EIO or -ENOMEM. failed_fini() frees what out holds. */
MUST_USE int failed_read(int file, struct failed *out);
void failed_fini(struct failed *f);
bool failed_has(const struct failed *f, uint64_t number);

MUST_USE int failed_write(int file, const uint64_t *numbers, size_t count);
MUST_USE int failed_clear(int file);

#endif
