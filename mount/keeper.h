/*
 * keeper - the parent that stays root: it mounts when the child is ready for
 * it, waits, and takes the mount away whatever becomes of the child.
 *
 * The child does all the work and has no privilege; it can ask for its one
 * mount, at the place and with the options that were given to the parent, and
 * for the end of it. Signals that stop or refresh are handed to the child.
 * The kernel kills the child where the parent is killed.
 *
 * For processes without threads; in the child the calls come from one thread.
 * Source: unix(7), SCM_RIGHTS; prctl(2), PR_SET_PDEATHSIG.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "attributes.h"
#include "fs_mount.h"
#include "privileges.h"

#include <stdbool.h>
#include <sys/types.h>

/* The caller's; the members are keeper.c's own. */
struct keeper {
	pid_t child; /* 0 in the child */
	int link;    /* to the other process */
	int signals; /* in the parent */
};

/*
 * Forks. In the child, which has given up what it could do and is that user,
 * k->child is 0. SIGTERM, SIGINT and SIGHUP are blocked in both from now on.
 *
 * Returns 0; -errno, in the one process or the other, when that failed.
 */
MUST_USE int keeper_fork(struct keeper *k, const struct privileges_user *user);

/* ---- in the parent ------------------------------------------------------- */

struct keeper_settings {
	const char *mount_point;
	const char *mount_options;
	/* Called once, when the child says that it works. */
	void (*ready)(void *arg);
	void *ready_arg;
};

/*
 * Waits for the end of the child, with no mount left after it. Returns its
 * exit status; 1, and it is logged, when a signal ended it.
 */
MUST_USE int keeper_keep(
	struct keeper *k, const struct keeper_settings *settings);

/* ---- in the child -------------------------------------------------------- */

/*
 * Has it mounted. Returns 0 and the device in *device, the caller's to close;
 * or what fs_mount_open() does, -EPIPE where the parent is gone, with a
 * sentence in why.
 */
MUST_USE int keeper_mount(
	struct keeper *k, int *device, char why[static FS_WHY_MAX]);

void keeper_ready(struct keeper *k);

/* Has the mount taken away; nothing happens where there is none. */
void keeper_unmount(struct keeper *k);

#endif
