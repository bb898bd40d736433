#include "work.h"

#include "balance.h"
#include "budget.h"
#include "clock.h"

enum {
	SLEEP_S = 2,   /* a wait's longest: bounds what a missed call costs */
	WATCH_MS = 5,  /* while mails wait for sessions that are busy */
	LOOK_MS = 100, /* between two looks of the store at what is due */
	RECORD_S = 1,  /* before the store is asked a second time */
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct job *take_runnable(struct mailqueue *q) REQUIRES(&q->lock)
{
	struct job *j = q->runnable;

	if (j == NULL)
		return NULL;
	q->runnable = j->next;
	if (q->runnable == NULL)
		q->runnable_tail = NULL;
	q->runnable_count--;
	j->next = NULL;
	return j;
}

static void grant(struct mailqueue *q, struct work *w, size_t units)
	REQUIRES(&q->lock)
{
	w->kind = WORK_GRANT;
	w->units = units;
	q->in_use += units;
	q->granted += units;
	q->is_recalled = q->is_recalled && units == 0;
	q->looked_ns = clock_monotonic_ns();
}

static void read_on(struct mailqueue *q, struct work *w, size_t budget)
	REQUIRES(&q->lock)
{
	w->kind = WORK_READ;
	w->job = take_runnable(q);
	w->units = least(budget, WORK_SLICE_MAX);
	q->in_use += w->units;
	q->claiming += w->units;
}

/*
 * New data sets and those already begun take turns, so that one with a
 * million mails delays no other for longer than a few mails take.
 */
static bool find_mail(struct mailqueue *q, struct work *w, size_t selectable)
	REQUIRES(&q->lock)
{
	size_t budget = budget_left_locked(q);
	size_t units = budget_grantable_locked(q);

	if (q->runnable != NULL)
		units = least(units, selectable);
	if (units > 0 && (q->runnable == NULL || q->prefers_claim)) {
		grant(q, w, units);
		q->prefers_claim = false;
		return true;
	}
	if (budget == 0 || q->runnable == NULL)
		return false;
	read_on(q, w, budget);
	q->prefers_claim = true;
	return true;
}

/*
 * The store has units that others need; or a data set has become due, which
 * it does not see by itself.
 */
static bool find_store_work(struct mailqueue *q, struct work *w,
	size_t selectable) REQUIRES(&q->lock)
{
	bool is_needed = budget_has_excess_locked(q)
		|| (q->runnable != NULL && q->granted > selectable);

	if (q->granted == 0)
		return false;
	if (is_needed && !q->is_recalled) {
		w->kind = WORK_RECALL;
		q->is_recalled = true;
		return true;
	}
	if (selectable == 0
		|| clock_monotonic_ns() - q->looked_ns < LOOK_MS * NS_PER_MS)
		return false;
	grant(q, w, 0);
	return true;
}

static bool take_claimed(struct mailqueue *q, struct work *w) REQUIRES(&q->lock)
{
	if (q->claimed.count == 0)
		return false;
	w->kind = WORK_BEGIN;
	w->claimed = q->claimed.head;
	q->claimed = (struct claimed_list){ NULL, NULL, 0 };
	return true;
}

/*
 * A unit that was on its way to the store when all of them were withdrawn
 * came there too late for that.
 */
static bool recall_late(struct mailqueue *q, struct work *w) REQUIRES(&q->lock)
{
	int64_t now_ns = clock_monotonic_ns();

	if (q->granted == 0 || now_ns - q->looked_ns < LOOK_MS * NS_PER_MS)
		return false;
	q->looked_ns = now_ns;
	w->kind = WORK_RECALL;
	return true;
}

/* What is left to do when all is to end. */
static bool find_end(struct mailqueue *q, struct work *w) REQUIRES(&q->lock)
{
	w->job = take_runnable(q);
	if (w->job != NULL) {
		w->kind = WORK_CUT;
		return true;
	}
	if (recall_late(q, w))
		return true;
	w->kind = WORK_END;
	return q->jobs == 0 && q->granted == 0;
}

/* What does not depend on budget. */
static bool find_duty(struct mailqueue *q, struct work *w) REQUIRES(&q->lock)
{
	if (q->back.count > 0) {
		w->kind = WORK_SETTLE;
		w->mails = q->back;
		q->back = (struct delivery_list){ NULL, NULL, 0 };
		return true;
	}
	if ((q->stalled.count > 0 || q->stalled_jobs != NULL)
		&& (q->is_stopping
			|| q->stalled_until_ns <= clock_monotonic_ns())) {
		w->kind = WORK_RECORD;
		w->mails = q->stalled;
		w->jobs = q->stalled_jobs;
		q->stalled = (struct delivery_list){ NULL, NULL, 0 };
		q->stalled_jobs = NULL;
		q->stalled_until_ns =
			clock_monotonic_ns() + RECORD_S * NS_PER_S;
		return true;
	}
	if (q->is_stalled && q->stalled_until_ns <= clock_monotonic_ns()) {
		q->is_stalled = false; /* nothing to repeat: just go on */
		q->is_paused = false;
		q->stalled_until_ns = 0;
	}
	if (take_claimed(q, w))
		return true;
	return q->is_stopping && find_end(q, w);
}

static int64_t sooner(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* The monotonic time for a wall time that may be far away. */
static int64_t monotonic_ns(int64_t wall_ns, int64_t now_ns)
{
	int64_t left_ns;

	if (wall_ns == INT64_MAX)
		return INT64_MAX;
	left_ns = wall_ns - clock_wall_ns();
	if (left_ns < NS_PER_MS)
		left_ns = NS_PER_MS;
	return left_ns > SLEEP_S * NS_PER_S ? INT64_MAX : now_ns + left_ns;
}

/*
 * When there may be something to do even if nothing arrives: what arrives
 * while all targets rest wakes nobody.
 */
static int64_t look_again_ns(struct mailqueue *q, int64_t next_due_ns)
	REQUIRES(&q->lock)
{
	int64_t now_ns = clock_monotonic_ns();
	int64_t until_ns = now_ns + SLEEP_S * NS_PER_S;
	int64_t wakes_ns;
	size_t i;

	until_ns = sooner(until_ns, monotonic_ns(next_due_ns, now_ns));
	if (q->is_stalled)
		until_ns = sooner(until_ns, q->stalled_until_ns);
	for (i = 0; i < q->target_count; i++) {
		wakes_ns = target_wakes_ns(&q->targets[i], now_ns);
		/* One that is awake and still unused waits for another
		 * event, not for the time. */
		if (wakes_ns > now_ns)
			until_ns = sooner(until_ns, wakes_ns);
	}
	return until_ns;
}

static bool look(struct mailqueue *q, struct work *w) REQUIRES(&q->lock)
{
	int64_t next_due_ns = INT64_MAX;
	size_t selectable;

	if (find_duty(q, w))
		return true;
	if (!q->is_stopping) {
		selectable = spool_selectable(
			q->spool, q->config->name, &next_due_ns);
		if (find_mail(q, w, selectable)
			|| find_store_work(q, w, selectable))
			return true;
		q->lacks_budget = selectable > 0 || q->runnable != NULL;
		balance_sessions_locked(q);
		if (q->back.count > 0)
			return false;
		next_due_ns = look_again_ns(q, next_due_ns);
		if (balance_has_patience_locked(q))
			next_due_ns = sooner(next_due_ns,
				clock_monotonic_ns() + WATCH_MS * NS_PER_MS);
		if (selectable > 0 && q->granted > 0)
			next_due_ns = sooner(next_due_ns,
				q->looked_ns + LOOK_MS * NS_PER_MS);
	} else if (q->granted > 0) {
		next_due_ns = q->looked_ns + LOOK_MS * NS_PER_MS;
	} else {
		next_due_ns = clock_monotonic_ns() + SLEEP_S * NS_PER_S;
	}
	q->waiting_readers++;
	(void)cond_wait_until(&q->readers, &q->lock, next_due_ns);
	q->waiting_readers--;
	q->is_reader_called = false;
	return false;
}

struct work work_next(struct mailqueue *q)
{
	struct work w = { .kind = WORK_END };

	mutex_lock(&q->lock);
	while (!look(q, &w))
		continue;
	mutex_unlock(&q->lock);
	return w;
}
