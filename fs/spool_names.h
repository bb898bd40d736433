/*
 * spool_names - data sets by name: who sees which, under what name.
 *
 * Labels live per (writer, owner): two users' names never meet. An operator
 * reaches the data sets of others as <JOBID>.<name>; so does everybody his
 * own. Nothing here waits for a disk; any thread.
 */
#ifndef SPOOL_NAMES_H
#define SPOOL_NAMES_H

#include "spool.h"

/* Octets of a program's name as the kernel keeps it, with the end. */
enum { SPOOL_PROGRAM_MAX = 16 };

struct spool_caller {
	uid_t uid;
	gid_t gid;
	bool is_operator;
	pid_t pid; /* shown while a data set is open; 0 is unknown */
};

/*
 * Finds what the caller names so; -ENOENT when there is none he may see. A
 * name of his own under which what he wrote was sent a moment ago is found
 * too, as PURGED: spool_linger().
 */
MUST_USE int spool_find(struct spool *sp, const char *writer, const char *name,
	const struct spool_caller *caller, struct dataset *out);

/* One that was sent a moment ago and lingers; -ENOENT when there is none. */
MUST_USE int spool_stat_lingering(
	struct spool *sp, uint64_t number, struct dataset *out);

/*
 * Writes the name under which the caller lists the data set; -ENOENT when it
 * is gone or not his to see; -ENAMETOOLONG when cap is too small for it.
 */
MUST_USE int spool_name(struct spool *sp, uint64_t number,
	const struct spool_caller *caller, char *out, size_t cap);

/*
 * Numbers of the data sets of a writer (NULL: of all) that the caller may
 * see, in order; free() them. Each was there at some time during the call;
 * one that was there throughout is in. -ENOENT for an unknown writer.
 */
MUST_USE int spool_numbers(struct spool *sp, const char *writer,
	const struct spool_caller *caller, uint64_t **numbers, size_t *count);

/* One data set and, while a handle of it is open, who opened it. */
struct spool_row {
	struct dataset dataset;
	bool is_open;
	int64_t opened_ns; /* wall clock; this and the rest only while open */
	pid_t pid;
	char program[SPOOL_PROGRAM_MAX]; /* octets of a user: escape them */
};

/*
 * A page of what spool_numbers() lists: up to max rows with a number over
 * after, in order; *count 0 at the end. Go on from the last row's number.
 */
MUST_USE int spool_rows(struct spool *sp, const char *writer,
	const struct spool_caller *caller, uint64_t after, size_t max,
	struct spool_row *rows, size_t *count);

/*
 * unlink(2). Of an open data set or a draft: it is purged. Of the label of a
 * submitted one, and of one whose handle says that it is being closed with
 * nothing new since (spool_file_closing()): the label is taken away, the data
 * set stays. <JOBID>.<name>: purged; -EBUSY while it is ACTIVE. What was
 * durable is purged durably before done. -ENOENT; -EPERM when it is neither the
 * caller's nor is he an operator.
 */
void spool_unlink(struct spool *sp, const char *writer, const char *name,
	const struct spool_caller *caller, store_done *done, void *arg);

/* A name in a writer directory. */
struct spool_path {
	const char *writer, *name;
};

/*
 * rename(2) between writer directories: another label, durable before done.
 * What is HELD is released by it, unless its new name is a draft name, and
 * what is not selected is held by that. Another writer directory gives it to
 * that writer; <JOBID>.<name> may keep that name there. Who had the new label
 * keeps his place under <JOBID>.<name>; with no_replace that is -EEXIST.
 *
 * -ENOENT; -EPERM as above; -EBUSY when it comes too late to hold it or to
 * give it to another writer; what label_check() says.
 */
void spool_rename(struct spool *sp, const struct spool_path *from,
	const struct spool_path *to, bool no_replace,
	const struct spool_caller *caller, store_done *done, void *arg);

/*
 * chmod and utimens; mode (mode_t)-1 and changed_ns -1 leave it as it is.
 * Durable, as octets are, of what is being written; else kept while the
 * spool is open. -ENOENT; -EPERM as for spool_unlink().
 */
MUST_USE int spool_set_attributes(struct spool *sp, uint64_t number,
	const struct spool_caller *caller, mode_t mode, int64_t changed_ns);

#endif
