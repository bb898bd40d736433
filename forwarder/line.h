/*
 * line - a piece of a line of a data set, as the readers of its grammar get
 * it.
 *
 * Lines come in order, each in one or more pieces: a line may be a gigabyte.
 * A record of a record format is one line. In a stream a line ends in LF or
 * CR LF, in EBCDIC also in NEL; the end is in no piece.
 *
 * Plain data.
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
	/* Octets after conversion, UTF-8 or as they were; never an LF, but a
	 * bare CR or a NUL may be in it; not terminated. It stays good until
	 * the next call of who made it. */
	const char *text;
	size_t len;

	uint64_t offset;   /* in the data set: where the line begins, at each
			    * of its pieces; reading can start there again */
	uint64_t next;     /* is_end: where the line after it begins */
	uint64_t number;   /* of its first record, from 1 */
	bool is_start;     /* the first piece of its line */
	bool is_end;       /* the last piece; a whole line has both */
	bool is_loose;     /* is_end: ended by the end of the data set alone */
	bool may_continue; /* is_end: a record of exactly 80 octets that ends
			    * in '<' or newline, which may go on in the next */
	bool has_unconvertible; /* is_end: a character of it became '?' */
};

#endif
