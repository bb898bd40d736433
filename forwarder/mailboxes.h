/*
 * mailboxes - the mailboxes of an address field, as its text goes by.
 *
 * Takes address lists of RFC 5322 with their obsolete forms: groups, nested
 * comments, quoted strings, folded text, source routes, empty elements, and a
 * semicolon between addresses. Display names, encoded words among them, are
 * passed over and never decoded. A domain that is not ASCII becomes its
 * A-label; a mailbox without a domain gets ours, as "To: root" needs it.
 *
 * Streaming, constant memory, however long the field. No I/O. One thread at a
 * time.
 * Source: RFC 5322 sections 3.2, 3.4 and 4.4; RFC 5321 sections 4.1.2 and
 * 4.5.3.1; RFC 5891; RFC 2047 section 5.
 */
#ifndef MAILBOXES_H
#define MAILBOXES_H

#include "address.h"
#include "attributes.h"
#include "tokens.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	MAILBOXES_SHOWN_MAX = 80,
};

enum mailboxes_fault {
	MAILBOXES_GOOD,
	MAILBOXES_SYNTAX,
	MAILBOXES_LONG,      /* a part is longer than RFC 5321 takes */
	MAILBOXES_NON_ASCII, /* its local part needs SMTPUTF8 */
	MAILBOXES_MEMORY,    /* ours is out */
};

struct mailbox {
	enum mailboxes_fault fault;
	const char *path; /* GOOD: without brackets; "" is "<>" */
	const char *text; /* else: its first octets as written */
	size_t len;
};

typedef void mailboxes_sink(void *arg, const struct mailbox *found);

struct mailboxes {
	const char *domain; /* of mailboxes without one */
	mailboxes_sink *sink;
	void *arg;

	struct tokens tokens;

	/* The address that is being read. */
	unsigned char place;
	bool is_in_group;
	bool has_words;  /* a name or local part was begun */
	bool wants_word; /* it ends in a dot */
	bool is_phrase;  /* it is no local part: two words stand side by side */
	bool has_at;
	bool is_long;
	size_t local_len;
	char local[2 * ADDRESS_LOCAL_MAX + 2];
	size_t host_len;
	char host[TOKENS_MAX];
	size_t shown_len;
	char shown[MAILBOXES_SHOWN_MAX];
};

/* Begins a field. domain, which stays the caller's, is a domain as sent. */
void mailboxes_init(struct mailboxes *m, const char *domain,
	mailboxes_sink *sink, void *arg);

/* Reads on; the sink gets each mailbox once it is known where it ends. */
void mailboxes_feed(struct mailboxes *m, const char *octets, size_t len);

/* Ends the field, and begins the next. */
void mailboxes_finish(struct mailboxes *m);

/*
 * Makes a mailbox of a local part, quoted where it has to be, and a domain.
 *
 * Returns 0; -EINVAL; -EMSGSIZE when a part is too long.
 */
MUST_USE int mailboxes_join(const char *local, size_t len, const char *domain,
	char out[static ADDRESS_PATH_MAX + 1]);

#endif
