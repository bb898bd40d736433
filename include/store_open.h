/*
 * store_open - the back ends there are.
 */
#ifndef STORE_OPEN_H
#define STORE_OPEN_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* How the embedded store works. */
struct store_local_settings {
	const char *directory;       /* created 0700 when missing */
	uint64_t capacity_octets;    /* 0: 80 % of the file system */
	uint64_t dataset_octets_max; /* 0: no limit */
	/* Which mails are settled is forgotten: every data set on the spool
	 * is processed from its first mail again. */
	bool forgets_progress;
};

/*
 * Opens the embedded store: SQLite catalogue, segment files, a committer.
 * Threads it starts, each ended by store_close(): the committer, one that
 * keeps the catalogue's log short and segments prepared, and two that sync
 * large data sets.
 *
 * What was answered -EIO before the last stop is HELD now.
 *
 * Returns 0; -EWOULDBLOCK when another instance has the directory; -EPROTO
 * when its schema is newer than this program; STORE_DAMAGED; another -errno.
 * why gets what is wrong with the directory, for the operator.
 */
MUST_USE int store_local_open(const struct store_local_settings *settings,
	struct store **out, char *why, size_t why_cap);

/* Opens a store that lives and dies with the process. */
MUST_USE int store_memory_open(struct store **out);

#endif
