#include "sending.h"

#include <string.h>

void sending_begin(struct sending *s, const struct input_rules *rules,
	const struct mail *m, struct charset *charset)
{
	bool truncates = rules->config->long_line == LONG_LINE_TRUNCATE;
	struct record_format format = input_format(rules);

	format.carriage = m->carriage;
	s->mail = m;
	s->charset = charset;
	s->top = m->added != NULL ? m->added : "";
	s->has_mime = false;
	s->joins = !m->is_message
		&& rules->config->continuation == CONTINUATION_ALL;
	s->is_joined = false;
	s->at_start = true;
	/* Nothing on top: its header was not looked at when it was read. */
	s->is_text = m->added == NULL;
	s->refuses_unknown =
		rules->config->unconvertible == UNCONVERTIBLE_ERROR;
	s->refuses_long = !truncates;
	s->encodes = (m->mime & MAIL_MIME_QUOTED) != 0;
	s->is_encoding = false;
	s->has_long_field = false;
	emitter_init(&s->emitter, truncates && charset == NULL);
	quoted_init(&s->quoted);
	if (charset != NULL)
		charset_begin(charset, truncates);
	compose_init(&s->compose, rules->config, m->drops_sender);
	records_init(&s->records, &format, m->offset, 1);
}

/* ---- the encoding ------------------------------------------------ */

/* Puts in a piece of a line, as the target is to read it. */
static void put_octets(
	struct sending *s, const char *text, size_t len, bool ends_line)
{
	if (s->is_encoding)
		quoted_put(&s->quoted, text, len, ends_line);
	else
		emitter_put(&s->emitter, text, len, ends_line);
}

/* Puts in what quoted has. Returns false when it has nothing. */
static bool put_encoded(struct sending *s)
{
	const char *text;
	size_t len;

	if (!quoted_get(&s->quoted, &text, &len))
		return false;
	emitter_put(&s->emitter, text, len, true);
	return true;
}

/* ---- the character set ------------------------------------------- */

/* Puts in a piece of a line of the mail. */
static void put(struct sending *s, const char *text, size_t len, bool ends_line)
{
	if (s->charset != NULL)
		charset_put(s->charset, text, len, ends_line);
	else
		put_octets(s, text, len, ends_line);
}

/* The same of the text, all that follows. */
static void put_text(
	struct sending *s, const char *text, size_t len, bool ends_line)
{
	if (s->encodes && !s->is_encoding) {
		s->is_encoding = true;
		s->has_long_field =
			s->charset != NULL && charset_has_long_line(s->charset);
	}
	put(s, text, len, ends_line);
}

/* Puts in what charset has. Returns false when it has nothing. */
static bool put_converted(struct sending *s)
{
	const char *text;
	bool ends_line;
	size_t len;

	if (s->charset == NULL
		|| !charset_get(s->charset, &text, &len, &ends_line))
		return false;
	put_octets(s, text, len, ends_line);
	return true;
}

/* ---- what is on top ---------------------------------------------- */

/* Puts in the next line on top. Returns false when there is none. */
static bool put_top(struct sending *s)
{
	const char *line = s->top;
	const char *end = strchr(line, '\n');

	if (end != NULL) {
		s->top = end + 1;
		put(s, line, (size_t)(end - line), true);
		return true;
	}
	if (s->has_mime)
		return false;
	s->has_mime = true;
	heading_mime(s->mail->mime, charset_title(s->charset), s->mime);
	s->top = s->mime;
	return put_top(s);
}

/* ---- the mail ---------------------------------------------------- */

/*
 * The dot of a line's start is the writer's transparency. A line has begun
 * with its first octet: a record of blanks that goes on has none.
 */
static void undo_dot(struct sending *s, struct line *l)
{
	bool was_start = s->at_start;

	s->at_start = l->is_end || (was_start && l->len == 0);
	if (was_start && !s->mail->is_message && l->len > 0
		&& l->text[0] == '.') {
		l->text++;
		l->len--;
	}
}

/* Another one is on top. */
static bool is_replaced(const struct sending *s, const struct compose_part *p)
{
	return s->encodes && p->field == HEADER_CONTENT_TRANSFER_ENCODING;
}

/* Puts in what compose has. Returns false when it has nothing. */
static bool put_part(struct sending *s)
{
	struct compose_part part;

	while (!s->is_text && compose_get(&s->compose, &part)) {
		if (!part.is_sent || is_replaced(s, &part))
			continue;
		if (part.is_header)
			put(s, part.text, part.len, part.is_end);
		else
			put_text(s, part.text, part.len, part.is_end);
		return true;
	}
	return false;
}

/* A record goes on in the next one as it did when the mail was read. */
static void join(struct sending *s, struct line *l)
{
	bool goes_on = s->joins && l->is_end && l->may_continue && !l->is_loose;

	l->is_start = l->is_start && !s->is_joined;
	l->is_end = l->is_end && !goes_on;
	s->is_joined = goes_on || (s->is_joined && !l->is_end);
}

static void put_line(struct sending *s, struct line *l)
{
	join(s, l);
	undo_dot(s, l);
	s->is_text = s->is_text || compose_is_text(&s->compose);
	if (s->is_text)
		put_text(s, l->text, l->len, l->is_end);
	else
		compose_put(&s->compose, l);
}

bool sending_is_idle(const struct sending *s)
{
	return emitter_is_idle(&s->emitter) && quoted_is_idle(&s->quoted)
		&& !s->compose.has_in
		&& (s->charset == NULL || charset_is_idle(s->charset));
}

/* Ends a line that goes on in no record. Returns false where there is none. */
static bool put_end(struct sending *s)
{
	struct line end = { .text = "", .is_end = true };

	if (!s->is_joined)
		return false;
	put_line(s, &end);
	return true;
}

/* Puts in what is already read. Returns false when there is nothing. */
static bool put_next(struct sending *s)
{
	return put_encoded(s) || put_converted(s) || put_top(s) || put_part(s);
}

size_t sending_feed(struct sending *s, const char *octets, size_t len,
	size_t *used, char *out, size_t cap)
{
	size_t written = 0;
	struct line l;
	bool has_line;

	*used = 0;
	while (cap - written >= EMITTER_OUT_MIN) {
		written +=
			emitter_get(&s->emitter, out + written, cap - written);
		if (!emitter_is_idle(&s->emitter) || put_next(s))
			continue;
		*used += records_feed(&s->records, octets + *used, len - *used,
			&l, &has_line);
		if (has_line)
			put_line(s, &l);
		else if (*used == len)
			break;
	}
	return written;
}

size_t sending_finish(struct sending *s, char *out, size_t cap, bool *is_over)
{
	size_t written = 0;
	struct line l;
	bool has_line;

	*is_over = false;
	while (cap - written >= EMITTER_OUT_MIN) {
		written +=
			emitter_get(&s->emitter, out + written, cap - written);
		if (!emitter_is_idle(&s->emitter) || put_next(s))
			continue;
		records_finish(&s->records, &l, &has_line);
		if (has_line) {
			put_line(s, &l);
			continue;
		}
		if (put_end(s))
			continue;
		if (cap - written < EMITTER_OUT_MIN)
			break;
		*is_over = true;
		written += emitter_finish(&s->emitter, out + written);
		break;
	}
	return written;
}

const char *sending_damage(const struct sending *s)
{
	return records_damage(&s->records);
}

static bool has_long_line(const struct sending *s)
{
	if (s->is_encoding)
		return s->has_long_field;
	return s->charset != NULL ? charset_has_long_line(s->charset)
				  : s->mail->has_long_line;
}

const char *sending_fault(const struct sending *s)
{
	if (s->refuses_unknown && s->charset != NULL
		&& charset_replaced(s->charset) > 0)
		return "554 5.6.5 the target's character set lacks a character";
	if (s->refuses_long && has_long_line(s))
		return "554 5.6.0 a line is too long in the target's character "
		       "set";
	return NULL;
}

struct sending_changes sending_changes(const struct sending *s)
{
	const struct piece *p = &s->records.piece;
	struct sending_changes changes = { p->conversion.unconvertible,
		p->line_ends + s->emitter.replaced + s->quoted.replaced };

	if (s->charset != NULL)
		changes.unconvertible += charset_replaced(s->charset);
	return changes;
}
