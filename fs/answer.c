#include "answer.h"

#include "log.h"
#include "messages.h"
#include "mutex.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct answer {
	struct answers *all;
	struct answer *prev, *next;
	fuse_req_t req; /* NULL once answered */
	struct handle *handle;
	struct witness_question question;
	int64_t deadline_ns;
	int err;
	bool is_complete;  /* the store has answered */
	bool is_of_writer; /* the task that closes is the one that wrote last */
	bool needs_verdict; /* the witness has not */
	bool is_waived;     /* the reply does not wait for the witness */
};

struct answers {
	struct witness *witness;
	struct tasks *tasks;
	struct mutex lock;
	struct cond idle;
	struct answer *oldest GUARDED_BY(lock);
	struct answer *newest GUARDED_BY(lock);
	size_t count GUARDED_BY(lock);
};

/* What is left to do once the lock is released. */
struct outcome_of_step {
	fuse_req_t req; /* to be answered with err; NULL for none */
	int err;
	struct answer *over; /* its record is no longer needed */
};

int answers_open(
	struct witness *witness, struct tasks *tasks, struct answers **out)
{
	struct answers *as = calloc(1, sizeof *as);

	if (as == NULL)
		return -ENOMEM;
	as->witness = witness;
	as->tasks = tasks;
	mutex_init(&as->lock, RANK_ANSWER);
	cond_init(&as->idle);
	*out = as;
	return 0;
}

void answers_close(struct answers *as)
{
	if (as == NULL)
		return;
	assert(as->count == 0);
	cond_fini(&as->idle);
	mutex_fini(&as->lock);
	free(as);
}

struct answer *answer_new(
	struct answers *as, fuse_req_t req, struct handle *handle)
{
	struct answer *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->all = as;
	a->req = req;
	a->handle = handle;
	a->deadline_ns = clock_monotonic_ns() + ANSWER_TIMEOUT_NS;
	if (handle != NULL)
		handle_pin(handle);

	mutex_lock(&as->lock);
	a->prev = as->newest;
	if (a->prev != NULL)
		a->prev->next = a;
	else
		as->oldest = a;
	as->newest = a;
	as->count++;
	mutex_unlock(&as->lock);
	return a;
}

static void take_out_locked(struct answers *as, struct answer *a)
	REQUIRES(&as->lock)
{
	if (a->prev != NULL)
		a->prev->next = a->next;
	else
		as->oldest = a->next;
	if (a->next != NULL)
		a->next->prev = a->prev;
	else
		as->newest = a->prev;
	as->count--;
	if (as->count == 0)
		cond_broadcast(&as->idle);
}

/* Sees what follows from what has just changed in a. */
static struct outcome_of_step step_locked(struct answers *as, struct answer *a)
	REQUIRES(&as->lock)
{
	struct outcome_of_step out = { NULL, 0, NULL };

	(void)as; /* its lock is what counts */
	if (!a->is_complete)
		return out;
	if (!a->needs_verdict || a->is_waived) {
		out.req = a->req;
		out.err = a->err;
		a->req = NULL;
	}
	if (!a->needs_verdict)
		out.over = a;
	return out;
}

int answer_errno(int err)
{
	switch (err) {
	case STORE_LOST:
	case STORE_DAMAGED:
	case STORE_REGRESS:
		return EIO;
	default:
		return -err;
	}
}

/* Who waits for the last record ends what the reply and the handle need. */
static void finish_step(struct answers *as, const struct outcome_of_step *step)
{
	if (step->req != NULL)
		fuse_reply_err(step->req, answer_errno(step->err));
	if (step->over == NULL)
		return;
	if (step->over->handle != NULL)
		handle_unpin(step->over->handle);
	mutex_lock(&as->lock);
	take_out_locked(as, step->over);
	mutex_unlock(&as->lock);
	free(step->over);
}

void answer_done(void *answer, int err)
{
	struct answer *a = answer;
	struct answers *as = a->all;
	struct outcome_of_step step;

	/* One who shares the handle was told that it failed: it is dropped. */
	if (err == 0 && a->handle != NULL && handle_has_failed(a->handle))
		err = -EIO;
	if (err != 0 && a->handle != NULL)
		handle_set_failed(a->handle);
	mutex_lock(&as->lock);
	a->is_complete = true;
	a->err = err;
	step = step_locked(as, a);
	mutex_unlock(&as->lock);
	finish_step(as, &step);
}

/*
 * A task whose FLUSH is not answered cannot be gone: then /proc does not
 * show it, and nothing is known.
 */
static bool means_killed(enum witness_verdict verdict, bool was_answered)
{
	return verdict == WITNESS_KILLED
		|| (verdict == WITNESS_GONE && was_answered);
}

static void witness_done(
	struct witness_question *q, enum witness_verdict verdict)
{
	struct answer *a = (struct answer *)((char *)q
		- offsetof(struct answer, question));
	struct answers *as = a->all;
	struct outcome_of_step step;

	mutex_lock(&as->lock);
	handle_set_killed(a->handle, means_killed(verdict, a->req == NULL),
		a->is_of_writer);
	a->needs_verdict = false;
	atomic_fetch_sub(&a->handle->verdicts, 1);
	step = step_locked(as, a);
	mutex_unlock(&as->lock);
	finish_step(as, &step);
}

/*
 * A living task needs no witness, unless that is to speak of one that closed
 * the same handle before: whoever closed last has the last word.
 */
void answer_ask_witness(struct answer *a)
{
	const struct fuse_ctx *who = fuse_req_ctx(a->req);
	struct handle *h = a->handle;

	a->is_of_writer = atomic_load(&h->writer) == who->pid;
	if (atomic_load(&h->verdicts) == 0
		&& task_has_memory(a->all->tasks, who->pid)) {
		handle_set_killed(h, false, a->is_of_writer);
		return;
	}
	a->needs_verdict = true;
	atomic_fetch_add(&h->verdicts, 1);
	a->question.tid = who->pid;
	a->question.done = witness_done;
	witness_ask(a->all->witness, &a->question);
}

/* Takes the request of one record that is overdue; NULL for none. */
static fuse_req_t take_overdue(struct answers *as, int64_t now_ns)
{
	fuse_req_t req = NULL;
	struct answer *a;

	mutex_lock(&as->lock);
	for (a = as->oldest; a != NULL && a->deadline_ns <= now_ns; a = a->next)
		if (a->req != NULL)
			break;
	if (a != NULL && a->deadline_ns <= now_ns) {
		req = a->req;
		a->req = NULL;
		if (a->handle != NULL)
			handle_set_failed(a->handle);
	}
	mutex_unlock(&as->lock);
	return req;
}

/* Lets the answer go that the witness is stuck with. */
static void waive_verdict(struct answers *as, int64_t now_ns)
{
	const struct witness_question *q =
		witness_stuck(as->witness, now_ns - WITNESS_PATIENCE_NS);
	struct outcome_of_step step = { NULL, 0, NULL };
	struct answer *a;

	if (q == NULL)
		return;
	mutex_lock(&as->lock);
	for (a = as->oldest; a != NULL; a = a->next)
		if (&a->question == q && a->needs_verdict)
			break;
	if (a != NULL) {
		a->is_waived = true;
		step = step_locked(as, a);
	}
	mutex_unlock(&as->lock);
	finish_step(as, &step);
}

size_t answers_sweep(struct answers *as, int64_t now_ns)
{
	fuse_req_t req;
	size_t left;

	waive_verdict(as, now_ns);
	while ((req = take_overdue(as, now_ns)) != NULL) {
		log_error(MSG_ANSWER_LATE, (int)(ANSWER_TIMEOUT_NS / NS_PER_S));
		fuse_reply_err(req, EIO);
	}
	mutex_lock(&as->lock);
	left = as->count;
	mutex_unlock(&as->lock);
	return left;
}

bool answers_wait(struct answers *as, int64_t deadline_ns)
{
	bool is_idle;

	mutex_lock(&as->lock);
	while (as->count != 0
		&& cond_wait_until(&as->idle, &as->lock, deadline_ns))
		continue;
	is_idle = as->count == 0;
	mutex_unlock(&as->lock);
	return is_idle;
}
