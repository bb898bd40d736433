/*
 * mount_table - what is mounted where, as this process sees it.
 *
 * Asks the kernel and not the mounts, so that a file system that does not
 * answer holds up nobody. Safe from any thread.
 * Source: proc(5), /proc/PID/mountinfo.
 */
#ifndef MOUNT_TABLE_H
#define MOUNT_TABLE_H

#include "attributes.h"

#include <limits.h>
#include <stdbool.h>

enum { MOUNT_DEVICE_MAX = 32 };

struct mount_entry {
	char device[MOUNT_DEVICE_MAX]; /* "0:52", of the file system */
	char point[PATH_MAX];
	char type[64];         /* "ext4", "fuse.jesfs" */
	char source[PATH_MAX]; /* a device, or what the file system says */
};

/*
 * Calls each(arg, mount) for every mount, a later one at the same point
 * after the one beneath it, until it returns false. Returns 0; -errno.
 */
MUST_USE int mount_table_each(
	bool (*each)(void *arg, const struct mount_entry *m), void *arg);

/*
 * The mount on top at an absolute path without links. Returns 0; -ENOENT
 * when there is none; -errno.
 */
MUST_USE int mount_table_top(const char *path, struct mount_entry *out);

/* Whether it is a jesfs. */
bool mount_table_is_jesfs(const struct mount_entry *m);

/* Whether path is above, or lies below it; above is not "/". */
bool mount_table_is_within(const char *path, const char *above);

#endif
