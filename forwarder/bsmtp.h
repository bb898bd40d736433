/*
 * bsmtp - batch SMTP: from the lines of a data set to its mails.
 *
 * Streaming and resumable: the caller hands in pieces of lines and gets
 * events; at most one command line and one envelope are held. Content stays
 * where it is: a mail says at which offset of the data set its content lies.
 * No I/O. One thread at a time.
 *
 * A command with an error becomes an ERROR event and is otherwise passed
 * over; what follows is read as if nothing had been. But a mail in whose
 * envelope or text there was an error comes out with a refusal: its text,
 * also behind a DATA that was out of place, is skipped to the final dot, so
 * that text is never read as commands. A RCPT with an error in itself costs
 * that recipient alone, and a command that is known and not implemented
 * costs no mail.
 *
 * Errors are counted, but not those of a RCPT in itself, of a mail without a
 * good recipient, or of limits of size. Past JESSyntaxErrLimit two more
 * errors say so, and then all is as after QUIT.
 *
 * The final dot may be followed by blanks, as in padded records.
 *
 * Source: IBM, z/OS Communications Server: IP User's Guide and Commands,
 * "SMTP commands" (CSSMTP); RFC 5321 section 4.1.1; RFC 2442 for the idea.
 */
#ifndef BSMTP_H
#define BSMTP_H

#include "attributes.h"
#include "bsmtp_command.h"
#include "config_input.h"
#include "heading.h"
#include "line.h"
#include "mail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BSMTP_COMMAND_MAX = 510 }; /* octets of a command, blanks cut off */

enum bsmtp_kind {
	BSMTP_MORE,  /* all is consumed: hand in the next, or finish */
	BSMTP_MAIL,  /* a whole mail was read: bsmtp_take_mail() */
	BSMTP_ERROR, /* something is wrong: record and reply say what */
	BSMTP_QUIT,  /* QUIT was read: what follows is not processed */
};

struct bsmtp_event {
	enum bsmtp_kind kind;
	uint64_t record;             /* ERROR: its number, from 1 */
	char reply[BSMTP_REPLY_MAX]; /* ERROR: "501 5.5.4 JES ...", escaped */
	bool counts;                 /* ERROR: against JESSyntaxErrLimit */
	bool has_ended; /* ERROR: the limit is passed, no line is read any
			 * more; what comes with the next calls says so */
	int err; /* ERROR: 0; -ENOMEM when our memory is at fault, not the data
		  * set: it is to be read again, later */
};

struct bsmtp;

/*
 * config is copied; NULL: the defaults. Returns NULL when memory is out.
 */
MUST_USE struct bsmtp *bsmtp_new(const struct input_config *config);

/*
 * Before the first line: by what the headers of its mails are read. rules stay
 * the caller's. Without, headers are text as any other.
 */
void bsmtp_use_heading(struct bsmtp *p, const struct heading_rules *rules);

/* p may be NULL. Frees a mail nobody took, too. */
void bsmtp_free(struct bsmtp *p);

/*
 * Reads the next piece of a line, all of it. After BSMTP_QUIT nothing is
 * read and the event is BSMTP_QUIT again.
 */
void bsmtp_line(
	struct bsmtp *p, const struct line *piece, struct bsmtp_event *event);

/*
 * Reads many whole lines of text in one step, octets that begin at the start
 * of a line, as long as nothing is to be said of any; bsmtp_is_at_text().
 * Returns how many octets, 0 when the next line is to be read by itself, and
 * in *lines how many lines.
 */
MUST_USE size_t bsmtp_text_lines(
	struct bsmtp *p, const char *octets, size_t len, uint64_t *lines);

/*
 * Says that the data set ends here, after its last line: a mail without its
 * final dot ends, QUIT is implied. To be called until the event is
 * BSMTP_QUIT or BSMTP_MORE.
 */
void bsmtp_finish(struct bsmtp *p, struct bsmtp_event *event);

/*
 * Takes the mail of the last BSMTP_MAIL event; the caller owns it and frees
 * it with mail_free(). Its number counts texts, also those whose mail is
 * refused, from 1: what is changed in the configuration later does not change
 * it. Returns NULL when it was taken already.
 */
MUST_USE struct mail *bsmtp_take_mail(struct bsmtp *p);

/* Whether a line begins here that is text of a mail, behind its header. */
bool bsmtp_is_at_text(const struct bsmtp *p);

/*
 * Whether what was read so far says itself that it is whole: at least one
 * mail, the last one has its final dot, and no line hangs loose behind it; or
 * QUIT was read. To be asked before bsmtp_finish().
 */
bool bsmtp_is_complete(const struct bsmtp *p);

/* Octets of the envelope under construction. */
size_t bsmtp_held_octets(const struct bsmtp *p);

#endif
