#include "charset.h"

#include "utf8.h"

#include <assert.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROOM = 4096,   /* octets of a piece that comes out */
	TAIL_MAX = 8,  /* octets at a line's end: "?", and back to ASCII */
	SHIFT_MAX = 3, /* of them, back to ASCII */
	GROWTH = 8,    /* an octet becomes at most so many, shifts included */
	CHARACTER_MAX = GROWTH * UTF8_MAX,
	ASCII_FIRST = ' ',
	ASCII_LAST = '~',
};

static const char unconvertible[] = "?";

struct charset {
	iconv_t cd;
	const char *name;
	bool is_stateful; /* lines end with a shift back */
	bool truncates;
	bool has_long_line;
	uint64_t replaced;

	/* The line. */
	bool is_plain; /* ASCII alone, so far */
	bool is_cut;   /* the rest of it is dropped */
	bool may_be_shifted;
	uint64_t column;
	size_t held_len; /* a character whose octets have not all come */
	char held[UTF8_MAX];

	/* The piece that was put in. */
	const char *in;
	size_t in_len;
	bool ends_line;
	size_t whole;  /* of in, known to be whole characters */
	size_t stride; /* octets that iconv(3) gets at once */

	size_t out_len;
	char out[ROOM];
};

const char *charset_name(const struct target_config *target,
	const struct input_config *input, const struct codepage *page)
{
	const char *name = input->is_mbcs ? target->mbcharset : target->charset;

	if (name[0] == '\0' && page != NULL)
		name = codepage_is_ebcdic(page) ? "ISO8859-1" : input->page;
	return strcmp(name, "UTF-8") == 0 ? "" : name;
}

/* ---- opening ----------------------------------------------------- */

static bool keeps_ascii(iconv_t cd)
{
	char text[ASCII_LAST - ASCII_FIRST + 1];
	char octets[2 * sizeof text];
	char *in = text;
	char *out = octets;
	size_t in_left = sizeof text;
	size_t out_left = sizeof octets;
	size_t i;

	for (i = 0; i < sizeof text; i++)
		text[i] = (char)(ASCII_FIRST + i);
	iconv(cd, NULL, NULL, NULL, NULL);
	return iconv(cd, &in, &in_left, &out, &out_left) == 0
		&& sizeof octets - out_left == sizeof text
		&& memcmp(octets, text, sizeof text) == 0;
}

/* Whether it shifts for a character of Chinese, Japanese and Korean. */
static bool is_stateful(iconv_t cd)
{
	char text[] = "\xe4\xb8\x80";
	char octets[2 * TAIL_MAX];
	char *in = text;
	char *out = octets;
	size_t in_left = sizeof text - 1;
	size_t out_left = sizeof octets;
	const char *end;

	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &in_left, &out, &out_left) == (size_t)-1)
		return false;
	end = out;
	iconv(cd, NULL, NULL, &out, &out_left);
	return out != end;
}

int charset_open(const char *name, struct charset **out)
{
	struct charset *c = malloc(sizeof *c);
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->name = name;
	c->cd = iconv_open(name, "UTF-8");
	if (c->cd == (iconv_t)-1) {
		err = -errno;
		free(c);
		return err;
	}
	if (!keeps_ascii(c->cd)) {
		charset_close(c);
		return -ENOTSUP;
	}
	c->is_stateful = is_stateful(c->cd);
	charset_begin(c, false);
	*out = c;
	return 0;
}

const char *charset_title(const struct charset *c)
{
	return c != NULL ? c->name : "";
}

void charset_close(struct charset *c)
{
	if (c == NULL)
		return;
	iconv_close(c->cd);
	free(c);
}

static void begin_line(struct charset *c)
{
	c->is_plain = true;
	c->is_cut = false;
	c->may_be_shifted = false;
	c->column = 0;
	c->held_len = 0;
}

void charset_begin(struct charset *c, bool truncates)
{
	iconv(c->cd, NULL, NULL, NULL, NULL);
	c->truncates = truncates;
	c->has_long_line = false;
	c->replaced = 0;
	c->in_len = 0;
	c->ends_line = false;
	c->stride = ROOM;
	begin_line(c);
}

uint64_t charset_replaced(const struct charset *c)
{
	return c->replaced;
}

bool charset_has_long_line(const struct charset *c)
{
	return c->has_long_line;
}

/* ---- the line ---------------------------------------------------- */

/* Octets that may still be written to it. */
static size_t line_room(const struct charset *c)
{
	size_t max = CHARSET_LINE_MAX - (c->is_stateful ? SHIFT_MAX : 0);

	if (!c->truncates)
		return SIZE_MAX;
	return c->column < max ? (size_t)(max - c->column) : 0;
}

static void advance(struct charset *c, size_t len)
{
	c->column += len;
	if (c->column > CHARSET_LINE_MAX)
		c->has_long_line = true;
}

static void drop_rest(struct charset *c)
{
	c->is_cut = true;
	c->in_len = 0;
	c->held_len = 0;
}

/* Why conversion stopped. */
enum stop {
	STOP_NONE,    /* all octets are converted */
	STOP_UNKNOWN, /* the character is not in the character set */
	STOP_FULL,    /* no room */
};

static size_t piece_room(const struct charset *c)
{
	return ROOM - TAIL_MAX - c->out_len;
}

static bool is_full(const struct charset *c)
{
	return piece_room(c) < CHARACTER_MAX;
}

static size_t room_for(const struct charset *c)
{
	size_t line = line_room(c);
	size_t piece = piece_room(c);

	return line < piece ? line : piece;
}

/* Converts into room octets of out. Returns how many of len were read. */
static size_t run_iconv(struct charset *c, const char *text, size_t len,
	char *out, size_t room, size_t *written, enum stop *stop)
{
	char *in = (char *)text;
	size_t in_left = len;
	size_t out_left = room;

	*stop = STOP_NONE;
	if (iconv(c->cd, &in, &in_left, &out, &out_left) == (size_t)-1)
		*stop = errno == E2BIG ? STOP_FULL : STOP_UNKNOWN;
	*written = room - out_left;
	return len - in_left;
}

static void add(struct charset *c, const char *text, size_t used, size_t n)
{
	c->out_len += n;
	advance(c, n);
	c->may_be_shifted = c->may_be_shifted || !utf8_is_ascii(text, used);
}

/*
 * One character where it may not fit. iconv(3) is not to find that out: it
 * leaves a shift behind that it does not know of. One that is dropped shifts
 * nothing; where it is not known what was shifted before, the line's end
 * shifts back, for which there is room.
 */
static size_t convert_apart(
	struct charset *c, const char *text, size_t len, enum stop *stop)
{
	char octets[CHARACTER_MAX];
	size_t used, n;

	used = run_iconv(c, text, len, octets, sizeof octets, &n, stop);
	if (n > room_for(c)) {
		*stop = STOP_FULL;
		drop_rest(c);
		if (!c->may_be_shifted)
			iconv(c->cd, NULL, NULL, NULL, NULL);
		return 0;
	}
	memcpy(c->out + c->out_len, octets, n);
	add(c, text, used, n);
	return used;
}

/* Converts whole characters. Returns how many octets of them were read. */
static size_t convert(
	struct charset *c, const char *text, size_t len, enum stop *stop)
{
	size_t room = room_for(c);
	size_t used, n;

	if (c->is_stateful && room / GROWTH < len)
		return convert_apart(c, text, len, stop);
	used = run_iconv(c, text, len, c->out + c->out_len, room, &n, stop);
	if (*stop == STOP_FULL && room < piece_room(c))
		drop_rest(c);
	add(c, text, used, n);
	return used;
}

/* In the shift state that "?" needs. Returns false when there is no room. */
static bool put_unknown(struct charset *c)
{
	enum stop stop;

	if (convert(c, unconvertible, 1, &stop) == 0)
		return false;
	c->replaced++;
	return true;
}

/*
 * Converts the character that text begins with. Returns how many of its
 * octets were read: 0 when there is no room.
 */
static size_t convert_one(struct charset *c, const char *text, size_t len)
{
	enum stop stop;

	if (convert(c, text, len, &stop) == len)
		return len;
	return stop == STOP_UNKNOWN && put_unknown(c) ? len : 0;
}

static void take(struct charset *c, size_t len)
{
	c->in += len;
	c->in_len -= len;
}

/* A character that began in the piece before. Returns false when there is no
 * room. */
static bool finish_held(struct charset *c)
{
	size_t n;

	while (c->held_len > 0 && c->in_len > 0) {
		c->held[c->held_len] = c->in[0];
		switch (utf8_look(c->held, c->held_len + 1, &n)) {
		case UTF8_PART:
			c->held_len++;
			break;
		case UTF8_WHOLE:
			if (convert_one(c, c->held, n) == 0)
				return false;
			c->held_len = 0;
			break;
		case UTF8_WRONG:
			if (!put_unknown(c))
				return false;
			c->held_len = 0;
			continue; /* the octet begins another one */
		}
		take(c, 1);
	}
	return true;
}

static void take_whole(struct charset *c, size_t len)
{
	take(c, len);
	c->whole -= len;
}

/* What is no whole character. Returns false when there is no room. */
static bool convert_wrong(struct charset *c)
{
	size_t n;

	if (utf8_look(c->in, c->in_len, &n) == UTF8_PART) {
		memcpy(c->held, c->in, n);
		c->held_len = n;
	} else if (!put_unknown(c)) {
		return false;
	}
	take(c, n);
	return true;
}

/*
 * How many octets iconv(3) gets: whole characters. At one it does not know it
 * throws away what it has read ahead, so behind one it gets few.
 */
static size_t next_stride(const struct charset *c)
{
	size_t n = c->stride;
	size_t first;

	if (c->is_stateful && n > room_for(c) / GROWTH)
		n = room_for(c) / GROWTH;
	if (n >= c->whole)
		return c->whole;
	while (n > 0 && (c->in[n] & 0xc0) == 0x80)
		n--;
	if (n == 0) {
		(void)utf8_look(c->in, c->whole, &first);
		n = first;
	}
	return n;
}

/* Returns false when there is no room. */
static bool convert_some(struct charset *c)
{
	enum stop stop;
	size_t used, n;

	if (c->whole == 0)
		c->whole = utf8_length(c->in, c->in_len);
	if (c->whole == 0)
		return convert_wrong(c);
	used = convert(c, c->in, next_stride(c), &stop);
	if (c->is_cut)
		return false;
	take_whole(c, used);
	if (stop == STOP_NONE && c->stride < ROOM)
		c->stride *= 2;
	if (stop != STOP_UNKNOWN)
		return stop == STOP_NONE;
	c->stride = 1;
	(void)utf8_look(c->in, c->in_len, &n);
	if (!put_unknown(c))
		return false;
	take_whole(c, n);
	return true;
}

/* Where there is room for TAIL_MAX octets. */
static void write_tail(struct charset *c)
{
	char *out;
	size_t room;

	if (c->held_len > 0 && !c->is_cut)
		(void)put_unknown(c);
	out = c->out + c->out_len;
	room = ROOM - c->out_len;
	iconv(c->cd, NULL, NULL, &out, &room);
	advance(c, ROOM - room - c->out_len);
	c->out_len = ROOM - room;
}

/* ---- pieces ------------------------------------------------------ */

void charset_put(
	struct charset *c, const char *text, size_t len, bool ends_line)
{
	assert(charset_is_idle(c));
	c->in = text;
	c->in_len = len;
	c->ends_line = ends_line;
	c->whole = 0;
}

bool charset_is_idle(const struct charset *c)
{
	return c->in_len == 0 && !c->ends_line;
}

static void end_piece(struct charset *c, bool *ends_line)
{
	*ends_line = c->ends_line;
	c->ends_line = false;
	if (*ends_line)
		begin_line(c);
}

/*
 * The first octets of what is left of the piece. Wherever a line of ASCII is
 * cut, the same is plain: what follows in the piece must not matter.
 */
static void give_plain(struct charset *c, size_t plain, const char **text,
	size_t *len, bool *ends_line)
{
	size_t max =
		c->truncates ? CHARSET_LINE_MAX - (size_t)c->column : SIZE_MAX;

	*text = c->in;
	*len = plain < max ? plain : max;
	c->is_cut = *len < plain;
	take(c, c->is_cut ? c->in_len : plain);
	advance(c, *len);
	if (c->in_len == 0)
		end_piece(c, ends_line);
}

bool charset_get(
	struct charset *c, const char **text, size_t *len, bool *ends_line)
{
	size_t plain;

	if (charset_is_idle(c))
		return false;
	*ends_line = false;
	if (c->is_cut)
		c->in_len = 0;
	plain = c->is_plain ? utf8_ascii_length(c->in, c->in_len) : 0;
	if (plain > 0 || (c->is_plain && c->in_len == 0)) {
		give_plain(c, plain, text, len, ends_line);
		return true;
	}
	c->is_plain = false;
	c->out_len = 0;
	if (finish_held(c))
		while (c->in_len > 0 && !is_full(c) && convert_some(c))
			;
	if (c->in_len == 0 && c->ends_line && !is_full(c)) {
		write_tail(c);
		end_piece(c, ends_line);
	}
	*text = c->out;
	*len = c->out_len;
	return true;
}
