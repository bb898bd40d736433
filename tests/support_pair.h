/*
 * support_pair - two mails, each a data set, of which the envelope of the
 * second, b, goes behind the final dot of the first, a. What follows is up
 * to a script.
 */
#ifndef SUPPORT_PAIR_H
#define SUPPORT_PAIR_H

#include "support_forwarder.h"

enum { PAIR_ATTEMPTS = 500 }; /* b may be claimed a moment too late */

struct pair_mail {
	uint64_t number;
	char id[JOB_ID_LEN + 1];
};

extern struct pair_mail pair_a, pair_b;

/* The target server, which is the caller's to close. */
extern struct script *pair_server;

/*
 * Runs a forwarder with one session, on which another mail went before, and
 * sends the two; the rows are for what follows the DATA of a.
 */
void pair_send(const struct script_row *rows);

/* A mail to who@example.org, with who for its content. */
void pair_submit(struct pair_mail *m, const char *who);

/* Waits until b is claimed. */
void pair_wait_claimed(void);

/* Whether its content was accepted, and how often. */
size_t pair_copies(const char *content);

/* How often it was named as a possible duplicate. */
int pair_doubts(const struct pair_mail *m);

#endif
