/*
 * envelope - the commands of a transaction from MAIL to DATA, and their
 * replies: matched in order, each to the command it answers.
 *
 * They are asked for themselves, in one group or one by one, or go as a
 * group behind the final dot of the mail before.
 * Source: RFC 5321 sections 3.3 and 4.1.1; RFC 2920 section 3.1; RFC 1870;
 * RFC 6152; RFC 3461 section 4, where the target offers DSN.
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "attributes.h"
#include "group.h"
#include "verdict.h"

#include <stdbool.h>
#include <stddef.h>

/* Octets that RSET, MAIL and DATA take at most. */
enum { ENVELOPE_REST_MAX = 1024 };

/* How many octets the RCPT for a recipient, by its place in m, takes. */
size_t envelope_rcpt_octets(
	const struct session *s, const struct mail *m, size_t recipient);

/* Writes the commands to out. Returns how many octets; 0: no room. */
MUST_USE size_t envelope_format(
	const struct transaction *t, char *out, size_t cap);

/* Says the commands and takes the replies to them. */
void envelope_ask(struct transaction *t);

struct envelope_answers {
	enum group_fit fit; /* PARTLY: the others do not come */
	bool is_empty;      /* not an octet came */
	enum event event;   /* what ended the wait */
};

/*
 * Waits for the replies to a group that went behind a dot. They stay to be
 * read; the last reply read stays in the session's parser.
 */
struct envelope_answers envelope_await(struct session *s, size_t recipients);

/*
 * The commands went behind a dot, and its reply is read: takes the replies
 * to them. Where they do not come, or are not believed, nothing was tried:
 * t->report->is_stale.
 */
void envelope_hear(struct transaction *t);

#endif
