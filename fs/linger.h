/*
 * linger - data sets whose mail is sent, by name, for a moment longer.
 *
 * Programs change the mode or the times of a path they have closed, when the
 * mail may be sent already. What they ask of the name then finds the entry
 * here. The LINGER_MAX last ones are kept at most, and none for longer than
 * was said. One thread at a time: the spool's lock.
 *
 * Times are those of the monotonic clock.
 */
#ifndef LINGER_H
#define LINGER_H

#include "roster.h"

enum { LINGER_MAX = 16384 };

struct linger_slot {
	struct roster_entry *entry; /* NULL once it is gone */
	int64_t until_ns;
};

struct linger {
	struct linger_slot *slots; /* a ring of LINGER_MAX */
	size_t first, used;
	struct roster_entry **numbers, **labels; /* hashes */
	uint64_t key[2];
	int64_t for_ns; /* 0: nothing lingers */
};

/* For for_ns from now on. Returns 0, -ENOMEM or -EIO. */
MUST_USE int linger_init(struct linger *l, int64_t for_ns);

/* Frees the entries too. What was never made is all zeros, and accepted. */
void linger_fini(struct linger *l);

/*
 * Keeps an entry that is in no roster, in the place of one of the same name.
 * Returns what is the caller's to free: an entry, or NULL.
 */
MUST_USE struct roster_entry *linger_add(
	struct linger *l, struct roster_entry *e, int64_t now_ns);

/* Each returns NULL when there is none, or no longer. */
struct roster_entry *linger_by_label(const struct linger *l, uint8_t writer,
	uid_t uid, const char *label, int64_t now_ns);
struct roster_entry *linger_by_number(
	const struct linger *l, uint64_t number, int64_t now_ns);

/* Takes an entry out; it is the caller's. */
void linger_remove(struct linger *l, struct roster_entry *e);

#endif
