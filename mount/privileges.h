/*
 * privileges - the user a process turns into, and that it may do no more
 * than that user.
 *
 * For a process without threads, at start.
 * Source: capabilities(7), "Effect of user ID changes on capabilities";
 * prctl(2), PR_SET_NO_NEW_PRIVS.
 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include "attributes.h"

#include <sys/types.h>

enum { PRIVILEGES_NAME_MAX = 64 };

struct privileges_user {
	uid_t uid;
	gid_t gid;
	char name[PRIVILEGES_NAME_MAX]; /* "" where the uid has none */
};

/* Finds name and group of a uid; one without an entry keeps gid. */
void privileges_look_up(uid_t uid, gid_t gid, struct privileges_user *out);

/*
 * Turns this process into the user, with the user's groups, no capability in
 * any set, and none to be had from execve(2). The user root keeps what the
 * owner of root's files may do.
 *
 * Returns 0; -errno, and then the process must end. EPERM also when something
 * is left of what it could do.
 */
MUST_USE int privileges_drop(const struct privileges_user *user);

#endif
