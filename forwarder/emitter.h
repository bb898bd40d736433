/*
 * emitter - the one gate through which content leaves: lines in, octets of
 * SMTP data out.
 *
 * Takes pieces of lines, without their ends and with no dot doubled, and gives
 * what goes on the wire after DATA: every line ends in CR LF and a leading dot
 * is doubled. In the output CR stands only before LF, LF only after CR, and
 * NUL never, whatever is in a line: there they become blanks, counted.
 *
 * Pure, streaming, constant memory. One thread at a time.
 * Source: RFC 5321 sections 2.3.8, 4.5.2 and 4.5.3.1.6; RFC 5322 section 2.2.
 */
#ifndef EMITTER_H
#define EMITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EMITTER_OUT_MIN = 8,    /* least room for output */
	EMITTER_LINE_MAX = 998, /* octets of a line that is truncated */
	EMITTER_HELD_MAX = 3,   /* octets of a character but its last */
};

struct emitter {
	bool truncates;    /* lines over EMITTER_LINE_MAX */
	uint64_t replaced; /* octets that became blanks, so far */

	/* The line that is written. */
	uint64_t column; /* octets of it, without a doubled dot */
	bool has_dot;    /* its first one was doubled */
	bool is_cut;     /* the rest of it is dropped */
	size_t held_len; /* octets at its end, counted in column, kept back */
	char held[EMITTER_HELD_MAX];

	/* The piece that was put, as far as it is not written. */
	const char *in;
	size_t in_len;
	bool ends_line;
};

void emitter_init(struct emitter *e, bool truncates);

/*
 * Puts in the next piece of a line, once the one before is written. Its text
 * is to stay until it is.
 */
void emitter_put(
	struct emitter *e, const char *text, size_t len, bool ends_line);

/* Whether all that was put is written. */
bool emitter_is_idle(const struct emitter *e);

/*
 * Writes on, up to cap octets (at least EMITTER_OUT_MIN). Returns how many.
 * What is written does not depend on how lines are cut or on cap.
 */
size_t emitter_get(struct emitter *e, char *out, size_t cap);

/*
 * Ends the content with the final dot line, ".\r\n"; a line that has not
 * ended is ended. out has room for EMITTER_OUT_MIN octets. Returns how many.
 */
size_t emitter_finish(struct emitter *e, char *out);

#endif
