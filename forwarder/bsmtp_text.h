/*
 * bsmtp_text - the text of a mail in batch SMTP, line by line: where it ends,
 * and how long it will be when it is sent.
 *
 * Streaming: nothing of the text is kept. Pure. One thread at a time.
 * Source: RFC 5321 sections 4.5.2 and 4.5.3.1.6; RFC 1870 section 5.
 */
#ifndef BSMTP_TEXT_H
#define BSMTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BSMTP_TEXT_MAX = 998, /* octets of a line, without a doubled dot */
};

enum bsmtp_text_kind {
	BSMTP_TEXT_LINE,
	BSMTP_TEXT_LONG, /* a line over BSMTP_TEXT_MAX */
	BSMTP_TEXT_END,  /* the final dot: no part of the text */
};

struct bsmtp_text {
	uint64_t size_octets; /* as sent: with CR LF, without doubled dots */
	bool has_8bit;

	/* The line that is being read. */
	uint64_t line_len;
	bool has_dot; /* it starts with one */
	bool may_end; /* it is a dot and blanks so far */
};

void bsmtp_text_init(struct bsmtp_text *t);

/* Reads octets of a line, without its end. */
void bsmtp_text_read(struct bsmtp_text *t, const char *octets, size_t len);

/* Ends the line. The size counts it, unless it is the final dot. */
enum bsmtp_text_kind bsmtp_text_end_line(struct bsmtp_text *t);

#endif
