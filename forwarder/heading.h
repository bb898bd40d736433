/*
 * heading - the header of a mail as it is read: what is wrong with it, how it
 * changes the mail's size, and the fields that go on top.
 *
 * The lines pass the same compose as when they are sent. What is put on top
 * is made from stored facts alone, so that every attempt has the same octets.
 *
 * Pure; constant memory besides the mail's. One thread at a time; rules are
 * constant and for any.
 * Source: RFC 5321 section 4.4 and 6.3; RFC 5322 section 3.6; RFC 6409
 * section 8; RFC 2045 sections 4 and 5; IBM, z/OS Communications Server: IP
 * Configuration Reference, "Header statement".
 */
#ifndef HEADING_H
#define HEADING_H

#include "attributes.h"
#include "bsmtp_command.h"
#include "compose.h"
#include "mail.h"
#include "mailboxes.h"
#include "origin.h"
#include "transfer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEADING_DATE_MAX = 64, HEADING_MIME_MAX = 192 };

/* What the headers of a data set's mails are read by. */
struct heading_rules {
	const struct input_config *input;
	const struct header_config *header;
	bool has_origin; /* else nothing is put on top */
	struct origin origin;
	char date[HEADING_DATE_MAX];      /* created_ns, as Date has it */
	char stamp[HEADING_DATE_MAX];     /* the same, as Message-ID has it */
	char login[ADDRESS_PATH_MAX + 1]; /* user@host: who wrote it */
};

/*
 * All stay the caller's. origin is NULL for those who only check. The time is
 * shown in the zone of TZ.
 */
void heading_rules_init(struct heading_rules *rules,
	const struct input_config *input, const struct header_config *header,
	const struct origin *origin);

/* Gets every part of the header, also what is not sent. */
typedef void heading_look(void *arg, const struct compose_part *part);

struct heading {
	const struct heading_rules *rules;
	heading_look *look;
	void *arg;
	struct compose compose;
	int64_t growth;         /* octets that the size as sent has more */
	uint64_t sender_octets; /* of Sender, as sent */
	bool is_faulty;
	bool was_told;
	bool encodes; /* long lines, where transfer lets it */
	struct transfer transfer;

	/* The line that is being read. */
	uint64_t line_len;
	uint64_t line_sent;

	/* Of From, for AddSender. */
	struct mailboxes from;
	uint32_t authors;
	char author[ADDRESS_PATH_MAX + 1]; /* the first */
};

/* look may be NULL. rules stay the caller's. */
void heading_init(struct heading *h, const struct heading_rules *rules,
	heading_look *look, void *arg);

/* True once all that follows is text: nothing is read here any more. */
bool heading_is_over(const struct heading *h);

/*
 * Reads the next piece of the mail, dots undone. Returns false once its line
 * is known to be text, which is known at its end at the latest: then its
 * octets are the text's, also those of its pieces before.
 */
bool heading_read(struct heading *h, const struct line *piece);

/*
 * Returns true, once, when the lines read so far are a fault of the mail,
 * with the reply it earns.
 */
MUST_USE bool heading_take_fault(
	struct heading *h, char reply[static BSMTP_REPLY_MAX]);

/* The header is over: the reply to a line of text too long; NULL: it may be. */
const char *heading_long_line_fault(const struct heading *h);

/*
 * The mail was read; m has its envelope, its number and its size with the
 * header as it was. helo is the name its writer gave, "" for none; is_8bit:
 * an octet over 127 is in its text. Sets what m has of its header, and its
 * size.
 *
 * Returns 0; -ENOMEM.
 */
MUST_USE int heading_end(
	struct heading *h, const char *helo, bool is_8bit, struct mail *m);

/*
 * Writes the fields of m->mime, which follow m->added; charset is what the
 * target gets, a name iconv_open(3) knows, "" for UTF-8. Each line ends in LF.
 * Returns how many octets.
 */
size_t heading_mime(unsigned int mime, const char *charset,
	char out[static HEADING_MIME_MAX]);

#endif
