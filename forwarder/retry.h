/*
 * retry - how many mails wait in long retry, by data set.
 *
 * Counts what this run of the program deferred: a mail that an earlier one
 * left is counted when it is deferred again. A data set that is taken away
 * while it waits is found by retry_sweep().
 * The owner's lock guards it.
 * Source: IBM, z/OS Communications Server: IP System Administrator's
 * Commands, DISPLAY TARGETS (CURRENT RETRY).
 */
#ifndef RETRY_H
#define RETRY_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A data set that has mails in retry. */
struct retry_entry {
	uint64_t number; /* 0: free */
	uint64_t mails;
};

struct retry {
	struct retry_entry *entries; /* open addressing, a power of two */
	size_t capacity;
	size_t count; /* data sets */
	size_t cursor;
	uint64_t mails; /* of all of them */
};

void retry_fini(struct retry *r);

/* A mail of the data set waits. Without memory it is not counted. */
void retry_enter(struct retry *r, uint64_t number);

/* One waits no longer; nothing when none was counted. */
void retry_leave(struct retry *r, uint64_t number);

/*
 * Looks at up to max data sets, going on where it stopped, and forgets those
 * that are gone.
 */
void retry_sweep(struct retry *r, size_t max,
	bool (*is_there)(void *arg, uint64_t number), void *arg);

#endif
