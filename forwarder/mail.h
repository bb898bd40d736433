/*
 * mail - one mail of a data set: its envelope and where its content lies.
 *
 * Plain data, owned by one thread at a time. Its texts lie together in a few
 * blocks: an envelope of 100,000 recipients is some allocations.
 * Source: RFC 5321 section 3.3; RFC 3461 section 4 for what is asked about
 * delivery status notifications.
 */
#ifndef MAIL_H
#define MAIL_H

#include "attributes.h"
#include "config_input.h"
#include "dsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MAIL_RECIPIENTS_MAX = 100000,
	/* Octets that all mails there are may have together, small ones
	 * apart. */
	MAIL_ALL_MAX = 256 * 1024 * 1024,
};

/* MIME fields that go on top of a mail: heading_mime(). */
enum mail_mime {
	MAIL_MIME_VERSION = 1,
	MAIL_MIME_TYPE = 2,
	MAIL_MIME_ASCII = 4, /* TYPE: in us-ascii, not the target's charset */
	MAIL_MIME_8BIT = 8,
	MAIL_MIME_QUOTED = 16, /* and its text is sent quoted-printable */
};

struct mail_block;
struct mail_index;

/* What NOTIFY and ORCPT say of a recipient. */
struct mail_dsn {
	unsigned int notify; /* DSN_*: bits; 0 when not said */
	const char *orcpt;   /* as it stood in ORCPT=; NULL when not said */
};

struct mail {
	uint32_t number;      /* of its text in the data set, from 1 */
	uint64_t record;      /* number of the first record of content */
	uint64_t offset;      /* of the first octet of content */
	uint64_t length;      /* octets of content as it lies there */
	uint64_t size_octets; /* as sent in UTF-8: RFC 1870 section 5; before
			       * it is encoded, where mime has QUOTED */
	bool has_8bit;        /* an octet over 127 is sent */
	bool is_message;      /* a plain one: no dot is doubled */
	bool has_long_line;   /* a line over 998 octets */
	bool wants_tls;       /* to be sent over TLS, or not at all */
	const char *refusal;  /* why it must not be sent, escaped; or NULL */
	/* Of its records: what NETDATA says stands where it is not read. */
	enum input_carriage carriage;

	/* What its header comes to: heading.h. */
	char *added;       /* fields on top, each line with LF; NULL: none */
	unsigned int mime; /* MAIL_MIME_*, bits: and these */
	bool drops_sender; /* its own Sender: another one is on top */

	const char *reverse_path; /* without brackets; "" is the null path */
	const char **recipients;  /* forward-paths without brackets */
	size_t recipient_count;

	enum dsn_ret ret;
	const char *envid;    /* as it stood in ENVID=; NULL when not said */
	struct mail_dsn *dsn; /* per recipient; NULL when nothing was said */

	/* mail.c's */
	struct mail_block *blocks;
	struct mail_index *index;
	size_t room;   /* in recipients */
	size_t octets; /* that it has of MAIL_ALL_MAX */
};

/* Returns NULL when memory is out. */
MUST_USE struct mail *mail_new(const char *reverse_path);

/*
 * Adds a recipient at the end; one that is there already, octet by octet the
 * same, is not added twice, so that nobody gets a mail twice.
 *
 * Returns 0; -ENOSPC over MAIL_RECIPIENTS_MAX; -ENOMEM, also over MAIL_ALL_MAX
 * until other mails are freed.
 */
MUST_USE int mail_add_recipient(struct mail *m, const char *forward_path);

/* The same with what was said of it, which counts when it is first named. */
MUST_USE int mail_add_recipient_dsn(
	struct mail *m, const char *forward_path, const struct mail_dsn *dsn);

/* No recipient is added any more: what finds them again is freed. */
void mail_end_recipients(struct mail *m);

/*
 * Keeps a copy of text as long as the mail, for its members. Returns NULL
 * when memory is out.
 */
MUST_USE const char *mail_keep(struct mail *m, const char *text);

/*
 * Whether size_octets is what is sent: another character set has other octets
 * for what is not ASCII.
 */
static inline bool mail_knows_size(const struct mail *m, bool converts)
{
	return !converts || !m->has_8bit;
}

/* m may be NULL. */
void mail_free(struct mail *m);

#endif
