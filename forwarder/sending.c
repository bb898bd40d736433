#include "sending.h"

#include <string.h>

void sending_begin(struct sending *s, const struct input_rules *rules,
	const struct mail *m, const char *charset)
{
	struct record_format format = input_format(rules);

	format.carriage = m->carriage;
	s->mail = m;
	s->charset = charset;
	s->top = m->added != NULL ? m->added : "";
	s->has_mime = !m->adds_mime;
	s->at_start = true;
	/* Nothing on top: its header was not looked at when it was read. */
	s->is_text = m->added == NULL;
	emitter_init(
		&s->emitter, rules->config->long_line == LONG_LINE_TRUNCATE);
	compose_init(&s->compose, rules->config, m->drops_sender);
	records_init(&s->records, &format, m->offset, 1);
}

/* ---- what is on top ---------------------------------------------- */

/* Puts in the next line on top. Returns false when there is none. */
static bool put_top(struct sending *s)
{
	const char *line = s->top;
	const char *end = strchr(line, '\n');

	if (end != NULL) {
		s->top = end + 1;
		emitter_put(&s->emitter, line, (size_t)(end - line), true);
		return true;
	}
	if (s->has_mime)
		return false;
	s->has_mime = true;
	s->mime[heading_mime(s->charset, s->mime)] = '\0';
	s->top = s->mime;
	return put_top(s);
}

/* ---- the mail ---------------------------------------------------- */

/* The dot of a line's start is the writer's transparency. */
static void undo_dot(struct sending *s, struct line *l)
{
	if (s->at_start && !s->mail->is_message && l->len > 0 && l->text[0] == '.') {
		l->text++;
		l->len--;
	}
	s->at_start = l->is_end;
}

/* Puts in what compose has. Returns false when it has nothing. */
static bool put_part(struct sending *s)
{
	struct compose_part part;

	while (!s->is_text && compose_get(&s->compose, &part)) {
		if (!part.is_sent)
			continue;
		emitter_put(&s->emitter, part.text, part.len, part.is_end);
		return true;
	}
	return false;
}

static void put_line(struct sending *s, struct line *l)
{
	undo_dot(s, l);
	s->is_text = s->is_text || compose_is_text(&s->compose);
	if (s->is_text)
		emitter_put(&s->emitter, l->text, l->len, l->is_end);
	else
		compose_put(&s->compose, l);
}

bool sending_is_idle(const struct sending *s)
{
	return emitter_is_idle(&s->emitter) && !s->compose.has_in;
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
		if (!emitter_is_idle(&s->emitter) || put_top(s) || put_part(s))
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
		if (!emitter_is_idle(&s->emitter) || put_top(s) || put_part(s))
			continue;
		records_finish(&s->records, &l, &has_line);
		if (has_line) {
			put_line(s, &l);
			continue;
		}
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
