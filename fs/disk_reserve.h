/*
 * disk_reserve - room on the file system of the spool that others cannot
 * take: a file without content, made shorter when the catalogue needs room
 * on a disk that has no more.
 *
 * No state but the file; any thread. Blocks.
 */
#ifndef DISK_RESERVE_H
#define DISK_RESERVE_H

#include "attributes.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Opens or makes the file "reserve" of a directory, without any room. Returns
 * a descriptor, the caller's; or -errno.
 */
MUST_USE int disk_reserve_open(const char *directory);

/* Takes what is missing of it up to most octets, or as much as there is. */
void disk_reserve_take(int fd, uint64_t most);

bool disk_reserve_is_full(int fd);

/* In octets. */
uint64_t disk_reserve_size(int fd);

/* Gives all of it back to the file system. */
void disk_reserve_release(int fd);

/* Whether so little is free that a start needs it. */
bool disk_reserve_is_needed(int fd);

/*
 * Whether it lacks room and may take it now: there is plenty, or so little
 * that nothing else was promised any of it.
 */
bool disk_reserve_is_due(int fd);

#endif
