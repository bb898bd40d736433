/*
 * emitter - the one gate through which content leaves: lines in, octets of
 * SMTP data out.
 *
 * Takes the content of a mail as it lies in a data set (LF or CR LF line
 * ends, leading dots doubled by the writer) and gives what goes on the wire
 * after DATA: every line ends in CR LF, leading dots are doubled, a missing
 * last line end is added. In the output CR stands only before LF, LF only
 * after CR, and NUL never: a CR elsewhere and a NUL become a blank.
 *
 * Pure, streaming, constant memory. One thread at a time.
 * Source: RFC 5321 sections 2.3.8 and 4.5.2; RFC 5322 section 2.2.
 */
#ifndef EMITTER_H
#define EMITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct emitter {
	bool at_line_start;
	bool had_cr; /* a CR was read and not yet written */
};

void emitter_init(struct emitter *e);

/*
 * Reads up to in_len octets, writes up to out_cap (at least 8). Returns how
 * many were written; *consumed gets how many were read.
 */
size_t emitter_feed(struct emitter *e, const char *in, size_t in_len,
	size_t *consumed, char *out, size_t out_cap);

/*
 * Ends the content: adds a missing line end, then the final dot line
 * ".\r\n". out has room for at least 8 octets. Returns how many.
 */
size_t emitter_finish(struct emitter *e, char *out);

#endif
