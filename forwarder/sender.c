#include "sender.h"

#include "ahead.h"
#include "clock.h"
#include "log.h"
#include "messages.h"
#include "seat.h"
#include "settle.h"
#include "text.h"
#include "transaction.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	AGE_MAX_S = 300, /* of a session */
	KEPT_S = 1,      /* idle for longer: the peer may have closed it */
	ALONE_S = 600,   /* no mail ahead, after a peer that got out of step */
	SAID_MAX = 160,
	ENDS_SESSION = EFFECT_QUIT | EFFECT_CLOSE,
};

/* A mail, and its transaction on the session. */
struct turn {
	struct delivery *mail; /* NULL: none */
	struct transaction_context context;
	struct transaction_report report;
	struct transaction transaction;
};

struct sender {
	struct mailqueue *queue;
	struct sender_seat *seat;
	const struct target_config *target;
	char target_name[TARGET_NAME_MAX];
	pthread_t thread;
	struct session session;
	struct content content;
	struct turn turns[2];
	struct turn *now;       /* the mail that is sent */
	struct turn *ahead;     /* the one behind it */
	int64_t alone_until_ns; /* until then there is none */
};

/* ---- sessions ---------------------------------------------------- */

static void describe(const struct sender *s,
	const struct session_trouble *trouble, char *out, size_t cap)
{
	char said[SAID_MAX];

	session_explain(&s->session, trouble->event, said, sizeof said);
	text_format(out, cap, "%s: %s", stage_name(trouble->stage), said);
}

static void open_session(struct sender *s)
{
	struct session_trouble trouble;
	char said[REASON_MAX + 1];

	s->session.is_only = seat_is_only(s->queue, s->seat);
	if (session_open(&s->session, s->target, &trouble)) {
		seat_opened(s->queue, s->seat, &s->session);
		return;
	}
	if (session_was_stopped(&s->session))
		trouble.outcome.effects = 0; /* it says nothing of the target */
	describe(s, &trouble, said, sizeof said);
	seat_failed(s->queue, s->seat, trouble.outcome.effects, said);
}

/* mails: that it has sent, or will have. */
static bool is_worn_out(const struct sender *s, uint32_t mails)
{
	int64_t age_ns = clock_monotonic_ns() - s->session.opened_ns;

	return age_ns > AGE_MAX_S * NS_PER_S
		|| (s->target->max_msg_sent > 0
			&& mails >= s->target->max_msg_sent);
}

static void end_session(struct sender *s, unsigned int effects)
{
	if ((effects & EFFECT_CLOSE) == 0)
		session_quit(&s->session);
	session_close(&s->session);
}

/* ---- the mail behind --------------------------------------------- */

static void begin_turn(struct sender *s, struct turn *turn);

static struct transaction *take_ahead(void *arg)
{
	struct sender *s = arg;
	struct turn *turn = s->ahead;

	if (s->alone_until_ns > clock_monotonic_ns()
		|| is_worn_out(s, s->session.mails + 1))
		return NULL;
	turn->mail = ahead_take(s->queue, s->seat, &s->session.is_only);
	if (turn->mail == NULL)
		return NULL;
	begin_turn(s, turn);
	return turn->transaction.step == TRANSACTION_BEGUN ? &turn->transaction
							   : NULL;
}

static bool yield_ahead(void *arg)
{
	struct sender *s = arg;

	if (!ahead_yield(s->queue, s->seat, s->ahead->mail))
		return false;
	s->ahead->mail = NULL;
	return true;
}

static void put_ahead_back(struct sender *s)
{
	if (s->ahead->mail == NULL)
		return;
	ahead_put_back(s->queue, s->seat, s->ahead->mail);
	s->ahead->mail = NULL;
}

/* Its replies cannot be told from a neighbour's: it is asked alone. */
static void note_out_of_step(struct sender *s)
{
	s->alone_until_ns = clock_monotonic_ns() + ALONE_S * NS_PER_S;
	log_information("target=%s replies do not fit what was pipelined: "
			"one mail at a time for %d s",
		s->target_name, ALONE_S);
}

/* ---- mails ------------------------------------------------------- */

static void begin_turn(struct sender *s, struct turn *turn)
{
	const struct job *j = turn->mail->job;

	turn->context = (struct transaction_context){ .session = &s->session,
		.content = &s->content,
		.spool = s->queue->spool,
		.dataset = j->number,
		.job_id = j->id,
		.target = s->target_name,
		.ahead = { take_ahead, yield_ahead, s } };
	memset(&turn->report, 0, sizeof turn->report);
	transaction_begin(
		&turn->transaction, &turn->context, turn->mail, &turn->report);
}

/* All transactions the mail takes, on the session as it is. */
static void run_transactions(struct sender *s, struct turn *turn)
{
	struct delivery *d = turn->mail;
	size_t undecided = delivery_undecided(d);
	size_t before;

	for (;;) {
		before = undecided;
		transaction_run(&turn->transaction);
		undecided = delivery_undecided(d);
		if (s->ahead->mail != NULL
			|| !transaction_goes_on(d, &turn->report))
			return;
		settle_progress(s->queue, d);
		if (undecided >= before)
			return;
		transaction_begin(
			&turn->transaction, &turn->context, d, &turn->report);
	}
}

/*
 * A kept session may be gone when it is used again: then the mail goes out
 * on a fresh one at once, as if nothing had been tried.
 */
static void give_mail(struct sender *s, struct turn *turn)
{
	struct transaction_report *report = &turn->report;
	struct session_trouble trouble;

	run_transactions(s, turn);
	if (!report->is_stale)
		return;
	if (report->is_out_of_step)
		note_out_of_step(s);
	end_session(s, report->effects);
	if (session_open(&s->session, s->target, &trouble)) {
		begin_turn(s, turn);
		run_transactions(s, turn);
		return;
	}
	memset(report, 0, sizeof *report);
	report->effects = trouble.outcome.effects | EFFECT_CLOSE;
	report->is_untried = true;
	describe(s, &trouble, report->said, sizeof report->said);
}

static void note_uncertain(struct sender *s, const struct delivery *d)
{
	mailqueue_prefer(s->queue, d->job->number, d->mail->number,
		(int)s->seat->target);
	log_warning(
		MSG_POSSIBLE_DUPLICATE, d->job->id, d->mail->number, d->reason);
}

/* The mail behind goes on where this one's session does. */
static bool is_session_over(struct sender *s, unsigned int effects)
{
	if (!s->session.is_open || (effects & ENDS_SESSION) != 0)
		return true;
	if (s->ahead->mail != NULL)
		return !ahead_may_go(s->queue, s->ahead->mail);
	return is_worn_out(s, s->session.mails);
}

/* QUIT would be read among the commands that wait for their replies. */
static void leave_session(struct sender *s, unsigned int effects)
{
	if (s->ahead->mail != NULL)
		effects |= EFFECT_CLOSE;
	put_ahead_back(s);
	end_session(s, effects);
}

static void end_mail(struct sender *s, struct turn *turn)
{
	struct transaction_report *report = &turn->report;
	struct delivery *d = turn->mail;
	bool is_over = is_session_over(s, report->effects);

	report->was_stopped = session_was_stopped(&s->session);
	if (report->read_error != 0)
		job_note_damage(d->job, report->read_error);
	if (report->is_out_of_step)
		note_out_of_step(s);
	if (d->is_uncertain)
		note_uncertain(s, d);
	turn->mail = NULL;
	if (seat_sent(s->queue, s->seat, d, report, is_over))
		settle_mail(s->queue, d);
	if (is_over)
		leave_session(s, report->effects);
}

/* Sends a mail, and those that follow it in one go. */
static void send_mails(struct sender *s, struct delivery *d, int64_t idle_ns)
{
	struct turn *turn = s->now;

	if (idle_ns > KEPT_S * NS_PER_S)
		s->session.is_used = true;
	s->session.is_only = seat_is_only(s->queue, s->seat);
	turn->mail = d;
	begin_turn(s, turn);
	while (turn->mail != NULL) {
		give_mail(s, turn);
		end_mail(s, turn);
		s->now = s->ahead;
		s->ahead = turn;
		turn = s->now;
	}
}

/* ---- the thread -------------------------------------------------- */

static void *run(void *arg)
{
	struct sender *s = arg;
	struct seat_task task;

	for (;;) {
		task = seat_next(s->queue, s->seat);
		switch (task.order) {
		case SEAT_OPEN:
			open_session(s);
			break;
		case SEAT_SEND:
			send_mails(s, task.mail, task.idle_ns);
			break;
		case SEAT_RETURN:
			settle_mail(s->queue, task.mail);
			break;
		case SEAT_QUIT:
			session_quit(&s->session);
			break;
		case SEAT_END:
			mailqueue_sender_ended(s->queue);
			return NULL;
		}
	}
}

/* Every sender has its own: it has a state. */
static int open_charset(struct sender *s)
{
	const struct input_rules *rules = &s->queue->rules;
	const char *name = charset_name(s->target, rules->config, rules->page);

	s->content.charset = NULL;
	return name[0] != '\0' ? charset_open(name, &s->content.charset) : 0;
}

static void note_charset(struct sender *s)
{
	s->session.converts = s->content.charset != NULL;
	mutex_lock(&s->queue->lock);
	s->queue->targets[s->seat->target].converts = s->session.converts;
	mutex_unlock(&s->queue->lock);
}

static void free_sender(struct sender *s)
{
	charset_close(s->content.charset);
	free(s);
}

int sender_start(struct mailqueue *q, struct sender_seat *seat,
	const char *helo_name, struct session_stops stops, struct sender **out)
{
	struct sender *s = malloc(sizeof *s);
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->queue = q;
	s->seat = seat;
	s->target = &q->config->targets[seat->target];
	err = open_charset(s);
	if (err != 0) {
		free(s);
		return err;
	}
	target_name(s->target, s->target_name);
	s->now = &s->turns[0];
	s->ahead = &s->turns[1];
	s->turns[0].mail = NULL;
	s->turns[1].mail = NULL;
	s->alone_until_ns = 0;
	s->content.rules = &q->rules;
	session_init(&s->session, helo_name, &q->config->timeout, stops);
	note_charset(s);
	err = pthread_create(&s->thread, NULL, run, s);
	if (err != 0) {
		free_sender(s);
		return -err;
	}
	*out = s;
	return 0;
}

void sender_join(struct sender *s)
{
	if (s == NULL)
		return;
	pthread_join(s->thread, NULL);
	free_sender(s);
}
