#include "header.h"

#include "text.h"

#include <string.h>

static const struct {
	const char *name;
	size_t len;
} names[HEADER_FIELDS] = {
#define NAME(text)                                                             \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}
	[HEADER_OTHER] = NAME(""),
	[HEADER_BCC] = NAME("Bcc"),
	[HEADER_CC] = NAME("Cc"),
	[HEADER_CONTENT_TRANSFER_ENCODING] = NAME("Content-Transfer-Encoding"),
	[HEADER_CONTENT_TYPE] = NAME("Content-Type"),
	[HEADER_DATE] = NAME("Date"),
	[HEADER_FROM] = NAME("From"),
	[HEADER_MESSAGE_ID] = NAME("Message-ID"),
	[HEADER_MIME_VERSION] = NAME("MIME-Version"),
	[HEADER_RECEIVED] = NAME("Received"),
	[HEADER_RESENT_BCC] = NAME("Resent-Bcc"),
	[HEADER_RESENT_CC] = NAME("Resent-Cc"),
	[HEADER_RESENT_DATE] = NAME("Resent-Date"),
	[HEADER_RESENT_FROM] = NAME("Resent-From"),
	[HEADER_RESENT_MESSAGE_ID] = NAME("Resent-Message-ID"),
	[HEADER_RESENT_SENDER] = NAME("Resent-Sender"),
	[HEADER_RESENT_TO] = NAME("Resent-To"),
	[HEADER_RETURN_PATH] = NAME("Return-Path"),
	[HEADER_SENDER] = NAME("Sender"),
	[HEADER_SUBJECT] = NAME("Subject"),
	[HEADER_TO] = NAME("To"),
	[HEADER_X_JES_ORIGIN] = NAME("X-JES-Origin"),
#undef NAME
};

void header_init(struct header *h)
{
	memset(h, 0, sizeof *h);
}

uint32_t header_bit(enum header_field field)
{
	return UINT32_C(1) << field;
}

const char *header_name(enum header_field field)
{
	return names[field].name;
}

/* ftext: RFC 5322 section 3.6.8 */
static bool is_name_octet(char c)
{
	return c > 0x20 && c < 0x7f && c != ':';
}

size_t header_name_length(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && is_name_octet(line[n]))
		n++;
	return n < len && line[n] == ':' ? n : 0;
}

/* Without its case, for letters; others may seem the same. */
static int fold(char c)
{
	return c | 0x20;
}

/* Most names are known by their length and first octet. */
static enum header_field find(const char *name, size_t len)
{
	enum header_field field;

	for (field = HEADER_OTHER + 1; field < HEADER_FIELDS; field++)
		if (names[field].len == len
			&& fold(names[field].name[0]) == fold(name[0])
			&& text_equals_nocase(name, len, names[field].name))
			return field;
	return HEADER_OTHER;
}

static void note(struct header *h, enum header_field field)
{
	uint32_t bit = header_bit(field);

	h->has_field = true;
	h->field = field;
	h->twice |= h->seen & bit;
	h->seen |= bit;
	h->hops += field == HEADER_RECEIVED && h->hops < UINT32_MAX;
}

static enum header_kind end(struct header *h, enum header_kind kind)
{
	h->is_over = true;
	h->field = HEADER_OTHER;
	return kind;
}

enum header_kind header_take(struct header *h, const char *line, size_t len)
{
	size_t n;

	if (len == 0)
		return end(h, HEADER_BLANK);
	if (line[0] == ' ' || line[0] == '\t')
		return h->has_field ? HEADER_FOLDED : end(h, HEADER_TEXT);
	n = header_name_length(line, len);
	if (n == 0)
		return end(h, HEADER_TEXT);
	note(h, find(line, n));
	return HEADER_FIELD;
}
