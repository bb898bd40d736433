/*
 * escape - the one gate for text that came from users, servers or disks.
 *
 * Octets outside 0x20 to 0x7E, and the backslash, become \xHH, so that no
 * line break, terminal sequence or forged field reaches a log or a display.
 * Pure. Safe from any thread.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include "attributes.h"

#include <stddef.h>

struct buf;

/*
 * Writes len octets, escaped and terminated, into out of cap octets
 * (cap > 0); what does not fit is left out, never half an escape.
 * Returns out.
 */
const char *escape_text(const char *octets, size_t len, char *out, size_t cap);

/* The same for a string. */
const char *escape_string(const char *text, char *out, size_t cap);

/* Appends len octets, escaped. */
void escape_append(struct buf *out, const char *octets, size_t len);

#endif
