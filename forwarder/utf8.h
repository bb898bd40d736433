/*
 * utf8 - where characters of UTF-8 begin and end, in text that may be none.
 *
 * Pure. Safe from any thread.
 * Source: RFC 3629 section 4; Unicode Standard section 3.9, "U+FFFD
 * Substitution of Maximal Subparts".
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>

enum { UTF8_MAX = 4 }; /* octets of a character */

enum utf8_kind {
	UTF8_WHOLE, /* a character */
	UTF8_PART,  /* the beginning of one, at the end of the text */
	UTF8_WRONG, /* what can be none, up to where one may begin again */
};

/*
 * What text begins with, which has at least one octet; *out gets how many of
 * its octets that is.
 */
enum utf8_kind utf8_look(const char *text, size_t len, size_t *out);

/* How many octets of text are whole characters, up to what is none. */
size_t utf8_length(const char *text, size_t len);

/* How many octets text begins with that are ASCII. */
size_t utf8_ascii_length(const char *text, size_t len);

bool utf8_is_ascii(const char *text, size_t len);

#endif
