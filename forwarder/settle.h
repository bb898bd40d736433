/*
 * settle - tells the store what becomes of mails and data sets, and sees to
 * it that it was told.
 *
 * Nothing here blocks: results come back on a thread of the store. What
 * could not be recorded is kept and told again (mailqueue_stall()).
 * The window for duplicates: a mail is claimed durably before it may be
 * sent, and settled in the first commit after the reply to its final dot.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include "delivery.h"
#include "job.h"
#include "mailqueue.h"

/*
 * Claims mails of one data set; each is pushed to the queue when that is
 * durable. At most WORK_SLICE_MAX.
 */
void settle_claims(struct mailqueue *q, struct delivery_list *mails);

/* No memory to work on it: the data set goes back, as if never claimed. */
void settle_unclaim(struct mailqueue *q, const struct store_claim *claim);

/* It cannot be read now, others can: it waits until next_try_ns (wall clock)
 * for a reason, which is escaped text. */
void settle_postpone(struct mailqueue *q, const struct store_claim *claim,
	int64_t next_try_ns, const char *reason);

/* d is decided: takes it over. Its share of the budget returns later. */
void settle_mail(struct mailqueue *q, struct delivery *d);

/* Some recipients of d are decided and more are to be sent. */
void settle_progress(struct mailqueue *q, struct delivery *d);

/*
 * d was read and is not to be sent by this claim, nor is it claimed: as if it
 * had not been read. Frees d.
 */
void settle_unread(struct delivery *d);

/* No mail of j is open and none is to come. Takes over a reference. */
void settle_end(struct mailqueue *q, struct job *j);

/* Tells once more what could not be recorded. */
void settle_again(
	struct mailqueue *q, struct delivery_list *mails, struct job *jobs);

#endif
