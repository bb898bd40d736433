/*
 * records - from the octets of a data set to its lines.
 *
 * Streams: LF or CR LF ends a line, in EBCDIC also NEL; blanks before the end
 * are cut off in EBCDIC alone, since "-- " is a signature. Record formats: a
 * record is one line, whatever is in it (LF and NEL become blanks, counted);
 * blanks at its end are cut off, as JES does. The code page is converted
 * first. A carriage control octet is dropped, and with it what it would have
 * done on paper. Sequence numbers are columns 73 to 80.
 *
 * A stream of octets that stay as they are is not copied.
 *
 * Pure, streaming: constant memory whatever a length field says. One thread at
 * a time.
 * Source: IBM, z/OS DFSMS Using Data Sets, "Record formats"; framing.h.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "attributes.h"
#include "codepage.h"
#include "config_input.h"
#include "framing.h"
#include "line.h"
#include "piece.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_format {
	enum input_records form;
	uint32_t length;              /* INPUT_FIXED: of a record, 1 at least */
	bool has_sequence;            /* in columns 73 to 80 */
	enum input_carriage carriage; /* NETDATA says it itself, if it can */
	const struct codepage *page;  /* NULL: octets stay as they are */
};

struct records {
	struct record_format format;
	bool is_plain; /* a stream that is not copied */
	bool cuts_blanks;

	uint64_t offset; /* of the next octet */
	uint64_t number; /* of the line */
	uint64_t line_offset;
	uint64_t column; /* of its next octet, from 0, carriage control apart */
	bool in_line;
	bool has_control;       /* the carriage control octet is next */
	uint64_t unconvertible; /* characters before the line */

	/* Of a plain stream. */
	bool has_cr;    /* a CR was read and not given out */
	bool has_begun; /* a piece was given out */
	char last;      /* octet of the line that was given out */

	struct line end; /* what the last piece of the line says */
	struct framing framing;
	struct piece piece;
};

/*
 * Begins at an offset of the data set: 0, or line.offset, with the line's
 * number; then format is what records_format() said there.
 */
void records_init(struct records *r, const struct record_format *format,
	uint64_t offset, uint64_t number);

/* What the data set turned out to be: to be kept with an offset. */
struct record_format records_format(const struct records *r);

/*
 * Reads octets up to the next piece of a line; *has_line says whether there is
 * one. Returns how many were read: all of them when there is none. 0 octets
 * may be read and a piece be there.
 */
MUST_USE size_t records_feed(struct records *r, const char *octets, size_t len,
	struct line *out, bool *has_line);

/*
 * Whether the next octets begin a line of a stream that is not copied: then
 * its caller may read whole lines itself, and say so.
 */
bool records_at_plain_line(const struct records *r);
void records_skip(struct records *r, size_t octets, uint64_t lines);

/*
 * Says that the data set ends here; to be called until *has_line is false.
 */
void records_finish(struct records *r, struct line *out, bool *has_line);

/*
 * What is wrong with the records, for people, and nothing more is read; NULL
 * when nothing is. records.number is where.
 */
const char *records_damage(const struct records *r);

#endif
