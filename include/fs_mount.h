/*
 * fs_mount - the mount itself: made and taken away by a process that may,
 * served by any.
 *
 * One thread at a time. The process that mounts need not be the one that
 * serves: it hands the device over.
 * Source: libfuse, fuse_lowlevel.h, fuse_session_mount().
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include "attributes.h"

enum { FS_WHY_MAX = 512 };

struct fs_mount;

/*
 * Mounts on a directory that exists. options are as after -o, separated by
 * commas, NULL or "" for none; what neither FUSE nor mount(2) knows is an
 * error. Until somebody serves it, whoever looks into the mount waits.
 *
 * Returns 0; -EPERM when not root, -ENODEV without /dev/fuse, -EINVAL for a
 * wrong option, -ENOTDIR, -ENOENT; -EIO for what mount(2) says else. why
 * gets a sentence for the operator; it has FS_WHY_MAX octets.
 */
MUST_USE int fs_mount_open(const char *mount_point, const char *options,
	struct fs_mount **out, char why[static FS_WHY_MAX]);

/* The descriptor to serve; it stays m's. */
int fs_mount_device(const struct fs_mount *m);

/*
 * Takes the mount away, unless somebody else did, and frees m: at once for
 * those who look for it; who has a file of it open gets errors. NULL is
 * accepted.
 */
void fs_mount_close(struct fs_mount *m);

/*
 * Frees m and takes nothing away: for a mount that is no longer what is found
 * at its place. Who has a file of it open gets errors, once nobody serves it.
 */
void fs_mount_leave(struct fs_mount *m);

#endif
