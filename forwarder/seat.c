#include "seat.h"

#include "balance.h"
#include "budget.h"
#include "clock.h"
#include "log.h"
#include "messages.h"

#include <stdlib.h>
#include <string.h>

enum {
	SLEEP_S = 30,       /* a wait's longest */
	IDLE_LOOK_MS = 100, /* mail is known, but none came here yet */
};

/* What is to be said about a target once the lock is released. */
struct news {
	bool is_new;
	enum target_state state;
	int64_t rest_ns;
	char name[TARGET_NAME_MAX];
	char said[REASON_MAX + 1];
};

static void note_news(const struct target *t, bool is_new, struct news *news)
{
	news->is_new = is_new;
	if (!is_new)
		return;
	news->state = t->state;
	news->rest_ns = t->until_ns - clock_monotonic_ns();
	memcpy(news->name, t->name, sizeof news->name);
	memcpy(news->said, t->last_error, sizeof news->said);
}

static void tell_news(const struct news *news)
{
	int seconds;

	if (!news->is_new)
		return;
	seconds = (int)(news->rest_ns / NS_PER_S);
	if (news->state == TARGET_BACKOFF)
		log_warning(MSG_TARGET_RESTS, news->name, seconds, news->said);
	else if (news->state == TARGET_SUSPENDED)
		log_error(
			MSG_TARGET_SUSPENDED, news->name, seconds, news->said);
	else
		log_event(MSG_TARGET_ACTIVE, news->name);
}

/* ---- what to do next --------------------------------------------- */

static bool is_idle_over(struct mailqueue *q, const struct sender_seat *seat,
	int64_t now_ns) REQUIRES(&q->lock)
{
	int64_t idle_ns = (int64_t)q->config->timeout.connect_idle_s * NS_PER_S;
	int64_t next_due_ns;

	if (q->is_stopping
		|| !target_is_usable(&q->targets[seat->target], now_ns))
		return true;
	return now_ns - seat->idle_since_ns >= idle_ns && q->claiming == 0
		&& balance_demand_locked(q, &next_due_ns) == 0;
}

static void wait_idle(struct mailqueue *q, struct sender_seat *seat,
	int64_t now_ns) REQUIRES(&q->lock)
{
	int64_t until_ns = seat->idle_since_ns
		+ (int64_t)q->config->timeout.connect_idle_s * NS_PER_S;

	if (until_ns <= now_ns)
		until_ns = now_ns + IDLE_LOOK_MS * NS_PER_MS;
	(void)cond_wait_until(&seat->wake, &q->lock, until_ns);
}

static void drop_session(struct mailqueue *q, struct sender_seat *seat)
	REQUIRES(&q->lock)
{
	q->open--;
	q->targets[seat->target].open--;
	seat->state = SENDER_CLOSING;
}

/* A session without a mail takes one, waits for one, or ends. */
static bool next_idle(struct mailqueue *q, struct sender_seat *seat,
	enum seat_order *order) REQUIRES(&q->lock)
{
	int64_t now_ns = clock_monotonic_ns();

	seat->mail = balance_take_locked(q, seat->target);
	if (seat->mail != NULL) {
		seat->state = SENDER_BUSY;
		q->idle--;
		return false;
	}
	if (is_idle_over(q, seat, now_ns)) {
		q->idle--;
		drop_session(q, seat);
		*order = SEAT_QUIT;
		return true;
	}
	wait_idle(q, seat, now_ns);
	return false;
}

/* Nothing more of its data set is to be sent: it is damaged, or lost. */
static bool is_void(const struct delivery *d)
{
	return atomic_load(&d->job->is_void);
}

static void take_mail(struct mailqueue *q, struct sender_seat *seat,
	struct seat_task *task) REQUIRES(&q->lock)
{
	task->mail = seat->mail;
	seat->began_ns = clock_monotonic_ns();
	task->idle_ns = seat->began_ns - seat->idle_since_ns;
	seat->mail = NULL;
	seat->idle_since_ns = INT64_MAX;
	if (is_void(task->mail)) {
		balance_return_locked(q, task->mail, 0);
		task->order = SEAT_RETURN;
		return;
	}
	q->targets[seat->target].mail_attempts++;
	delivery_begin(task->mail, seat->target);
	task->order = SEAT_SEND;
}

/* The mail before is done. */
static void become_idle(struct mailqueue *q, struct sender_seat *seat)
	REQUIRES(&q->lock)
{
	seat->state = SENDER_IDLE;
	seat->idle_since_ns = clock_monotonic_ns();
	q->idle++;
	/* the last unit that came back may have been too little to wake one */
	if (q->runnable != NULL && budget_left_locked(q) > 0)
		cond_signal(&q->readers);
}

/* Returns true with a task; false to look again. */
static bool look(struct mailqueue *q, struct sender_seat *seat,
	struct seat_task *task) REQUIRES(&q->lock)
{
	switch (seat->state) {
	case SENDER_OPENING:
		task->order = SEAT_OPEN;
		return true;
	case SENDER_BUSY:
		if (seat->mail == NULL) {
			become_idle(q, seat);
			return false;
		}
		take_mail(q, seat, task);
		return true;
	case SENDER_IDLE:
		return next_idle(q, seat, &task->order);
	case SENDER_CLOSING:
		seat->state = SENDER_ASLEEP;
		balance_all_locked(q);
		return false;
	case SENDER_ASLEEP:
		break;
	}
	task->order = SEAT_END;
	if (q->is_stopping)
		return true;
	(void)cond_wait_until(&seat->wake, &q->lock,
		clock_monotonic_ns() + SLEEP_S * NS_PER_S);
	return false;
}

struct seat_task seat_next(struct mailqueue *q, struct sender_seat *seat)
{
	struct seat_task task = { .order = SEAT_END };

	mutex_lock(&q->lock);
	while (!look(q, seat, &task))
		continue;
	mutex_unlock(&q->lock);
	return task;
}

/* ---- sessions ---------------------------------------------------- */

void seat_opened(
	struct mailqueue *q, struct sender_seat *seat, const struct session *s)
{
	const struct target_facts facts = { .is_esmtp = s->is_esmtp,
		.offers_starttls = s->offers.starttls,
		.takes_8bit = s->offers.eight_bit_mime,
		.has_size = s->offers.has_size,
		.size = s->offers.size };
	struct target *t = &q->targets[seat->target];
	struct news news = { .is_new = false };

	mutex_lock(&q->lock);
	note_news(t, target_opened(t, &facts), &news);
	q->opening--;
	q->open++;
	q->idle++;
	seat->state = SENDER_IDLE;
	seat->idle_since_ns = clock_monotonic_ns();
	balance_all_locked(q);
	mutex_unlock(&q->lock);
	tell_news(&news);
}

static bool take_effects(struct mailqueue *q, struct target *t,
	unsigned int effects, const char *said) REQUIRES(&q->lock)
{
	int64_t now_ns = clock_monotonic_ns();
	double dice = (double)rand_r(&q->seed) / RAND_MAX;

	/* A reader sleeps until the next target may be asked: that changes. */
	cond_signal(&q->readers);
	if ((effects & EFFECT_SUSPEND) != 0)
		return target_suspend(t, said, now_ns);
	return target_failed(t, said, now_ns, dice);
}

void seat_failed(struct mailqueue *q, struct sender_seat *seat,
	unsigned int effects, const char *said)
{
	struct target *t = &q->targets[seat->target];
	struct news news = { .is_new = false };

	mutex_lock(&q->lock);
	q->opening--;
	t->opening--;
	t->connect_fail++;
	seat->state = SENDER_ASLEEP;
	note_news(t, take_effects(q, t, effects, said), &news);
	balance_all_locked(q);
	mutex_unlock(&q->lock);
	tell_news(&news);
}

bool seat_is_only(struct mailqueue *q, const struct sender_seat *seat)
{
	const struct target *t = &q->targets[seat->target];
	uint32_t own;
	bool is_only;

	mutex_lock(&q->lock);
	own = seat->state == SENDER_BUSY ? 1 : 0;
	is_only = t->open <= own;
	mutex_unlock(&q->lock);
	return is_only;
}

/* ---- mails ------------------------------------------------------- */

/*
 * What the mail's try says about the target, and whether it costs the mail
 * one: not where the target has shown no sign of life since its last rest.
 * Then it is an outage, and no mail is given up for that.
 */
static bool judge_target(struct mailqueue *q, struct target *t,
	struct delivery *d, const struct transaction_report *report)
	REQUIRES(&q->lock)
{
	unsigned int effects = report->effects;
	bool has_worked = t->has_worked;

	if (report->delivered > 0)
		t->mail_sent++;
	if (report->read_error != 0 || report->was_stopped)
		return false;
	if (report->is_untried) {
		t->connect_fail++;
		return take_effects(q, t, effects, report->said);
	}
	if (report->is_lost && target_lost(t))
		effects |= EFFECT_BACKOFF;
	if ((effects & EFFECT_SUSPEND) != 0)
		return take_effects(q, t, effects, report->said);
	d->is_counted |= has_worked;
	if ((effects & EFFECT_BACKOFF) != 0)
		return take_effects(q, t, effects, report->said);
	if (report->is_lost)
		return false;
	d->is_counted = true;
	return target_worked(t);
}

/* Another target is asked, or the pass is over: returns true. */
static bool end_try(struct mailqueue *q, const struct sender_seat *seat,
	struct delivery *d, const struct transaction_report *report)
	REQUIRES(&q->lock)
{
	if (report->read_error != 0
		|| (report->was_stopped && !d->is_uncertain)) {
		balance_return_locked(q, d, 0);
		return true;
	}
	if (report->is_untried) {
		d->tried &= ~(1U << seat->target);
		balance_place_locked(q, d, true);
		return false;
	}
	if (delivery_undecided(d) > 0 && !q->is_stopping
		&& balance_has_taker_locked(q, d)) {
		balance_place_locked(q, d, true);
		return false;
	}
	balance_end_pass_locked(q, d);
	return true;
}

/* Mail is waiting, so the session that ended is followed by another. */
static void open_again(struct mailqueue *q, struct sender_seat *seat)
	REQUIRES(&q->lock)
{
	struct target *t = &q->targets[seat->target];
	int64_t next_due_ns;

	if (q->is_stopping || !target_may_open(t, clock_monotonic_ns())
		|| balance_demand_locked(q, &next_due_ns) == 0)
		return;
	seat->state = SENDER_OPENING;
	target_begin_open(t);
	q->opening++;
}

bool seat_sent(struct mailqueue *q, struct sender_seat *seat,
	struct delivery *d, const struct transaction_report *report,
	bool is_over)
{
	struct target *t = &q->targets[seat->target];
	int64_t now_ns = clock_monotonic_ns();
	bool is_decided;
	struct news news = { .is_new = false };

	mutex_lock(&q->lock);
	target_note_pace(t, now_ns - seat->began_ns);
	seat->began_ns = now_ns; /* of the mail behind it, if there is one */
	if (is_over)
		drop_session(q, seat);
	note_news(t, judge_target(q, t, d, report), &news);
	is_decided = end_try(q, seat, d, report);
	if (is_over)
		open_again(q, seat);
	if (is_over || !is_decided)
		balance_all_locked(q);
	mutex_unlock(&q->lock);
	tell_news(&news);
	return is_decided;
}
