/*
 * gone - which data sets left the roster, until somebody takes that over.
 *
 * They are kept in bundles, so that taking them is quick however many they
 * are, and memory is in use only while there are any. Nothing is kept unless
 * it is wanted. One thread at a time: the spool's lock.
 *
 * Times are those of the monotonic clock.
 */
#ifndef GONE_H
#define GONE_H

#include "roster.h"

enum {
	GONE_ROWS = 512,     /* of a bundle */
	GONE_BUNDLES = 1024, /* at most; 12 KiB each */
};

struct gone_row {
	uint64_t number;
	char *name; /* in its writer directory; NULL when not wanted */
	uid_t uid;
	uint8_t writer;
};

struct gone_bundle {
	struct gone_bundle *next;
	int64_t first_ns, last_ns; /* when its first and last row went */
	size_t count;
	struct gone_row rows[GONE_ROWS];
};

/* All zeros: nothing is wanted. */
struct gone {
	bool is_wanted, has_names;
	int64_t age_ns; /* for how long a row is kept back */
	struct gone_bundle *first, *last;
	size_t bundles;
};

/*
 * Notes an entry that leaves the roster. When all bundles are full, the
 * oldest is dropped. Returns true when gone_take() is to be called soon, for
 * what it now says.
 */
bool gone_put(struct gone *g, const struct roster_entry *e, int64_t now_ns);

/*
 * Takes the oldest bundle when its last row went age_ns ago, or when more
 * than half of all bundles are in use; it is the caller's. Else NULL, and
 * until_ns says when to look again, INT64_MAX for not before gone_put() says.
 */
MUST_USE struct gone_bundle *gone_take(
	struct gone *g, int64_t now_ns, int64_t *until_ns);

/* NULL is accepted. */
void gone_bundle_free(struct gone_bundle *b);

/* Frees what is kept; nothing is wanted any more. */
void gone_fini(struct gone *g);

#endif
