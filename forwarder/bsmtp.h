/*
 * bsmtp - batch SMTP: from the octets of a data set to its mails.
 *
 * Streaming and resumable: the caller hands in octets in pieces of any size
 * and gets events; at most one command line and one envelope are held.
 * Content stays where it is: a mail says at which offset of the data set its
 * content lies. No I/O. One thread at a time.
 *
 * Lines end in LF or CR LF. A command with an error becomes an ERROR event
 * and is otherwise passed over. A mail in whose envelope or text an error was
 * found is not produced: its text, also behind a DATA that was out of place,
 * is skipped to the final dot, so that text is never read as commands.
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
#include "heading.h"
#include "line.h"
#include "mail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BSMTP_COMMAND_MAX = 510 }; /* octets of a command, blanks cut off */

enum bsmtp_kind {
	BSMTP_MORE,  /* all octets are consumed: hand in the next, or finish */
	BSMTP_MAIL,  /* a whole mail was read: bsmtp_take_mail() */
	BSMTP_ERROR, /* a command is wrong: record and reply say what */
	BSMTP_QUIT,  /* QUIT was read: what follows is not processed */
};

struct bsmtp_event {
	enum bsmtp_kind kind;
	uint64_t record;             /* ERROR: line number, from 1 */
	char reply[BSMTP_REPLY_MAX]; /* ERROR: "501 5.5.4 JES ...", escaped */
	bool counts;                 /* ERROR: against JESSyntaxErrLimit */
	int err; /* ERROR: 0; -ENOMEM when our memory is at fault, not the data
		  * set: it is to be read again, later */
};

struct bsmtp;

/* Returns NULL when memory is out. */
MUST_USE struct bsmtp *bsmtp_new(void);

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
 * Cuts octets in lines and reads them: those that lie at the offset after
 * all octets read before. For callers that have no lines. Consumes
 * until the first event and gives it out. Returns how many octets were
 * consumed; the rest is to be handed in again. After BSMTP_QUIT all octets
 * are consumed and the event is BSMTP_QUIT again.
 */
size_t bsmtp_feed(struct bsmtp *p, const char *octets, size_t len,
	struct bsmtp_event *event);

/*
 * Says that the data set ends here: a last line without a line end is read,
 * a mail without its final dot ends, QUIT is implied. To be called until the
 * event is BSMTP_QUIT or BSMTP_MORE.
 */
void bsmtp_finish(struct bsmtp *p, struct bsmtp_event *event);

/*
 * Takes the mail of the last BSMTP_MAIL event; the caller owns it and frees
 * it with mail_free(). Its number counts mails produced, from 1. Returns NULL
 * when it was taken already.
 */
MUST_USE struct mail *bsmtp_take_mail(struct bsmtp *p);

/*
 * Whether what was fed so far says itself that it is whole: at least one
 * mail, the last one has its final dot, and no line hangs loose behind it; or
 * QUIT was read. To be asked before bsmtp_finish().
 */
bool bsmtp_is_complete(const struct bsmtp *p);

#endif
