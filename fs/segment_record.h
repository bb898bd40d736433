/*
 * segment_record - how one record looks on disk.
 *
 * A head, the content, the label, and zeros up to a multiple of eight
 * octets. Numbers are in the order of the machine: a spool directory does
 * not travel. Pure, but for the read; any thread.
 */
#ifndef SEGMENT_RECORD_H
#define SEGMENT_RECORD_H

#include "segment.h"

#include <sys/uio.h>

enum {
	RECORD_ALIGN = 8,
	RECORD_PIECES = 4, /* head, content, label, zeros */
};

struct record_head {
	uint32_t magic;
	uint32_t head_sum; /* of head and label, with 0 in its place */
	uint32_t sum;      /* of the content */
	uint32_t length;
	uint64_t number;
	uint64_t life;
	uint64_t sequence;
	uint64_t key;
	int64_t created_ns;
	int64_t changed_ns;
	uint32_t offset;
	uint32_t job;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t read_upto;
	char writer[WRITER_NAME_MAX + 1];
	char job_name[JOB_NAME_MAX + 1];
	uint8_t label_len;
	uint8_t has_label;
	uint8_t step;
	uint8_t state;
	uint8_t is_first_claimed;
	uint8_t unused;
};

/* Octets a record takes on disk. */
uint32_t record_octets(const struct segment_record *record);

/* Fills the head and the pieces to write; they point into the arguments. */
void record_pack(const struct segment_record *record, struct record_head *head,
	struct iovec pieces[static RECORD_PIECES]);

/*
 * Looks at the head of what may be a record, of which the file's first limit
 * octets are to be believed; label gets LABEL_MAX octets at most and an end.
 *
 * Returns 0; STORE_NONE when it is none; -EIO.
 */
MUST_USE int record_look(int fd, uint64_t position, uint64_t limit,
	struct record_head *head, char label[static LABEL_MAX + 1]);

/* Octets a record with that head takes on disk. */
uint32_t record_head_octets(const struct record_head *head);

/*
 * Finds the next place, from *position on, where the head of a record of that
 * life may be; record_look() says whether it is. Returns 0; STORE_NONE; -EIO.
 */
MUST_USE int record_find(
	int fd, uint64_t life, uint64_t limit, uint64_t *position);

/* segments_read() on a descriptor. */
MUST_USE int record_read(int fd, const struct extent *e, uint64_t number,
	uint32_t skip, void *octets, uint32_t len);

#endif
