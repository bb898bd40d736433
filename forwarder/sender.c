#include "sender.h"

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
	SAID_MAX = 160,
};

struct sender {
	struct mailqueue *queue;
	struct sender_seat *seat;
	const struct target_config *target;
	char target_name[TARGET_NAME_MAX];
	pthread_t thread;
	struct session session;
	struct content content;
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
	describe(s, &trouble, said, sizeof said);
	seat_failed(s->queue, s->seat, trouble.outcome.effects, said);
}

static bool is_worn_out(const struct sender *s)
{
	const struct session *session = &s->session;
	int64_t age_ns = clock_monotonic_ns() - session->opened_ns;

	return age_ns > AGE_MAX_S * NS_PER_S
		|| (s->target->max_msg_sent > 0
			&& session->mails >= s->target->max_msg_sent);
}

static void end_session(struct sender *s, unsigned int effects)
{
	if ((effects & EFFECT_CLOSE) == 0)
		session_quit(&s->session);
	session_close(&s->session);
}

/* ---- mails ------------------------------------------------------- */

/* All transactions the mail takes, on the session as it is. */
static void run_transactions(
	struct sender *s, struct delivery *d, struct transaction_report *report)
{
	const struct transaction_context context = { .session = &s->session,
		.content = &s->content,
		.spool = s->queue->spool,
		.dataset = d->job->number,
		.job_id = d->job->id,
		.target = s->target_name };
	size_t undecided = delivery_undecided(d);
	size_t before;

	do {
		before = undecided;
		transaction_run(&context, d, report);
		undecided = delivery_undecided(d);
		if (!transaction_goes_on(d, report))
			return;
		settle_progress(s->queue, d);
	} while (undecided < before);
}

/*
 * A kept session may be gone when it is used again: then the mail goes out
 * on a fresh one at once, as if nothing had been tried.
 */
static void give_mail(
	struct sender *s, struct delivery *d, struct transaction_report *report)
{
	struct session_trouble trouble;

	memset(report, 0, sizeof *report);
	run_transactions(s, d, report);
	if (!report->is_stale)
		return;
	end_session(s, report->effects);
	memset(report, 0, sizeof *report);
	if (session_open(&s->session, s->target, &trouble)) {
		run_transactions(s, d, report);
		return;
	}
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

static void send_mail(struct sender *s, struct delivery *d, int64_t idle_ns)
{
	struct transaction_report report;
	bool is_over;

	if (idle_ns > KEPT_S * NS_PER_S)
		s->session.is_used = true;
	s->session.is_only = seat_is_only(s->queue, s->seat);
	give_mail(s, d, &report);
	report.was_stopped = session_was_stopped(&s->session);
	if (report.read_error != 0)
		job_note_damage(d->job, report.read_error);
	if (d->is_uncertain)
		note_uncertain(s, d);
	is_over = !s->session.is_open || is_worn_out(s)
		|| (report.effects & (EFFECT_QUIT | EFFECT_CLOSE)) != 0;
	if (seat_sent(s->queue, s->seat, d, &report, is_over))
		settle_mail(s->queue, d);
	if (is_over)
		end_session(s, report.effects);
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
			send_mail(s, task.mail, task.idle_ns);
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

int sender_start(struct mailqueue *q, struct sender_seat *seat,
	const char *helo_name, int stop_fd, struct sender **out)
{
	struct sender *s = malloc(sizeof *s);
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->queue = q;
	s->seat = seat;
	s->target = &q->config->targets[seat->target];
	target_name(s->target, s->target_name);
	session_init(&s->session, helo_name, &q->config->timeout, stop_fd);
	err = pthread_create(&s->thread, NULL, run, s);
	if (err != 0) {
		free(s);
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
	free(s);
}
