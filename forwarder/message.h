/*
 * message - a data set that is one plain message, as for sendmail -t: its
 * recipients are those of To, Cc and Bcc.
 *
 * Streaming and resumable, as bsmtp; the events are bsmtp's. What is held is
 * proportional to the recipients. No I/O. One thread at a time.
 *
 * Where there are Resent fields, those of the topmost block say it instead:
 * it ends where one of them comes again, or at a Received or Return-Path
 * below it. The sender is the first mailbox of Return-Path, Sender or From,
 * of a message sent again that of Resent-Sender or Resent-From; else it is
 * who wrote the data set. A mailbox without a domain is of this host.
 *
 * A recipient that is no mailbox is an error, and the others are sent to. A
 * message without its empty line or without a recipient is not produced.
 *
 * Dots mean nothing: the writer did not double them. A first line "From ..."
 * of a mailbox file is no part of the message.
 *
 * Source: RFC 5322 sections 3.6.2, 3.6.3 and 3.6.6; RFC 4155; sendmail(8).
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "attributes.h"
#include "bsmtp.h"
#include "heading.h"
#include "line.h"

#include <stdbool.h>
#include <stddef.h>

struct message;

/*
 * Whether the first line of a data set, or enough of it, begins a message: a
 * header field, or the "From " of a mailbox file.
 */
bool message_is_first_line(const char *line, size_t len);

/* rules stay the caller's. Returns NULL when memory is out. */
MUST_USE struct message *message_new(const struct heading_rules *rules);

/* p may be NULL. Frees a mail nobody took, too. */
void message_free(struct message *p);

/*
 * Reads the next piece of a line, all of it. The event is BSMTP_MORE,
 * BSMTP_ERROR, or BSMTP_QUIT where no mail can come of it any more.
 */
void message_line(
	struct message *p, const struct line *piece, struct bsmtp_event *event);

/*
 * Says that the data set ends here. To be called until the event is
 * BSMTP_QUIT.
 */
void message_finish(struct message *p, struct bsmtp_event *event);

/* As bsmtp_take_mail(). */
MUST_USE struct mail *message_take_mail(struct message *p);

/* Octets of its envelope, until the mail is taken. */
size_t message_held_octets(const struct message *p);

#endif
