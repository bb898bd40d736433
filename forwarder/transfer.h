/*
 * transfer - whether the text of a mail may be sent in another encoding than
 * it has: what the fields of its header say.
 *
 * It is a text by itself, not encoded, and nobody signed it: what a signature
 * covers stays as it is.
 *
 * Pure, constant memory. One thread at a time.
 * Source: RFC 2045 sections 5 and 6; RFC 2046 section 5; RFC 6376 section 5.3.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "compose.h"

#include <stdbool.h>
#include <stddef.h>

enum { TRANSFER_VALUE_MAX = 128 };

/* The beginning of what a field says. */
struct transfer_value {
	size_t len;
	char text[TRANSFER_VALUE_MAX];
};

struct transfer {
	struct transfer_value type;     /* Content-Type */
	struct transfer_value encoding; /* Content-Transfer-Encoding */
	bool is_signed;
	bool is_8bit; /* a field that is sent has an octet over 127 */
};

void transfer_init(struct transfer *t);

/* Reads a part of the header. */
void transfer_look(struct transfer *t, const struct compose_part *part);

/*
 * The header is over, and h is what was met in it. Returns NULL when the text
 * may be encoded, else the reply to a line that is too long.
 */
const char *transfer_fault(const struct transfer *t, const struct header *h);

#endif
