/*
 * bsmtp_text - the text of a mail in batch SMTP, line by line: where it ends,
 * what must not be in it, and how long it will be when it is sent.
 *
 * Streaming: nothing of the text is kept. Pure. One thread at a time.
 * Source: RFC 5321 sections 4.5.2 and 4.5.3.1.6; RFC 1870 section 5.
 */
#ifndef BSMTP_TEXT_H
#define BSMTP_TEXT_H

#include "config_input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BSMTP_TEXT_MAX = 998, /* octets of a line, without a doubled dot */
};

enum bsmtp_text_kind {
	BSMTP_TEXT_LINE,
	BSMTP_TEXT_LONG,    /* a line over BSMTP_TEXT_MAX, and that is wrong */
	BSMTP_TEXT_LARGE,   /* the text is over its limit */
	BSMTP_TEXT_BARE_CR, /* a CR within the line, and that is wrong */
	BSMTP_TEXT_END,     /* the final dot: no part of the text */
};

/* All zero: a long line is wrong, and nothing else. */
struct bsmtp_text_rules {
	uint64_t size_max;     /* octets as sent; 0: no limit */
	bool takes_long_lines; /* how they are sent is the sender's */
	/* Of a code page: in the target's character set each may be an octet,
	 * so only a line of more characters is wrong for any. */
	bool counts_characters;
	bool truncates; /* they count as BSMTP_TEXT_MAX */
	bool refuses_cr;
	bool refuses_unconvertible; /* not looked at here */
};

struct bsmtp_text {
	struct bsmtp_text_rules rules;
	uint64_t size_octets; /* as sent: with CR LF, without doubled dots */
	bool has_8bit;
	bool has_long_line;

	/* The line that is being read. */
	uint64_t line_len;
	uint64_t line_later; /* octets of characters, but their first ones */
	bool has_dot;        /* it starts with one */
	bool may_end;        /* it is a dot and blanks so far */
	bool has_cr;
};

/* What a writer's file says of it. */
struct bsmtp_text_rules bsmtp_text_rules(const struct input_config *config);

/* The rules may be set after it. */
void bsmtp_text_init(struct bsmtp_text *t);

/* Whether the text may have so many octets more, as sent. */
bool bsmtp_text_takes(const struct bsmtp_text *t, uint64_t octets);

/* Reads octets of a line, without its end. */
void bsmtp_text_read(struct bsmtp_text *t, const char *octets, size_t len);

/* Ends the line. The size counts it, unless it is the final dot. */
enum bsmtp_text_kind bsmtp_text_end_line(struct bsmtp_text *t);

/*
 * Ends a line of the header, which is folded where it is long: it counts as it
 * is, and is no long line.
 */
enum bsmtp_text_kind bsmtp_text_end_header_line(struct bsmtp_text *t);

/* Reads a whole line: both of them in one step, for most lines a short one. */
enum bsmtp_text_kind bsmtp_text_line(
	struct bsmtp_text *t, const char *octets, size_t len);

#endif
