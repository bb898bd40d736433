#include "bsmtp_content.h"

#include "text_run.h"

void bsmtp_content_init(
	struct bsmtp_content *c, const struct heading_rules *rules)
{
	bsmtp_text_init(&c->text);
	c->has_heading = rules != NULL;
	if (rules != NULL)
		heading_init(&c->heading, rules, NULL, NULL);
	c->is_header_8bit = false;
	c->is_header = false;
	c->blanks = 0;
	c->long_reply = "500 5.6.0 JES Data line too long";
}

bool bsmtp_content_is_text(const struct bsmtp_content *c)
{
	return !c->has_heading || heading_is_over(&c->heading);
}

/* A dot line that is none after all: its blanks are of the mail. */
static void read_blanks(struct bsmtp_content *c)
{
	static const char blanks[] = "                                ";
	struct line piece = { .text = blanks };

	while (c->blanks > 0) {
		piece.len = sizeof blanks - 1;
		if (piece.len > c->blanks)
			piece.len = (size_t)c->blanks;
		c->blanks -= piece.len;
		c->is_header = heading_read(&c->heading, &piece);
	}
}

/* The header is over: it says if the text may have long lines. */
static void settle_long_lines(struct bsmtp_content *c)
{
	const char *reply = heading_long_line_fault(&c->heading);

	c->text.rules.takes_long_lines = reply == NULL;
	if (reply != NULL)
		c->long_reply = reply;
}

static void read_heading(
	struct bsmtp_content *c, const struct line *piece, bool is_dot)
{
	struct line undone = *piece;

	undone.text += is_dot;
	undone.len -= is_dot;
	if (c->text.may_end) {
		c->blanks += undone.len;
		return;
	}
	read_blanks(c);
	c->is_header = heading_read(&c->heading, &undone);
	if (heading_is_over(&c->heading))
		settle_long_lines(c);
}

bool bsmtp_content_read(struct bsmtp_content *c, const struct line *piece,
	enum bsmtp_text_kind *kind)
{
	bool is_first = c->text.line_len == 0 && piece->len > 0;

	/* Most lines. */
	if (piece->is_start && piece->is_end && bsmtp_content_is_text(c)) {
		c->is_header = false;
		*kind = bsmtp_text_line(&c->text, piece->text, piece->len);
		return true;
	}
	if (piece->is_start)
		c->is_header = !bsmtp_content_is_text(c);
	bsmtp_text_read(&c->text, piece->text, piece->len);
	if (c->is_header)
		read_heading(c, piece, is_first && c->text.has_dot);
	if (!piece->is_end)
		return false;
	if (!c->is_header) {
		*kind = bsmtp_text_end_line(&c->text);
		return true;
	}
	*kind = bsmtp_text_end_header_line(&c->text);
	c->is_header_8bit |= c->text.has_8bit;
	c->text.has_8bit = false;
	return true;
}

size_t bsmtp_content_run(struct bsmtp_content *c, const char *octets,
	size_t len, uint64_t *lines)
{
	struct bsmtp_text *t = &c->text;
	struct text_run run = text_run_read(octets, len);
	uint64_t size = run.octets + run.lines; /* as sent */

	if (!bsmtp_text_takes(t, size))
		return 0;
	t->size_octets += size;
	t->has_8bit |= run.has_8bit;
	*lines = run.lines;
	return run.octets;
}

bool bsmtp_content_take_fault(
	struct bsmtp_content *c, char reply[static BSMTP_REPLY_MAX])
{
	return c->has_heading && heading_take_fault(&c->heading, reply);
}

int bsmtp_content_end(struct bsmtp_content *c, const char *helo, struct mail *m)
{
	m->size_octets = c->text.size_octets;
	m->has_8bit = c->is_header_8bit || c->text.has_8bit;
	if (!c->has_heading)
		return 0;
	return heading_end(&c->heading, helo, c->text.has_8bit, m);
}
