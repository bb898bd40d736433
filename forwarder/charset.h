/*
 * charset - from UTF-8 to the character set that a target server gets, line by
 * line.
 *
 *   compose -> lines in UTF-8 -> charset -> lines of octets -> emitter
 *
 * A line of ASCII alone is passed on as it is: every character set that can be
 * configured keeps ASCII. Lines begin and end in the initial shift state. What
 * the character set lacks, and what is no UTF-8, becomes "?", counted. Lines
 * are measured here, after conversion.
 *
 * Pure but for iconv(3); constant memory. One thread at a time.
 * Source: Unicode Standard section 3.9, "U+FFFD Substitution of Maximal
 * Subparts"; RFC 1468 for shifts at line ends.
 */
#ifndef CHARSET_H
#define CHARSET_H

#include "attributes.h"
#include "codepage.h"
#include "config_target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHARSET_LINE_MAX = 998 }; /* octets of a line, as sent */

struct charset;

/*
 * What a target gets of data sets that were read by input and page, which may
 * be NULL: a name iconv_open(3) knows, "" for UTF-8 or whatever it was. That
 * is its MBCharset with MBCS, else its Charset; where that is not coded,
 * ISO8859-1 of an EBCDIC page as with CSSMTP, and of another page that page.
 */
const char *charset_name(const struct target_config *target,
	const struct input_config *input, const struct codepage *page);

/*
 * name is not empty, and stays the caller's.
 *
 * Returns 0; -EINVAL for a name unknown; -ENOTSUP for one that changes ASCII;
 * -ENOMEM; what else iconv_open(3) says.
 */
MUST_USE int charset_open(const char *name, struct charset **out);

/* Its name; "" for NULL, which is UTF-8. */
const char *charset_title(const struct charset *c);

/* c may be NULL. */
void charset_close(struct charset *c);

/* Begins a mail. Lines are cut to CHARSET_LINE_MAX when truncates. */
void charset_begin(struct charset *c, bool truncates);

/*
 * Puts in the next piece of a line, then takes what comes of it: charset_get()
 * gives one piece at a time and false when there is no more. The text put in
 * is to stay until then; what comes out stays until the next call.
 */
void charset_put(
	struct charset *c, const char *text, size_t len, bool ends_line);
MUST_USE bool charset_get(
	struct charset *c, const char **text, size_t *len, bool *ends_line);

/* Whether charset_get() has no more to give. */
bool charset_is_idle(const struct charset *c);

/* Characters of the mail that became "?", so far. */
uint64_t charset_replaced(const struct charset *c);

/* Whether a line of the mail is over CHARSET_LINE_MAX, so far. */
bool charset_has_long_line(const struct charset *c);

#endif
