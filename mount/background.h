/*
 * background - a process that leaves its terminal once it works.
 *
 * Whoever starts a daemon wants to know whether it runs, so the starting
 * process waits for the daemon's word and ends with its exit status; until
 * then the daemon's messages go to the terminal.
 *
 * For a process without threads.
 */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include "attributes.h"

/*
 * Forks. In the child, whose working directory is /, it returns 0, and
 * *ready gets what background_tell() takes; the parent ends with status 0 once
 * the child is ready, else with the child's exit status, 1 when a signal ended
 * it.
 *
 * Returns -errno, in the one process or the other, when that failed.
 */
MUST_USE int background_enter(int *ready);

/* Turns the standard streams to /dev/null. */
void background_leave_terminal(void);

/* Lets the parent end. */
void background_tell(int ready);

#endif
