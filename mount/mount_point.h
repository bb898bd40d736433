/*
 * mount_point - the directory to mount on, made ready.
 *
 * For one thread, run by root, before the mount.
 */
#ifndef MOUNT_POINT_H
#define MOUNT_POINT_H

#include "attributes.h"
#include "mount_guard.h"

#include <limits.h>
#include <stdbool.h>

enum { MOUNT_POINT_WHY_MAX = 256 };

struct mount_point {
	char path[PATH_MAX]; /* absolute, without links */
	bool was_dead;       /* the mount of a daemon that died was there */
	enum mount_guard guard;
};

/*
 * Finds a mount point. The mount of a daemon that died without unmounting,
 * which answers nothing but ENOTCONN, is taken away first, so that a crash
 * needs nobody to come and unmount. A directory with files in it is refused
 * unless may_hold_files: they would be out of sight, and may be mail that was
 * written while nothing was mounted.
 *
 * Returns 0; -errno with a sentence in why: -EBUSY for the mount of a jesfs
 * that lives, -ENOTEMPTY, -ENOTDIR, -ENOENT, -EPERM.
 */
MUST_USE int mount_point_find(const char *path, bool may_hold_files,
	struct mount_point *out, char why[static MOUNT_POINT_WHY_MAX]);

/*
 * Whether path, which need not exist yet, is the mount point or lies below
 * it.
 */
bool mount_point_holds(const struct mount_point *p, const char *path);

/* Guards it as mount_guard_set() does. Returns 0; -errno with why. */
MUST_USE int mount_point_guard(
	struct mount_point *p, char why[static MOUNT_POINT_WHY_MAX]);

/* Tells the log what was done. */
void mount_point_report(const struct mount_point *p);

/*
 * Takes the guard away from a directory where no jesfs is mounted. Returns
 * how many guards there were; -errno with why.
 */
MUST_USE int mount_point_unprotect(
	const char *path, char why[static MOUNT_POINT_WHY_MAX]);

#endif
