/*
 * waiting - the WAITING data sets of one writer, soonest try first.
 *
 * A binary heap whose entries know their slot. One thread at a time: the
 * spool's lock.
 */
#ifndef WAITING_H
#define WAITING_H

#include "attributes.h"
#include "roster.h"

#include <stddef.h>
#include <stdint.h>

/* Due ones beyond these are not counted; see waiting_due(). */
enum { WAITING_COUNTED_MAX = 64 };

struct waiting {
	struct roster_entry **heap;
	uint32_t count, cap;
};

void waiting_fini(struct waiting *w);

/* Makes room for count entries in all, so that adding them cannot fail. */
MUST_USE int waiting_reserve(struct waiting *w, size_t count);

/* e->next_try_ns stays as it is until e is removed. */
void waiting_add(struct waiting *w, struct roster_entry *e);
void waiting_remove(struct waiting *w, struct roster_entry *e);

/*
 * How many are due at now_ns, counted up to WAITING_COUNTED_MAX; next_ns gets
 * the time at which the next one will be, INT64_MAX for none.
 */
size_t waiting_due(const struct waiting *w, int64_t now_ns, int64_t *next_ns);

#endif
