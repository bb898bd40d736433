#include "balance.h"

#include "budget.h"
#include "clock.h"

enum {
	/* Before a mail that only a resting target takes is looked at again. */
	UNFIT_PAUSE_S = 5,
	LOAD_SCALE = 1000,
	PATIENCE_MS = 5, /* before an idle session is woken all the same */
	BEHIND_MAX = 4,  /* mails that wait for one busy session */
};

/* ---- which target may have a mail -------------------------------- */

static bool is_tried(const struct delivery *d, size_t target)
{
	return (d->tried >> target & 1) != 0;
}

static bool fits(struct mailqueue *q, const struct delivery *d, size_t target,
	int64_t now_ns) REQUIRES(&q->lock)
{
	const struct target *t = &q->targets[target];
	size_t preferred = (size_t)d->preferred;

	if (is_tried(d, target) || !target_is_usable(t, now_ns)
		|| !target_fits(t, d->mail))
		return false;
	/* What one target may have got is not given to another. */
	return d->preferred == DELIVERY_NO_TARGET || preferred == target
		|| is_tried(d, preferred)
		|| !target_is_usable(&q->targets[preferred], now_ns);
}

static uint32_t load(uint32_t sessions, uint32_t limit)
{
	return limit == 0 ? UINT32_MAX : sessions * LOAD_SCALE / limit;
}

int64_t balance_wall_ns(int64_t monotonic_ns)
{
	if (monotonic_ns == INT64_MAX)
		return INT64_MAX;
	return clock_wall_ns() + (monotonic_ns - clock_monotonic_ns());
}

/* ---- mails to sessions ------------------------------------------- */

/*
 * The busy sessions of a quick target take a few more mails each, behind their
 * own: that takes less of the machine than to wake one that sleeps, and the
 * next envelope goes with the dot. Few, so that none waits for long.
 */
static bool is_soon_taken(struct mailqueue *q, const struct delivery *d,
	const uint32_t *busy, int64_t now_ns) REQUIRES(&q->lock)
{
	size_t takers = 0;
	size_t i;

	if (d->waits_since_ns != 0
		&& now_ns - d->waits_since_ns >= PATIENCE_MS * NS_PER_MS)
		return false;
	for (i = 0; i < q->target_count; i++) {
		if (q->targets[i].open == 0 || !fits(q, d, i, now_ns))
			continue;
		if (busy[i] == 0) /* targets share the mail */
			return false;
		if (target_is_quick(&q->targets[i]))
			takers += busy[i] * BEHIND_MAX;
	}
	return q->ready.count < takers;
}

bool balance_has_patience_locked(struct mailqueue *q)
{
	return q->ready.count > 0 && q->idle > 0;
}

/* The least loaded target; of its sessions the one used last. */
static struct sender_seat *pick_seat(
	struct mailqueue *q, const struct delivery *d) REQUIRES(&q->lock)
{
	uint32_t busy[CONFIG_TARGETS_MAX] = { 0 };
	struct sender_seat *best = NULL;
	int64_t now_ns = clock_monotonic_ns();
	uint32_t best_load = 0;
	size_t i;

	if (q->idle == 0)
		return NULL;
	for (i = 0; i < q->seat_count; i++)
		busy[q->seats[i].target] += q->seats[i].state == SENDER_BUSY;
	if (is_soon_taken(q, d, busy, now_ns))
		return NULL;
	for (i = 0; i < q->seat_count; i++) {
		struct sender_seat *seat = &q->seats[i];
		uint32_t its_load = load(busy[seat->target],
			q->config->targets[seat->target].connect_limit);

		if (seat->state != SENDER_IDLE
			|| !fits(q, d, seat->target, now_ns))
			continue;
		if (best == NULL || its_load < best_load
			|| (seat->target == best->target
				&& seat->idle_since_ns > best->idle_since_ns)) {
			best = seat;
			best_load = its_load;
		}
	}
	return best;
}

void balance_place_locked(
	struct mailqueue *q, struct delivery *d, bool is_first)
{
	struct sender_seat *seat = NULL;

	if (!q->is_stopping && !q->is_stalled)
		seat = pick_seat(q, d);
	if (seat != NULL) {
		seat->mail = d;
		seat->state = SENDER_BUSY;
		q->idle--;
		cond_signal(&seat->wake);
		return;
	}
	if (d->waits_since_ns == 0)
		d->waits_since_ns = clock_monotonic_ns();
	if (is_first)
		deliveries_prepend(&q->ready, d);
	else
		deliveries_append(&q->ready, d);
}

struct delivery *balance_take_locked(struct mailqueue *q, unsigned int target)
{
	struct delivery_list left = { NULL, NULL, 0 };
	struct delivery *taken = NULL;
	int64_t now_ns = clock_monotonic_ns();
	struct delivery *d;

	if (q->is_stopping || q->is_stalled)
		return NULL;
	while ((d = deliveries_take(&q->ready)) != NULL) {
		if (taken == NULL && fits(q, d, target, now_ns))
			taken = d;
		else
			deliveries_append(&left, d);
	}
	q->ready = left;
	return taken;
}

static void hand_over(struct mailqueue *q) REQUIRES(&q->lock)
{
	struct delivery_list waiting = q->ready;
	struct delivery *d;

	q->ready = (struct delivery_list){ NULL, NULL, 0 };
	while ((d = deliveries_take(&waiting)) != NULL)
		balance_place_locked(q, d, false);
}

/* ---- mails nobody can take --------------------------------------- */

/* The earliest wall time at which a target that fits may be asked. */
static int64_t wakes_ns(struct mailqueue *q, const struct delivery *d,
	int64_t now_ns) REQUIRES(&q->lock)
{
	int64_t earliest_ns = INT64_MAX;
	size_t i;

	for (i = 0; i < q->target_count; i++) {
		int64_t wakes = target_wakes_ns(&q->targets[i], now_ns);

		if (target_fits(&q->targets[i], d->mail) && wakes < earliest_ns)
			earliest_ns = wakes;
	}
	return earliest_ns;
}

static const char *common_obstacle(
	struct mailqueue *q, const struct delivery *d) REQUIRES(&q->lock)
{
	const char *obstacle = "";
	size_t i;

	for (i = 0; i < q->target_count; i++) {
		obstacle = target_obstacle(&q->targets[i], d->mail);
		if (obstacle[0] == '\0')
			return NULL;
	}
	return obstacle;
}

static bool any_is_usable(struct mailqueue *q, int64_t now_ns)
	REQUIRES(&q->lock)
{
	size_t i;

	for (i = 0; i < q->target_count; i++)
		if (target_is_usable(&q->targets[i], now_ns))
			return true;
	return false;
}

/* A mail waits in long retry from its settlement to its next claim. */
static void note_waiting(struct mailqueue *q, const struct delivery *d)
	REQUIRES(&q->lock)
{
	if (d->kind == STORE_MARK_DEFERRED && d->tries > 0)
		retry_enter(&q->retry, d->job->number);
}

void balance_return_locked(
	struct mailqueue *q, struct delivery *d, int64_t next_try_ns)
{
	delivery_return(d, next_try_ns);
	note_waiting(q, d);
}

/*
 * While no target is usable a mail goes back as if nothing had been tried.
 * Where others are, it must not be claimed again at once.
 */
static void return_mail(struct mailqueue *q, struct delivery *d, int64_t now_ns)
	REQUIRES(&q->lock)
{
	int64_t earliest_ns = clock_wall_ns() + UNFIT_PAUSE_S * NS_PER_S;
	int64_t wakes;

	if (q->is_stopping || !any_is_usable(q, now_ns)) {
		balance_return_locked(q, d, 0);
		return;
	}
	wakes = wakes_ns(q, d, now_ns);
	if (wakes != INT64_MAX && balance_wall_ns(wakes) > earliest_ns)
		earliest_ns = balance_wall_ns(wakes);
	balance_return_locked(q, d, earliest_ns);
}

static void account(struct mailqueue *q, const struct delivery *d,
	const struct delivery_verdict *verdict) REQUIRES(&q->lock)
{
	if (verdict->entered_retry)
		q->total_retry++;
	note_waiting(q, d);
	if (d->kind == STORE_MARK_DELIVERED)
		q->mail_sent++;
	else if (d->kind == STORE_MARK_FAILED)
		q->undeliver++;
}

/* A target that was not asked may take it once it has rested. */
static bool has_resting_taker(struct mailqueue *q, const struct delivery *d)
	REQUIRES(&q->lock)
{
	size_t i;

	for (i = 0; i < q->target_count; i++)
		if (!is_tried(d, i) && target_fits(&q->targets[i], d->mail))
			return true;
	return false;
}

void balance_end_pass_locked(struct mailqueue *q, struct delivery *d)
{
	struct delivery_verdict verdict;
	int64_t now_ns = clock_monotonic_ns();
	int64_t not_before_ns = 0;
	int64_t wakes;

	/* Those that were not part of the trouble go first. */
	if (!d->is_counted) {
		wakes = wakes_ns(q, d, now_ns);
		if (wakes != INT64_MAX)
			not_before_ns = balance_wall_ns(wakes)
				+ q->config->retry_interval_min * 60 * NS_PER_S;
	}
	if (has_resting_taker(q, d))
		delivery_spare(d);
	verdict = delivery_decide(d, q->config, clock_wall_ns(), not_before_ns);
	account(q, d, &verdict);
}

/* Decides d, which waits although no target can be asked. */
static void give_back(struct mailqueue *q, struct delivery *d, int64_t now_ns)
	REQUIRES(&q->lock)
{
	const char *obstacle = common_obstacle(q, d);

	if (obstacle != NULL)
		delivery_refuse(d, obstacle);
	if (obstacle != NULL || (d->tried != 0 && !q->is_stopping))
		balance_end_pass_locked(q, d);
	else
		return_mail(q, d, now_ns);
	deliveries_append(&q->back, d);
}

bool balance_has_taker_locked(struct mailqueue *q, const struct delivery *d)
{
	int64_t now_ns = clock_monotonic_ns();
	size_t i;

	for (i = 0; i < q->target_count; i++)
		if (fits(q, d, i, now_ns))
			return true;
	return false;
}

bool balance_is_served_locked(struct mailqueue *q, const struct delivery *d)
{
	int64_t now_ns = clock_monotonic_ns();
	size_t i;

	for (i = 0; i < q->target_count; i++)
		if (q->targets[i].open > 0 && fits(q, d, i, now_ns))
			return true;
	return false;
}

static void drop_unservable(struct mailqueue *q, int64_t now_ns)
	REQUIRES(&q->lock)
{
	struct delivery_list waiting = q->ready;
	struct delivery *d;

	q->ready = (struct delivery_list){ NULL, NULL, 0 };
	while ((d = deliveries_take(&waiting)) != NULL) {
		if (q->is_stopping || !balance_has_taker_locked(q, d))
			give_back(q, d, now_ns);
		else
			deliveries_append(&q->ready, d);
	}
}

/*
 * Sessions that ended leave more claimed than their share: the last ones
 * come back to the spool.
 */
static void shed_excess(struct mailqueue *q) REQUIRES(&q->lock)
{
	size_t most = BUDGET_PER_SESSION * (q->open + q->opening);
	struct delivery_list kept = { NULL, NULL, 0 };
	struct delivery *d;
	size_t claimed = q->in_use - q->granted;
	size_t excess;

	if (claimed <= most + q->back.count || q->is_stalled)
		return;
	excess = claimed - most - q->back.count;
	while ((d = deliveries_take(&q->ready)) != NULL) {
		if (q->ready.count + 1 > excess) {
			deliveries_append(&kept, d);
			continue;
		}
		balance_return_locked(q, d, 0);
		deliveries_append(&q->back, d);
	}
	q->ready = kept;
}

/* ---- sessions ---------------------------------------------------- */

static struct sender_seat *find_asleep(struct mailqueue *q, size_t target)
	REQUIRES(&q->lock)
{
	size_t i;

	for (i = 0; i < q->seat_count; i++)
		if (q->seats[i].target == target
			&& q->seats[i].state == SENDER_ASLEEP)
			return &q->seats[i];
	return NULL;
}

/* Opens a session to the least loaded target that may have d; or any. */
static bool open_session(struct mailqueue *q, const struct delivery *d,
	int64_t now_ns) REQUIRES(&q->lock)
{
	struct sender_seat *best = NULL;
	uint32_t best_load = 0;
	size_t i;

	if (q->config->is_test)
		return false;
	for (i = 0; i < q->target_count; i++) {
		const struct target *t = &q->targets[i];
		uint32_t its_load =
			load(t->open + t->opening, t->config->connect_limit);
		struct sender_seat *seat;

		if (!target_may_open(t, now_ns)
			|| (d != NULL && !fits(q, d, i, now_ns))
			|| (best != NULL && its_load >= best_load))
			continue;
		seat = find_asleep(q, i);
		if (seat != NULL) {
			best = seat;
			best_load = its_load;
		}
	}
	if (best == NULL)
		return false;
	best->state = SENDER_OPENING;
	target_begin_open(&q->targets[best->target]);
	q->opening++;
	cond_signal(&best->wake);
	return true;
}

static bool has_idle_taker(struct mailqueue *q, const struct delivery *d,
	int64_t now_ns) REQUIRES(&q->lock)
{
	size_t i;

	for (i = 0; i < q->seat_count && q->idle > 0; i++)
		if (q->seats[i].state == SENDER_IDLE
			&& fits(q, d, q->seats[i].target, now_ns))
			return true;
	return false;
}

/* Opening sessions that d may wait for, each for one mail. */
static bool waits_for_opening(struct mailqueue *q, const struct delivery *d,
	uint32_t *unclaimed, int64_t now_ns) REQUIRES(&q->lock)
{
	size_t i;

	for (i = 0; i < q->target_count; i++)
		if (unclaimed[i] > 0 && fits(q, d, i, now_ns)) {
			unclaimed[i]--;
			return true;
		}
	return false;
}

size_t balance_demand_locked(struct mailqueue *q, int64_t *next_due_ns)
{
	return q->ready.count + q->claimed.count + q->runnable_count
		+ spool_selectable(q->spool, q->config->name, next_due_ns);
}

static void open_sessions(struct mailqueue *q, int64_t now_ns)
	REQUIRES(&q->lock)
{
	uint32_t unclaimed[CONFIG_TARGETS_MAX] = { 0 };
	const struct delivery *d;
	int64_t next_due_ns;
	size_t coming = 0;
	size_t wanted, i;

	if (q->open + q->opening >= q->seat_count || q->is_stalled)
		return;
	for (i = 0; i < q->target_count; i++)
		unclaimed[i] = q->targets[i].opening;
	for (d = q->ready.head; d != NULL; d = d->next)
		if (!has_idle_taker(q, d, now_ns)
			&& !waits_for_opening(q, d, unclaimed, now_ns))
			(void)open_session(q, d, now_ns);

	for (i = 0; i < q->target_count; i++)
		coming += unclaimed[i];
	wanted = balance_demand_locked(q, &next_due_ns) - q->ready.count;
	while (wanted > q->idle + coming && open_session(q, NULL, now_ns))
		coming++;
}

void balance_sessions_locked(struct mailqueue *q)
{
	int64_t now_ns = clock_monotonic_ns();

	if (q->ready.count > 0) {
		hand_over(q);
		drop_unservable(q, now_ns);
	}
	if (!q->is_stopping)
		open_sessions(q, now_ns);
	if (q->ready.count > 0)
		shed_excess(q);
}

void balance_all_locked(struct mailqueue *q)
{
	balance_sessions_locked(q);
	if (q->waiting_readers > 0
		&& (q->back.count > 0 || budget_left_locked(q) > 0
			|| budget_has_excess_locked(q)))
		cond_signal(&q->readers);
}
