/*
 * header - the header of a mail, line by line: which lines are fields, where
 * the header ends, and which known fields it has.
 *
 * A field starts with a name of printable octets and a colon, with no blank
 * before it; a line that starts with a blank or tab goes on with the field
 * before. The header ends at an empty line, or before the first line that is
 * neither: then the empty line between header and text is missing.
 *
 * Pure, constant memory, a step for each line. One thread at a time.
 * Source: RFC 5322 sections 2.1 and 2.2; IBM, z/OS Communications Server: IP
 * User's Guide and Commands, "SMTP commands" (CSSMTP).
 */
#ifndef HEADER_H
#define HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets of a header line as sent, and how many tell what a line is. */
enum { HEADER_LINE_MAX = 998 };

enum header_field {
	HEADER_OTHER,
	HEADER_BCC,
	HEADER_CC,
	HEADER_CONTENT_TRANSFER_ENCODING,
	HEADER_CONTENT_TYPE,
	HEADER_DATE,
	HEADER_FROM,
	HEADER_MESSAGE_ID,
	HEADER_MIME_VERSION,
	HEADER_RECEIVED,
	HEADER_RESENT_BCC,
	HEADER_RESENT_CC,
	HEADER_RESENT_DATE,
	HEADER_RESENT_FROM,
	HEADER_RESENT_MESSAGE_ID,
	HEADER_RESENT_SENDER,
	HEADER_RESENT_TO,
	HEADER_RETURN_PATH,
	HEADER_SENDER,
	HEADER_SUBJECT,
	HEADER_TO,
	HEADER_X_JES_ORIGIN,
	HEADER_FIELDS,
};

enum header_kind {
	HEADER_FIELD,  /* starts a field */
	HEADER_FOLDED, /* goes on with the field before */
	HEADER_BLANK,  /* the empty line that ends the header */
	HEADER_TEXT,   /* the first line of the text: the empty one is missing
			*/
};

struct header {
	bool is_over;            /* BLANK or TEXT was met */
	bool has_field;          /* at least one */
	enum header_field field; /* of the last line; OTHER after the end */
	uint32_t seen;           /* header_bit() of each field met */
	uint32_t twice;          /* and of each met again */
	uint32_t hops;           /* Received fields */
};

void header_init(struct header *h);

/* The bit of a field in seen and twice. */
uint32_t header_bit(enum header_field field);

/* "Message-ID"; "" for HEADER_OTHER. */
const char *header_name(enum header_field field);

/*
 * Takes the next line: the whole of it, or at least its first HEADER_LINE_MAX
 * octets. Not to be called once the header is over.
 */
enum header_kind header_take(struct header *h, const char *line, size_t len);

/*
 * Whether the line starts a field. Returns how many octets its name has; 0
 * when it does not.
 */
size_t header_name_length(const char *line, size_t len);

#endif
