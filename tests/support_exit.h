/*
 * support_exit - small shell scripts as user exits of the test forwarder.
 */
#ifndef SUPPORT_EXIT_H
#define SUPPORT_EXIT_H

#include "support_target.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

extern char exit_dir[PATH_MAX]; /* where the script runs */
extern struct script *exit_target;

/* Makes the script: it notes its process in "began", then does what body
 * says. */
void exit_put(const char *body);

/* Makes the folder and a target; names the script, which is not there yet. */
void exit_configure(uint32_t timeout_s);

/* Both, with a second for an answer; and runs the forwarder. */
void exit_run(const char *body);

/* Ends all of it. */
void exit_end(void);

/* What the script noted in a file of its folder, and how many lines. */
const char *exit_noted(const char *name);
size_t exit_lines(const char *name);

/* The process in the first line of a file has ended. */
void exit_expect_gone(const char *name);

#endif
