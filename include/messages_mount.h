/*
 * messages_mount - what the mount tells the operator: see messages.h.
 */
#ifndef MESSAGES_MOUNT_H
#define MESSAGES_MOUNT_H

#define MSG_MOUNT_GONE "JESF050I the mount is gone"

/* what libfuse says */
#define MSG_FUSE_SAYS "JESF051W %s"

#define MSG_WITNESS_BLIND                                                      \
	"JESF052W cannot see in /proc how some writers end: a data set "       \
	"whose writer is killed counts as closed"

/* seconds */
#define MSG_ANSWER_LATE                                                        \
	"JESF053E no answer of the store for %d s: a request got EIO"

#define MSG_ANSWER_OWED "JESF054E the store still owes answers"

#define MSG_LEFT_OPEN                                                          \
	"JESF055E stopped without closing the spool, which gives no answer; "  \
	"the next start recovers it"

/* mount point */
#define MSG_DEAD_MOUNT                                                         \
	"JESF056W %s: the mount of a daemon that died was taken away"

/* mount point */
#define MSG_GUARD_IMMUTABLE                                                    \
	"JESF057I %s takes no files while nothing is mounted: it is immutable"

/* mount point */
#define MSG_GUARD_TMPFS                                                        \
	"JESF058I %s takes no files while nothing is mounted: "                \
	"a read-only tmpfs lies there"

/* reason */
#define MSG_NOT_NOTIFIED                                                       \
	"JESF059W the manager of services was not told of the start: %s"

/* reason */
#define MSG_NO_HELPER                                                          \
	"JESF060W umount(8) does not wait for the daemon: mount(8): %s"

#endif
