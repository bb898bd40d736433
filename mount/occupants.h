/*
 * occupants - the processes inside a mount: who keeps it busy, and with what.
 *
 * Asks the kernel alone, so that a mount that does not answer holds up
 * nobody. For one thread; needs root to see the processes of all users.
 * Source: proc(5).
 */
#ifndef OCCUPANTS_H
#define OCCUPANTS_H

#include "attributes.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct occupant {
	pid_t pid;
	uid_t uid;
	char name[64]; /* as the process calls itself; may hold anything */
	/* "working directory", "root directory", "program", "open file",
	 * "mapped file" */
	const char *how;
	char path[PATH_MAX];
};

/*
 * Calls each(arg, occupant) for every use of what lies at or below
 * mount_point, until it returns false. Processes that end meanwhile are left
 * out. Returns 0; -errno when /proc cannot be read.
 */
MUST_USE int occupants_each(const char *mount_point,
	bool (*each)(void *arg, const struct occupant *o), void *arg);

#endif
