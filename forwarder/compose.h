/*
 * compose - what the header rules make of the lines of a mail: both as it is
 * read from the spool, to know its facts and its size, and as it is sent.
 *
 *   lines of the data set, dots undone -> compose -> lines of the mail
 *
 * Bcc, Resent-Bcc, Return-Path and X-JES-Origin are taken out, AtSign is put
 * right, header lines over HEADER_LINE_MAX are folded at white space, and an
 * empty line is put in where the one between header and text is missing. The
 * text is passed on as it is. The fields on top are not made here: heading.h.
 *
 * Pure, constant memory, one thread at a time.
 * Source: RFC 5322 sections 2.2.3, 3.6.3 and 3.6.7; RFC 5321 section 4.4;
 * IBM, z/OS Communications Server: IP Configuration Reference, "Options
 * statement" (AtSign, ReplaceSubjectAtSign).
 */
#ifndef COMPOSE_H
#define COMPOSE_H

#include "config_input.h"
#include "header.h"
#include "line.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	/* A line too long, and the octet after where it may be folded. */
	COMPOSE_HELD_MAX = HEADER_LINE_MAX + 2,
};

/* A piece of a line of the mail. */
struct compose_part {
	const char *text; /* until the next call */
	size_t len;
	bool is_end;    /* the line ends with it */
	bool is_sent;   /* false: it is taken out */
	bool is_header; /* or the empty line after it */
	bool is_field;  /* it starts a field: its name and colon are in it */
	enum header_field field; /* whose it is; OTHER in the text */
};

struct compose {
	const struct input_config *input;
	bool drops_sender;

	struct header header;
	bool has_unfoldable; /* a line of a field that is sent is too long */

	/* The header line that is being read. */
	bool has_kind; /* it is known what it is */
	bool is_field; /* and nothing of it was given out */
	bool is_dropped;
	size_t held_len;
	size_t given; /* of held, to be taken away */
	char held[COMPOSE_HELD_MAX];

	/* The piece that was put, as far as it is not given out. */
	const char *in;
	size_t in_len;
	bool ends_line;
	bool has_in;
};

/* drops_sender: Sender is taken out too. input stays the caller's. */
void compose_init(
	struct compose *c, const struct input_config *input, bool drops_sender);

/* True once all that follows is text, passed on as it is. */
bool compose_is_text(const struct compose *c);

/*
 * Puts in the next piece of a line, then takes what comes of it:
 * compose_get() gives one part at a time and false when there is no more. The
 * piece's text is to stay until then.
 */
void compose_put(struct compose *c, const struct line *piece);
bool compose_get(struct compose *c, struct compose_part *part);

#endif
