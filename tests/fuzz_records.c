/*
 * Any octets as a data set in any form. The first three octets say which form
 * it is and how it is cut, which must not matter; reading again from a line
 * on must give the lines from there.
 */
#include "../forwarder/records.h"
#include "buf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

enum { PAGES = 3, CUTS_MAX = 90, AGAIN_MAX = 8 };

static const char *const names[PAGES] = { NULL, "IBM1047", "IBM939" };

static const struct codepage *page_of(unsigned which)
{
	static struct codepage *pages[PAGES];
	const char *name = names[which % PAGES];

	if (name == NULL)
		return NULL;
	if (pages[which % PAGES] == NULL
		&& codepage_open(name, &pages[which % PAGES]) != 0)
		abort();
	return pages[which % PAGES];
}

/* Lines with where they are; a piece is as good as the whole. */
static void note(struct buf *told, const struct line *l, size_t end)
{
	if (l->offset > end || (l->is_end && l->next > end)
		|| (l->is_end && l->next < l->offset)
		|| memchr(l->text, '\n', l->len) != NULL)
		abort();
	if (l->is_start)
		buf_printf(
			told, "%" PRIu64 "@%" PRIu64 ":", l->number, l->offset);
	buf_append(told, l->text, l->len);
	if (l->is_end)
		buf_printf(told, "|%" PRIu64 " %d%d\n", l->next, l->is_loose,
			l->may_continue);
}

/* Returns how many octets of told stand before the nth line. */
static size_t run(const struct record_format *format, const char *octets,
	size_t len, size_t step, const struct line *from, struct buf *told,
	size_t nth, struct line *at, struct record_format *there)
{
	static struct records r;
	struct line l;
	bool has_line = true;
	size_t used = (size_t)from->offset;
	size_t before = 0;
	size_t lines = 0;
	size_t n;

	records_init(&r, format, from->offset, from->number);
	while (used < len || has_line) {
		n = len - used < step ? len - used : step;
		n = records_feed(&r, octets + used, n, &l, &has_line);
		used += n;
		if (!has_line)
			continue;
		if (l.is_start && lines++ == nth) {
			before = told->len;
			*at = l;
			*there = records_format(&r);
		}
		note(told, &l, len);
	}
	do {
		records_finish(&r, &l, &has_line);
		if (has_line)
			note(told, &l, len);
	} while (has_line);
	return before;
}

static void check_again(const struct record_format *format, const char *octets,
	size_t len, const struct buf *whole, size_t nth)
{
	const struct line start = { .number = 1 };
	struct record_format there = *format;
	struct line at = start, ignored;
	struct record_format ignored_format;
	struct buf told, rest;
	size_t before;

	buf_init(&told);
	buf_init(&rest);
	before = run(
		format, octets, len, SIZE_MAX, &start, &told, nth, &at, &there);
	if (at.offset > 0) {
		run(&there, octets, len, SIZE_MAX, &at, &rest, SIZE_MAX,
			&ignored, &ignored_format);
		if (rest.len != whole->len - before
			|| memcmp(rest.data, whole->data + before, rest.len)
				!= 0)
			abort();
	}
	buf_fini(&told);
	buf_fini(&rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	const char *text = (const char *)octets + 3;
	const struct line start = { .number = 1 };
	struct record_format format, there;
	struct buf whole, pieces;
	struct line at;
	size_t i;

	if (len < 3)
		return 0;
	len -= 3;
	format = (struct record_format){ .form = octets[0] % 4,
		.length = octets[1] % CUTS_MAX + 1u,
		.has_sequence = (octets[0] & 0x10) != 0,
		.carriage =
			(octets[0] & 0x20) != 0 ? CARRIAGE_ASA : CARRIAGE_NONE,
		.page = page_of(octets[0] >> 6) };
	buf_init(&whole);
	buf_init(&pieces);
	run(&format, text, len, SIZE_MAX, &start, &whole, SIZE_MAX, &at,
		&there);
	run(&format, text, len, octets[2] % CUTS_MAX + 1u, &start, &pieces,
		SIZE_MAX, &at, &there);
	if (whole.len != pieces.len
		|| (whole.len > 0
			&& memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	for (i = 0; i < AGAIN_MAX && whole.len > 0; i += 3)
		check_again(&format, text, len, &whole, i);
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
