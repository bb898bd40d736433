#include "transfer.h"

#include "text.h"
#include "utf8.h"

#include <string.h>

void transfer_init(struct transfer *t)
{
	t->type.len = 0;
	t->encoding.len = 0;
	t->is_signed = false;
	t->is_8bit = false;
}

/* ---- fields ------------------------------------------------------ */

static void keep(
	struct transfer_value *v, const struct compose_part *part, size_t name)
{
	size_t skip = name > 0 ? name + 1 : 0;
	size_t n = TRANSFER_VALUE_MAX - v->len;

	if (n > part->len - skip)
		n = part->len - skip;
	memcpy(v->text + v->len, part->text + skip, n);
	v->len += n;
}

static bool is_signature(const char *name, size_t len)
{
	static const char *const names[] = { "DKIM-Signature",
		"DomainKey-Signature", "ARC-Message-Signature" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equals_nocase(name, len, names[i]))
			return true;
	return false;
}

void transfer_look(struct transfer *t, const struct compose_part *part)
{
	size_t name = 0;

	if (part->is_field)
		name = header_name_length(part->text, part->len);
	if (part->is_sent && !t->is_8bit)
		t->is_8bit = !utf8_is_ascii(part->text, part->len);
	if (part->field == HEADER_CONTENT_TYPE)
		keep(&t->type, part, name);
	else if (part->field == HEADER_CONTENT_TRANSFER_ENCODING)
		keep(&t->encoding, part, name);
	else if (part->field == HEADER_OTHER && name > 0)
		t->is_signed |= is_signature(part->text, name);
}

/* ---- what they say ----------------------------------------------- */

static bool is_white(char c)
{
	return c == ' ' || c == '\t';
}

/* Skips blanks and comments; those may be one in another. */
static size_t skip_blank(const struct transfer_value *v, size_t at)
{
	size_t depth = 0;

	for (; at < v->len; at++) {
		if (v->text[at] == '(')
			depth++;
		else if (v->text[at] == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !is_white(v->text[at]))
			break;
		else if (v->text[at] == '\\')
			at++;
	}
	return at < v->len ? at : v->len;
}

/* The first word of it: *len gets how long it is, *end where more follows. */
static const char *first_word(
	const struct transfer_value *v, size_t *len, size_t *end)
{
	size_t start = skip_blank(v, 0);
	size_t at = start;

	while (at < v->len && !is_white(v->text[at])
		&& strchr("(;", v->text[at]) == NULL)
		at++;
	*len = at - start;
	*end = skip_blank(v, at);
	return v->text + start;
}

/* 7bit and 8bit, which is no encoding. */
static bool is_encoded(const struct transfer_value *v)
{
	size_t len, end;
	const char *word = first_word(v, &len, &end);

	return end < v->len || v->len == TRANSFER_VALUE_MAX
		|| (!text_equals_nocase(word, len, "7bit")
			&& !text_equals_nocase(word, len, "8bit"));
}

static bool is_text(const struct transfer_value *v)
{
	static const char text[] = "text/";
	const size_t text_len = sizeof text - 1;
	size_t len, end;
	const char *word = first_word(v, &len, &end);

	return len > text_len && text_equals_nocase(word, text_len, text)
		&& (end == v->len || v->text[end] == ';');
}

static bool has_field(const struct header *h, enum header_field field)
{
	return (h->seen & header_bit(field)) != 0;
}

const char *transfer_fault(const struct transfer *t, const struct header *h)
{
	uint32_t said = header_bit(HEADER_CONTENT_TYPE)
		| header_bit(HEADER_CONTENT_TRANSFER_ENCODING);

	if (t->is_signed)
		return "500 5.6.0 JES Data line too long in a signed mail";
	if ((h->twice & said) != 0)
		return "500 5.6.0 JES Data line too long in content that is "
		       "described twice";
	if (has_field(h, HEADER_CONTENT_TYPE) && !is_text(&t->type))
		return "500 5.6.0 JES Data line too long in content that is "
		       "no single text";
	if (has_field(h, HEADER_CONTENT_TRANSFER_ENCODING)
		&& is_encoded(&t->encoding))
		return "500 5.6.0 JES Data line too long in content that is "
		       "encoded";
	return NULL;
}
