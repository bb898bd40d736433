/*
 * user_exit - asks a program of the administrator's about each mail before it
 * is sent: UserExit EXEC.
 *
 * A thread and a program for each writer, so that a slow one delays nobody
 * else; readers only leave their mails there. The answers:
 *
 *   accept       the mail is sent
 *   reject TEXT  its recipients are undeliverable
 *   hold TEXT    the data set is held, this mail and what is behind it unsent
 *
 * Where the program fails (ends, gives no answer in time, says what it was not
 * asked), the data set is held with the reason, and the program rests: 1 s,
 * then twice as long each time up to 60 s, until it answers. Data sets that
 * come meanwhile wait. What is unsent is asked about again when its data set
 * is selected again, so a program may be asked about a mail more than once; it
 * is not where a target server has been tried in vain.
 *
 * Any thread, but start, stop and free one.
 */
#ifndef USER_EXIT_H
#define USER_EXIT_H

#include "attributes.h"
#include "delivery.h"
#include "mailqueue.h"

#include <stdbool.h>

struct user_exit;

/* Sets q->exit: NULL where the configuration names no program. */
MUST_USE int user_exit_start(struct mailqueue *q);

/* Whether a mail that was read is to be asked about. */
bool user_exit_wants(const struct mailqueue *q, const struct delivery *d);

/* Takes d over, as mailqueue_push() and settle_claims() do. Does not block. */
void user_exit_ask(struct mailqueue *q, struct delivery *d);

/* Ends the program; mails go back to the spool. Does not block. */
void user_exit_stop(struct mailqueue *q);

/* When no reader is left. Blocks until the program has ended. */
void user_exit_free(struct mailqueue *q);

#endif
