#include "escape.h"

#include "buf.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { ESCAPED_LEN = 4 };

static const char hex[] = "0123456789abcdef";

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e && c != '\\';
}

/* Writes the octet as it is shown; returns how many octets that took. */
static size_t escape_octet(unsigned char c, char out[static ESCAPED_LEN])
{
	if (is_plain(c)) {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[c >> 4];
	out[3] = hex[c & 15];
	return ESCAPED_LEN;
}

const char *escape_text(const char *octets, size_t len, char *out, size_t cap)
{
	char shown[ESCAPED_LEN];
	size_t used = 0;
	size_t i, n;

	assert(cap > 0);
	for (i = 0; i < len; i++) {
		n = escape_octet((unsigned char)octets[i], shown);
		if (n >= cap - used)
			break;
		memcpy(out + used, shown, n);
		used += n;
	}
	out[used] = '\0';
	return out;
}

const char *escape_string(const char *text, char *out, size_t cap)
{
	return escape_text(text, strlen(text), out, cap);
}

void escape_append(struct buf *out, const char *octets, size_t len)
{
	char shown[ESCAPED_LEN];
	size_t i;

	for (i = 0; i < len; i++)
		buf_append(out, shown,
			escape_octet((unsigned char)octets[i], shown));
}
