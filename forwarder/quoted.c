#include "quoted.h"

#include <assert.h>
#include <string.h>

enum { ESCAPE_LEN = 3 }; /* "=3D" */

void quoted_init(struct quoted *q)
{
	memset(q, 0, sizeof *q);
}

void quoted_put(struct quoted *q, const char *text, size_t len, bool ends_line)
{
	assert(quoted_is_idle(q));
	q->in = text;
	q->in_len = len;
	q->ends_line = ends_line;
}

bool quoted_is_idle(const struct quoted *q)
{
	return q->in_len == 0 && !q->ends_line;
}

/* Reads an octet, to be written once it is known what follows. */
static void hold(struct quoted *q)
{
	q->held = *q->in++;
	q->in_len--;
	q->has_held = true;
	if (q->held == '\r' || q->held == '\0') {
		q->held = ' ';
		q->replaced++;
	}
}

static bool is_escaped(const struct quoted *q, bool is_last)
{
	switch (q->held) {
	case '=':
		return true;
	case ' ':
	case '\t':
		return is_last;
	case '.':
		return is_last && q->len == 0;
	default:
		return q->held < ' ' || q->held > '~';
	}
}

static void write_escaped(struct quoted *q)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char octet = (unsigned char)q->held;

	q->line[q->len++] = '=';
	q->line[q->len++] = digits[octet >> 4];
	q->line[q->len++] = digits[octet & 15];
}

/*
 * Writes the octet that is held. Returns false when the line has no room for
 * it and the "=" it would need behind it: only a plain last octet needs none.
 */
static bool write_held(struct quoted *q, bool is_last)
{
	bool is_plain = !is_escaped(q, is_last);
	size_t need = is_plain ? 1 : ESCAPE_LEN;
	size_t room = QUOTED_LINE_MAX - q->len;

	if (room < need + !(is_plain && is_last))
		return false;
	if (is_plain)
		q->line[q->len++] = q->held;
	else
		write_escaped(q);
	q->has_held = false;
	return true;
}

static bool give(struct quoted *q, const char **text, size_t *len)
{
	*text = q->line;
	*len = q->len;
	q->is_given = true;
	return true;
}

bool quoted_get(struct quoted *q, const char **text, size_t *len)
{
	if (q->is_given) {
		q->is_given = false;
		q->len = 0;
	}
	while (!quoted_is_idle(q)) {
		if (q->has_held && !write_held(q, q->in_len == 0)) {
			q->line[q->len++] = '=';
			return give(q, text, len);
		}
		if (q->in_len == 0) {
			q->ends_line = false;
			return give(q, text, len);
		}
		hold(q);
	}
	return false;
}
