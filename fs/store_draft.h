/*
 * store_draft - the octets of a data set while it is written.
 *
 * Up to 1 MiB they are in memory, unless there is too much of that already; a
 * larger one gets a file of its own, and stays there. A draft knows which
 * octets are newer than the last flush.
 *
 * Threads: write and truncate one at a time, as store.h says; everything
 * else any. It lives as long as somebody holds a reference.
 */
#ifndef STORE_DRAFT_H
#define STORE_DRAFT_H

#include "catalogue.h"
#include "mutex.h"

#include <stdatomic.h>
#include <sys/types.h>

struct request;

/* Octets that a flush reads while the writer goes on with a copy. */
struct content {
	atomic_uint refs;
	size_t cap;
	char octets[];
};

struct draft {
	struct mutex lock;
	atomic_uint refs;
	struct dataset attributes; /* but size; names under lock */
	struct content *content;   /* NULL: none yet, or in a file */
	uint64_t size;
	uint64_t dirty_low; /* octets newer than the last flush */
	uint64_t dirty_high;
	uint64_t flushed_size;   /* what the row says */
	int fd;                  /* -1: in memory */
	struct request *in_pool; /* a sync of the file; the store's lock */
	atomic_bool is_named;    /* the file's name is durable */
};

/* What one flush makes durable. */
struct flush {
	struct content *content; /* a reference, or NULL */
	uint64_t low;
	uint64_t high;
	uint64_t size;
	bool is_file;
};

/* One reference is the caller's. NULL: no memory. */
struct draft *draft_new(const struct dataset *attributes);
struct draft *draft_ref(struct draft *d);
void draft_unref(struct draft *d);
void content_unref(struct content *c);

/*
 * files is the directory for files of their own.
 * Returns 0; -ENOMEM; -ENOSPC; -EIO.
 */
MUST_USE int draft_write(struct draft *d, int files, uint64_t offset,
	const void *octets, size_t len);
MUST_USE int draft_truncate(struct draft *d, int files, uint64_t size);

/* dataset_describe(); its next flush writes that too. */
void draft_set_attributes(struct draft *d, mode_t mode, int64_t changed_ns);

MUST_USE ssize_t draft_read(
	struct draft *d, uint64_t offset, void *octets, size_t len);

/* The attributes as they are now. */
void draft_describe(struct draft *d, struct dataset *out);
/* Its writer, its label and what belongs to that. */
void draft_set_name(struct draft *d, const struct dataset *named);
void draft_get_name(struct draft *d, struct dataset *out);
void draft_drop_label(struct draft *d);
uint64_t draft_size(struct draft *d);
bool draft_is_file(struct draft *d);
/* Whether nothing is newer than the last flush, and none is under way. */
bool draft_is_flushed(struct draft *d);

/*
 * Takes what is newer than the last flush; is_whole takes all of it. out
 * gets a reference to the octets; attributes as they are now go to
 * described. False when nothing is newer, then only described is set.
 */
bool draft_take(struct draft *d, bool is_whole, struct flush *out,
	struct dataset *described);

/* The end of a flush: it is durable, or has to be taken again. */
void draft_flushed(struct draft *d, struct flush *f, bool is_durable);

#endif
