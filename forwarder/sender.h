/*
 * sender - the threads that hold a session each and send mails on it.
 *
 * Each runs until mailqueue_stop(); a wait for the peer is ended by stops.
 */
#ifndef SENDER_H
#define SENDER_H

#include "attributes.h"
#include "mailqueue.h"
#include "session.h"

struct sender;

/*
 * seat is the sender's own place at q. Returns 0; -ENOMEM; what
 * pthread_create(3) says, negated.
 */
MUST_USE int sender_start(struct mailqueue *q, struct sender_seat *seat,
	const char *helo_name, struct session_stops stops, struct sender **out);

/* Waits for its end and frees it; s may be NULL. */
void sender_join(struct sender *s);

#endif
