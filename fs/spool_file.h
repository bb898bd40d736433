/*
 * spool_file - data sets as the file system sees them: made, written,
 * flushed, released; their names are in spool_names.h.
 *
 * The handle is the data set. Functions lock inside; any thread. Those with a
 * done function return at once and follow the rules of store.h for it; of the
 * others only those that say so wait for a disk.
 */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include "spool_names.h"
#include "spool_open.h"

/* Writer names by index from 0, the order of adding; NULL past the end. */
const char *spool_writer(struct spool *sp, size_t index);

/* store_stats_read(). */
void spool_stats(struct spool *sp, struct store_stats *out);

/* What df shows. */
struct spool_space {
	uint64_t used_octets;      /* content of all data sets */
	uint64_t free_octets;      /* still taken from operators */
	uint64_t available_octets; /* still taken from others */
	uint64_t datasets;
};

void spool_space(struct spool *sp, struct spool_space *out);

/* Whether the spool is short of space: see quota.h. A hint. */
bool spool_is_short(struct spool *sp);

/* ---- one open data set ---------------------------------------------- */

struct spool_file;

/*
 * Makes a new OPEN data set that takes the label; a data set that had it
 * keeps its place under <JOBID>.<name>. Only mode & 0600 counts. program is
 * what the kernel calls the writing program: any octets.
 *
 * Returns 0; -EEXIST when exclusive and the owner lists the label; -EINVAL
 * for a label that label_check() refuses; -ENAMETOOLONG; -ENOENT for an
 * unknown writer; -EDQUOT when the owner may have no more data sets; -ENFILE
 * when he has too many open; -EROFS; -ENOSPC; -EIO; -ENOMEM.
 */
MUST_USE int spool_create(struct spool *sp, const char *writer,
	const char *label, const struct spool_caller *owner, mode_t mode,
	const char *program, bool exclusive, struct spool_file **out);

uint64_t spool_file_number(const struct spool_file *f);

/*
 * Puts octets at offset, or at the end when is_append. Returns 0 or error,
 * among them those of spool_limit() and spool_limit_datasets(); an error is
 * final: later writes and flushes get it too, and the data set is discarded
 * at release.
 */
MUST_USE int spool_file_write(struct spool_file *f, uint64_t offset,
	bool is_append, const void *octets, size_t len);

MUST_USE int spool_file_truncate(struct spool_file *f, uint64_t size);

/* Makes it at least so large; what there is no room for changes nothing. */
MUST_USE int spool_file_extend(struct spool_file *f, uint64_t size);

/*
 * Says that a descriptor of the handle is being closed: to be called for
 * FLUSH, not for fsync, before spool_file_flush(). Until the next write the
 * data set counts as submitted for spool_unlink(), as RELEASE may still be on
 * its way when the writer that closed it goes on.
 */
void spool_file_closing(struct spool_file *f);

/* Makes new octets durable; done at once, with 0, when there are none. */
void spool_file_flush(struct spool_file *f, store_done *done, void *arg);

bool spool_file_is_empty(struct spool_file *f);

/*
 * The last close. Empty: purged silently. was_killed: held as INCOMPLETE
 * unless the judge says it is complete. Else READY. Nothing is called back;
 * f is gone when this returns. A write that failed makes it be discarded.
 */
void spool_file_release(struct spool_file *f, bool was_killed);

#endif
