/*
 * budget - how much more may be claimed.
 *
 * Two mails for each open session of a target that may be asked: one on the
 * wire, one behind it. A mail uses a unit from before its claim until it is
 * settled, durably; what is granted to the store counts as used.
 *
 * For the parts of the queue, with its lock held.
 */
#ifndef BUDGET_H
#define BUDGET_H

#include "attributes.h"
#include "mailqueue_state.h"

#include <stdbool.h>
#include <stddef.h>

enum { BUDGET_PER_SESSION = 2 };

/* How many more mails may be claimed. */
size_t budget_left_locked(struct mailqueue *q) REQUIRES(&q->lock);

/* How many more data sets may be claimed at a time. */
size_t budget_jobs_left_locked(struct mailqueue *q) REQUIRES(&q->lock);

/* How many units may be granted to the store. */
size_t budget_grantable_locked(struct mailqueue *q) REQUIRES(&q->lock);

/* Whether a unit that becomes free may go to the store with its finish. */
bool budget_may_pass_locked(struct mailqueue *q) REQUIRES(&q->lock);

/* Whether sessions have ended that the store has units for. */
bool budget_has_excess_locked(struct mailqueue *q) REQUIRES(&q->lock);

#endif
