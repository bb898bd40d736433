#include "reader.h"

#include "clock.h"
#include "log.h"
#include "messages.h"
#include "owner.h"
#include "reading.h"
#include "settle.h"
#include "text.h"
#include "user_exit.h"
#include "work.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct mailqueue *queue;
	pthread_t thread;
	struct owner_names owners;
	char piece[READING_PIECE_OCTETS];
};

/* ---- one slice --------------------------------------------------- */

/* Mails to be sent, and to be claimed before. */
struct slice {
	struct delivery_list claimed;
	struct delivery_list unclaimed;
	struct delivery_list asked; /* of the user exit before */
	size_t units;
};

static struct delivery_list *list_for(
	const struct mailqueue *q, struct slice *s, const struct delivery *d)
{
	if (user_exit_wants(q, d))
		return &s->asked;
	return d->is_claimed ? &s->claimed : &s->unclaimed;
}

/* Reads until the budget is used; one mail further, to know the last one. */
static enum reading_end fill_slice(struct reading *r, struct slice *s)
{
	struct job *j = r->job;
	enum reading_end end = READING_MAIL;
	struct delivery *d;

	for (;;) {
		if (j->ahead == NULL)
			end = reading_next(r);
		d = j->ahead;
		if (d == NULL || s->units == 0)
			return end;
		s->units--;
		j->ahead = NULL;
		job_begin_mail(j);
		deliveries_append(list_for(r->queue, s, d), d);
	}
}

/*
 * That the data set is read must be known before its mails are on their way:
 * then the last one of them ends the claim with its own settlement.
 */
static void read_slice(struct reader *reader, struct job *j, size_t units)
{
	struct mailqueue *q = reader->queue;
	struct reading r = { .queue = q, .piece = reader->piece };
	struct slice s = { .units = units };
	bool is_over, is_done;
	enum reading_end end;
	struct delivery *d;

	reading_begin(&r, j);
	end = fill_slice(&r, &s);
	is_over = end == READING_END || end == READING_CUT;
	is_done = is_over && job_end_reading(j, end == READING_CUT);
	if (is_over && !is_done && job_unref(j))
		mailqueue_job_gone(q);

	while ((d = deliveries_take(&s.claimed)) != NULL)
		mailqueue_push(q, d);
	settle_claims(q, &s.unclaimed);
	while ((d = deliveries_take(&s.asked)) != NULL)
		user_exit_ask(q, d);
	mailqueue_return_units(q, s.units);
	if (is_done)
		settle_end(q, j);
	else if (!is_over)
		mailqueue_run(q, j);
}

/* ---- claims ------------------------------------------------------ */

enum { OWNER_PAUSE_S = 30 };

/* Nobody else's mail waits because one user's name is not known now. */
static void postpone(
	struct mailqueue *q, const struct store_claim *claim, int err)
{
	char reason[REASON_MAX + 1];

	text_format(reason, sizeof reason,
		"the name of user %u cannot be looked up: %s",
		(unsigned int)claim->dataset.uid, strerrordesc_np(-err));
	settle_postpone(
		q, claim, clock_wall_ns() + OWNER_PAUSE_S * NS_PER_S, reason);
	mailqueue_return_units(q, 1);
}

static void begin_job(struct reader *r, const struct store_claim *claim)
{
	struct mailqueue *q = r->queue;
	char user[OWNER_NAME_MAX + 1];
	int err = owner_find(&r->owners, claim->dataset.uid, user);
	struct job *j = NULL;

	if (err != 0 && err != -ENOMEM) {
		postpone(q, claim, err);
		return;
	}
	if (err == 0)
		j = job_new(q, claim, &q->job_rules, user);
	if (j == NULL) {
		settle_unclaim(q, claim);
		mailqueue_return_units(q, 1);
		return;
	}
	mailqueue_job_began(q);
	read_slice(r, j, 1);
}

static void begin(struct reader *r, struct claimed *claimed)
{
	struct claimed *next;

	for (; claimed != NULL; claimed = next) {
		next = claimed->next;
		begin_job(r, &claimed->claim);
		free(claimed);
	}
}

/* ---- the thread -------------------------------------------------- */

static void settle_all(struct mailqueue *q, struct delivery_list *mails)
{
	struct delivery *d;

	while ((d = deliveries_take(mails)) != NULL)
		settle_mail(q, d);
}

static void cut(struct mailqueue *q, struct job *j)
{
	if (job_end_reading(j, true))
		settle_end(q, j);
	else if (job_unref(j))
		mailqueue_job_gone(q);
}

static void *run(void *arg)
{
	struct reader *r = arg;
	struct work w;

	for (;;) {
		w = work_next(r->queue);
		switch (w.kind) {
		case WORK_GRANT:
			spool_grant(r->queue->spool, r->queue->config->name,
				w.units);
			break;
		case WORK_RECALL:
			spool_withdraw(r->queue->spool, r->queue->config->name);
			break;
		case WORK_BEGIN:
			begin(r, w.claimed);
			break;
		case WORK_READ:
			read_slice(r, w.job, w.units);
			break;
		case WORK_SETTLE:
			settle_all(r->queue, &w.mails);
			break;
		case WORK_RECORD:
			settle_again(r->queue, &w.mails, w.jobs);
			break;
		case WORK_CUT:
			cut(r->queue, w.job);
			break;
		case WORK_END:
			return NULL;
		}
	}
}

int reader_start(struct mailqueue *q, struct reader **out)
{
	struct reader *r = malloc(sizeof *r);
	int err;

	if (r == NULL)
		return -ENOMEM;
	r->queue = q;
	owner_names_init(&r->owners);
	mailqueue_reader_began(q);
	err = pthread_create(&r->thread, NULL, run, r);
	if (err != 0) {
		mailqueue_reader_ended(q);
		free(r);
		return -err;
	}
	*out = r;
	return 0;
}

void reader_join(struct reader *r)
{
	if (r == NULL)
		return;
	pthread_join(r->thread, NULL);
	free(r);
}
