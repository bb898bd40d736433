/*
 * reading - the next mail of a claimed data set: parsed, and compared with
 * what earlier claims left.
 *
 * Streaming: a slice is read in pieces, and nothing but the place where it
 * stopped is kept for the next one.
 */
#ifndef READING_H
#define READING_H

#include "attributes.h"
#include "job.h"
#include "mailqueue.h"

#include <stddef.h>

enum {
	READING_PIECE_OCTETS = 65536,
	/* Of one slice: a mail of a gigabyte must not keep a reader. */
	READING_SLICE_OCTETS = 4 * 1024 * 1024,
};

enum reading_end {
	READING_MAIL,  /* j->ahead is to be sent */
	READING_PAUSE, /* the slice is used up */
	READING_END,   /* the data set is read, or cannot be */
	READING_CUT,   /* not now: no memory, or another has it */
};

/* One slice of one data set. */
struct reading {
	struct mailqueue *queue;
	struct job *job;
	char *piece; /* READING_PIECE_OCTETS */
	size_t start;
	size_t end;
	size_t octets; /* read in this slice */
};

void reading_begin(struct reading *r, struct job *j);

/* Reads on to the next mail that is to be sent now. */
MUST_USE enum reading_end reading_next(struct reading *r);

#endif
