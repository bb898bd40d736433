/*
 * judge - data sets that their writer did not close: may they be sent?
 *
 * One that says itself that it is whole is submitted, any other is held for
 * the operator. Whether it is whole is for a function that mount/ hands down
 * to say, as only the forwarder knows the grammar, and by what rules those of
 * a writer are read.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "attributes.h"
#include "chore.h"
#include "dataset.h"
#include "spool_open.h"
#include "store.h"

#include <stdbool.h>
#include <stdint.h>

struct judge_verdict {
	enum dataset_state to; /* READY or HELD */
	const char *reason;    /* constant text; "" with READY */
};

/*
 * Reads a data set of writer and judges it; incomplete is the constant text it
 * is held with when it is not whole. Blocks.
 */
struct judge_verdict judge_dataset(struct store *store,
	const struct spool_judge *by, const char *writer, uint64_t number,
	const char *incomplete);

/* ---- on a thread of its own ------------------------------------------ */

struct judge;

/* Member of the caller's own struct. */
struct judge_case {
	struct chore chore;
	struct judge *judge;
	uint64_t number;
	const char *writer; /* outlives the case, as incomplete does */
	const char *incomplete;
	/* On the judge's thread, with no lock held; c is the caller's again */
	void (*decided)(struct judge_case *c, struct judge_verdict verdict);
};

/*
 * Starts one thread, which reads and judges one case after the other;
 * judge_close() ends it. Returns 0, -ENOMEM or -EAGAIN.
 */
MUST_USE int judge_open(
	struct store *store, const struct spool_judge *by, struct judge **out);

/* Decides what waits, ends the thread. Accepts NULL. Blocks. */
void judge_close(struct judge *j);

/* Any thread; returns at once. */
void judge_put(struct judge *j, struct judge_case *c);

#endif
