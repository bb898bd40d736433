/*
 * segment_walk - what the segments know and the catalogue does not, at start.
 *
 * Records of one life follow each other in a file, with sequences that grow,
 * from where the catalogue last knew the end to be; or from the start of a
 * file, where every other one begins. What lies behind the last of them is
 * left from before, and may be what a user wrote.
 */
#ifndef SEGMENT_WALK_H
#define SEGMENT_WALK_H

#include "segment_record.h"

/* A record; label ends. Both live until the call returns. */
struct segment_found {
	const struct record_head *head;
	const char *label;
	uint32_t segment;
	uint32_t position;
};

/* What the catalogue knows. */
struct segment_from {
	uint64_t life;
	uint64_t after; /* the sequence of the last record it has */
	uint32_t segment;
	uint32_t position; /* of the next */
};

/*
 * Calls found for each record that is newer, in their order, until it fails.
 * Octets are not looked at; a record whose head is damaged is left out, and
 * said to be. Between segments_open() and segments_start(); then
 * segments_sync() makes what was found durable.
 *
 * Returns 0; what found returned; -ENOMEM; -EIO.
 */
MUST_USE int segments_walk(struct segments *s, const struct segment_from *from,
	int (*found)(void *arg, const struct segment_found *record), void *arg);

#endif
