#include "emitter.h"

#include <assert.h>
#include <string.h>

enum {
	LINE_END = 2, /* octets of CR LF */
	LAST_ROOM = EMITTER_HELD_MAX + LINE_END,
	UTF8_MAX = EMITTER_HELD_MAX + 1, /* octets of a character */
};

void emitter_init(struct emitter *e, bool truncates)
{
	memset(e, 0, sizeof *e);
	e->truncates = truncates;
}

/* ---- truncation -------------------------------------------------- */

/* How many octets a character has that begins with this one. */
static size_t character_length(unsigned char first)
{
	if (first >= 0xf0)
		return 4;
	if (first >= 0xe0)
		return 3;
	return first >= 0xc0 ? 2 : 1;
}

/*
 * How many octets of text, which begins at the column of its line, are whole
 * characters within EMITTER_LINE_MAX. Only where the last of them may begin is
 * the text looked at.
 */
static size_t fit(const char *text, size_t len, uint64_t column)
{
	size_t i = 0;

	if (column + len <= EMITTER_LINE_MAX - UTF8_MAX)
		return len;
	if (column < EMITTER_LINE_MAX - UTF8_MAX)
		i = (size_t)(EMITTER_LINE_MAX - UTF8_MAX - column);
	for (; i < len; i++)
		if (column + i + character_length((unsigned char)text[i])
			> EMITTER_LINE_MAX)
			break;
	return i;
}

/* ---- runs -------------------------------------------------------- */

static const uint64_t ones = 0x0101010101010101;
static const uint64_t highs = 0x8080808080808080;

/* Whether an octet of the word is zero. */
static bool has_zero(uint64_t word)
{
	return ((word - ones) & ~word & highs) != 0;
}

static bool is_special(char octet)
{
	return octet == '\r' || octet == '\n' || octet == '\0';
}

/* Copies octets up to a CR, LF or NUL. Returns how many. */
static size_t copy_run(char *out, const char *in, size_t len)
{
	uint64_t word;
	size_t i = 0;

	for (; i + sizeof word <= len; i += sizeof word) {
		memcpy(&word, in + i, sizeof word);
		if (has_zero(word) || has_zero(word ^ ones * '\r')
			|| has_zero(word ^ ones * '\n'))
			break;
		memcpy(out + i, &word, sizeof word);
	}
	for (; i < len && !is_special(in[i]); i++)
		out[i] = in[i];
	return i;
}

/* ---- lines ------------------------------------------------------- */

void emitter_put(
	struct emitter *e, const char *text, size_t len, bool ends_line)
{
	assert(emitter_is_idle(e));
	e->in = text;
	e->in_len = len;
	e->ends_line = ends_line;
}

bool emitter_is_idle(const struct emitter *e)
{
	return e->in_len == 0 && !e->ends_line;
}

static void take(struct emitter *e, size_t len)
{
	e->in += len;
	e->in_len -= len;
	e->column += len;
}

/*
 * Keeps back what begins a character that may not fit. Whether it does shows
 * when the line ends, with it, or goes on over EMITTER_LINE_MAX, without it.
 */
static void hold(struct emitter *e)
{
	size_t room = (size_t)(EMITTER_LINE_MAX - e->column);
	size_t n = e->in_len < room ? e->in_len : room;

	e->is_cut = n == 0;
	if (e->is_cut)
		e->held_len = 0;
	memcpy(e->held + e->held_len, e->in, n);
	e->held_len += n;
	take(e, n);
}

/* Returns how many octets, fewer than UTF8_MAX. */
static size_t write_held(struct emitter *e, char *out)
{
	size_t len = e->held_len;
	size_t i;

	for (i = 0; i < len; i++) {
		out[i] = e->held[i];
		if (is_special(out[i])) {
			out[i] = ' ';
			e->replaced++;
		}
	}
	e->held_len = 0;
	return len;
}

/* Writes text of the line; out has room for some, at least one octet. */
static size_t write_text(struct emitter *e, char *out, size_t cap)
{
	size_t n = e->in_len < cap ? e->in_len : cap;

	if (e->column == 0 && e->in[0] == '.' && !e->has_dot) {
		e->has_dot = true;
		out[0] = '.';
		return 1;
	}
	if (e->truncates) {
		n = e->held_len > 0 ? 0 : fit(e->in, n, e->column);
		if (n == 0) {
			hold(e);
			return 0;
		}
	}
	n = copy_run(out, e->in, n);
	if (n == 0) {
		out[0] = ' ';
		e->replaced++;
		n = 1;
	}
	take(e, n);
	return n;
}

static size_t write_end(struct emitter *e, char *out)
{
	size_t held = write_held(e, out);

	memcpy(out + held, "\r\n", LINE_END);
	e->ends_line = false;
	e->column = 0;
	e->has_dot = false;
	e->is_cut = false;
	return held + LINE_END;
}

size_t emitter_get(struct emitter *e, char *out, size_t cap)
{
	size_t written = 0;

	assert(cap >= EMITTER_OUT_MIN);
	while (!emitter_is_idle(e) && written < cap) {
		if (e->is_cut)
			e->in_len = 0;
		if (e->in_len > 0)
			written += write_text(e, out + written, cap - written);
		else if (e->ends_line && cap - written < LAST_ROOM)
			break;
		else if (e->ends_line)
			written += write_end(e, out + written);
	}
	return written;
}

size_t emitter_finish(struct emitter *e, char *out)
{
	size_t written = 0;

	assert(emitter_is_idle(e));
	if (e->column > 0 || e->is_cut)
		written = write_end(e, out);
	out[written] = '.';
	return written + 1 + write_end(e, out + written + 1);
}
