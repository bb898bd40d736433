/*
 * parents - the directories above one that is about to be made.
 */
#ifndef PARENTS_H
#define PARENTS_H

#include "attributes.h"

/*
 * Makes the directories above an absolute path that are missing, mode 0755,
 * and makes their names durable. Returns 0; -errno.
 */
MUST_USE int parents_make(const char *path);

#endif
