#include "mailqueue.h"

#include "balance.h"
#include "budget.h"
#include "clock.h"
#include "log.h"
#include "messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	STALL_S = 1,      /* before the store is asked again */
	CLAIMED_MANY = 8, /* more than one reader should begin alone */
};

/* ---- made and ended ---------------------------------------------- */

static int init_seats(struct mailqueue *q)
{
	size_t t, i;
	size_t next = 0;

	for (t = 0; t < q->target_count; t++)
		q->seat_count += q->config->targets[t].connect_limit;
	q->seats = calloc(q->seat_count, sizeof *q->seats);
	if (q->seats == NULL)
		return -ENOMEM;
	for (t = 0; t < q->target_count; t++)
		for (i = 0; i < q->config->targets[t].connect_limit; i++) {
			q->seats[next].target = (unsigned int)t;
			cond_init(&q->seats[next++].wake);
		}
	return 0;
}

int mailqueue_init(struct mailqueue *q, const struct writer_config *config,
	const char *host, struct spool *spool)
{
	size_t t;
	int err;

	*q = (struct mailqueue){ .config = config,
		.spool = spool,
		.target_count = config->target_count };
	err = input_rules_init(&q->rules, &config->input, &config->header);
	if (err != 0)
		return err;
	q->job_rules = (struct job_rules){ &q->rules, host };
	err = init_seats(q);
	if (err != 0) {
		input_rules_fini(&q->rules);
		return err;
	}
	mutex_init(&q->lock, RANK_FORWARDER);
	cond_init(&q->readers);
	cond_init(&q->ended);
	mutex_lock(&q->lock);
	q->seed = (unsigned int)clock_wall_ns();
	for (t = 0; t < q->target_count; t++)
		target_init(&q->targets[t], &config->targets[t],
			config->timeout.connect_retry_s);
	mutex_unlock(&q->lock);
	return 0;
}

void mailqueue_fini(struct mailqueue *q)
{
	size_t i;

	for (i = 0; i < q->seat_count; i++)
		cond_fini(&q->seats[i].wake);
	free(q->seats);
	input_rules_fini(&q->rules);
	mutex_lock(&q->lock);
	retry_fini(&q->retry);
	mutex_unlock(&q->lock);
	cond_fini(&q->readers);
	cond_fini(&q->ended);
	mutex_fini(&q->lock);
}

void mailqueue_stop(struct mailqueue *q)
{
	size_t i;

	mutex_lock(&q->lock);
	q->is_stopping = true;
	for (i = 0; i < q->target_count; i++)
		q->targets[i].state = TARGET_DRAINING;
	balance_all_locked(q);
	for (i = 0; i < q->seat_count; i++)
		cond_signal(&q->seats[i].wake);
	cond_broadcast(&q->readers);
	mutex_unlock(&q->lock);
}

/* ---- budget and mails -------------------------------------------- */

static void wake_reader(struct mailqueue *q) REQUIRES(&q->lock)
{
	if (q->waiting_readers == 0 || q->is_reader_called)
		return;
	q->is_reader_called = true;
	cond_signal(&q->readers);
}

/*
 * A reader at work looks again before it sleeps, and takes along what has
 * come meanwhile: one commit for many. Another is woken when a whole round
 * of the sessions is free, and none for less than a quarter of a round
 * unless a session is without work.
 */
static void wake_for_budget(struct mailqueue *q) REQUIRES(&q->lock)
{
	size_t budget = budget_left_locked(q);
	bool is_worth_it = q->reader_count > q->waiting_readers
		? budget >= q->open
		: q->idle > 0 || budget >= (q->open + 3) / 4;

	if (budget > 0 && is_worth_it)
		wake_reader(q);
}

static bool may_open_session(struct mailqueue *q) REQUIRES(&q->lock)
{
	int64_t now_ns = clock_monotonic_ns();
	size_t i;

	for (i = 0; i < q->target_count; i++)
		if (target_may_open(&q->targets[i], now_ns))
			return true;
	return false;
}

/*
 * Called for every data set that is closed: the reader it wakes looks
 * whether there is a session for it, or one to be opened.
 */
void mailqueue_arrived(struct mailqueue *q)
{
	mutex_lock(&q->lock);
	q->lacks_budget = true;
	wake_for_budget(q);
	if (q->reader_count == q->waiting_readers && may_open_session(q))
		wake_reader(q);
	mutex_unlock(&q->lock);
}

/* It is decided: a reader tells the store. */
static void give_to_reader(struct mailqueue *q, struct delivery *d)
	REQUIRES(&q->lock)
{
	deliveries_append(&q->back, d);
	wake_reader(q);
}

void mailqueue_return(
	struct mailqueue *q, struct delivery *d, int64_t next_try_ns)
{
	mutex_lock(&q->lock);
	q->claiming--;
	balance_return_locked(q, d, next_try_ns);
	give_to_reader(q, d);
	mutex_unlock(&q->lock);
}

void mailqueue_push(struct mailqueue *q, struct delivery *d)
{
	bool is_served;

	mutex_lock(&q->lock);
	q->claiming--;
	if (d->is_refused) {
		balance_end_pass_locked(q, d);
		give_to_reader(q, d);
		mutex_unlock(&q->lock);
		return;
	}
	is_served = balance_is_served_locked(q, d);
	balance_place_locked(q, d, false);
	if (!is_served)
		balance_all_locked(q);
	/* somebody has to see to it that it does not wait for long */
	else if (q->reader_count == q->waiting_readers && q->ready.count == 1
		&& balance_has_patience_locked(q))
		wake_reader(q);
	mutex_unlock(&q->lock);
}

static void pause_sending(struct mailqueue *q, int err) REQUIRES(&q->lock)
{
	q->stall_error = err;
	q->is_stalled = true;
	q->stalled_until_ns = clock_monotonic_ns() + STALL_S * NS_PER_S;
	wake_reader(q);
}

/* Units for the store to claim with; the caller grants them. */
static size_t take_grant(struct mailqueue *q) REQUIRES(&q->lock)
{
	size_t units = budget_grantable_locked(q);

	if (q->runnable != NULL) /* these come first, by way of a reader */
		return 0;
	q->in_use += units;
	q->granted += units;
	q->is_recalled = q->is_recalled && units == 0;
	return units;
}

bool mailqueue_claimed(struct mailqueue *q, const struct store_claim *claim)
{
	struct claimed *c = malloc(sizeof *c);

	if (c != NULL)
		*c = (struct claimed){ NULL, *claim };
	mutex_lock(&q->lock);
	q->granted--;
	if (c == NULL) {
		q->in_use--;
	} else {
		q->claiming++;
		if (q->claimed.tail != NULL)
			q->claimed.tail->next = c;
		else
			q->claimed.head = c;
		q->claimed.tail = c;
		q->claimed.count++;
	}
	/* a reader at work takes a few more before it sleeps */
	if (q->reader_count == q->waiting_readers
		|| q->claimed.count >= CLAIMED_MANY)
		wake_reader(q);
	mutex_unlock(&q->lock);
	return c != NULL;
}

void mailqueue_take_back(struct mailqueue *q, size_t units, int err)
{
	if (err != 0)
		log_error(MSG_NOT_SELECTED, q->config->name,
			strerrordesc_np(-err));
	mutex_lock(&q->lock);
	q->granted -= units;
	q->in_use -= units;
	if (err != 0)
		pause_sending(q, err);
	/* All of them wait for the last unit to end. */
	if (q->is_stopping)
		cond_broadcast(&q->readers);
	else
		wake_reader(q);
	mutex_unlock(&q->lock);
}

bool mailqueue_pass(struct mailqueue *q)
{
	bool passes;

	mutex_lock(&q->lock);
	passes = q->runnable == NULL && budget_may_pass_locked(q);
	if (passes)
		q->granted++;
	mutex_unlock(&q->lock);
	return passes;
}

void mailqueue_keep(struct mailqueue *q)
{
	mutex_lock(&q->lock);
	q->granted--;
	mutex_unlock(&q->lock);
}

void mailqueue_return_units(struct mailqueue *q, size_t units)
{
	if (units == 0)
		return;
	mutex_lock(&q->lock);
	q->claiming -= units;
	q->in_use -= units;
	if (q->lacks_budget || q->is_stopping)
		wake_reader(q);
	mutex_unlock(&q->lock);
}

void mailqueue_release(struct mailqueue *q)
{
	size_t units;

	mutex_lock(&q->lock);
	q->in_use--;
	units = take_grant(q);
	if (q->lacks_budget)
		wake_for_budget(q);
	mutex_unlock(&q->lock);
	if (units > 0)
		spool_grant(q->spool, q->config->name, units);
}

bool mailqueue_recorded(struct mailqueue *q)
{
	bool was_stalled;

	mutex_lock(&q->lock);
	/* A pause is over when its time is: what was recorded mends nothing. */
	was_stalled = q->is_stalled && !q->is_paused;
	if (was_stalled) {
		q->is_stalled = false;
		q->stalled_until_ns = 0;
		balance_all_locked(q);
	}
	mutex_unlock(&q->lock);
	return was_stalled;
}

void mailqueue_prefer(
	struct mailqueue *q, uint64_t number, uint32_t mail, int target)
{
	mutex_lock(&q->lock);
	q->preferences[q->next_preference] =
		(struct preference){ number, mail, target };
	q->next_preference = (q->next_preference + 1) % PREFERENCES;
	mutex_unlock(&q->lock);
}

int mailqueue_preferred(struct mailqueue *q, uint64_t number, uint32_t mail)
{
	int target = DELIVERY_NO_TARGET;
	size_t i;

	mutex_lock(&q->lock);
	for (i = 0; i < PREFERENCES; i++)
		if (q->preferences[i].number == number
			&& q->preferences[i].mail == mail)
			target = q->preferences[i].target;
	mutex_unlock(&q->lock);
	return target;
}

void mailqueue_leave_retry(struct mailqueue *q, uint64_t number)
{
	mutex_lock(&q->lock);
	retry_leave(&q->retry, number);
	mutex_unlock(&q->lock);
}

void mailqueue_run(struct mailqueue *q, struct job *j)
{
	j->next = NULL;
	mutex_lock(&q->lock);
	if (q->runnable_tail != NULL)
		q->runnable_tail->next = j;
	else
		q->runnable = j;
	q->runnable_tail = j;
	q->runnable_count++;
	wake_reader(q);
	mutex_unlock(&q->lock);
}

void mailqueue_reader_began(struct mailqueue *q)
{
	mutex_lock(&q->lock);
	q->reader_count++;
	mutex_unlock(&q->lock);
}

void mailqueue_reader_ended(struct mailqueue *q)
{
	mutex_lock(&q->lock);
	q->reader_count--;
	mutex_unlock(&q->lock);
}

void mailqueue_sender_began(struct mailqueue *q)
{
	mutex_lock(&q->lock);
	q->senders++;
	mutex_unlock(&q->lock);
}

void mailqueue_sender_ended(struct mailqueue *q)
{
	mutex_lock(&q->lock);
	q->senders--;
	cond_signal(&q->ended);
	mutex_unlock(&q->lock);
}

void mailqueue_wait_senders(struct mailqueue *q, int64_t deadline_ns)
{
	mutex_lock(&q->lock);
	while (q->senders > 0)
		if (!cond_wait_until(&q->ended, &q->lock, deadline_ns))
			break;
	mutex_unlock(&q->lock);
}

void mailqueue_job_began(struct mailqueue *q)
{
	mutex_lock(&q->lock);
	q->jobs++;
	mutex_unlock(&q->lock);
}

void mailqueue_job_gone(struct mailqueue *q)
{
	mutex_lock(&q->lock);
	q->jobs--;
	if (q->is_stopping && q->jobs == 0)
		cond_broadcast(&q->readers);
	else if (budget_jobs_left_locked(q) == 1)
		wake_reader(q); /* it may have waited for nothing else */
	mutex_unlock(&q->lock);
}

void mailqueue_pause(struct mailqueue *q, int err)
{
	mutex_lock(&q->lock);
	pause_sending(q, err);
	q->is_paused = true;
	mutex_unlock(&q->lock);
}

bool mailqueue_stall(
	struct mailqueue *q, struct delivery *d, struct job *j, int err)
{
	bool is_kept;

	mutex_lock(&q->lock);
	is_kept = !q->is_stopping;
	if (is_kept && d != NULL) {
		deliveries_append(&q->stalled, d);
	} else if (is_kept) {
		j->next = q->stalled_jobs;
		q->stalled_jobs = j;
	}
	if (is_kept)
		pause_sending(q, err);
	mutex_unlock(&q->lock);
	return is_kept;
}
