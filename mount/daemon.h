/*
 * daemon - the parts of a mount, put together in the one order that loses
 * nothing, run until told to stop, and taken apart again.
 *
 * It blocks SIGTERM, SIGINT and SIGHUP in all threads; the one that called
 * daemon_run() waits for them.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "attributes.h"
#include "config.h"
#include "keeper.h"

#include <stdbool.h>

struct daemon_settings {
	const struct config *config;
	struct keeper *keeper;     /* who mounts */
	const char *mount_point;   /* an absolute path */
	const char *mount_options; /* as after -o */
	bool is_cold;
	/* Called once, when the mount works. */
	void (*ready)(void *arg);
	void *ready_arg;
};

/*
 * Says why this process cannot mount here, with what to do, or returns NULL
 * when nothing is known to be missing. Before anything is touched.
 */
const char *daemon_cannot_mount(void);

/*
 * Mounts and serves until SIGTERM, SIGINT or an unmount by somebody else. Then:
 * no new data sets (EROFS); sessions finish the transaction they are in, for 30
 * s at most; the mount goes; the store closes. What goes wrong is logged.
 * Where the disk does not let that end, the process ends with status 1 once
 * the mount is gone, and leaves the spool as a crash does.
 *
 * Returns 0; -errno when it could not start.
 */
MUST_USE int daemon_run(const struct daemon_settings *settings);

#endif
