/*
 * spool_directory - the directory of the spool, made ready by root for the
 * user who will work in it.
 *
 * For a process without threads, at start.
 */
#ifndef SPOOL_DIRECTORY_H
#define SPOOL_DIRECTORY_H

#include "attributes.h"
#include "config.h"
#include "privileges.h"

enum { SPOOL_DIRECTORY_WHY_MAX = 512 };

/*
 * Makes the spool directory, with its parents, if it is missing, for the user
 * that User names; or sees whose it is. *user gets the one to run as: that of
 * User, else the owner of the directory, else root.
 *
 * Returns 0; -EPERM when the directory belongs to somebody else than User or
 * others may write to it; another -errno. why gets a sentence for the
 * operator.
 */
MUST_USE int spool_directory_prepare(const struct config *config,
	struct privileges_user *user, char why[static SPOOL_DIRECTORY_WHY_MAX]);

#endif
