/*
 * support_daemon - the programs as their users start them: what they print,
 * and the daemon that is left, which is to be found and ended.
 *
 * Beside support_mount.h, for the same tests.
 */
#ifndef SUPPORT_DAEMON_H
#define SUPPORT_DAEMON_H

#include "support_mount.h"

/* The file with what the last command printed, in the scratch folder. */
extern char said[PATH_MAX];

/* Says where that is, of this test. */
void said_init(const struct mount *m);

/* Fails unless the last command printed it. */
void expect_said(const char *needle);

/* Runs a program of the build with a line of arguments; its exit status. */
int program_run(const char *program, const char *arguments);

/*
 * Fixtures of a test case, not of each test: a daemon whose parent ends
 * becomes a child of the process, and one that a failed test left is killed.
 */
void daemon_adopt(void);
void daemon_end_all(void);

/* A child of this process that is jesfs; 0 when there is none. */
pid_t daemon_find(void);

/* The daemon, a child, has ended well, and had when the last command did. */
void daemon_expect_ended(pid_t pid, const struct mount *m);

#endif
