#include "settle.h"

#include "clock.h"
#include "log.h"
#include "messages.h"
#include "work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	OFTEN_MAX = 2000, /* recipients: progress is told at each step */
	PROGRESS_S = 1,   /* else this long after the last time */
};

_Static_assert((int)MAIL_RECIPIENTS_MAX <= (int)STORE_RECIPIENTS_MAX,
	"the store keeps a state for each recipient");

/* Another has the data set now, or it is gone: no word of ours counts. */
static bool is_lost(int err)
{
	return err == STORE_LOST || err == STORE_NONE;
}

static void unref_job(struct mailqueue *q, struct job *j)
{
	if (job_unref(j))
		mailqueue_job_gone(q);
}

static void note_lost(struct job *j)
{
	if (!atomic_exchange(&j->is_void, true))
		log_warning(MSG_CLAIM_LOST, j->id);
}

static void note_recorded(struct mailqueue *q)
{
	if (mailqueue_recorded(q))
		log_event(MSG_RECORDED_AGAIN, q->config->name);
}

/* Keeps what was not recorded; false when it is too late for that. */
static bool keep(
	struct mailqueue *q, struct delivery *d, struct job *j, int err)
{
	if (mailqueue_stall(q, d, j, err))
		return true;
	log_error(MSG_LEFT_CLAIMED, j->id, strerrordesc_np(-err));
	return false;
}

/* ---- claims ------------------------------------------------------ */

/* is_done: it was the last, and its job's claim ends. */
static void let_go(struct delivery *d, bool is_done)
{
	struct job *j = d->job;
	struct mailqueue *q = j->queue;

	delivery_free(d);
	mailqueue_return_units(q, 1);
	if (is_done)
		settle_end(q, j);
	else
		unref_job(q, j);
}

void settle_unread(struct delivery *d)
{
	let_go(d, job_end_mail(d->job));
}

/*
 * What is not to be sent need not be claimed, and may never be: behind a
 * claim that was lost the store refuses every other one of the data set. Kept
 * and told again, it would stop all that the writer sends, for good.
 */
static void claim_done(struct delivery *d, int err)
{
	struct job *j = d->job;
	struct mailqueue *q = j->queue;
	bool is_done = false;

	d->next = NULL;
	if (err == 0) {
		d->is_claimed = true;
		mailqueue_push(q, d);
		return;
	}
	if (is_lost(err))
		note_lost(j);
	else if (atomic_load(&j->is_void))
		is_done = job_end_mail(j);
	else if (keep(q, d, j, err))
		return;
	let_go(d, is_done);
}

static void claims_done(void *arg, int err)
{
	struct delivery *d = arg;
	struct delivery *next;

	if (err == 0)
		note_recorded(d->job->queue);
	for (; d != NULL; d = next) {
		next = d->next;
		claim_done(d, err);
	}
}

void settle_claims(struct mailqueue *q, struct delivery_list *mails)
{
	struct store_mark marks[WORK_SLICE_MAX];
	struct delivery *first = mails->head;
	struct delivery *d;
	size_t count = 0;

	if (first == NULL)
		return;
	for (d = first; d != NULL && count < WORK_SLICE_MAX; d = d->next) {
		marks[count] = delivery_mark(d);
		marks[count++].kind = STORE_MARK_CLAIMED;
	}
	spool_checkpoint(q->spool, first->job->number, first->job->token, marks,
		count, claims_done, first);
}

/* arg is the job's number: there is no memory for more. */
static void unclaimed(void *arg, int err)
{
	char id[JOB_ID_LEN + 1];

	if (err == 0 || err == STORE_LOST)
		return;
	dataset_job_id((uint32_t)(uintptr_t)arg, id);
	log_error(MSG_LEFT_CLAIMED, id, strerrordesc_np(-err));
}

/* Nothing of it was looked at, so mail 1 is as if it had not been claimed. */
static void give_back(struct mailqueue *q, const struct store_claim *claim,
	enum dataset_state to, int64_t next_try_ns, const char *reason)
{
	const struct store_mark mark = { .mail = 1,
		.kind = STORE_MARK_DEFERRED,
		.recipients = "",
		.reason = "" };
	const struct store_finish finish = { .to = to,
		.next_try_ns = next_try_ns,
		.reason = reason,
		.marks = &mark,
		.mark_count = claim->read_upto == 1 ? 1 : 0 };

	spool_finish(q->spool, claim->dataset.number, claim->token, &finish,
		unclaimed, (void *)(uintptr_t)claim->dataset.job);
}

void settle_unclaim(struct mailqueue *q, const struct store_claim *claim)
{
	give_back(q, claim, DATASET_READY, 0, "");
	mailqueue_pause(q, -ENOMEM);
}

void settle_postpone(struct mailqueue *q, const struct store_claim *claim,
	int64_t next_try_ns, const char *reason)
{
	give_back(q, claim, DATASET_WAITING, next_try_ns, reason);
}

/* ---- results ----------------------------------------------------- */

static void tell_end(const struct job *j)
{
	const struct log_subject about = {
		.uid = j->uid, .writer = j->queue->config->name, .job_id = j->id
	};

	if (j->end.to == DATASET_HELD)
		log_about(&about, LOG_LEVEL_EVENT, MSG_HELD, j->id,
			j->end.reason);
	else if (j->end.to == DATASET_PURGED && j->mails == 0)
		log_about(&about, LOG_LEVEL_EVENT, MSG_NO_MAIL, j->id);
}

/*
 * A result that comes after the end of its claim would be lost, and its mail
 * sent again: so the claim ends only when all the others are recorded.
 */
static void mail_done(void *arg, int err)
{
	struct delivery *d = arg;
	struct job *j = d->job;
	struct mailqueue *q = j->queue;
	bool is_done = false;
	bool passed;

	if (err == 0) {
		note_recorded(q);
		if (d->is_last)
			tell_end(j);
		else
			is_done = job_end_mail(j);
	} else if (d->passes) {
		mailqueue_keep(q);
	}
	if (err != 0 && is_lost(err))
		note_lost(j);
	else if (err != 0 && keep(q, d, j, err))
		return;
	passed = err == 0 && d->passes;
	delivery_free(d);
	if (!passed)
		mailqueue_release(q);
	if (is_done)
		settle_end(q, j);
	else
		unref_job(q, j);
}

static struct store_finish finish_of(const struct job *j)
{
	struct store_finish finish = {
		.to = j->end.to,
		.next_try_ns = j->end.next_try_ns,
		.reason = j->end.reason,
	};

	return finish;
}

/* The commit of this call is where the mail becomes settled. */
static void record_mail(struct mailqueue *q, struct delivery *d)
{
	struct job *j = d->job;
	struct store_mark mark = delivery_mark(d);
	struct store_finish finish;

	if (!d->is_last) {
		spool_checkpoint(
			q->spool, j->number, j->token, &mark, 1, mail_done, d);
		return;
	}
	job_decide(j, clock_wall_ns());
	finish = finish_of(j);
	finish.marks = &mark;
	finish.mark_count = 1;
	d->passes = mailqueue_pass(q);
	finish.units = d->passes ? 1 : 0;
	spool_finish(q->spool, j->number, j->token, &finish, mail_done, d);
}

void settle_mail(struct mailqueue *q, struct delivery *d)
{
	job_note_mail(d->job, d);
	record_mail(q, d);
}

/* What is lost here is told again by the mail's own settlement. */
static void progress_done(void *arg, int err)
{
	struct job *j = arg;

	if (is_lost(err))
		note_lost(j);
	unref_job(j->queue, j);
}

/* The states as an earlier crash would have left them. */
static char *copy_states(const struct delivery *d)
{
	char *states = strdup(d->states);
	char *c;

	if (states == NULL)
		return NULL;
	for (c = states; *c != '\0'; c++)
		if (*c != RECIPIENT_DELIVERED && *c != RECIPIENT_FAILED)
			*c = RECIPIENT_UNDECIDED;
	return states;
}

/*
 * A mark has an octet for each recipient: one at every transaction of a long
 * list would cost more than the mail does.
 */
static bool is_progress_due(struct delivery *d)
{
	int64_t now_ns = clock_monotonic_ns();

	if (d->mail->recipient_count > OFTEN_MAX && d->told_ns != 0
		&& now_ns - d->told_ns < PROGRESS_S * NS_PER_S)
		return false;
	d->told_ns = now_ns;
	return true;
}

void settle_progress(struct mailqueue *q, struct delivery *d)
{
	struct store_mark mark = delivery_mark(d);
	struct job *j = d->job;
	char *states;

	if (!is_progress_due(d))
		return;
	states = copy_states(d);
	if (states == NULL)
		return;
	mark.kind = STORE_MARK_CLAIMED;
	mark.recipients = states;
	job_ref(j);
	spool_checkpoint(
		q->spool, j->number, j->token, &mark, 1, progress_done, j);
	free(states);
}

static void end_done(void *arg, int err)
{
	struct job *j = arg;
	struct mailqueue *q = j->queue;

	if (err == 0) {
		note_recorded(q);
		tell_end(j);
	} else if (is_lost(err)) {
		note_lost(j);
	} else if (keep(q, NULL, j, err)) {
		return;
	}
	unref_job(q, j);
}

void settle_end(struct mailqueue *q, struct job *j)
{
	struct store_finish finish;

	job_decide(j, clock_wall_ns());
	finish = finish_of(j);
	spool_finish(q->spool, j->number, j->token, &finish, end_done, j);
}

void settle_again(
	struct mailqueue *q, struct delivery_list *mails, struct job *jobs)
{
	struct delivery_list one;
	struct delivery *d;
	struct job *next;

	while ((d = deliveries_take(mails)) != NULL) {
		one = (struct delivery_list){ d, d, 1 };
		if (d->is_claimed)
			record_mail(q, d);
		else
			settle_claims(q, &one);
	}
	for (; jobs != NULL; jobs = next) {
		next = jobs->next;
		jobs->next = NULL;
		settle_end(q, jobs);
	}
}
