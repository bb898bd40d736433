/*
 * messages_forwarder - what the forwarder tells the operator: see messages.h.
 */
#ifndef MESSAGES_FORWARDER_H
#define MESSAGES_FORWARDER_H

#include <inttypes.h>

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

/* job id, mail number (PRIu32), target server, characters, octets (PRIu64) */
#define MSG_CHANGED                                                            \
	"JESF047W %s.%" PRIu32 " is not sent to %s as it was written: "        \
	"%" PRIu64 " characters are '?' now, %" PRIu64 " controls blanks"

/* writer, path, what is wrong, seconds */
#define MSG_EXIT_FAILED                                                        \
	"JESF033E writer %s: UserExit %s %s, it is started again after %d s"

/* writer, a line of its standard error */
#define MSG_EXIT_SAYS "JESF034W writer %s: UserExit says: %s"

/* writer, process */
#define MSG_EXIT_STAYS "JESF035E writer %s: UserExit process %d does not end"

#endif
