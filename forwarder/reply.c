#include "reply.h"

#include "text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { CODE_LEN = 3 };

/* What each line of a reply is handed to. */
struct line_sink {
	void (*on_line)(void *arg, const char *text, size_t len);
	void *arg;
};

void reply_parser_init(struct reply_parser *p)
{
	/* Not memset: the buffers are 6 KiB and one reply needs few of them. */
	p->reply.code = 0;
	memset(p->reply.status, 0, sizeof p->reply.status);
	p->reply.lines = 0;
	p->reply.bare_lfs = 0;
	p->reply.text[0] = '\0';
	p->line_len = 0;
	p->line_is_cut = false;
	p->last_was_cr = false;
	p->octets = 0;
	p->text_len = 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Returns the reply code the line starts with, or 0. */
static int parse_code(const char *line, size_t len)
{
	if (len < CODE_LEN || line[0] < '2' || line[0] > '5')
		return 0;
	if (!is_digit(line[1]) || !is_digit(line[2]))
		return 0;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* Reads 1 to 3 digits; returns how many, 0 when there is no such number. */
static size_t parse_part(const char *text, size_t len, int *out)
{
	size_t n = 0;
	int value = 0;

	while (n < len && n < 3 && is_digit(text[n]))
		value = value * 10 + (text[n++] - '0');
	if (n < len && is_digit(text[n]))
		return 0;
	*out = value;
	return n;
}

/*
 * Reads "c.s.d" into status. RFC 2034 section 4 allows it for 2yz, 4yz and
 * 5yz only, and one of another class than its reply says nothing.
 */
static void parse_status(int code, const char *text, size_t len, int status[3])
{
	int parts[3] = { code / 100, 0, 0 };
	size_t at = 1;
	size_t i, n;

	if (parts[0] == 3 || len == 0 || text[0] - '0' != parts[0])
		return;
	for (i = 1; i < 3; i++) {
		if (at >= len || text[at] != '.')
			return;
		at++;
		n = parse_part(text + at, len - at, &parts[i]);
		if (n == 0)
			return;
		at += n;
	}
	if (at < len && text[at] != ' ' && text[at] != '\t')
		return;
	memcpy(status, parts, sizeof parts);
}

/* Keeps what there is room for; NUL would hide the rest from readers. */
static void keep_text(struct reply_parser *p, const char *text, size_t len)
{
	char *out = p->reply.text;
	size_t room = sizeof p->reply.text - 1 - p->text_len;
	size_t i;

	if (p->reply.lines > 1 && room > 0) {
		out[p->text_len++] = '\n';
		room--;
	}
	if (len > room)
		len = room;
	for (i = 0; i < len; i++)
		out[p->text_len + i] = text[i] != '\0' ? text[i] : ' ';
	p->text_len += len;
	out[p->text_len] = '\0';
}

/* Reads one whole line, without its end. Returns as reply_feed(). */
static int take_line(struct reply_parser *p, const char *line, size_t len,
	const struct line_sink *sink)
{
	int code = parse_code(line, len);
	char mark = len > CODE_LEN ? line[CODE_LEN] : ' ';
	size_t skip = len > CODE_LEN ? CODE_LEN + 1 : CODE_LEN;

	if (code == 0 || (mark != ' ' && mark != '-'))
		return -EPROTO;
	if (p->reply.lines > 0 && p->reply.code / 100 != code / 100)
		return -EPROTO;
	if (p->reply.lines >= REPLY_LINES_MAX)
		return -EPROTO;

	p->reply.lines++;
	p->reply.code = code;
	parse_status(code, line + skip, len - skip, p->reply.status);
	keep_text(p, line + skip, len - skip);
	if (sink->on_line != NULL)
		sink->on_line(sink->arg, line + skip, len - skip);
	return mark == ' ';
}

/* Adds octets of a line whose end is not among them. */
static void keep_part(struct reply_parser *p, const char *octets, size_t len)
{
	size_t room = sizeof p->line - p->line_len;

	if (len == 0)
		return;
	p->last_was_cr = octets[len - 1] == '\r';
	if (len > room) {
		len = room;
		p->line_is_cut = true;
	}
	memcpy(p->line + p->line_len, octets, len);
	p->line_len += len;
}

/*
 * Ends the line in p->line. Only its own line end is taken off: the octet
 * kept last of a line that was cut is not one.
 */
static int end_line(struct reply_parser *p, const struct line_sink *sink)
{
	size_t len = p->line_len;

	if (!p->last_was_cr)
		p->reply.bare_lfs++;
	else if (!p->line_is_cut)
		len--;
	p->line_len = 0;
	p->line_is_cut = false;
	p->last_was_cr = false;
	return take_line(p, p->line, len, sink);
}

int reply_feed(struct reply_parser *p, const char *octets, size_t len,
	size_t *consumed,
	void (*on_line)(void *arg, const char *text, size_t len), void *arg)
{
	struct line_sink sink = { on_line, arg };
	size_t used = 0;
	int result = 0;

	while (result == 0 && used < len) {
		const char *from = octets + used;
		const char *end = memchr(from, '\n', len - used);
		size_t n = end != NULL ? (size_t)(end - from) : len - used;

		used += n + (end != NULL);
		p->octets += n + (end != NULL);
		if (p->octets > REPLY_OCTETS_MAX) {
			result = -EPROTO;
			break;
		}
		keep_part(p, from, n);
		if (end != NULL)
			result = end_line(p, &sink);
	}
	*consumed = used;
	return result;
}

/* Returns how many octets of text come before a blank or the end. */
static size_t word_length(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != ' ' && text[n] != '\t')
		n++;
	return n;
}

/*
 * A value that is missing, no number, or larger than any mail is no limit we
 * know: the server will tell at MAIL.
 */
static void take_size(struct reply_extensions *e, const char *text, size_t len)
{
	uint64_t size;

	while (len > 0 && *text == ' ') {
		text++;
		len--;
	}
	len = word_length(text, len);
	e->has_size = true;
	e->size = 0;
	if (text_to_number(text, len, INT64_MAX, &size) == 0)
		e->size = size;
}

void reply_extension_line(
	struct reply_extensions *e, const char *text, size_t len)
{
	size_t n = word_length(text, len);

	if (text_equals_nocase(text, n, "PIPELINING"))
		e->pipelining = true;
	else if (text_equals_nocase(text, n, "8BITMIME"))
		e->eight_bit_mime = true;
	else if (text_equals_nocase(text, n, "STARTTLS"))
		e->starttls = true;
	else if (text_equals_nocase(text, n, "DSN"))
		e->dsn = true;
	else if (text_equals_nocase(text, n, "SIZE"))
		take_size(e, text + n, len - n);
}
