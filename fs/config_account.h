/*
 * config_account - users and groups by name, from the host's name services.
 *
 * May take as long as they take: at start only.
 * Source: getpwnam_r(3), getgrnam_r(3).
 */
#ifndef CONFIG_ACCOUNT_H
#define CONFIG_ACCOUNT_H

#include "attributes.h"

#include <sys/types.h>

/* Each returns 0; -ENOENT when there is none of that name; another -errno. */
MUST_USE int config_find_user(const char *name, uid_t *uid, gid_t *gid);
MUST_USE int config_find_group(const char *name, gid_t *gid);

#endif
