/*
 * balance - who gets what: mails to sessions, sessions to targets.
 *
 * For the parts of the queue, with its lock held.
 */
#ifndef BALANCE_H
#define BALANCE_H

#include "attributes.h"
#include "mailqueue_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes the first mail that a session of target may be given, or NULL. */
struct delivery *balance_take_locked(struct mailqueue *q, unsigned int target)
	REQUIRES(&q->lock);

/* Gives d to an idle session, or lets it wait. */
void balance_place_locked(struct mailqueue *q, struct delivery *d,
	bool is_first) REQUIRES(&q->lock);

/* Whether mails wait for busy sessions although others are idle. */
bool balance_has_patience_locked(struct mailqueue *q) REQUIRES(&q->lock);

/* Whether a target that can take d may be asked. */
bool balance_has_taker_locked(struct mailqueue *q, const struct delivery *d)
	REQUIRES(&q->lock);

/* Whether a session that is open, though busy, will take d. */
bool balance_is_served_locked(struct mailqueue *q, const struct delivery *d)
	REQUIRES(&q->lock);

/* What is known to want a session: mails and data sets. */
size_t balance_demand_locked(struct mailqueue *q, int64_t *next_due_ns)
	REQUIRES(&q->lock);

/*
 * Gives what waits to who waits: mails to idle sessions, orders to open
 * sessions, mails nobody can take to the readers. After every change.
 */
void balance_all_locked(struct mailqueue *q) REQUIRES(&q->lock);

/*
 * The same without a word to the readers: for a reader, which looks itself.
 * Two that found nothing to do would wake each other without end.
 */
void balance_sessions_locked(struct mailqueue *q) REQUIRES(&q->lock);

/* delivery_return(), and counts. */
void balance_return_locked(struct mailqueue *q, struct delivery *d,
	int64_t next_try_ns) REQUIRES(&q->lock);

/* No further target is asked: decides d, and counts what it has come to. */
void balance_end_pass_locked(struct mailqueue *q, struct delivery *d)
	REQUIRES(&q->lock);

/* The wall time for a monotonic one. */
int64_t balance_wall_ns(int64_t monotonic_ns);

#endif
