/*
 * mount_guard - a bare mount point that takes no files, not even from root:
 * what is written there while nothing is mounted would be mail that nobody
 * sends.
 *
 * For one thread, run by root.
 */
#ifndef MOUNT_GUARD_H
#define MOUNT_GUARD_H

#include "attributes.h"

enum mount_guard {
	MOUNT_GUARD_IMMUTABLE, /* root's, mode 0555, immutable attribute */
	MOUNT_GUARD_TMPFS,     /* a read-only tmpfs lies over it */
};

/*
 * Guards a directory, given by an absolute path without links, that nothing
 * of ours is mounted on. Where its file system knows no immutable attribute,
 * or we may not set it, an empty read-only tmpfs is mounted there.
 *
 * Returns 0, also when it was guarded before; -errno.
 */
MUST_USE int mount_guard_set(const char *path, enum mount_guard *out);

/*
 * Takes the guard away: root can write there again, as its mode stays 0555.
 * Returns how many guards there were; -errno: -EBUSY when a process uses the
 * tmpfs.
 */
MUST_USE int mount_guard_clear(const char *path);

#endif
