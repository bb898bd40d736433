/*
 * store_room - what the embedded store still takes: its capacity, and what
 * the file system has room for.
 *
 * Octets are counted when they are written, before any of them is on disk,
 * so that it is write(2) that is refused and not the flush. What others put
 * on the file system is seen when it is looked at again.
 */
#ifndef STORE_ROOM_H
#define STORE_ROOM_H

#include "store_local.h"

/* Looks how much room there is now. */
void room_look(struct local *l);

/* The same, unless that was a moment ago. */
void room_look_again(struct local *l);

/* Whether a data set may begin: 0 or STORE_FULL. */
MUST_USE int room_check(struct local *l);

/*
 * Finds the draft of a data set and counts the size it will have. Returns 0;
 * -EIO; -EFBIG; STORE_NONE; STORE_BUSY; STORE_FULL.
 */
MUST_USE int room_reserve(struct local *l, uint64_t number, uint64_t size,
	bool may_shrink, struct draft **out);

/* After a write that failed: counts what is really there. */
void room_recount(struct local *l, uint64_t number, struct draft *d);

#endif
