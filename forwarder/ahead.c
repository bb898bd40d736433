#include "ahead.h"

#include "balance.h"

static bool is_void(const struct delivery *d)
{
	return atomic_load(&d->job->is_void);
}

/*
 * What sessions take that come up they send sooner. What waits although one
 * is idle was left for those that are busy.
 */
static bool is_left_over(struct mailqueue *q) REQUIRES(&q->lock)
{
	return q->idle > 0 || q->ready.count > q->opening;
}

struct delivery *ahead_take(
	struct mailqueue *q, const struct sender_seat *seat, bool *is_only)
{
	struct target *t = &q->targets[seat->target];
	struct delivery *d = NULL;

	mutex_lock(&q->lock);
	if (is_left_over(q))
		d = balance_take_locked(q, seat->target);
	if (d != NULL) {
		t->mail_attempts++;
		delivery_begin(d, seat->target);
		*is_only = t->open <= 1;
	}
	mutex_unlock(&q->lock);
	return d;
}

bool ahead_may_go(struct mailqueue *q, const struct delivery *d)
{
	bool may_go;

	mutex_lock(&q->lock);
	may_go = !q->is_stopping && !q->is_stalled && !is_void(d);
	mutex_unlock(&q->lock);
	return may_go;
}

static void put_back(struct mailqueue *q, const struct sender_seat *seat,
	struct delivery *d) REQUIRES(&q->lock)
{
	q->targets[seat->target].mail_attempts--;
	d->tried &= ~(1U << seat->target);
	balance_place_locked(q, d, true);
	balance_all_locked(q);
}

bool ahead_yield(
	struct mailqueue *q, const struct sender_seat *seat, struct delivery *d)
{
	bool is_wanted;

	mutex_lock(&q->lock);
	is_wanted = q->idle > 0 || q->is_stopping;
	if (is_wanted)
		put_back(q, seat, d);
	mutex_unlock(&q->lock);
	return is_wanted;
}

void ahead_put_back(
	struct mailqueue *q, const struct sender_seat *seat, struct delivery *d)
{
	mutex_lock(&q->lock);
	put_back(q, seat, d);
	mutex_unlock(&q->lock);
}
