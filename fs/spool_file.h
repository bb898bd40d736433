/*
 * spool_file - data sets as the file system sees them: made, written,
 * flushed, released, found by name, listed, taken away.
 *
 * The handle is the data set. Labels live per (writer, owner): two users'
 * names never meet. An operator reaches the data sets of others as
 * <JOBID>.<name>; so does everybody his own.
 *
 * Functions lock inside; any thread. Those with a done function return at
 * once and follow the rules of store.h for it; no other function here waits
 * for a disk.
 */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include "spool.h"

struct spool_caller {
	uid_t uid;
	gid_t gid;
	bool is_operator;
};

/* What start-up and killed writers ask: see forwarder_is_complete(). */
typedef ssize_t spool_reader(
	void *arg, uint64_t offset, void *octets, size_t len);
typedef bool spool_judge(spool_reader *read, void *arg);

/*
 * Takes over the store's data sets: rebuilds the index page by page and
 * brings every data set from its state on disk to the one it starts in (the
 * table in spool_start.c). Mails in doubt are logged, "in doubt: JOBID.mail",
 * a line each. Blocks. store stays the caller's.
 */
MUST_USE int spool_open(
	struct store *store, spool_judge *judge, struct spool **out);

/* Makes a writer directory. -EEXIST, -ENOSPC over DATASET_WRITERS_MAX. */
MUST_USE int spool_add_writer(struct spool *sp, const char *writer);

/* Writer names by index from 0, the order of adding; NULL past the end. */
const char *spool_writer(struct spool *sp, size_t index);

/* From now on no new data set and no further octet: -EROFS. */
void spool_quiesce(struct spool *sp);

/* No handle is open and no forwarder attached any more. Blocks. */
void spool_close(struct spool *sp);

/* ---- one open data set ---------------------------------------------- */

struct spool_file;

/*
 * Makes a new OPEN data set that takes the label; a data set that had it
 * keeps its place under <JOBID>.<name>. Only mode & 0600 counts.
 *
 * Returns 0; -EEXIST when exclusive and the owner lists the label; -EINVAL
 * for a label of the form <JOBID>.<name>, "." or ".."; -ENAMETOOLONG;
 * -ENOENT for an unknown writer; -EROFS; -ENOSPC; -EIO; -ENOMEM.
 */
MUST_USE int spool_create(struct spool *sp, const char *writer,
	const char *label, const struct spool_caller *owner, mode_t mode,
	const char *program, bool exclusive, struct spool_file **out);

uint64_t spool_file_number(const struct spool_file *f);

/* Puts octets at offset, or at the end when is_append. Returns 0 or error. */
MUST_USE int spool_file_write(struct spool_file *f, uint64_t offset,
	bool is_append, const void *octets, size_t len);

MUST_USE int spool_file_truncate(struct spool_file *f, uint64_t size);

/* Makes new octets durable; done at once, with 0, when there are none. */
void spool_file_flush(struct spool_file *f, store_done *done, void *arg);

bool spool_file_is_empty(struct spool_file *f);

/*
 * The last close. Empty: purged silently. was_killed: held as INCOMPLETE
 * unless the judge says it is complete. Else READY. Nothing is called back;
 * f is gone when this returns. A write that failed makes it be discarded.
 */
void spool_file_release(struct spool_file *f, bool was_killed);

/* ---- names ----------------------------------------------------------- */

/* Finds what the caller names so; -ENOENT when there is none he may see. */
MUST_USE int spool_find(struct spool *sp, const char *writer, const char *name,
	const struct spool_caller *caller, struct dataset *out);

/* The live size and times of a data set that is open are in out. */
MUST_USE int spool_stat(struct spool *sp, uint64_t number, struct dataset *out);

/*
 * Writes the name under which the caller lists the data set; -ENOENT when it
 * is gone or not his to see.
 */
MUST_USE int spool_name(struct spool *sp, uint64_t number,
	const struct spool_caller *caller, char *out, size_t cap);

/*
 * Numbers of the data sets of a writer (NULL: of all) that the caller may
 * see, in order; free() them.
 */
MUST_USE int spool_numbers(struct spool *sp, const char *writer,
	const struct spool_caller *caller, uint64_t **numbers, size_t *count);

/*
 * unlink(2): an open data set is purged at its release; a label of a
 * submitted one is taken away; <JOBID>.<name> is purged, -EBUSY while it is
 * ACTIVE. -EPERM when it is neither the caller's nor is he an operator.
 */
void spool_unlink(struct spool *sp, const char *writer, const char *name,
	const struct spool_caller *caller, store_done *done, void *arg);

/* chmod and utimens; mode (mode_t)-1 and changed_ns -1 leave it as it is. */
MUST_USE int spool_set_attributes(struct spool *sp, uint64_t number,
	const struct spool_caller *caller, mode_t mode, int64_t changed_ns);

#endif
