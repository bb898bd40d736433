#include "support_cut.h"

#include <stdlib.h>
#include <string.h>

static bool give(const struct line *piece, lines_sink *sink, void *arg)
{
	struct line own = *piece;
	char *text = malloc(piece->len + 1);
	bool goes_on;

	if (text == NULL)
		abort();
	/* At the end of the memory, where one octet more is too many. */
	memcpy(text + 1, piece->text, piece->len);
	own.text = text + 1;
	goes_on = sink(arg, &own);
	free(text);
	return goes_on;
}

/* Gives the line that starts at piece->text, len octets in all. */
static bool give_line(struct line *piece, size_t len, size_t step,
	lines_sink *sink, void *arg)
{
	const char *line = piece->text;
	size_t used = 0;

	do {
		piece->text = line + used;
		piece->len = len - used < step ? len - used : step;
		piece->is_start = used == 0;
		used += piece->len;
		piece->is_end = used == len;
		if (!give(piece, sink, arg))
			return false;
	} while (used < len);
	return true;
}

void lines_cut(const char *octets, size_t len, size_t step, lines_sink *sink,
	void *arg)
{
	struct line piece = { .number = 1 };
	const char *lf;
	size_t used = 0;
	size_t n;

	for (; used < len; used = (size_t)piece.next) {
		lf = memchr(octets + used, '\n', len - used);
		n = lf != NULL ? (size_t)(lf - octets) - used : len - used;
		piece.text = octets + used;
		piece.offset = used;
		piece.next = used + n + (lf != NULL);
		piece.is_loose = lf == NULL;
		if (!give_line(&piece, n, step, sink, arg))
			return;
		piece.number++;
	}
}
