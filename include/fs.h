/*
 * fs - the file system users see: the spool as directories and files on a
 * FUSE mount.
 *
 * Everything a handler answers comes from memory; what waits for a disk is
 * answered from its completion.
 *
 * Threads it starts, each ended by fs_stop(): the loop with up to 4 FUSE
 * workers; the witness (looks how a writing process ended); 2 for chores
 * that may wait for a disk; the guard (deadlines); one that has the kernel
 * forget what is gone; one that wakes who waits for events. They block all
 * signals but SIGURG, which wakes the loop when it is to end. Source: design of
 * the tree and of the spool directory; libfuse, the low-level interface.
 */
#ifndef FS_H
#define FS_H

#include "attributes.h"
#include "fs_mount.h"
#include "operator.h"
#include "spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct fs;

struct fs_settings {
	int device; /* of a mount nobody serves; the caller's, fs has a copy */
	const char *options; /* those of the mount */
	pid_t keeper; /* ends when the mount is over; told to who unmounts */
	struct spool *spool; /* with its writers; outlives the fs */
	/* Their Submitters; a writer that is not there is everybody's. Outlive
	 * the fs. */
	const struct writer_config *writers;
	size_t writer_count;
	/* What the forwarders show; copied. */
	const struct operator_ops *operators;
	size_t operator_count;
	/* Members of this group are operators, as root is. */
	bool has_operator_gid;
	gid_t operator_gid;
	/*
	 * Called once, from the loop's thread, when the mount is gone without
	 * fs_stop(): somebody unmounted it, or the connection broke. It must
	 * not call fs_stop(); it tells the thread that will. May be NULL.
	 */
	void (*ended)(void *arg);
	void *ended_arg;
};

/*
 * Serves a mount from threads of its own, with no privilege. Call it when
 * the process has become a daemon: threads do not survive fork(2).
 *
 * Returns 0 and a file system for fs_stop(); -EINVAL for a wrong option;
 * another -errno. why gets a sentence for the operator.
 */
MUST_USE int fs_start(const struct fs_settings *settings, struct fs **out,
	char why[static FS_WHY_MAX]);

/* False once the mount is gone; see ended. */
bool fs_is_mounted(struct fs *fs);

/*
 * Ends the service, answers what is still to be answered, frees fs. Nobody
 * answers then, until whoever made the mount takes it away: do so at once. A
 * data set that is still open counts as one whose writer was killed: it is
 * held unless it is complete.
 *
 * Call spool_quiesce() before, and do not close the spool or its store
 * before this returns: completions of the store answer the last closes.
 * Blocks; for 32 s at most where the store gives no answer.
 *
 * Returns false when something still waits for the store. Users have had
 * their answers; but threads of fs go on: it and what it was given must stay
 * for as long as the process lives.
 */
MUST_USE bool fs_stop(struct fs *fs);

#endif
