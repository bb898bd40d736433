/*
 * emitter - the one gate through which content leaves: lines in, octets of
 * SMTP data out.
 *
 * Takes the content of a mail as it lies in a data set (LF or CR LF line
 * ends, leading dots doubled by the writer) and gives what goes on the wire
 * after DATA: every line ends in CR LF, leading dots are doubled, a missing
 * last line end is added. In the output CR stands only before LF, LF only
 * after CR, and NUL never: a CR elsewhere and a NUL become a blank. A CR that
 * is the very last octet counts as a line end that was cut in half.
 *
 * A line the writer began with one dot, and did not double, loses that dot:
 * any receiver would take it off.
 *
 * Pure, streaming, constant memory. One thread at a time.
 * Source: RFC 5321 sections 2.3.8 and 4.5.2; RFC 5322 section 2.2.
 */
#ifndef EMITTER_H
#define EMITTER_H

#include <stdbool.h>
#include <stddef.h>

enum { EMITTER_OUT_MIN = 8 }; /* least room for output */

enum emitter_place {
	EMITTER_LINE_START,
	EMITTER_DOT, /* a dot was read at the line's start, not yet written */
	EMITTER_TEXT,
};

struct emitter {
	enum emitter_place place;
	bool had_cr; /* a CR was read and not yet written */
};

void emitter_init(struct emitter *e);

/*
 * Reads up to in_len octets, writes up to out_cap (at least EMITTER_OUT_MIN).
 * Returns how many were written; *consumed gets how many were read. What is
 * written does not depend on how the input is cut or on out_cap.
 */
size_t emitter_feed(struct emitter *e, const char *in, size_t in_len,
	size_t *consumed, char *out, size_t out_cap);

/*
 * Ends the content: adds a missing line end, then the final dot line
 * ".\r\n". out has room for EMITTER_OUT_MIN octets. Returns how many.
 */
size_t emitter_finish(struct emitter *e, char *out);

#endif
