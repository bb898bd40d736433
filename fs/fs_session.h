/*
 * fs_session - a session of libfuse with the options of our mounts.
 */
#ifndef FS_SESSION_H
#define FS_SESSION_H

#include "attributes.h"
#include "fs_mount.h"

#include <fuse_lowlevel.h>

/*
 * Makes a session that is not mounted; options as for fs_mount_open().
 * Returns 0; -EINVAL with a sentence in why.
 */
MUST_USE int fs_session_new(const char *options,
	const struct fuse_lowlevel_ops *operations, void *arg,
	struct fuse_session **out, char why[static FS_WHY_MAX]);

#endif
