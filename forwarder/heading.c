#include "heading.h"

#include "text.h"

#include <string.h>

enum { LINE_END = 2 }; /* CR LF */

static void note_author(void *arg, const struct mailbox *found)
{
	struct heading *h = arg;

	if (h->authors == 0 && found->fault == MAILBOXES_GOOD)
		text_copy(h->author, sizeof h->author, found->path);
	h->authors += h->authors < UINT32_MAX;
}

void heading_init(struct heading *h, const struct heading_rules *rules,
	heading_look *look, void *arg)
{
	h->rules = rules;
	h->look = look;
	h->arg = arg;
	compose_init(&h->compose, rules->input, false);
	h->growth = 0;
	h->sender_octets = 0;
	h->is_faulty = false;
	h->was_told = false;
	h->encodes = rules->input->long_line == LONG_LINE_ENCODE;
	transfer_init(&h->transfer);
	h->line_len = 0;
	h->line_sent = 0;
	h->authors = 0;
	h->author[0] = '\0';
	if (rules->header->adds_sender)
		mailboxes_init(&h->from,
			rules->has_origin ? rules->origin.host : "",
			note_author, h);
}

bool heading_is_over(const struct heading *h)
{
	return h->compose.header.is_over;
}

/* The value of From in a part, or what goes on with it. */
static void read_author(struct heading *h, const struct compose_part *part)
{
	size_t skip = 0;

	if (part->field != HEADER_FROM || !h->rules->header->adds_sender)
		return;
	if (part->is_field) {
		mailboxes_finish(&h->from);
		skip = header_name_length(part->text, part->len) + 1;
	}
	mailboxes_feed(&h->from, part->text + skip, part->len - skip);
	if (part->is_end)
		mailboxes_feed(&h->from, "\n", 1);
}

/* ---- faults ------------------------------------------------------ */

/* RFC 5322 section 3.6: at most one of each; the first that comes twice. */
static enum header_field doubled_field(const struct header *header)
{
	static const enum header_field once[] = { HEADER_FROM, HEADER_DATE,
		HEADER_SUBJECT, HEADER_TO, HEADER_MESSAGE_ID };
	size_t i;

	for (i = 0; i < sizeof once / sizeof *once; i++)
		if ((header->twice & header_bit(once[i])) != 0)
			return once[i];
	return HEADER_OTHER;
}

static bool has_too_many_hops(const struct heading *h)
{
	uint32_t limit = h->rules->header->hop_limit;

	return limit != 0 && h->compose.header.hops >= limit;
}

static void check(struct heading *h)
{
	const struct header_config *config = h->rules->header;
	const struct header *header = &h->compose.header;

	h->is_faulty = h->compose.has_unfoldable || has_too_many_hops(h)
		|| (config->is_strict && doubled_field(header) != HEADER_OTHER);
}

bool heading_take_fault(struct heading *h, char reply[static BSMTP_REPLY_MAX])
{
	const struct header *header = &h->compose.header;
	const char *name;

	if (!h->is_faulty || h->was_told)
		return false;
	h->was_told = true;
	if (h->compose.has_unfoldable) {
		text_copy(reply, BSMTP_REPLY_MAX,
			"500 5.6.0 JES Header line too long");
	} else if (has_too_many_hops(h)) {
		text_copy(reply, BSMTP_REPLY_MAX,
			"554 5.4.6 JES Too many Received fields: mail loop");
	} else {
		name = header_name(doubled_field(header));
		bsmtp_reply(reply, "554 5.6.0 JES Header field twice,", name,
			strlen(name));
	}
	return true;
}

const char *heading_long_line_fault(const struct heading *h)
{
	switch (h->rules->input->long_line) {
	case LONG_LINE_TRUNCATE:
		return NULL;
	case LONG_LINE_ENCODE:
		return transfer_fault(&h->transfer, &h->compose.header);
	case LONG_LINE_ERROR:
		break;
	}
	return "500 5.6.0 JES Data line too long";
}

/* ---- lines ------------------------------------------------------- */

/* The line is known: what it adds to the size, or takes from it. */
static void settle(struct heading *h, bool is_text)
{
	h->growth += (int64_t)h->line_sent;
	if (!is_text)
		h->growth -= (int64_t)(h->line_len + LINE_END);
	h->line_len = 0;
	h->line_sent = 0;
	if (!h->is_faulty)
		check(h);
}

static void count(struct heading *h, const struct compose_part *part)
{
	size_t octets = part->len + (part->is_end ? LINE_END : 0);

	if (!part->is_sent)
		return;
	h->line_sent += octets;
	if (part->field == HEADER_SENDER)
		h->sender_octets += octets;
}

bool heading_read(struct heading *h, const struct line *piece)
{
	struct compose_part part;
	bool is_text;

	if (heading_is_over(h))
		return false;
	h->line_len += piece->len;
	compose_put(&h->compose, piece);
	while (compose_get(&h->compose, &part)) {
		if (!part.is_header)
			continue;
		count(h, &part);
		if (h->encodes)
			transfer_look(&h->transfer, &part);
		if (h->rules->has_origin)
			read_author(h, &part);
		if (h->look != NULL)
			h->look(h->arg, &part);
	}
	is_text = heading_is_over(h) && h->line_len > 0;
	if (piece->is_end || is_text)
		settle(h, is_text);
	return !is_text;
}
