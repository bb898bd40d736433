/*
 * segment - content of small data sets, in a few large files.
 *
 * Records are appended to segment files of one size. A record names its data
 * set, so that what is found in a file can be told apart, and carries
 * checksums, so that damage is found. Segments are written with zeros ahead
 * of the records and used again once nothing in them lives: to overwrite in
 * place is what makes a sync cheap.
 *
 * Threads: append, sync, keep and drop belong to one thread at a time, the
 * committer; pin, read and unpin to any. A thread of its own, from start to
 * close, writes the zeros and unlinks what is not needed any more.
 */
#ifndef SEGMENT_H
#define SEGMENT_H

#include "attributes.h"
#include "dataset.h"
#include "segment_note.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SEGMENT_OCTETS = 64 << 20,
	SEGMENT_RECORD_MAX = 1 << 20, /* octets of content in one record */
	SEGMENT_ID_MAX = 9999999,
};

struct segments;

/* Where one piece of a data set lies. */
struct extent {
	uint64_t position; /* of its record in the segment */
	uint32_t segment;  /* from 1; 0: nowhere */
	uint32_t offset;   /* of its first octet in the data set */
	uint32_t length;   /* octets */
};

struct segment_record {
	uint64_t number;
	const struct dataset *attributes; /* NULL: it has no octets */
	const void *octets;
	uint32_t offset; /* of the first octet in the data set */
	uint32_t length;
	struct segment_note note;
	struct extent extent; /* out */
};

/* Finds the segments of a directory; the descriptor stays the caller's.
 * Until segments_start() nothing in them is changed, nor a file unlinked. */
MUST_USE int segments_open(
	int directory, uint32_t segment_octets, struct segments **out);
/* All that lives was kept: what is free may be used again, or unlinked. */
MUST_USE int segments_start(struct segments *s);
void segments_close(struct segments *s);

/*
 * Writes records, in order, and counts each as living that has attributes;
 * not yet durable. Where one has a step, its segment is kept as it is until
 * segments_settle().
 *
 * Returns 0; -ENOSPC, -EIO, -ENOMEM: then those with an extent whose segment
 * is not 0 were written, and the caller drops them.
 */
MUST_USE int segments_append(
	struct segments *s, struct segment_record *records, size_t count);

/* Makes what was appended durable. An error is final: never sync again. */
MUST_USE int segments_sync(struct segments *s);

/* All steps so far are in the catalogue. */
void segments_settle(struct segments *s);

/*
 * Where the next record goes, unless it begins another segment. False: not
 * known before the first.
 */
MUST_USE bool segments_tail(
	struct segments *s, uint32_t *segment, uint32_t *position);

/* Octets that records may take without a file that grows. */
uint64_t segments_room(struct segments *s);

/*
 * Counts one more living record, as found in the catalogue at start.
 * -ENOENT when there is no such segment, or the record would not lie in it.
 */
MUST_USE int segments_keep(struct segments *s, const struct extent *e);

/* The record is not needed any more, and this is durable. */
void segments_drop(struct segments *s, const struct extent *e);

/*
 * Keeps a segment from being used again while it is read. The caller knows
 * that a record in it lives. Returns 0, -ENOENT or -EIO.
 */
MUST_USE int segments_pin(struct segments *s, uint32_t segment);
void segments_unpin(struct segments *s, uint32_t segment);

/*
 * Reads len octets from octet skip of a record; its segment is pinned. When
 * skip is 0 the whole record is checked.
 *
 * Returns 0; -EBADMSG when it is not the record of that data set, or its
 * checksum is wrong; -EIO; -ENOMEM.
 */
MUST_USE int segments_read(struct segments *s, const struct extent *e,
	uint64_t number, uint32_t skip, void *octets, uint32_t len);

#endif
