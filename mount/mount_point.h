/*
 * mount_point - the directory to mount on, made ready.
 */
#ifndef MOUNT_POINT_H
#define MOUNT_POINT_H

#include "attributes.h"

#include <limits.h>
#include <stdbool.h>

/*
 * Finds the absolute path of a mount point. The mount of a daemon that died
 * without unmounting, which answers nothing but ENOTCONN, is taken away
 * first, so that a crash needs nobody to come and unmount.
 *
 * Returns 0; -errno: -ENOTDIR, -ENOENT, -EPERM.
 */
MUST_USE int mount_point_find(const char *path, char out[static PATH_MAX]);

/*
 * Whether path, which need not exist yet, is the mount point or lies below
 * it.
 */
bool mount_point_holds(const char *mount_point, const char *path);

#endif
