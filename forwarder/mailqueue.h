/*
 * mailqueue - what readers, senders and the store's answers do to the
 * queue. Each function locks it; any thread; none blocks unless it says so.
 */
#ifndef MAILQUEUE_H
#define MAILQUEUE_H

#include "attributes.h"
#include "mailqueue_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* host is HeloName; it stays the caller's, as all it is given. */
MUST_USE int mailqueue_init(struct mailqueue *q,
	const struct writer_config *config, const char *host,
	struct spool *spool);
void mailqueue_fini(struct mailqueue *q);

/* A data set of the writer may be selectable. Does not block. */
void mailqueue_arrived(struct mailqueue *q);

/* From now on nothing is claimed and no further mail is sent. */
void mailqueue_stop(struct mailqueue *q);

/* Around the making of a reader's thread; ended where that fails. */
void mailqueue_reader_began(struct mailqueue *q);
void mailqueue_reader_ended(struct mailqueue *q);

void mailqueue_sender_began(struct mailqueue *q);

/* A sender's thread ends. */
void mailqueue_sender_ended(struct mailqueue *q);

/* Waits until all have, or the deadline has passed. */
void mailqueue_wait_senders(struct mailqueue *q, int64_t deadline_ns);

/* ---- budget and mails -------------------------------------------- */

/* A claimed mail may be sent now. Does not block. */
void mailqueue_push(struct mailqueue *q, struct delivery *d);

/*
 * A claimed mail is not to be sent now: it goes back to the spool, due at
 * next_try_ns. Does not block.
 */
void mailqueue_return(
	struct mailqueue *q, struct delivery *d, int64_t next_try_ns);

/*
 * What the store says to units it was granted: a claim; or units that come
 * back, err 0 or why it could not claim. Any thread; does not block.
 * False when memory is out: the caller gives the claim back.
 */
MUST_USE bool mailqueue_claimed(
	struct mailqueue *q, const struct store_claim *claim);
void mailqueue_take_back(struct mailqueue *q, size_t units, int err);

/*
 * Whether the unit of a mail that ends its data set goes on with the finish,
 * to the next data set; mailqueue_keep() says that the finish failed.
 */
MUST_USE bool mailqueue_pass(struct mailqueue *q);
void mailqueue_keep(struct mailqueue *q);

/* Units that were reserved for claims and not needed. */
void mailqueue_return_units(struct mailqueue *q, size_t units);

/* A mail is settled, durably; its unit goes to the store. */
void mailqueue_release(struct mailqueue *q);

/* The store works: true when it had not for a while. */
MUST_USE bool mailqueue_recorded(struct mailqueue *q);

/* A target may have got this mail: it is the one to ask again. */
void mailqueue_prefer(
	struct mailqueue *q, uint64_t number, uint32_t mail, int target);
int mailqueue_preferred(struct mailqueue *q, uint64_t number, uint32_t mail);

/* A mail of the data set was claimed again: it waits no longer. */
void mailqueue_leave_retry(struct mailqueue *q, uint64_t number);

/* More of j is to be read, later. */
void mailqueue_run(struct mailqueue *q, struct job *j);

void mailqueue_job_began(struct mailqueue *q);
void mailqueue_job_gone(struct mailqueue *q);

/*
 * The store could not record what became of d or, with d NULL, of j: a
 * reader tells it again after a while; meanwhile nothing is sent. False when
 * the queue is stopping: the caller gives up.
 */
MUST_USE bool mailqueue_stall(
	struct mailqueue *q, struct delivery *d, struct job *j, int err);

/* The store, or memory, failed otherwise: nothing is sent for a while. */
void mailqueue_pause(struct mailqueue *q, int err);

#endif
