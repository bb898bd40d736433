#include "piece.h"

#include <string.h>

enum { BLANKS_MAX = 64 };

void piece_init(struct piece *p, const struct piece_rules *rules)
{
	p->rules = *rules;
	memset(&p->conversion, 0, sizeof p->conversion);
	p->line_ends = 0;
	piece_begin(p);
}

void piece_begin(struct piece *p)
{
	p->blanks = 0;
	p->ends_in_line_end = false;
	p->has_begun = false;
	p->out = PIECE_GATHERS;
	p->is_last = false;
	p->out_len = 0;
	p->len = 0;
}

bool piece_is_full(const struct piece *p)
{
	return PIECE_MAX - p->len < CODEPAGE_UTF8_MAX;
}

static size_t add_converted(struct piece *p, const char *octets, size_t len)
{
	size_t used;

	p->len += codepage_to_utf8(p->rules.page, &p->conversion, octets, len,
		&used, p->text + p->len, PIECE_MAX - p->len);
	return used;
}

/* As codepage_to_utf8(): up to a line end, or until it is full. */
static size_t add_plain(struct piece *p, const char *octets, size_t len)
{
	size_t room = PIECE_MAX - p->len - (CODEPAGE_UTF8_MAX - 1);
	size_t n = len < room ? len : room;
	const char *end = memchr(octets, '\n', n);

	if (end != NULL)
		n = (size_t)(end - octets);
	memcpy(p->text + p->len, octets, n);
	p->len += n;
	return n;
}

size_t piece_add(struct piece *p, const char *octets, size_t len)
{
	size_t used = 0;

	while (used < len && !piece_is_full(p)) {
		if (p->rules.page != NULL)
			used += add_converted(p, octets + used, len - used);
		else
			used += add_plain(p, octets + used, len - used);
		p->ends_in_line_end = false;
		if (used == len || piece_is_full(p))
			break;
		if (!p->rules.is_record)
			break;
		p->text[p->len++] = ' ';
		p->line_ends++;
		p->ends_in_line_end = true;
		used++;
	}
	return used;
}

char piece_last(const struct piece *p)
{
	if (p->len > 0)
		return p->text[p->len - 1];
	return p->blanks > 0 ? ' ' : '\0';
}

void piece_drop_last(struct piece *p)
{
	if (p->len > 0)
		p->len--;
}

static size_t length_without_blanks(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return len;
}

/* The CR of a line end stays behind with the blanks before it. */
static void flush_part(struct piece *p)
{
	size_t cr = !p->rules.is_record && piece_last(p) == '\r';

	p->out_len = p->len - cr;
	if (p->rules.cuts_blanks)
		p->out_len = length_without_blanks(p->text, p->out_len);
	if (p->out_len > 0) {
		p->out = PIECE_GIVES;
		return;
	}
	p->blanks += p->len - cr;
	p->text[0] = '\r';
	p->len = cr;
}

static void flush_end(struct piece *p)
{
	p->len += codepage_end_line(&p->conversion, p->text + p->len);
	p->out = PIECE_GIVES;
	p->out_len = p->len;
	if (!p->rules.cuts_blanks)
		return;
	p->out_len = length_without_blanks(p->text, p->len);
	if (p->out_len == 0)
		p->blanks = 0;
}

void piece_flush(struct piece *p, bool is_last)
{
	p->is_last = is_last;
	if (is_last)
		flush_end(p);
	else
		flush_part(p);
}

/* What was held back and turned out to be text. */
static void give_blanks(struct piece *p, struct line *out)
{
	static const char blanks[] = "                                         "
				     "                       ";

	out->text = blanks;
	out->len = p->blanks < BLANKS_MAX ? (size_t)p->blanks : BLANKS_MAX;
	p->blanks -= out->len;
	out->is_end = false;
}

static void give_text(struct piece *p, struct line *out)
{
	out->text = p->text;
	out->len = p->out_len;
	out->is_end = p->is_last;
	p->out = PIECE_GAVE;
}

/* What was given out is over; what was held back begins the rest. */
static void keep_rest(struct piece *p)
{
	size_t cr = p->len > p->out_len && piece_last(p) == '\r';

	p->blanks = p->len - p->out_len - cr;
	p->text[0] = '\r';
	p->len = cr;
}

bool piece_next(struct piece *p, struct line *out)
{
	if (p->out == PIECE_GAVE && !p->is_last)
		keep_rest(p);
	if (p->out != PIECE_GIVES) {
		p->out = PIECE_GATHERS;
		return false;
	}
	out->is_start = !p->has_begun;
	p->has_begun = true;
	if (p->blanks > 0)
		give_blanks(p, out);
	else
		give_text(p, out);
	return true;
}
