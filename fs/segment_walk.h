/*
 * segment_walk - what the segments know and the catalogue does not, at start.
 *
 * Records follow each other in a file, with sequences that grow, from where
 * the catalogue last knew the end to be; or from the start of a file, where
 * every other one begins. What lies behind the last of them is left from
 * before.
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

/*
 * Calls found for each record with a sequence above after, in their order,
 * until it fails. Octets are not looked at. Between segments_open() and
 * segments_start(); then segments_sync() makes what was found durable.
 *
 * Returns 0; what found returned; -ENOMEM; -EIO.
 */
MUST_USE int segments_walk(struct segments *s, uint32_t segment,
	uint32_t position, uint64_t after,
	int (*found)(void *arg, const struct segment_found *record), void *arg);

#endif
