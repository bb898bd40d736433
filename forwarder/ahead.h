/*
 * ahead - the mail that a busy sender takes before its own is answered.
 *
 * Its envelope goes behind the final dot of the mail before (transaction.h).
 * It is a mail like any other that waits: no other session could take it.
 * For sender threads, each with its own seat.
 */
#ifndef AHEAD_H
#define AHEAD_H

#include "attributes.h"
#include "delivery.h"
#include "mailqueue.h"

#include <stdbool.h>

/*
 * The next mail for the target of a busy seat, begun as by seat_next(); NULL
 * when there is none, or a session that is or comes free will have it.
 * *is_only says whether the seat's session is the only one to its target.
 * Does not wait.
 */
struct delivery *ahead_take(
	struct mailqueue *q, const struct sender_seat *seat, bool *is_only);

/* Whether its turn may come: false when nothing more is to be sent. */
bool ahead_may_go(struct mailqueue *q, const struct delivery *d);

/*
 * Its turn is long in coming. True when it was put back for an idle session
 * to take.
 */
MUST_USE bool ahead_yield(struct mailqueue *q, const struct sender_seat *seat,
	struct delivery *d);

/* Not an octet of its content was sent: it waits again, as if never taken. */
void ahead_put_back(struct mailqueue *q, const struct sender_seat *seat,
	struct delivery *d);

#endif
