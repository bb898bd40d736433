#include "buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST_CAP = 256 };

void buf_init(struct buf *b)
{
	memset(b, 0, sizeof *b);
}

void buf_fini(struct buf *b)
{
	free(b->data);
	buf_init(b);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->err = 0;
}

/* Makes room for more octets; false leaves the error in b. */
static bool buf_reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap != 0 ? b->cap : BUF_FIRST_CAP;
	char *grown;

	if (b->err != 0)
		return false;
	if (more <= b->cap - b->len)
		return true;
	if (more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
		b->err = -ENOMEM;
		return false;
	}
	while (cap - b->len < more)
		cap *= 2;
	grown = realloc(b->data, cap);
	if (grown == NULL) {
		b->err = -ENOMEM;
		return false;
	}
	b->data = grown;
	b->cap = cap;
	return true;
}

void buf_append(struct buf *b, const void *octets, size_t len)
{
	if (len == 0 || !buf_reserve(b, len))
		return;
	memcpy(b->data + b->len, octets, len);
	b->len += len;
}

void buf_puts(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !buf_reserve(b, (size_t)len + 1))
		return;

	va_start(args, format);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

int buf_error(const struct buf *b)
{
	return b->err;
}

char *buf_steal(struct buf *b, size_t *len)
{
	char *data;

	if (!buf_reserve(b, 1))
		return NULL;
	data = b->data;
	data[b->len] = '\0';
	*len = b->len;
	buf_init(b);
	return data;
}
