/*
 * store_standing - claims that a store makes by itself, as data sets become
 * ready.
 *
 * A forwarder that waits for mail grants units. For each the store claims
 * one data set of the writer, oldest first, in a commit that something else
 * needs anyway: that of another claim's finish, or of the submit. Of a data
 * set that seems whole when it is synced, the claim may be recorded with the
 * octets; then it is handed out at submit with no commit between. What such
 * a record leaves behind after a crash is a mail in doubt of a data set that
 * is OPEN.
 *
 * Threads: any; callbacks come on a thread of the store or of whoever
 * submits, with no lock of the store held, and must not block.
 */
#ifndef STORE_STANDING_H
#define STORE_STANDING_H

#include "attributes.h"
#include "store_values.h"

#include <stddef.h>

struct store;

/*
 * A claim, durable as store_claim()'s are, which used one unit. Or, with
 * claim NULL: units that come back unused, err 0 after a withdrawal, else why
 * the store could not claim.
 */
typedef void store_claimed(
	void *arg, const struct store_claim *claim, size_t units, int err);

/*
 * Names who gets the standing claims of a writer; NULL ends that, and is
 * called when all units have been used or have come back; it returns only
 * when no callback is running. Returns 0; STORE_FULL for too many writers;
 * -ENOMEM.
 */
MUST_USE int store_listen(
	struct store *s, const char *writer, store_claimed *claimed, void *arg);

/*
 * Grants units. With 0 the store only looks again: a data set that was
 * WAITING and has become due is found by that. store_finish.units grants in
 * the transaction of the finish.
 */
void store_grant(struct store *s, const char *writer, size_t units);

/*
 * All units that are not used yet come back: at once, or, where a claim is
 * recorded with a data set that is still open, after a commit.
 */
void store_withdraw(struct store *s, const char *writer);

#endif
