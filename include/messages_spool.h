/*
 * messages_spool - what the spool tells the operator: see messages.h.
 */
#ifndef MESSAGES_SPOOL_H
#define MESSAGES_SPOOL_H

#include <inttypes.h>

/* job id, reason */
#define MSG_HELD "JESF010W %s held: %s"

/* job id, reason: a write failed, its writer was told */
#define MSG_DISCARDED "JESF011W %s discarded: %s"

/* job id, reason: while it was written, its writer was told */
#define MSG_REFUSED "JESF019W %s refused: %s"

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

/* job id, uid (unsigned int): what was not sent yet is cancelled */
#define MSG_PURGED_BY "JESF023I %s purged by uid %u"

/* job id, reason */
#define MSG_MARKS_UNREADABLE "JESF022E %s: its marks cannot be read: %s"

#endif
