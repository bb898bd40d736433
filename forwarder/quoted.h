/*
 * quoted - lines of text in the quoted-printable encoding, which may have
 * lines of any length.
 *
 * What comes out are lines of at most QUOTED_LINE_MAX octets of printable
 * ASCII and tabs: a longer line goes on behind a "=". A CR and a NUL become
 * blanks, counted, as in the emitter. Blanks and tabs that end a line, and a
 * dot that is all of one, are encoded too.
 *
 * Pure, streaming, constant memory. One thread at a time.
 * Source: RFC 2045 section 6.7.
 */
#ifndef QUOTED_H
#define QUOTED_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUOTED_LINE_MAX = 76 };

struct quoted {
	uint64_t replaced; /* octets that became blanks, so far */

	/* The line that is made. */
	bool is_given; /* it was: another one begins */
	size_t len;
	char line[QUOTED_LINE_MAX];
	bool has_held; /* an octet of which it is not known if it is the last */
	char held;

	/* The piece that was put in, as far as it is not read. */
	const char *in;
	size_t in_len;
	bool ends_line;
};

void quoted_init(struct quoted *q);

/*
 * Puts in the next piece of a line, then takes what comes of it: quoted_get()
 * gives one line at a time, which stays until the next call, and false when
 * there is no more. The text put in is to stay until then. What comes out does
 * not depend on how lines are cut.
 */
void quoted_put(struct quoted *q, const char *text, size_t len, bool ends_line);
MUST_USE bool quoted_get(struct quoted *q, const char **text, size_t *len);

/* Whether quoted_get() has no more to give. */
bool quoted_is_idle(const struct quoted *q);

#endif
