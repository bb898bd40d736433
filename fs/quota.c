#include "quota.h"

#include "log.h"
#include "messages.h"
#include "mutex.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BUCKETS = 1024 }; /* a power of two */

struct quota_account {
	struct quota_account *next; /* of the same bucket */
	uid_t uid;
	uint64_t octets; /* these three: the quota's lock */
	uint64_t datasets;
	uint64_t open;
};

struct quota {
	struct mutex lock;
	struct spool_limits limits GUARDED_BY(lock);
	uint64_t used_octets GUARDED_BY(lock);
	struct quota_account *buckets[BUCKETS] GUARDED_BY(lock);
	atomic_bool is_short; /* changed under the lock */
	atomic_bool is_told;  /* what was logged last */
};

/* ---- open and close -------------------------------------------------- */

int quota_open(struct quota **out)
{
	struct quota *q = calloc(1, sizeof *q);

	if (q == NULL)
		return -ENOMEM;
	mutex_init(&q->lock, RANK_LEAF);
	atomic_init(&q->is_short, false);
	atomic_init(&q->is_told, false);
	*out = q;
	return 0;
}

void quota_close(struct quota *q)
{
	struct quota_account *a, *next;
	size_t i;

	if (q == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		for (a = q->buckets[i]; a != NULL; a = next) {
			next = a->next;
			free(a);
		}
	mutex_fini(&q->lock);
	free(q);
}

/* ---- the spool as a whole -------------------------------------------- */

/* No product that could pass 64 bits. */
static uint64_t percent_of(uint64_t octets, unsigned int percent)
{
	return octets / 100 * percent + octets % 100 * percent / 100;
}

static uint64_t capacity_locked(const struct quota *q) REQUIRES(&q->lock)
{
	return q->limits.spool_octets != 0 ? q->limits.spool_octets
					   : UINT64_MAX;
}

static uint64_t room_locked(const struct quota *q, bool is_operator)
	REQUIRES(&q->lock)
{
	uint64_t most = capacity_locked(q);

	if (!is_operator)
		most -= percent_of(most, QUOTA_RESERVE_PERCENT);
	return most > q->used_octets ? most - q->used_octets : 0;
}

/* Between the two levels it stays what it was. */
static void look_locked(struct quota *q) REQUIRES(&q->lock)
{
	uint64_t most = capacity_locked(q);
	bool was_short =
		atomic_load_explicit(&q->is_short, memory_order_relaxed);

	if (!was_short
		&& q->used_octets >= percent_of(most, QUOTA_SHORT_PERCENT))
		atomic_store(&q->is_short, true);
	else if (was_short
		&& (q->used_octets == 0
			|| q->used_octets
				< percent_of(most, QUOTA_RELIEF_PERCENT)))
		atomic_store(&q->is_short, false);
}

void quota_limit(struct quota *q, const struct spool_limits *limits)
{
	mutex_lock(&q->lock);
	q->limits = *limits;
	look_locked(q);
	mutex_unlock(&q->lock);
}

void quota_usage(struct quota *q, struct quota_usage *out)
{
	mutex_lock(&q->lock);
	out->used_octets = q->used_octets;
	out->limit_octets = capacity_locked(q);
	out->reserve_octets =
		percent_of(out->limit_octets, QUOTA_RESERVE_PERCENT);
	out->is_short = atomic_load(&q->is_short);
	mutex_unlock(&q->lock);
}

bool quota_is_short(struct quota *q)
{
	return atomic_load_explicit(&q->is_short, memory_order_relaxed);
}

/* Two that tell at once may tell a change back before the change. */
void quota_tell(struct quota *q)
{
	struct quota_usage usage;
	bool is_short = quota_is_short(q);

	if (is_short == atomic_load_explicit(&q->is_told, memory_order_relaxed))
		return;
	if (atomic_exchange(&q->is_told, is_short) == is_short)
		return;
	quota_usage(q, &usage);
	if (is_short)
		log_warning(MSG_SPOOL_SHORT, usage.used_octets,
			usage.limit_octets, QUOTA_SHORT_PERCENT);
	else
		log_event(MSG_SPOOL_RELIEVED, usage.used_octets,
			usage.limit_octets);
}

/* ---- owners ---------------------------------------------------------- */

static struct quota_account *find_locked(struct quota *q, uid_t uid)
	REQUIRES(&q->lock)
{
	struct quota_account **bucket = &q->buckets[uid & (BUCKETS - 1)];
	struct quota_account *a = *bucket;

	while (a != NULL && a->uid != uid)
		a = a->next;
	if (a != NULL)
		return a;
	a = calloc(1, sizeof *a);
	if (a == NULL)
		return NULL;
	a->uid = uid;
	a->next = *bucket;
	*bucket = a;
	return a;
}

struct quota_account *quota_account(struct quota *q, uid_t uid)
{
	struct quota_account *a;

	mutex_lock(&q->lock);
	a = find_locked(q, uid);
	mutex_unlock(&q->lock);
	return a;
}

static bool is_over_count_locked(
	const struct quota *q, const struct quota_account *a) REQUIRES(&q->lock)
{
	return a->uid != 0 && q->limits.user_datasets != 0
		&& a->datasets >= q->limits.user_datasets;
}

static int check_locked(const struct quota *q, const struct quota_account *a,
	bool is_operator) REQUIRES(&q->lock)
{
	if (is_over_count_locked(q, a))
		return -EDQUOT;
	return room_locked(q, is_operator) == 0 ? -ENOSPC : 0;
}

int quota_check(struct quota *q, struct quota_account *a, bool is_operator)
{
	int err;

	mutex_lock(&q->lock);
	err = check_locked(q, a, is_operator);
	mutex_unlock(&q->lock);
	return err;
}

int quota_add(struct quota *q, struct quota_account *a, bool is_operator)
{
	int err;

	mutex_lock(&q->lock);
	err = check_locked(q, a, is_operator);
	if (err == 0)
		a->datasets++;
	mutex_unlock(&q->lock);
	return err;
}

int quota_enter(struct quota *q, struct quota_account *a, bool is_operator)
{
	int err = 0;

	mutex_lock(&q->lock);
	if (a->open >= QUOTA_OPEN_MAX && !is_operator)
		err = -ENFILE;
	else
		a->open++;
	mutex_unlock(&q->lock);
	return err;
}

void quota_leave(struct quota *q, struct quota_account *a)
{
	mutex_lock(&q->lock);
	assert(a->open > 0);
	a->open--;
	mutex_unlock(&q->lock);
}

int quota_found(struct quota *q, uid_t uid, uint64_t octets)
{
	struct quota_account *a;

	mutex_lock(&q->lock);
	a = find_locked(q, uid);
	if (a != NULL) {
		a->datasets++;
		a->octets += octets;
		q->used_octets += octets;
		look_locked(q);
	}
	mutex_unlock(&q->lock);
	return a != NULL ? 0 : -ENOMEM;
}

static void shrink_locked(struct quota *q, struct quota_account *a,
	uint64_t octets) REQUIRES(&q->lock)
{
	assert(a->octets >= octets && q->used_octets >= octets);
	a->octets -= octets;
	q->used_octets -= octets;
	look_locked(q);
}

void quota_gone(struct quota *q, uid_t uid, uint64_t octets)
{
	struct quota_account *a;

	mutex_lock(&q->lock);
	a = find_locked(q, uid);
	assert(a != NULL && a->datasets > 0);
	a->datasets--;
	shrink_locked(q, a, octets);
	mutex_unlock(&q->lock);
}

static int grow_locked(struct quota *q, struct quota_account *a,
	bool is_operator, uint64_t octets) REQUIRES(&q->lock)
{
	uint64_t most = q->limits.user_octets;

	if (a->uid != 0 && most != 0
		&& (a->octets > most || octets > most - a->octets))
		return -EDQUOT;
	if (octets > room_locked(q, is_operator))
		return -ENOSPC;
	a->octets += octets;
	q->used_octets += octets;
	look_locked(q);
	return 0;
}

int quota_grow(struct quota *q, struct quota_account *a, bool is_operator,
	uint64_t octets)
{
	int err;

	mutex_lock(&q->lock);
	err = grow_locked(q, a, is_operator, octets);
	mutex_unlock(&q->lock);
	return err;
}

void quota_shrink(struct quota *q, struct quota_account *a, uint64_t octets)
{
	mutex_lock(&q->lock);
	shrink_locked(q, a, octets);
	mutex_unlock(&q->lock);
}
