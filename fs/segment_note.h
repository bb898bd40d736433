/*
 * segment_note - what a record says beside what its data set is.
 *
 * Where it has a step, the catalogue may not have that yet: a start takes it
 * from there (segment_walk.h). Plain data.
 */
#ifndef SEGMENT_NOTE_H
#define SEGMENT_NOTE_H

#include <stdbool.h>
#include <stdint.h>

enum segment_step {
	STEP_NONE, /* its row is committed beside it */
	STEP_ADD,  /* a data set, of which it has all octets */
	STEP_MOVE, /* state and claim; it has no octets */
	STEP_PURGE,
};

struct segment_note {
	/* Of the start that wrote it, and known to nobody outside: octets of a
	 * user's that lie where a record might be are never taken for one. */
	uint64_t life;
	uint64_t sequence; /* only grows, from record to record */
	uint64_t key;
	uint32_t read_upto;
	uint8_t step;
	uint8_t state; /* enum dataset_state */
	bool is_first_claimed;
};

#endif
