/*
 * transaction - gives one mail to one target server on an open session.
 *
 * A mail with over 100 recipients takes several transactions. What each
 * reply means is outcome.h's; here the replies are matched to what they
 * answer, and the recipients' states follow.
 * Source: RFC 5321 sections 3.3, 4.1.1 and 4.5.3.1.8; RFC 2920 section 3.1;
 * RFC 1870; RFC 6152.
 */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "attributes.h"
#include "delivery.h"
#include "verdict.h"

#include <stdbool.h>

/*
 * Runs one transaction for up to TRANSACTION_RECIPIENTS_MAX recipients that
 * are undecided, and adds to report what came of it. The recipients' states
 * and reasons in d follow. Whether more are to go to this target:
 * transaction_goes_on(). With EFFECT_CLOSE or EFFECT_QUIT the session has to
 * be ended by the caller.
 */
void transaction_run(const struct transaction_context *context,
	struct delivery *d, struct transaction_report *report);

bool transaction_goes_on(
	const struct delivery *d, const struct transaction_report *report);

#endif
