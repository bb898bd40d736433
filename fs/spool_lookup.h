/*
 * spool_lookup - which entry a name means. For the modules of the spool.
 */
#ifndef SPOOL_LOOKUP_H
#define SPOOL_LOOKUP_H

#include "spool_names.h"
#include "spool_state.h"

bool spool_is_visible(
	const struct roster_entry *e, const struct spool_caller *caller);

/*
 * The entry of a label of the caller, or of <JOBID>.<name>, whoever's it is:
 * spool_is_visible() says whether he may know. NULL when there is none.
 */
struct roster_entry *spool_find_locked(struct spool *sp, const char *writer,
	const char *name, const struct spool_caller *caller, bool *is_job_name)
	REQUIRES(&sp->lock);

/* What lingers under a label of the caller; NULL for none. */
struct roster_entry *spool_lingering_locked(struct spool *sp,
	const char *writer, const char *name, const struct spool_caller *caller)
	REQUIRES(&sp->lock);

#endif
