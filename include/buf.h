/*
 * buf - a growing run of octets that remembers its first error.
 *
 * One thread at a time. A failed call leaves the content as it was, and all
 * further appends do nothing, so a caller may check once, at the end.
 */
#ifndef BUF_H
#define BUF_H

#include "attributes.h"

#include <stddef.h>

struct buf {
	char *data; /* not terminated; NULL while empty */
	size_t len;
	size_t cap;
	int err; /* 0, or the first error as -errno */
};

void buf_init(struct buf *b);
void buf_fini(struct buf *b);
void buf_reset(struct buf *b);

void buf_append(struct buf *b, const void *octets, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* Returns 0 or the first error: -ENOMEM. */
MUST_USE int buf_error(const struct buf *b);

/*
 * Hands the octets with a terminating zero to the caller, who frees them,
 * and leaves b empty. Returns NULL when b holds an error or memory is out.
 */
MUST_USE char *buf_steal(struct buf *b, size_t *len);

#endif
