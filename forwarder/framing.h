/*
 * framing - where records of a data set begin and end, by their length or by
 * what stands before them.
 *
 * Variable records have a record descriptor word of 4 octets before each of
 * their segments: length with itself, 2 octets; 0 whole, 1 first, 2 last or 3
 * middle segment; zero. Where a block descriptor word stands before the first
 * record of a block it is passed over: what follows it is a descriptor, and
 * no text. FTP with RDW sends none of these.
 *
 * Pure, streaming: no octet is kept but of a descriptor. One thread at a time.
 * Source: IBM, z/OS DFSMS Using Data Sets, "Variable-length record formats";
 * for NETDATA as netdata.h.
 */
#ifndef FRAMING_H
#define FRAMING_H

#include "attributes.h"
#include "config_input.h"
#include "netdata.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAMING_WORD = 4 }; /* octets of a descriptor word */

enum framing_state {
	FRAMING_HEAD, /* what stands before a segment */
	FRAMING_TEXT, /* octets of a record */
	FRAMING_SKIP, /* octets of no interest */
};

struct framing {
	enum input_records form;
	uint32_t record_length; /* of fixed records */
	enum framing_state state;
	bool is_inside;     /* it begins, and may end, among data records */
	bool is_open;       /* a record has begun */
	bool is_last;       /* this segment is its last */
	bool is_control;    /* SKIP: of NETDATA's own */
	uint32_t left;      /* octets of this segment to come */
	const char *damage; /* what is wrong, for people; NULL */

	size_t len; /* of what stands before the segment, so far */
	char head[2 * FRAMING_WORD];
	/* The end of head turned out to be text: so many octets of it. */
	size_t text_len;

	struct netdata netdata;
};

/*
 * carriage is what NETDATA does not say; is_inside says that it begins at a
 * data record, and may end at one.
 */
void framing_init(struct framing *f, enum input_records form,
	uint32_t record_length, enum input_carriage carriage, bool is_inside);

/*
 * HEAD or SKIP: reads octets until the state changes or the octets end.
 * Returns how many were read. In SKIP, where nothing is left, none are needed.
 */
MUST_USE size_t framing_read(struct framing *f, const char *octets, size_t len);

/*
 * TEXT: so many octets of the segment were taken. Returns true when its record
 * ends here.
 */
MUST_USE bool framing_take(struct framing *f, size_t len);

/* Says that the data set ends here: something may be missing. */
void framing_finish(struct framing *f);

#endif
