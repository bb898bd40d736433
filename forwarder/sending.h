/*
 * sending - the content of a mail, from the octets of its data set to those on
 * the wire after DATA.
 *
 *   records -> dots undone -> compose -> charset -> quoted -> emitter
 *
 * before them the fields that were put on top when it was read. The text alone
 * passes quoted, where a line of it is too long and may be encoded. The octets
 * are the same at every attempt at targets of one character set.
 *
 * Pure, streaming, constant memory. One thread at a time.
 * Source: RFC 5321 section 4.5.2; RFC 5322 section 2.1.
 */
#ifndef SENDING_H
#define SENDING_H

#include "attributes.h"
#include "charset.h"
#include "compose.h"
#include "emitter.h"
#include "heading.h"
#include "input.h"
#include "mail.h"
#include "quoted.h"
#include "records.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sending {
	const struct mail *mail;
	const char *top;         /* what is left of mail->added or of mime */
	bool has_mime;           /* the MIME fields were put on top too */
	struct charset *charset; /* NULL: UTF-8, or as it came */
	bool refuses_unknown;    /* a character that charset lacks */
	bool refuses_long;       /* a line too long in charset */
	bool encodes;            /* the text, as quoted-printable */
	bool is_encoding;        /* and what was put in is of it */
	bool has_long_field;     /* in charset, of a mail that is encoded */
	bool joins;              /* Continuation all */
	bool is_joined;          /* the next record belongs to the line, too */
	bool at_start;           /* of a line: its dot may be the writer's */
	bool is_text;            /* the header is over */
	struct emitter emitter;
	struct quoted quoted;
	char mime[HEADING_MIME_MAX];
	struct compose compose;
	struct records records;
};

/*
 * rules are those the mail was read by; charset is what the target gets, NULL
 * for UTF-8. All it is given must stay until it is over.
 */
void sending_begin(struct sending *s, const struct input_rules *rules,
	const struct mail *m, struct charset *charset);

/*
 * Reads octets of the mail's content, writes up to cap (at least
 * EMITTER_OUT_MIN). Returns how many were written; *used gets how many were
 * read. What is written does not depend on how the input is cut or on cap.
 *
 * The octets are to stay until sending_is_idle().
 */
MUST_USE size_t sending_feed(struct sending *s, const char *octets, size_t len,
	size_t *used, char *out, size_t cap);

/* Whether all that the octets read came to is written. */
bool sending_is_idle(const struct sending *s);

/*
 * The content has been read: writes the rest of it, then the final dot. To be
 * called until *is_over. Returns how many octets were written.
 */
MUST_USE size_t sending_finish(
	struct sending *s, char *out, size_t cap, bool *is_over);

/* What is wrong with the octets; NULL: nothing. */
const char *sending_damage(const struct sending *s);

/*
 * Why the mail cannot be sent in this character set, as an SMTP reply would
 * say it; NULL: it can. To be asked before what was written is sent.
 */
const char *sending_fault(const struct sending *s);

/* What sending changed, so far. */
struct sending_changes {
	uint64_t unconvertible; /* characters that became "?" */
	uint64_t blanked;       /* CR, LF, NEL and NUL that became blanks */
};

struct sending_changes sending_changes(const struct sending *s);

#endif
