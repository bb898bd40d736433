#include "exit_header.h"

#include <stdint.h>

static void take_octet(struct exit_header *h, char c)
{
	bool was_at_start = h->at_start;

	if (c == '\r') /* the emitter has none but before LF */
		return;
	h->at_start = c == '\n';
	if (was_at_start && c == '.') /* doubled, or it would be the end */
		return;
	if (was_at_start && c == '\n') {
		h->is_over = true;
		return;
	}
	if (h->len == sizeof h->text) {
		h->is_cut = true;
		h->is_over = true;
		return;
	}
	h->text[h->len++] = c;
}

static void take(struct exit_header *h, size_t len)
{
	size_t i;

	for (i = 0; i < len && !h->is_over; i++)
		take_octet(h, h->out[i]);
}

static void take_block(struct exit_header *h, size_t len)
{
	size_t start = 0;
	size_t used;

	while (!h->is_over && (start < len || !sending_is_idle(&h->sending))) {
		take(h,
			sending_feed(&h->sending, h->in + start, len - start,
				&used, h->out, sizeof h->out));
		start += used;
		if (sending_damage(&h->sending) != NULL)
			return;
	}
}

/* A mail that is all header: what is left, without the final dot. */
static void take_end(struct exit_header *h)
{
	bool is_over = false;
	size_t n;

	while (!h->is_over && !is_over) {
		n = sending_finish(
			&h->sending, h->out, sizeof h->out, &is_over);
		take(h, is_over ? n - (sizeof ".\r\n" - 1) : n);
	}
}

int exit_header_read(struct exit_header *h, struct spool *spool,
	uint64_t number, const struct input_rules *rules, const struct mail *m)
{
	uint64_t left = m->length;
	uint64_t at = m->offset;
	ssize_t n;

	h->len = 0;
	h->is_cut = false;
	h->is_over = false;
	h->at_start = true;
	sending_begin(&h->sending, rules, m, NULL);
	while (!h->is_over && left > 0) {
		n = spool_read(spool, number, at, h->in,
			left < sizeof h->in ? (size_t)left : sizeof h->in);
		if (n <= 0)
			return n < 0 ? (int)n : STORE_DAMAGED;
		take_block(h, (size_t)n);
		if (sending_damage(&h->sending) != NULL)
			return STORE_DAMAGED;
		at += (uint64_t)n;
		left -= (uint64_t)n;
	}
	if (!h->is_over)
		take_end(h);
	return 0;
}
