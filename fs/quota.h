/*
 * quota - how much of the spool is in use, by all and by each owner, and
 * what may still come.
 *
 * Exact: what is counted never exceeds a limit that was in force when it was
 * counted, whoever races. A limit that is set below what is there refuses
 * what comes and takes nothing away. Root is an owner without limits of his
 * own.
 *
 * Of the spool's octets QUOTA_RESERVE_PERCENT are for operators, and for data
 * sets that this program makes itself: a full spool can still be repaired.
 *
 * Any thread; one short lock, below that of the spool.
 * Source: design of the spool directory; IBM, z/OS JES2, $HASP050 (shortage of
 * spool space at 80 %).
 */
#ifndef QUOTA_H
#define QUOTA_H

#include "attributes.h"
#include "spool_open.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	QUOTA_RESERVE_PERCENT = 5,
	QUOTA_SHORT_PERCENT = 80,  /* from here on the spool is short */
	QUOTA_RELIEF_PERCENT = 75, /* below this it is not any more */
	QUOTA_OPEN_MAX = 4096,     /* data sets that one owner writes at once */
};

struct quota;
struct quota_account; /* one owner's; there as long as the quota is */

struct quota_usage {
	uint64_t used_octets;
	uint64_t limit_octets;   /* of the spool; UINT64_MAX for none */
	uint64_t reserve_octets; /* of these, for operators */
	bool is_short;
};

/* Without limits at first. Returns 0 or -ENOMEM. */
MUST_USE int quota_open(struct quota **out);
void quota_close(struct quota *q);

void quota_limit(struct quota *q, const struct spool_limits *limits);
void quota_usage(struct quota *q, struct quota_usage *out);

/* Found or made. NULL: no memory. */
struct quota_account *quota_account(struct quota *q, uid_t uid);

/* Whether one more data set may come: 0; -EDQUOT; -ENOSPC. */
MUST_USE int quota_check(
	struct quota *q, struct quota_account *a, bool is_operator);

/* Counts one more data set, if it may come. Returns as quota_check(). */
MUST_USE int quota_add(
	struct quota *q, struct quota_account *a, bool is_operator);

/* The owner begins to write one more, and ends: 0, or -ENFILE when they are
 * QUOTA_OPEN_MAX. Operators may. */
MUST_USE int quota_enter(
	struct quota *q, struct quota_account *a, bool is_operator);
void quota_leave(struct quota *q, struct quota_account *a);

/* Counts a data set that is there already, with its octets, whatever the
 * limits. Returns 0 or -ENOMEM. */
MUST_USE int quota_found(struct quota *q, uid_t uid, uint64_t octets);

/* A data set that was counted is gone, and so many octets with it. */
void quota_gone(struct quota *q, uid_t uid, uint64_t octets);

/*
 * A data set of the owner grows, or shrinks, by so many octets. Growing
 * returns 0; -EDQUOT over his limit; -ENOSPC where the spool is full for him.
 */
MUST_USE int quota_grow(struct quota *q, struct quota_account *a,
	bool is_operator, uint64_t octets);
void quota_shrink(struct quota *q, struct quota_account *a, uint64_t octets);

/*
 * Logs that the spool has become short, or is not any more, once each. To be
 * called with no lock held after any of the above; costs nothing when there
 * is nothing to say.
 */
void quota_tell(struct quota *q);

/* Whether the spool is short: for hints. */
bool quota_is_short(struct quota *q);

#endif
