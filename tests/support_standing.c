#include "support_standing.h"

#include "clock.h"

#include <check.h>

static void told(
	void *arg, const struct store_claim *claim, size_t units, int err)
{
	struct listener *l = arg;

	mutex_lock(&l->lock);
	if (claim != NULL) {
		if (l->count < LISTENER_CLAIMS_MAX)
			l->claims[l->count] = *claim;
		l->count++;
	} else {
		l->back += units;
		l->err = err;
	}
	cond_signal(&l->told);
	mutex_unlock(&l->lock);
}

void listener_start(struct listener *l, struct store *s)
{
	*l = (struct listener){ .count = 0 };
	mutex_init(&l->lock, RANK_LEAF);
	cond_init(&l->told);
	ck_assert_int_eq(store_listen(s, "MAIL", told, l), 0);
}

static void wait_for(struct listener *l, const size_t *what, size_t least)
{
	int64_t until_ns = clock_monotonic_ns() + 20 * NS_PER_S;
	size_t seen;

	mutex_lock(&l->lock);
	while (*what < least)
		if (!cond_wait_until(&l->told, &l->lock, until_ns))
			break;
	seen = *what;
	mutex_unlock(&l->lock);
	ck_assert_uint_eq(seen, least);
}

void listener_wait(struct listener *l, size_t claims)
{
	wait_for(l, &l->count, claims);
}

void listener_wait_back(struct listener *l, size_t units)
{
	wait_for(l, &l->back, units);
}

size_t listener_count(struct listener *l)
{
	size_t count;

	mutex_lock(&l->lock);
	count = l->count;
	mutex_unlock(&l->lock);
	return count;
}

void listener_stop(struct listener *l, struct store *s, size_t granted)
{
	store_withdraw(s, "MAIL");
	listener_wait_back(l, granted - listener_count(l));
	ck_assert_int_eq(store_listen(s, "MAIL", NULL, NULL), 0);
	cond_fini(&l->told);
	mutex_fini(&l->lock);
}
