/*
 * spool_again - steps that the store could not take, asked for again until it
 * takes them.
 *
 * A store without room or memory refuses what it may take a moment later.
 * Such steps wait here. One of them is tried after 1 s, then 2, 4, at most 8
 * s (monotonic); once the store takes one, the others are tried at once. One
 * that fails again goes to the end, so that it keeps no other.
 *
 * Any thread may call. Source: design, promises.
 */
#ifndef SPOOL_AGAIN_H
#define SPOOL_AGAIN_H

#include "attributes.h"

#include <stdbool.h>

struct spool_again;
struct spool_step;

/*
 * Starts one thread, which calls repeat for a step that is tried again, with
 * no lock held; spool_again_stop() ends it. Returns 0, -ENOMEM or -EAGAIN.
 */
MUST_USE int spool_again_open(
	void (*repeat)(struct spool_step *step), struct spool_again **out);

/*
 * Keeps a step that has failed, to be tried again. False when there will be no
 * other try: then it is over.
 */
MUST_USE bool spool_again_put(
	struct spool_again *again, struct spool_step *step);

/* A step that was tried again has not failed so: the others are tried. */
void spool_again_works(struct spool_again *again);

/* Ends the thread, then calls repeat for each step one last time. */
void spool_again_stop(struct spool_again *again);

/* No step waits. Accepts NULL. */
void spool_again_close(struct spool_again *again);

#endif
