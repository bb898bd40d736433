/*
 * Any octets as replies: the first octet says how the rest is cut in pieces,
 * which must not matter.
 */
#include "../forwarder/reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* What one run over the octets saw. */
struct seen {
	struct reply_parser parser;
	struct reply_extensions offered;
	size_t lines;
	uint64_t sum; /* of the text of all lines */
};

static void see_line(void *arg, const char *text, size_t len)
{
	struct seen *s = arg;
	size_t i;

	if (len > REPLY_LINE_MAX)
		abort();
	s->lines++;
	for (i = 0; i < len; i++)
		s->sum = s->sum * 31 + (unsigned char)text[i];
	reply_extension_line(&s->offered, text, len);
}

/* Reads one reply; returns how many octets that took. */
static size_t read_reply(struct seen *s, const char *octets, size_t len,
	size_t step, int *result)
{
	size_t used = 0;
	size_t n, consumed;

	memset(s, 0, sizeof *s);
	reply_parser_init(&s->parser);
	*result = 0;
	while (used < len && *result == 0) {
		n = len - used < step ? len - used : step;
		*result = reply_feed(
			&s->parser, octets + used, n, &consumed, see_line, s);
		if (consumed > n || (*result == 0 && consumed != n))
			abort();
		used += consumed;
	}
	return used;
}

static void check_reply(const struct seen *s, int result)
{
	const struct reply *r = &s->parser.reply;

	if (r->lines > REPLY_LINES_MAX || r->lines != s->lines)
		abort();
	if (strlen(r->text) != s->parser.text_len)
		abort();
	if (r->status[0] != 0 && r->status[0] != 2 && r->status[0] < 4)
		abort();
	if (result == 1 && (r->code < 200 || r->code > 599))
		abort();
}

static void check_same(const struct seen *a, const struct seen *b)
{
	const struct reply *r = &a->parser.reply;
	const struct reply *q = &b->parser.reply;
	const struct reply_extensions *e = &a->offered;
	const struct reply_extensions *f = &b->offered;

	if (r->code != q->code || r->lines != q->lines
		|| r->bare_lfs != q->bare_lfs || a->sum != b->sum
		|| memcmp(r->status, q->status, sizeof r->status) != 0
		|| strcmp(r->text, q->text) != 0)
		abort();
	if (e->pipelining != f->pipelining || e->starttls != f->starttls
		|| e->eight_bit_mime != f->eight_bit_mime
		|| e->has_size != f->has_size || e->size != f->size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static struct seen whole, pieces;
	const char *at = (const char *)octets + 1;
	int result, again;
	size_t used;

	if (len == 0)
		return 0;
	len--;
	do {
		used = read_reply(&whole, at, len, SIZE_MAX, &result);
		check_reply(&whole, result);
		if (read_reply(&pieces, at, len, octets[0] % 64 + 1u, &again)
				!= used
			&& result == 1)
			abort();
		if (result != again)
			abort();
		check_same(&whole, &pieces);
		at += used;
		len -= used;
	} while (result == 1 && len > 0);
	return 0;
}
