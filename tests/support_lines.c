#include "support_lines.h"

#include "buf.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- telling ------------------------------------------------------ */

/* "number@offset: text" for each line, and what else is to be said of it. */
static void tell(struct buf *told, const struct line *l)
{
	size_t i;

	if (l->is_start)
		buf_printf(told, "%" PRIu64 "@%" PRIu64 ": ", l->number,
			l->offset);
	for (i = 0; i < l->len; i++)
		buf_printf(told,
			(unsigned char)l->text[i] < ' ' || l->text[i] == '\\'
				? "\\x%02x"
				: "%c",
			(unsigned char)l->text[i]);
	if (!l->is_end)
		return;
	buf_printf(told, "%s%s", l->may_continue ? " <" : "",
		l->is_loose ? " ~" : "");
	buf_printf(told, " %" PRIu64 "\n", l->next);
}

/* The octets are handed in from memory of their own. */
void lines_feed(
	struct records *r, const char *octets, size_t len, struct buf *told)
{
	char *copy = malloc(len);
	struct line l;
	bool has_line = true;
	size_t used = 0;

	memcpy(copy, octets, len);
	while (used < len || has_line) {
		used += records_feed(r, copy + used, len - used, &l, &has_line);
		ck_assert_uint_le(used, len);
		ck_assert(has_line || used == len);
		if (has_line)
			tell(told, &l);
	}
	free(copy);
}

static void finish(struct records *r, struct buf *told)
{
	struct line l;
	bool has_line;

	for (;;) {
		records_finish(r, &l, &has_line);
		if (!has_line)
			break;
		tell(told, &l);
	}
	if (records_damage(r) != NULL)
		buf_printf(told, "%" PRIu64 "! %s\n", r->number,
			records_damage(r));
}

static char *told_text(struct buf *told)
{
	size_t len;

	return buf_steal(told, &len);
}

/* Reads octets cut in pieces of step, the first of them of first. */
char *lines_read(const struct record_format *format, const char *octets,
	size_t len, size_t first, size_t step)
{
	static struct records r;
	struct buf told;
	size_t used = 0;
	size_t n = first < len ? first : len;

	records_init(&r, format, 0, 1);
	buf_init(&told);
	buf_puts(&told, "");
	while (used < len) {
		if (n > 0)
			lines_feed(&r, octets + used, n, &told);
		used += n;
		n = len - used < step ? len - used : step;
	}
	finish(&r, &told);
	return told_text(&told);
}

static char *read_all(
	const struct record_format *format, const char *octets, size_t len)
{
	return lines_read(format, octets, len, len, len);
}

/* The same lines, wherever octets are cut. */
static void check_cuts(const struct record_format *format, const char *octets,
	size_t len, const char *want)
{
	char *told;
	size_t cut;

	for (cut = 0; cut <= len; cut++) {
		told = lines_read(format, octets, len, cut, len);
		ck_assert_str_eq(told, want);
		free(told);
	}
	for (cut = 1; cut < 12; cut++) {
		told = lines_read(format, octets, len, cut, cut);
		ck_assert_str_eq(told, want);
		free(told);
	}
}

/* Reading begins again at each line, and gives the rest of the lines. */
static void check_restarts(const struct record_format *format,
	const char *octets, size_t len, const char *want)
{
	static struct records r, whole;
	struct line l = { .next = 0 };
	struct buf told;
	bool has_line = true;
	size_t used = 0;
	char *rest;

	records_init(&whole, format, 0, 1);
	while (has_line) {
		used += records_feed(
			&whole, octets + used, len - used, &l, &has_line);
		if (!has_line || !l.is_start)
			continue;
		struct record_format here = records_format(&whole);

		records_init(&r, &here, l.offset, l.number);
		buf_init(&told);
		buf_puts(&told, "");
		lines_feed(&r, octets + l.offset, len - l.offset, &told);
		finish(&r, &told);
		rest = told_text(&told);
		ck_assert_uint_le(strlen(rest), strlen(want));
		ck_assert_str_eq(rest, want + strlen(want) - strlen(rest));
		free(rest);
	}
}

void lines_check(const struct record_format *format, const char *octets,
	size_t len, const char *want)
{
	char *told = read_all(format, octets, len);

	ck_assert_str_eq(told, want);
	free(told);
	check_cuts(format, octets, len, want);
	check_restarts(format, octets, len, want);
}
