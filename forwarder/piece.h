/*
 * piece - makes the pieces of one line at a time: octets in, converted to
 * UTF-8, blanks at the line's end cut off; text out.
 *
 * Constant memory, however long the line. A line that leaves room for one
 * more character in PIECE_MAX comes out whole, a longer one in pieces that do
 * not depend on how the octets came. One thread at a time.
 */
#ifndef PIECE_H
#define PIECE_H

#include "attributes.h"
#include "codepage.h"
#include "line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PIECE_MAX = 4096 };

/* What lines are made of. */
struct piece_rules {
	const struct codepage *page; /* NULL: octets stay as they are */
	bool cuts_blanks;
	bool is_record; /* a line end in it is a blank; else it is the end */
};

enum piece_out {
	PIECE_GATHERS, /* octets are added */
	PIECE_GIVES,   /* text is to be given out */
	PIECE_GAVE,    /* and was; it has to stay until the next call */
};

struct piece {
	struct piece_rules rules;
	struct codepage_state conversion;
	uint64_t line_ends; /* in records, replaced, so far */

	uint64_t blanks; /* held back: cut off if the line ends here */
	bool ends_in_line_end;
	bool has_begun; /* a piece of the line was given out */

	enum piece_out out;
	bool is_last; /* what is given out ends the line */
	size_t out_len;

	size_t len;
	char text[PIECE_MAX];
};

void piece_init(struct piece *p, const struct piece_rules *rules);

/* Begins a line. */
void piece_begin(struct piece *p);

/*
 * Adds octets of the line. Returns how many were taken: fewer when it is
 * full, or at a line end that its page knows.
 */
MUST_USE size_t piece_add(struct piece *p, const char *octets, size_t len);

bool piece_is_full(const struct piece *p);

/* The last octet of the line, before its blanks are cut; NUL if it has none. */
char piece_last(const struct piece *p);

/* Takes off the last octet. */
void piece_drop_last(struct piece *p);

/* Says that text is to be given out, now: what there is, or to the end. */
void piece_flush(struct piece *p, bool is_last);

/*
 * Gives out the next piece: text, len, is_start and is_end of *out are set.
 * Returns false when there is none until the next piece_flush(). To be called
 * until then before octets are added.
 */
MUST_USE bool piece_next(struct piece *p, struct line *out);

#endif
