#include "compose.h"

#include <string.h>

void compose_init(
	struct compose *c, const struct input_config *input, bool drops_sender)
{
	memset(c, 0, offsetof(struct compose, held));
	c->input = input;
	c->drops_sender = drops_sender;
	header_init(&c->header);
	c->in = NULL;
	c->in_len = 0;
	c->ends_line = false;
	c->has_in = false;
}

bool compose_is_text(const struct compose *c)
{
	return c->header.is_over && c->held_len == c->given;
}

void compose_put(struct compose *c, const struct line *piece)
{
	c->in = piece->text;
	c->in_len = piece->len;
	c->ends_line = piece->is_end;
	c->has_in = true;
}

/* ---- what becomes of a line -------------------------------------- */

static bool is_dropped(const struct compose *c)
{
	switch (c->header.field) {
	case HEADER_BCC:
	case HEADER_RESENT_BCC:
	case HEADER_RETURN_PATH:
	case HEADER_X_JES_ORIGIN:
		return true;
	case HEADER_SENDER:
		return c->drops_sender;
	default:
		return false;
	}
}

static void decide(struct compose *c, const char *start, size_t len)
{
	enum header_kind kind = header_take(&c->header, start, len);

	c->has_kind = true;
	c->is_field = kind == HEADER_FIELD;
	c->is_dropped = is_dropped(c);
}

/* What stands for "@" in header lines; "" where nothing has to. */
static const char *at_sign(const struct compose *c)
{
	const char *sign = c->input->at_sign;

	return strcmp(sign, "@") == 0 ? "" : sign;
}

static bool has_at_sign(const struct compose *c, const char *text, size_t len)
{
	const char *sign = at_sign(c);

	return sign[0] != '\0' && memmem(text, len, sign, strlen(sign));
}

static void put_at_sign_right(struct compose *c)
{
	const char *sign = at_sign(c);
	size_t n = strlen(sign);
	char *end = c->held + c->held_len;
	char *from = c->held;
	char *to = c->held;

	if (c->header.field == HEADER_SUBJECT
		&& !c->input->is_at_sign_in_subject)
		return;
	if (!has_at_sign(c, c->held, c->held_len))
		return;
	while (from < end) {
		if ((size_t)(end - from) >= n && memcmp(from, sign, n) == 0) {
			*to++ = '@';
			from += n;
		} else {
			*to++ = *from++;
		}
	}
	c->held_len = (size_t)(to - c->held);
}

/* ---- the line that is read --------------------------------------- */

static bool is_line_read(const struct compose *c)
{
	return c->in_len == 0 && c->ends_line;
}

static void gather(struct compose *c)
{
	size_t n;

	do {
		n = COMPOSE_HELD_MAX - c->held_len;
		if (n > c->in_len)
			n = c->in_len;
		memcpy(c->held + c->held_len, c->in, n);
		c->held_len += n;
		c->in += n;
		c->in_len -= n;
		if (!c->has_kind
			&& (is_line_read(c) || c->held_len == COMPOSE_HELD_MAX))
			decide(c, c->held, c->held_len);
		if (c->has_kind && !c->header.is_over)
			put_at_sign_right(c);
	} while (c->in_len > 0 && c->held_len < COMPOSE_HELD_MAX
		&& !c->header.is_over);
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

/*
 * Where the line is to be folded, or 0: before a blank or tab that has text
 * on both sides, since a line of blanks alone may pass for the header's end.
 */
static size_t fold_at(const struct compose *c)
{
	size_t first = 0;
	size_t at;

	while (first < c->held_len && is_white(c->held[first]))
		first++;
	at = c->held_len - 2;
	if (at > HEADER_LINE_MAX)
		at = HEADER_LINE_MAX;
	for (; at > first; at--)
		if ((c->held[at] == ' ' || c->held[at] == '\t')
			&& !is_white(c->held[at + 1]))
			return at;
	return 0;
}

/* ---- parts ------------------------------------------------------- */

static void give(struct compose *c, struct compose_part *part, const char *text,
	size_t len, bool is_end)
{
	part->text = text;
	part->len = len;
	part->is_end = is_end;
	part->is_sent = !c->is_dropped;
	part->is_header = true;
	part->is_field = c->is_field;
	part->field = c->header.field;
	c->is_field = false;
}

static void end_line(struct compose *c)
{
	c->has_in = false;
	c->has_kind = false;
}

static void give_held(struct compose *c, struct compose_part *part)
{
	bool is_end = is_line_read(c);

	give(c, part, c->held, c->held_len, is_end);
	c->given = c->held_len;
	if (is_end)
		end_line(c);
}

/* The empty line between header and text, the mail's own or one put in. */
static void give_blank(struct compose *c, struct compose_part *part)
{
	if (c->held_len == 0 && is_line_read(c))
		end_line(c);
	give(c, part, c->held, 0, true);
}

static bool give_text(struct compose *c, struct compose_part *part)
{
	if (!c->has_in)
		return false;
	memset(part, 0, sizeof *part);
	part->is_sent = true;
	if (c->held_len > 0) {
		part->text = c->held;
		part->len = c->held_len;
		part->is_end = is_line_read(c);
		c->given = c->held_len;
		c->has_in = !part->is_end;
		return true;
	}
	part->text = c->in;
	part->len = c->in_len;
	part->is_end = c->ends_line;
	c->has_in = false;
	return part->len > 0 || part->is_end;
}

/* Most lines come whole and stay as they are. */
static bool is_plain(const struct compose *c)
{
	return !c->has_kind && c->held_len == 0 && c->ends_line
		&& c->in_len <= HEADER_LINE_MAX
		&& !has_at_sign(c, c->in, c->in_len);
}

static bool give_plain(struct compose *c, struct compose_part *part)
{
	decide(c, c->in, c->in_len);
	if (c->header.is_over) {
		if (c->in_len == 0)
			end_line(c);
		give(c, part, c->in, 0, true);
		return true;
	}
	give(c, part, c->in, c->in_len, true);
	end_line(c);
	return true;
}

static bool give_gathered(struct compose *c, struct compose_part *part)
{
	size_t at;

	if (c->header.is_over) {
		give_blank(c, part);
		return true;
	}
	if (c->held_len < COMPOSE_HELD_MAX && !is_line_read(c)) {
		c->has_in = false;
		return false;
	}
	if (c->is_dropped || c->held_len <= HEADER_LINE_MAX) {
		give_held(c, part);
		return true;
	}
	at = fold_at(c);
	if (at == 0) {
		c->has_unfoldable = true;
		give_held(c, part);
		return true;
	}
	give(c, part, c->held, at, true);
	c->given = at;
	return true;
}

bool compose_get(struct compose *c, struct compose_part *part)
{
	if (c->given > 0) {
		c->held_len -= c->given;
		memmove(c->held, c->held + c->given, c->held_len);
		c->given = 0;
	}
	if (c->header.is_over)
		return give_text(c, part);
	if (!c->has_in)
		return false;
	if (is_plain(c))
		return give_plain(c, part);
	gather(c);
	return give_gathered(c, part);
}
