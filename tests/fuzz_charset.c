/*
 * Any octets as lines for a target's character set. The first octet says which
 * one, and how lines are cut in pieces, which must not matter.
 */
#include "../forwarder/charset.h"
#include "buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static const char *const names[] = { "ISO8859-1", "US-ASCII", "EUC-JP",
	"ISO-2022-JP", "SJIS", "CP950", "GB18030", "ISO-2022-CN" };

enum { NAMES = sizeof names / sizeof *names };

static void take(struct charset *c, struct buf *out)
{
	const char *text;
	bool ends_line;
	size_t len;

	while (charset_get(c, &text, &len, &ends_line)) {
		if (len > 0)
			buf_append(out, text, len);
		if (ends_line)
			buf_puts(out, "\n");
	}
	if (!charset_is_idle(c))
		abort();
}

/* Each piece is in memory of its own. */
static void put(struct charset *c, const char *text, size_t len, bool ends_line,
	struct buf *out)
{
	char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, text, len);
	charset_put(c, copy, len, ends_line);
	take(c, out);
	free(copy);
}

static void convert(struct charset *c, bool truncates, const char *text,
	size_t len, size_t step, struct buf *out)
{
	const char *end;
	size_t n;

	buf_init(out);
	buf_puts(out, ":");
	charset_begin(c, truncates);
	while (len > 0) {
		n = len < step ? len : step;
		end = memchr(text, '\n', n);
		if (end != NULL)
			n = (size_t)(end - text);
		put(c, text, n, end != NULL, out);
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
	put(c, "", 0, true, out);
}

static void check_lines(const struct buf *out)
{
	const char *line = out->data + 1;
	const char *last = out->data + out->len;
	const char *end;

	for (; line < last; line = end + 1) {
		end = memchr(line, '\n', (size_t)(last - line));
		if (end == NULL || end - line > CHARSET_LINE_MAX)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static struct charset *charsets[NAMES];
	const char *text = (const char *)octets + 1;
	struct buf whole, cut;
	struct charset **c;
	uint64_t replaced;
	bool truncates;

	if (len == 0)
		return 0;
	c = &charsets[octets[0] % NAMES];
	if (*c == NULL && charset_open(names[octets[0] % NAMES], c) != 0)
		abort();
	truncates = (octets[0] & 8) != 0;
	convert(*c, truncates, text, len - 1, SIZE_MAX, &whole);
	replaced = charset_replaced(*c);
	convert(*c, truncates, text, len - 1, octets[0] / 16 + 1, &cut);
	if (cut.len != whole.len || memcmp(cut.data, whole.data, cut.len) != 0
		|| charset_replaced(*c) != replaced)
		abort();
	if (truncates)
		check_lines(&whole);
	buf_fini(&whole);
	buf_fini(&cut);
	return 0;
}
