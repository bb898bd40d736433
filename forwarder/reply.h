/*
 * reply - SMTP replies, from bytes to meaning.
 *
 * Pure: no I/O, no allocation. One thread at a time per parser.
 * Source: RFC 5321 section 4.2; RFC 3463 and RFC 2034 for enhanced codes.
 */
#ifndef REPLY_H
#define REPLY_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	REPLY_LINE_MAX = 4096, /* octets kept of a line; the rest is dropped */
	REPLY_LINES_MAX = 128, /* lines of one reply */
	REPLY_OCTETS_MAX = 65536, /* of one reply, with line ends */
	REPLY_TEXT_MAX = 2048,    /* of text kept for logs */
};

struct reply {
	int code;      /* 200 to 599; of the last line */
	int status[3]; /* enhanced status code; status[0] 0 when absent */
	size_t lines;
	size_t bare_lfs;           /* lines that ended in LF without CR */
	char text[REPLY_TEXT_MAX]; /* text of all lines, LF between them, NUL
				    * made a blank, cut where it is full;
				    * terminated; escape before display */
};

/* Collects one reply out of a stream. */
struct reply_parser {
	struct reply reply;
	char line[REPLY_LINE_MAX]; /* a line whose end is not here yet */
	size_t line_len;
	bool line_is_cut; /* it is longer than what is kept */
	bool last_was_cr;
	size_t octets;
	size_t text_len;
};

/* Makes p ready for the next reply; to be called before each one. */
void reply_parser_init(struct reply_parser *p);

/*
 * Reads octets until one reply is whole. *consumed gets how many were read.
 * on_line, if not NULL, sees each line's text in turn (EHLO keywords).
 *
 * Lines end in CR LF; a bare LF is taken too. A code is three digits, the
 * first 2 to 5, then "-", a blank or the line's end. Lines of one reply have
 * one first digit; where the other digits differ the last line counts.
 *
 * Returns 1 when p->reply is whole, 0 when more is needed, -EPROTO when the
 * grammar or a limit is broken: the session must be closed.
 */
MUST_USE int reply_feed(struct reply_parser *p, const char *octets, size_t len,
	size_t *consumed,
	void (*on_line)(void *arg, const char *text, size_t len), void *arg);

/* What EHLO offered. */
struct reply_extensions {
	bool pipelining;
	bool eight_bit_mime;
	bool starttls;
	bool dsn;
	bool has_size;
	unsigned long long size; /* octets; 0 with has_size: no known limit */
};

/*
 * Reads one EHLO line's text (not the first line) into e, which the caller
 * has cleared. Unknown keywords are ignored; of one keyword the last counts.
 */
void reply_extension_line(
	struct reply_extensions *e, const char *text, size_t len);

#endif
