/*
 * codepage - from the code page of a data set to UTF-8.
 *
 * A page is built once, by iconv(3), and then constant: any thread. What goes
 * on from one call to the next is in the caller's state.
 *
 * An octet that is a line end (LF, in an EBCDIC page also NEL) is never
 * converted: the caller decides what it means. A character of two octets, in a
 * page that shifts out to them and in again, never has one.
 * Source: Unicode Technical Report 16 for NEL and LF in EBCDIC; IBM, Character
 * Data Representation Architecture, "EBCDIC mixed single-byte/double-byte".
 */
#ifndef CODEPAGE_H
#define CODEPAGE_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODEPAGE_UTF8_MAX = 6 }; /* octets one character becomes */

struct codepage;

/* What conversion needs to know of the octets before; zero at the start. */
struct codepage_state {
	uint64_t unconvertible; /* characters that became '?', so far */

	bool is_double; /* shifted out: characters of two octets */
	bool has_first; /* of two */
	unsigned char first;
};

/*
 * name is one that iconv_open(3) knows, of single-byte characters, or EBCDIC
 * with those of two octets between shift-out and shift-in.
 *
 * Returns 0; -EINVAL for a name unknown; -ENOTSUP for a page with other
 * characters of several octets; -ENOMEM.
 */
MUST_USE int codepage_open(const char *name, struct codepage **out);

/* page may be NULL. */
void codepage_close(struct codepage *page);

/* Whether X'40' is the blank. */
bool codepage_is_ebcdic(const struct codepage *page);

/* Whether octet ends a line. */
bool codepage_is_line_end(const struct codepage *page, char octet);

/*
 * Converts octets until all are, a line end is next, or less than
 * CODEPAGE_UTF8_MAX octets of room are left. Returns how many octets were
 * written; *used gets how many were read.
 */
size_t codepage_to_utf8(const struct codepage *page,
	struct codepage_state *state, const char *in, size_t len, size_t *used,
	char *out, size_t cap);

/*
 * Ends a line: the next one begins shifted in. Returns how many octets were
 * written, at most 1: a character may have been cut in two. There is room for
 * it where there was room for the first half.
 */
size_t codepage_end_line(struct codepage_state *state, char *out);

#endif
