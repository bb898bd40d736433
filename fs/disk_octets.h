/*
 * disk_octets - octets of a file, all that are asked for: the kernel may do
 * a part of them in one call.
 *
 * No state; any thread. Blocks.
 */
#ifndef DISK_OCTETS_H
#define DISK_OCTETS_H

#include "attributes.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Returns 0 or -errno; what was written until then stays. */
MUST_USE int disk_write(
	int fd, uint64_t offset, const void *octets, size_t len);

/* The same with zeros, up to but not including upto; or -ENOMEM. */
MUST_USE int disk_write_zeros(int fd, uint64_t offset, uint64_t upto);

/* Returns how many there were, fewer than len only at the end; or -errno. */
MUST_USE ssize_t disk_read(int fd, uint64_t offset, void *octets, size_t len);

/* Returns 0; STORE_DAMAGED when the file ends too early; -errno. */
MUST_USE int disk_read_all(int fd, uint64_t offset, void *octets, size_t len);

#endif
