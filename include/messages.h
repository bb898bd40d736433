/*
 * messages - every message to the operator, with its id: JESFnnnI|W|E, ours.
 *
 * 00x and 06x the program, 01x and 02x the spool, 03x and 04x the forwarder,
 * 05x the mount. Arguments that came from users or peers are escaped first
 * (escape.h).
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "messages_forwarder.h"
#include "messages_mount.h"
#include "messages_spool.h"

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

/* mount point */
#define MSG_LEFT_BENEATH                                                       \
	"JESF067W %s stays mounted, with nobody to serve it, beneath what "    \
	"was mounted there later: umount(8) both"

/* reason */
#define MSG_STUCK                                                              \
	"JESF068E the process that served the mount cannot end: its "          \
	"connection cannot be aborted: %s"

#endif
