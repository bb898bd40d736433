#include "codepage.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum { OCTETS = 256, BLANK_EBCDIC = 0x40 };

static const char unconvertible[] = "?";

/* What one octet becomes. */
struct character {
	unsigned char len;
	bool is_unknown;
	char utf8[CODEPAGE_UTF8_MAX];
};

struct codepage {
	bool is_ebcdic;
	bool is_line_end[OCTETS];
	/* The ASCII octet; zero for what is none, and for line ends. */
	char plain[OCTETS];
	struct character characters[OCTETS];
};

/* Returns 0 or -ENOTSUP. */
static int convert_octet(iconv_t cd, unsigned char octet, struct character *c)
{
	char *in = (char *)&octet;
	char *out = c->utf8;
	size_t in_left = 1;
	size_t out_left = sizeof c->utf8;

	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &in_left, &out, &out_left) == (size_t)-1) {
		if (errno != EILSEQ)
			return -ENOTSUP;
		c->is_unknown = true;
		c->utf8[0] = unconvertible[0];
		c->len = 1;
		return 0;
	}
	c->len = (unsigned char)(sizeof c->utf8 - out_left);
	return c->len > 0 ? 0 : -ENOTSUP; /* a shift has no character */
}

static bool is_utf8(const struct character *c, const char *octets)
{
	return !c->is_unknown && c->len == strlen(octets)
		&& memcmp(c->utf8, octets, c->len) == 0;
}

static void sort_octet(struct codepage *page, size_t octet)
{
	const struct character *c = &page->characters[octet];

	if (is_utf8(c, "\n") || (page->is_ebcdic && is_utf8(c, "\xc2\x85")))
		page->is_line_end[octet] = true;
	else if (c->len == 1 && !c->is_unknown)
		page->plain[octet] = c->utf8[0];
}

static int build(iconv_t cd, struct codepage *page)
{
	size_t i;
	int err;

	for (i = 0; i < OCTETS; i++) {
		err = convert_octet(cd, (unsigned char)i, &page->characters[i]);
		if (err != 0)
			return err;
	}
	page->is_ebcdic = is_utf8(&page->characters[BLANK_EBCDIC], " ");
	for (i = 0; i < OCTETS; i++)
		sort_octet(page, i);
	return 0;
}

int codepage_open(const char *name, struct codepage **out)
{
	iconv_t cd = iconv_open("UTF-8", name);
	struct codepage *page;
	int err;

	if (cd == (iconv_t)-1)
		return errno == EINVAL ? -EINVAL : -ENOMEM;
	page = calloc(1, sizeof *page);
	err = page != NULL ? build(cd, page) : -ENOMEM;
	iconv_close(cd);
	if (err != 0) {
		free(page);
		return err;
	}
	*out = page;
	return 0;
}

void codepage_close(struct codepage *page)
{
	free(page);
}

bool codepage_is_ebcdic(const struct codepage *page)
{
	return page->is_ebcdic;
}

bool codepage_is_line_end(const struct codepage *page, char octet)
{
	return page->is_line_end[(unsigned char)octet];
}

/* Most of any text. */
static size_t convert_plain(
	const char *plain, const char *in, size_t len, char *out)
{
	size_t i;
	char c;

	for (i = 0; i < len; i++) {
		c = plain[(unsigned char)in[i]];
		if (c == '\0')
			break;
		out[i] = c;
	}
	return i;
}

size_t codepage_to_utf8(const struct codepage *page,
	struct codepage_state *state, const char *in, size_t len, size_t *used,
	char *out, size_t cap)
{
	const struct character *c;
	size_t written = 0;
	size_t read = 0;
	size_t n;

	while (read < len && cap - written >= CODEPAGE_UTF8_MAX) {
		n = len - read < cap - written ? len - read : cap - written;
		n = convert_plain(page->plain, in + read, n, out + written);
		read += n;
		written += n;
		if (read == len || cap - written < CODEPAGE_UTF8_MAX
			|| codepage_is_line_end(page, in[read]))
			break;
		c = &page->characters[(unsigned char)in[read]];
		memcpy(out + written, c->utf8, c->len);
		state->unconvertible += c->is_unknown;
		written += c->len;
		read++;
	}
	*used = read;
	return written;
}
