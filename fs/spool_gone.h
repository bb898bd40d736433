/*
 * spool_gone - tells one thread which data sets are gone for good, some time
 * after they went.
 *
 * Somebody may still have to do with the name of one that was sent for as
 * long as it lingers, so that is waited for, and a second more. Where very
 * many go it is told earlier, and some are not told at all.
 */
#ifndef SPOOL_GONE_H
#define SPOOL_GONE_H

#include "gone.h"

struct spool;

/* What goes from now on is to be told; with names when they are wanted. */
void spool_want_gone(struct spool *sp, bool with_names);

/*
 * The next data sets that are gone, at most GONE_ROWS, in the order in which
 * they went; gone_bundle_free() them. Blocks until there are any, and until
 * from_ns of the monotonic clock. NULL after spool_end_gone().
 */
MUST_USE struct gone_bundle *spool_await_gone(
	struct spool *sp, int64_t from_ns);

/* Nothing is to be told any more; ends spool_await_gone(). Any thread. */
void spool_end_gone(struct spool *sp);

#endif
