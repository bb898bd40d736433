/*
 * spool_labels - who has which label when a spool starts.
 *
 * Of the data sets of one owner that were ever given one label the last one
 * has it, unless it was taken away from that one: then nobody does. An older
 * one gets it back only where no later one is on the spool.
 *
 * For the start of the spool alone, under its lock.
 */
#ifndef SPOOL_LABELS_H
#define SPOOL_LABELS_H

#include "spool_state.h"

/* When a data set was renamed; one that never was counts by its number. */
struct spool_named {
	uint64_t number, named;
};

struct spool_labels {
	struct spool_named *list; /* by number */
	size_t count, cap;
};

/*
 * A data set was found and is in the roster; they come in the order of their
 * numbers. Returns 0 or -ENOMEM.
 */
MUST_USE int spool_labels_found_locked(struct spool *sp,
	struct spool_labels *labels, struct roster_entry *e,
	const struct dataset *d) REQUIRES(&sp->lock);

/* All were found: labels that were taken away go. Frees what labels holds. */
void spool_labels_end_locked(struct spool *sp, struct spool_labels *labels)
	REQUIRES(&sp->lock);

#endif
