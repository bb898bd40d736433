/*
 * mail - one mail of a data set: its envelope and where its content lies.
 *
 * Plain data, owned by one thread at a time.
 */
#ifndef MAIL_H
#define MAIL_H

#include "attributes.h"
#include "config_input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAIL_RECIPIENTS_MAX = 2000 };

struct mail {
	uint32_t number;      /* in the data set, from 1 */
	uint64_t offset;      /* of the first octet of content */
	uint64_t length;      /* octets of content as it lies there */
	uint64_t size_octets; /* as sent: RFC 1870 section 5 */
	bool has_8bit;        /* an octet over 127 */
	bool is_message;      /* a plain one: no dot is doubled */
	/* Of its records: what NETDATA says stands where it is not read. */
	enum input_carriage carriage;

	/* What its header comes to: heading.h. */
	char *added;       /* fields on top, each line with LF; NULL: none */
	bool adds_mime;    /* and those that say it is 8-bit text */
	bool drops_sender; /* its own Sender: another one is on top */

	char *reverse_path; /* without brackets; "" is the null path */
	char **recipients;  /* forward-paths without brackets */
	size_t recipient_count;
};

/* Returns NULL when memory is out. */
MUST_USE struct mail *mail_new(const char *reverse_path);

/*
 * Adds a recipient at the end; one that is there already, octet by octet the
 * same, is not added twice, so that nobody gets a mail twice.
 *
 * Returns 0; -ENOSPC over MAIL_RECIPIENTS_MAX; -ENOMEM.
 */
MUST_USE int mail_add_recipient(struct mail *m, const char *forward_path);

/* m may be NULL. */
void mail_free(struct mail *m);

#endif
