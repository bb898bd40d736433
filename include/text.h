/*
 * text - strings of bounded size.
 *
 * Pure. Safe from any thread.
 */
#ifndef TEXT_H
#define TEXT_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Copies src with its end into dst of cap octets (cap > 0), cut if it is too
 * long. Returns false when it was cut.
 */
bool text_copy(char *dst, size_t cap, const char *src);

/* The same for a format; dst is always terminated. */
bool text_format(char *dst, size_t cap, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Compares len octets of a with the string b, ASCII letters in any case. */
bool text_equals_nocase(const char *a, size_t len, const char *b);

/*
 * Reads an unsigned decimal number of len octets, digits only.
 *
 * Returns 0; -EINVAL when it is not a number; -ERANGE when it is over max.
 */
MUST_USE int text_to_number(
	const char *digits, size_t len, uint64_t max, uint64_t *out);

#endif
