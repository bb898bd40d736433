/*
 * store_sync - syncs the segments while the catalogue commits.
 *
 * Two syncs one after the other are most of what a batch takes. Beside each
 * other they may be where no row replaces a content that was promised: a row
 * whose record the power cut off is one that nobody was answered about, and
 * is found DAMAGED. One thread, from open to close.
 *
 * For the committer alone.
 */
#ifndef STORE_SYNC_H
#define STORE_SYNC_H

#include "attributes.h"
#include "segment.h"

struct syncer;

MUST_USE int syncer_open(struct segments *segments, struct syncer **out);
/* NULL is accepted; nothing is under way. */
void syncer_close(struct syncer *s);

/* Begins segments_sync(), which belongs to the syncer until syncer_end(). */
void syncer_begin(struct syncer *s);

/* Waits for it; its answer, or 0 when none was begun. */
MUST_USE int syncer_end(struct syncer *s);

#endif
