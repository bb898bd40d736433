/*
 * messages - every message to the operator, with its id.
 *
 * Ids are ours: JESFnnnI|W|E, an id a text. Two digits of nnn name the part:
 * 01x and 02x the spool. Use: log_event(MSG_HELD, job_id, reason). Arguments
 * that came from users or peers are escaped first (escape.h).
 */
#ifndef MESSAGES_H
#define MESSAGES_H

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
#define MSG_KILLED_COMPLETE "JESF014I %s complete though its writer was killed"

/* job id */
#define MSG_FOUND_COMPLETE "JESF020I %s complete though it was not closed"

/* job id, mail number (PRIu32) */
#define MSG_IN_DOUBT "JESF021W in doubt: %s.%" PRIu32

/* job id, reason */
#define MSG_MARKS_UNREADABLE "JESF022E %s: its marks cannot be read: %s"

#endif
