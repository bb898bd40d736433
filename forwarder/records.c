#include "records.h"

#include <string.h>

enum {
	SEQUENCE_START = 72, /* columns 73 to 80, from 0 */
	SEQUENCE_END = 80,
	CONTINUED_LEN = 80, /* a record of this length may go on */
};

static bool is_stream(const struct records *r)
{
	return r->format.form == INPUT_STREAM;
}

/* ---- lines ------------------------------------------------------- */

static void begin_line(struct records *r, uint64_t offset)
{
	r->line_offset = offset;
	r->column = 0;
	r->in_line = false;
	r->has_cr = false;
	r->has_begun = false;
	r->last = '\0';
	r->has_control = r->format.carriage != CARRIAGE_NONE;
	if (r->is_plain)
		return;
	piece_begin(&r->piece);
	r->unconvertible = r->piece.conversion.unconvertible;
}

void records_init(struct records *r, const struct record_format *format,
	uint64_t offset, uint64_t number)
{
	const struct codepage *page = format->page;
	const struct piece_rules rules = { .page = page,
		.is_record = format->form != INPUT_STREAM,
		.cuts_blanks = format->form != INPUT_STREAM
			|| (page != NULL && codepage_is_ebcdic(page)) };

	r->format = *format;
	r->is_plain = !rules.is_record && page == NULL && !format->has_sequence
		&& format->carriage == CARRIAGE_NONE;
	r->offset = offset;
	r->number = number;
	framing_init(&r->framing, format->form, format->length,
		format->carriage, offset > 0);
	piece_init(&r->piece, &rules);
	begin_line(r, offset);
}

struct record_format records_format(const struct records *r)
{
	struct record_format format = r->format;

	if (format.form == INPUT_NETDATA)
		format.carriage = r->framing.netdata.carriage;
	return format;
}

const char *records_damage(const struct records *r)
{
	return r->framing.damage;
}

/* What is true of each piece of a line but its last. */
static void describe(const struct records *r, struct line *out)
{
	out->offset = r->line_offset;
	out->next = 0;
	out->number = r->number;
	out->is_loose = false;
	out->may_continue = false;
	out->has_unconvertible = false;
}

/* ---- streams that are not copied --------------------------------- */

static void give(
	struct records *r, struct line *out, const char *text, size_t len)
{
	describe(r, out);
	out->text = text;
	out->len = len;
	out->is_start = !r->has_begun;
	out->is_end = false;
	if (len > 0)
		r->last = text[len - 1];
	r->has_begun = true;
}

static void give_end(struct records *r, struct line *out, const char *text,
	size_t len, uint64_t line_len)
{
	give(r, out, text, len);
	out->is_end = true;
	out->next = r->offset;
	out->may_continue = line_len == CONTINUED_LEN && r->last == '<';
	begin_line(r, r->offset);
	r->number++;
}

/* A CR was left over: it belongs to the LF, or else to the line. */
static size_t feed_after_cr(
	struct records *r, const char *octets, struct line *out)
{
	r->has_cr = false;
	if (octets[0] != '\n') {
		give(r, out, "\r", 1);
		return 0;
	}
	r->offset++;
	give_end(r, out, octets, 0, r->offset - r->line_offset - 2);
	return 1;
}

static size_t feed_part(struct records *r, const char *octets, size_t len,
	struct line *out, bool *has_line)
{
	r->in_line = true;
	r->offset += len;
	r->has_cr = octets[len - 1] == '\r';
	*has_line = len > r->has_cr;
	if (*has_line)
		give(r, out, octets, len - r->has_cr);
	return len;
}

static size_t feed_plain(struct records *r, const char *octets, size_t len,
	struct line *out, bool *has_line)
{
	const char *end;
	size_t n;

	*has_line = true;
	if (r->has_cr)
		return feed_after_cr(r, octets, out);
	end = memchr(octets, '\n', len);
	if (end == NULL)
		return feed_part(r, octets, len, out, has_line);
	n = (size_t)(end - octets);
	r->offset += n + 1;
	if (n > 0 && octets[n - 1] == '\r')
		give_end(r, out, octets, n - 1, r->offset - r->line_offset - 2);
	else
		give_end(r, out, octets, n, r->offset - r->line_offset - 1);
	return n + 1;
}

/* ---- all others -------------------------------------------------- */

/* The rest of the line's end is in its piece. */
static void end_line(struct records *r, bool is_loose)
{
	struct piece *p = &r->piece;

	r->end.next = r->offset;
	r->end.is_loose = is_loose;
	r->end.may_continue = r->column == CONTINUED_LEN
		&& !r->format.has_sequence
		&& (piece_last(p) == '<' || p->ends_in_line_end);
	piece_flush(p, true);
}

/* Returns true when the last piece of the line was given out before. */
static bool give_piece(struct records *r, struct line *out, bool *has_line)
{
	bool was_last = r->piece.out == PIECE_GAVE && r->piece.is_last;

	*has_line = piece_next(&r->piece, out);
	if (!*has_line)
		return was_last;
	describe(r, out);
	if (out->is_end) {
		out->next = r->end.next;
		out->is_loose = r->end.is_loose;
		out->may_continue = r->end.may_continue;
		out->has_unconvertible =
			r->piece.conversion.unconvertible != r->unconvertible;
	}
	return false;
}

/* Returns how many octets are in the columns of sequence numbers. */
static size_t skip_sequence(
	const struct records *r, const char *octets, size_t len)
{
	const struct codepage *page = r->format.page;
	size_t n = 0;

	while (n < len && r->column + n < SEQUENCE_END
		&& !(is_stream(r) && page != NULL
			&& codepage_is_line_end(page, octets[n])))
		n++;
	return n;
}

/*
 * Takes octets of the line's text. Returns how many: fewer when its piece is
 * full, or a line end of the page is next.
 */
static size_t take_text(struct records *r, const char *octets, size_t len)
{
	size_t used = 0;
	size_t n, taken;

	while (used < len) {
		n = len - used;
		if (!r->format.has_sequence || r->column >= SEQUENCE_END) {
			taken = piece_add(&r->piece, octets + used, n);
		} else if (r->column >= SEQUENCE_START) {
			taken = skip_sequence(r, octets + used, n);
			n = taken > 0 ? taken : n;
		} else {
			if (n > SEQUENCE_START - r->column)
				n = SEQUENCE_START - r->column;
			taken = piece_add(&r->piece, octets + used, n);
		}
		r->column += taken;
		used += taken;
		if (taken < n)
			break;
	}
	return used;
}

/* As take_text(), with the carriage control octet before it. */
static size_t take(struct records *r, const char *octets, size_t len)
{
	const struct codepage *page = r->format.page;
	size_t skip;

	if (len == 0)
		return 0;
	skip = r->has_control
		&& !(is_stream(r) && page != NULL
			&& codepage_is_line_end(page, octets[0]));
	r->has_control = false;
	return skip + take_text(r, octets + skip, len - skip);
}

static void end_stream_line(struct records *r)
{
	if (piece_last(&r->piece) == '\r') {
		piece_drop_last(&r->piece);
		r->column--;
	}
	end_line(r, false);
}

/* Reads text of a stream until a piece is to be given out. */
static size_t feed_stream(struct records *r, const char *octets, size_t len)
{
	const char *end = NULL;
	size_t n = len < PIECE_MAX ? len : PIECE_MAX;
	size_t used;

	if (r->format.page == NULL)
		end = memchr(octets, '\n', n);
	if (end != NULL)
		n = (size_t)(end - octets);
	r->in_line = true;
	used = take(r, octets, n);
	r->offset += used;
	if (piece_is_full(&r->piece)) {
		piece_flush(&r->piece, false);
	} else if (used < n || end != NULL) {
		used++;
		r->offset++;
		end_stream_line(r);
	}
	return used;
}

/* Takes text of a record, from its head or from octets. */
static size_t feed_record_text(
	struct records *r, const char *octets, size_t len)
{
	struct framing *f = &r->framing;
	bool is_kept = f->text_len > 0;
	size_t n, used;

	if (is_kept) {
		octets = f->head + sizeof f->head - f->text_len;
		len = f->text_len;
	}
	n = len < f->left ? len : f->left;
	used = take(r, octets, n);
	if (is_kept)
		f->text_len -= used;
	else
		r->offset += used;
	if (framing_take(f, used))
		end_line(r, false);
	else if (piece_is_full(&r->piece))
		piece_flush(&r->piece, false);
	return is_kept ? 0 : used;
}

static size_t feed_record(struct records *r, const char *octets, size_t len)
{
	struct framing *f = &r->framing;
	bool was_open = f->is_open;
	size_t used;

	if (f->state == FRAMING_TEXT)
		return feed_record_text(r, octets, len);
	if (!was_open && f->state == FRAMING_HEAD && f->len == 0)
		begin_line(r, r->offset);
	used = framing_read(f, octets, len);
	r->offset += used;
	if (f->state == FRAMING_TEXT && !was_open) {
		r->in_line = true;
		r->has_control = records_format(r).carriage != CARRIAGE_NONE;
	}
	return used;
}

/* Whether there is something to do without further octets. */
static bool goes_on_alone(const struct records *r)
{
	const struct framing *f = &r->framing;

	return f->state != FRAMING_HEAD && (f->left == 0 || f->text_len > 0);
}

static size_t feed_copied(struct records *r, const char *octets, size_t len,
	struct line *out, bool *has_line)
{
	size_t used = 0;

	for (;;) {
		if (give_piece(r, out, has_line)) {
			begin_line(r, r->end.next);
			r->number++;
		}
		if (*has_line || records_damage(r) != NULL)
			break;
		if (used == len && !goes_on_alone(r))
			return used;
		if (is_stream(r))
			used += feed_stream(r, octets + used, len - used);
		else
			used += feed_record(r, octets + used, len - used);
	}
	return *has_line ? used : len;
}

/* ---- all of them ------------------------------------------------- */

size_t records_feed(struct records *r, const char *octets, size_t len,
	struct line *out, bool *has_line)
{
	*has_line = false;
	if (!r->is_plain)
		return feed_copied(r, octets, len, out, has_line);
	return len > 0 ? feed_plain(r, octets, len, out, has_line) : 0;
}

bool records_at_plain_line(const struct records *r)
{
	return r->is_plain && r->offset == r->line_offset;
}

void records_skip(struct records *r, size_t octets, uint64_t lines)
{
	r->offset += octets;
	r->number += lines;
	begin_line(r, r->offset);
}

static void finish_plain(struct records *r, struct line *out, bool *has_line)
{
	uint64_t len = r->offset - r->line_offset - r->has_cr;

	*has_line = r->in_line;
	if (!r->in_line)
		return;
	r->in_line = false;
	give_end(r, out, "", 0, len);
	out->is_loose = true;
}

/* A short fixed record and a line without its end are lines. */
static void finish_copied(struct records *r, struct line *out, bool *has_line)
{
	size_t used = feed_copied(r, "", 0, out, has_line);

	(void)used;
	if (*has_line)
		return;
	framing_finish(&r->framing);
	if (!r->in_line || records_damage(r) != NULL)
		return;
	r->in_line = false;
	if (is_stream(r) && piece_last(&r->piece) == '\r')
		piece_drop_last(&r->piece);
	end_line(r, true);
	(void)give_piece(r, out, has_line);
}

void records_finish(struct records *r, struct line *out, bool *has_line)
{
	if (r->is_plain)
		finish_plain(r, out, has_line);
	else
		finish_copied(r, out, has_line);
}
