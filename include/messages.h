/*
 * messages - every message to the operator, with its id: JESFnnnI|W|E, ours.
 *
 * 00x and 06x the program, 01x and 02x the spool, 03x and 04x the forwarder,
 * 05x the mount. Arguments that came from users or peers are escaped first
 * (escape.h).
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <inttypes.h>

/* ---- the program ----------------------------------------------------- */

/* mount point */
#define MSG_MOUNTED "JESF001I %s mounted"

/* why: a signal's name, "unmounted" */
#define MSG_STOPPING "JESF002I stopping: %s"

#define MSG_STOPPED "JESF003I stopped"

/* what, reason */
#define MSG_NO_START "JESF004E cannot start: %s: %s"

/* directory, reason */
#define MSG_NO_SPOOL "JESF005E spool directory %s: %s"

/* writer, reason */
#define MSG_NO_FORWARDER "JESF006E writer %s cannot be attached: %s"

/* mount point, reason */
#define MSG_NO_MOUNT "JESF007E %s cannot be mounted: %s"

#define MSG_NO_REFRESH                                                         \
	"JESF008W SIGHUP ignored: the configuration is read at start only"

#define MSG_COLD                                                               \
	"JESF009W cold start: data sets in progress begin at their first mail"

#define MSG_AS_ROOT                                                            \
	"JESF065W runs as root, as SpoolDirectory belongs to root; let User "  \
	"in jesfs.conf name a user of its own"

/* signal, its name */
#define MSG_CHILD_DIED "JESF066E ended by signal %d (%s); it is unmounted"

/* ---- the spool ------------------------------------------------------- */

/* job id, reason */
#define MSG_HELD "JESF010W %s held: %s"

/* job id, reason: a write failed, its writer was told */
#define MSG_DISCARDED "JESF011W %s discarded: %s"

/* job id, reason */
#define MSG_NOT_SUBMITTED "JESF012E %s not submitted: %s"

/* job id, reason */
#define MSG_NOT_PURGED "JESF013E %s not purged: %s"

/* job id */
#define MSG_SUBMITTED_LATE "JESF015I %s submitted after all"

/* job id */
#define MSG_PURGED_LATE "JESF016I %s purged after all"

/* job id */
#define MSG_KILLED_COMPLETE "JESF014I %s complete though its writer was killed"

/* octets in use, octets there are (PRIu64), percent */
#define MSG_SPOOL_SHORT                                                        \
	"JESF017W shortage of spool space: %" PRIu64 " of %" PRIu64            \
	" octets are in use, %d %% or more"

/* octets in use, octets there are (PRIu64) */
#define MSG_SPOOL_RELIEVED                                                     \
	"JESF018I shortage of spool space is over: %" PRIu64 " of %" PRIu64    \
	" octets are in use"

/* job id */
#define MSG_FOUND_COMPLETE "JESF020I %s complete though it was not closed"

/* job id, mail number (PRIu32) */
#define MSG_IN_DOUBT "JESF021W in doubt: %s.%" PRIu32

/* job id, reason */
#define MSG_MARKS_UNREADABLE "JESF022E %s: its marks cannot be read: %s"

/* ---- the forwarder --------------------------------------------------- */

/* target server */
#define MSG_TARGET_ACTIVE "JESF030I target server %s is active"

/* target server, seconds, what it said */
#define MSG_TARGET_RESTS                                                       \
	"JESF031W target server %s is not tried again for %d s: %s"

/* target server, seconds, what it said */
#define MSG_TARGET_SUSPENDED                                                   \
	"JESF032E target server %s needs an operator, "                        \
	"not tried again for %d s: %s"

/* job id */
#define MSG_CLAIM_LOST "JESF040W %s was taken from its writer while it was sent"

/* what the store said */
#define MSG_NOT_RECORDED                                                       \
	"JESF041E no mail is sent: what becomes of it cannot be recorded: %s"

/* writer */
#define MSG_RECORDED_AGAIN "JESF042I writer %s sends mail again"

/* job id, reason: at the end of the program */
#define MSG_LEFT_CLAIMED "JESF043E %s: its last results are not recorded: %s"

/* job id, mail number (PRIu32), what happened */
#define MSG_POSSIBLE_DUPLICATE                                                 \
	"JESF044W possible duplicate: %s.%" PRIu32 " is sent again: %s"

/* job id */
#define MSG_NO_MAIL "JESF045I %s purged: there is no mail in it"

/* writer, what the store said */
#define MSG_NOT_SELECTED "JESF046E writer %s cannot select data sets: %s"

/* ---- the mount -------------------------------------------------------- */

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
