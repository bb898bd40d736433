/*
 * config_compare - what a refresh changes, and what it leaves alone.
 *
 * Pure. Any thread; what is running is only read.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference, the
 * restrictions of each CSSMTP statement on the MODIFY REFRESH command.
 */
#ifndef CONFIG_COMPARE_H
#define CONFIG_COMPARE_H

#include "attributes.h"
#include "config.h"

struct buf;

struct config_changes {
	size_t changed; /* statements that get another value */
	size_t kept;    /* those that would, and do not before a new start */
};

/*
 * Makes of what was read what the running program shall go by: the running
 * value stays in every statement that a refresh leaves alone, and the writers
 * stay those that are attached, each with its file. Appends a line for each
 * difference: "MAIL: RetryLimit Count changes", "MAIL: Translate stays as it
 * was, it changes at the next start".
 *
 * Returns 0; -ENOMEM, with read as it was.
 */
MUST_USE int config_compare(const struct config *running, struct config *read,
	struct config_changes *out, struct buf *report);

#endif
