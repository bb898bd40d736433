/*
 * spool_step - a data set goes from one state to the next: asked of the
 * store, repeated by the roster, asked again where it failed.
 *
 * For the modules of the spool alone. Any thread; nothing here waits.
 */
#ifndef SPOOL_STEP_H
#define SPOOL_STEP_H

#include "spool_state.h"

/* A step that was asked of the store; stays the caller's until over(). */
struct spool_step {
	struct spool *spool;
	uint64_t number;
	uint32_t job;
	enum dataset_state from, to;
	const char *reason; /* escaped; lives as long as the step */
	bool is_quiet;      /* success is not worth a line in the log */
	void (*over)(struct spool_step *step);
	/* The step's own. */
	struct spool_step *next;
	bool has_failed;
	enum dataset_state shown; /* by the roster, as long as it fails */
	uint64_t token;           /* and the token there, once it has failed */
};

/*
 * Ends the writing of an OPEN data set whose handle is gone, to READY, HELD
 * or PURGED; spool_step_move() moves one that is not OPEN. Return at once.
 * What goes wrong is logged; a data set that could not be submitted is shown
 * as held, with the reason. Where the store lacks room or memory it is tried
 * again until it succeeds; what does not until the spool is closed is left
 * to the next start.
 */
void spool_step_submit(struct spool_step *step);
void spool_step_move(struct spool_step *step);

/* Asks the store once more for a step that has failed: see spool_again.h. */
void spool_step_repeat(struct spool_step *step);

#endif
