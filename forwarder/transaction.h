/*
 * transaction - gives one mail to one target server on an open session.
 *
 * A mail with over 100 recipients takes several transactions. What each
 * reply means is outcome.h's.
 *
 *   begun -> answered -> sent -> over
 *   begun -> asked, behind the dot of the mail before -> answered ...
 *
 * Two transactions overlap from one's final dot to the reply to it: by then
 * the other has said MAIL to DATA, and not one octet of content. Replies come
 * in the order of what they answer (RFC 5321 section 4.3.2), so the dot's is
 * the next one, and those to the other's group follow.
 * Source: RFC 5321 sections 3.3, 4.1.1 and 4.5.3.1.8; RFC 2920 section 3.1.
 */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "attributes.h"
#include "delivery.h"
#include "verdict.h"

#include <stdbool.h>

/*
 * Chooses up to TRANSACTION_RECIPIENTS_MAX recipients that are undecided;
 * those that cannot be asked for here are decided. All it is given must stay
 * until t is over.
 */
void transaction_begin(struct transaction *t,
	const struct transaction_context *context, struct delivery *d,
	struct transaction_report *report);

/*
 * Runs it to its end, from wherever it stands, and adds to its report what
 * came of it. The recipients' states and reasons in the delivery follow.
 * Whether more are to go to this target: transaction_goes_on(). With
 * EFFECT_CLOSE or EFFECT_QUIT the session has to be ended by the caller.
 *
 * t->next is the transaction that context->ahead gave, where its replies are
 * still to come: it is to be run next, or else the session closed.
 */
void transaction_run(struct transaction *t);

bool transaction_goes_on(
	const struct delivery *d, const struct transaction_report *report);

#endif
