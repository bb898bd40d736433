/*
 * fresh - an open for writing on a name that is taken, in two steps.
 *
 * The kernel opens the inode it found under the name, but every open makes a
 * data set of its own. So the first OPEN makes a fresh data set that takes
 * the label, and is answered ESTALE; the kernel walks the path again, finds
 * the fresh one's inode, and its second OPEN gets the data set. The kernel
 * tries only once more: the second OPEN of a thread succeeds on whatever
 * inode it comes.
 *
 * A fresh data set nobody came for is dropped after FRESH_WAIT_NS. Safe from
 * any thread; waits for no disk.
 * Source: Linux, fs/namei.c, do_filp_open(), LOOKUP_REVAL.
 */
#ifndef FRESH_H
#define FRESH_H

#include "attributes.h"
#include "clock.h"
#include "spool_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRESH_WAIT_NS (5 * NS_PER_S)

struct fresh;

MUST_USE int fresh_open(struct spool *sp, struct fresh **out);

/* Drops what nobody came for. NULL is accepted. */
void fresh_close(struct fresh *f);

/*
 * Remembers what a thread found under a name: its data set may be sent and
 * purged before the OPEN that follows, which names only the inode.
 */
void fresh_note(struct fresh *f, pid_t tid, const struct dataset *found);

struct fresh_caller {
	pid_t tid; /* 0 when it is not known: then there is no ESTALE */
	struct spool_caller who; /* whose label it becomes */
	const char *program;
};

/*
 * Answers one OPEN for writing on the inode of data set number.
 *
 * Returns 0 and a data set for the handle; -ESTALE when the kernel is to
 * look again; else as spool_create().
 */
MUST_USE int fresh_take(struct fresh *f, uint64_t number,
	const struct fresh_caller *caller, struct spool_file **out);

/*
 * Tells that the open(2) of a thread went another way: its second look found
 * the name free, and it sent CREATE.
 */
void fresh_forget(struct fresh *f, pid_t tid);

/*
 * Drops what has waited since before now_ns - FRESH_WAIT_NS (monotonic).
 * Returns how many still wait.
 */
size_t fresh_sweep(struct fresh *f, int64_t now_ns);

#endif
