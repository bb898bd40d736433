/*
 * store_large - data sets that have a file of their own.
 *
 * The file is named by the number. When a data set is submitted, checksums
 * of each block follow its octets, so that damage is found when the first
 * octet of a block is read. No state; any thread.
 */
#ifndef STORE_LARGE_H
#define STORE_LARGE_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LARGE_BLOCK = 1 << 20 };

/* Returns a descriptor or -errno. */
MUST_USE int large_create(int files, uint64_t number);
void large_unlink(int files, uint64_t number);

/* Writes the checksums behind the octets and cuts off what else is there. */
MUST_USE int large_seal(int fd, uint64_t number, uint64_t size);

/*
 * Reads up to len octets of a data set of that size. Returns how many;
 * -ENOENT; -EBADMSG; -EIO; -ENOMEM.
 */
MUST_USE ssize_t large_read(int files, uint64_t number, uint64_t size,
	bool is_sealed, uint64_t offset, void *octets, size_t len);

/* Unlinks each file whose number is not to be kept. */
MUST_USE int large_sweep(
	int files, bool (*keep)(void *arg, uint64_t number), void *arg);

#endif
