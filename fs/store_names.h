/*
 * store_names - renames in the embedded store: another label, writer and
 * state for a data set in one transaction.
 *
 * For a batch; the committer's thread.
 */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include "store_batch.h"

/* Returns 0 when it is to be done; else as store_rename() answers. */
MUST_USE int names_plan_locked(
	struct local *l, struct request *r, struct entry *e) REQUIRES(&l->lock);

/* The row. */
MUST_USE int names_apply(struct local *l, const struct request *r);

/* The same in memory, but for the state; or takes back what was planned. */
void names_settle_locked(struct local *l, struct request *r) REQUIRES(&l->lock);
void names_unplan_locked(struct local *l, const struct request *r)
	REQUIRES(&l->lock);

#endif
