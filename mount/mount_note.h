/*
 * mount_note - lets umount(8) know which helper to call.
 *
 * umount(8) looks at the type that statfs(2) tells, which is that of all FUSE
 * file systems, unless there is a note about the mount in its own table.
 *
 * For one thread, run by root.
 * Source: mount(8), --fake; umount(8), "External helpers", helper=.
 */
#ifndef MOUNT_NOTE_H
#define MOUNT_NOTE_H

#include "attributes.h"

/*
 * Notes that umount.fuse.jesfs unmounts what is or will be mounted from
 * source at point, in place of an earlier note. Where that helper is not
 * installed there is nothing to note.
 *
 * Returns 0; -EIO when mount(8) could not; -errno when it could not be
 * started.
 */
MUST_USE int mount_note_set(const char *source, const char *point);

#endif
