/*
 * support_silent - a mount whose daemon takes every request and answers none.
 *
 * Who waits for it cannot be killed until the daemon dies, or the mount is
 * unmounted by force.
 */
#ifndef SUPPORT_SILENT_H
#define SUPPORT_SILENT_H

#include <stdatomic.h>
#include <sys/types.h>

struct silent {
	pid_t daemon;
	atomic_int *taken; /* how many requests wait for an answer */
};

/* The daemon dies with this process. */
void silent_mount(struct silent *s, const char *point, const char *type);

/* Kills the daemon; the mount is dead then, if it is there still. */
void silent_end(struct silent *s);

#endif
