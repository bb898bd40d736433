/*
 * seat - a sender's place at the queue: what it is to do next, and what its
 * session and its mail have come to.
 *
 * Each seat belongs to one sender thread.
 */
#ifndef SEAT_H
#define SEAT_H

#include "attributes.h"
#include "delivery.h"
#include "mailqueue.h"
#include "session.h"
#include "verdict.h"

#include <stdbool.h>

enum seat_order {
	SEAT_OPEN,   /* set up a session */
	SEAT_SEND,   /* send the mail */
	SEAT_RETURN, /* tell the store about the mail, which was not sent */
	SEAT_QUIT,   /* end the session */
	SEAT_END,    /* end the thread */
};

struct seat_task {
	enum seat_order order;
	struct delivery *mail; /* SEND, RETURN */
	int64_t idle_ns;       /* how long the session has waited */
};

/* Waits for the next order. */
struct seat_task seat_next(struct mailqueue *q, struct sender_seat *seat);

/* The session that SEAT_OPEN asked for is set up. */
void seat_opened(
	struct mailqueue *q, struct sender_seat *seat, const struct session *s);

/* It could not be set up; said is escaped text. */
void seat_failed(struct mailqueue *q, struct sender_seat *seat,
	unsigned int effects, const char *said);

/* Whether the session of this seat would be the only one to its target. */
bool seat_is_only(struct mailqueue *q, const struct sender_seat *seat);

/*
 * The mail was given to the target. is_over: the session ends; a new one may
 * follow at once.
 *
 * Returns true when the mail is decided and the caller is to tell the store;
 * else it went back to the queue, for another target.
 */
MUST_USE bool seat_sent(struct mailqueue *q, struct sender_seat *seat,
	struct delivery *d, const struct transaction_report *report,
	bool is_over);

#endif
