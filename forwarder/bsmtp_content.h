/*
 * bsmtp_content - a mail's content in batch SMTP as it is read: header and
 * text, dots undone, up to the final dot.
 *
 * Streaming: nothing of it is kept. Pure. One thread at a time.
 */
#ifndef BSMTP_CONTENT_H
#define BSMTP_CONTENT_H

#include "attributes.h"
#include "bsmtp_text.h"
#include "heading.h"
#include "line.h"

#include <stdbool.h>
#include <stdint.h>

struct bsmtp_content {
	struct bsmtp_text text;
	bool has_heading; /* else the header is not looked at */
	struct heading heading;
	bool is_header_8bit;
	bool is_header;  /* the line that is being read, as far as is known */
	uint64_t blanks; /* of a dot line, not yet given to heading */
	const char *long_reply; /* to a line that is LONG */
};

/* rules may be NULL. */
void bsmtp_content_init(
	struct bsmtp_content *c, const struct heading_rules *rules);

/* True once all that follows is text. */
bool bsmtp_content_is_text(const struct bsmtp_content *c);

/*
 * Reads the next piece. At the end of a line *kind gets what it was: LONG for
 * lines of the text alone. Returns piece->is_end.
 */
bool bsmtp_content_read(struct bsmtp_content *c, const struct line *piece,
	enum bsmtp_text_kind *kind);

/* As bsmtp_text_lines(), where all that follows is text. */
MUST_USE size_t bsmtp_content_run(struct bsmtp_content *c, const char *octets,
	size_t len, uint64_t *lines);

/* As heading_take_fault(). */
MUST_USE bool bsmtp_content_take_fault(
	struct bsmtp_content *c, char reply[static BSMTP_REPLY_MAX]);

/*
 * The content is over; m has its envelope and its number. Sets what m has of
 * its header, and its size. Returns 0; -ENOMEM.
 */
MUST_USE int bsmtp_content_end(
	struct bsmtp_content *c, const char *helo, struct mail *m);

#endif
