/*
 * draft_names - names under which programs write what is not finished.
 *
 * Patterns of whole names: "*" stands for any octets, "?" for one, all else
 * for itself. Matching takes at most as many steps as both have octets,
 * multiplied.
 *
 * Pure. Safe from any thread.
 */
#ifndef DRAFT_NAMES_H
#define DRAFT_NAMES_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>

enum { DRAFT_NAMES_MAX = 32, DRAFT_NAME_LEN_MAX = 64 };

struct draft_names {
	size_t count;
	char patterns[DRAFT_NAMES_MAX][DRAFT_NAME_LEN_MAX + 1];
};

/* Those of editors, rsync, sftp, sed and browsers. */
void draft_names_usual(struct draft_names *out);

/*
 * Adds a pattern. Returns 0; -ENOSPC when there is no room for it; -EINVAL
 * when it is empty, too long, or has a '/' or NUL in it.
 */
MUST_USE int draft_names_add(
	struct draft_names *names, const char *pattern, size_t len);

bool draft_names_match(const struct draft_names *names, const char *name);

#endif
