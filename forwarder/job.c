#include "job.h"

#include "input.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	MORE_MAX = 40, /* " (and 18446744073709551615 more)" */
	/* What is left of a reason, however much is said after it. */
	HELD_SHOWN_MAX = REASON_MAX - MORE_MAX - 24,
};

static struct input *begin_input(
	const struct job *j, const struct dataset *d, const struct job_rules *r)
{
	const struct origin origin = {
		.host = r->host,
		.user = j->user,
		.uid = d->uid,
		.job_name = j->job_name,
		.job_id = j->id,
		.dataset = d->number,
		.created_ns = d->created_ns,
	};

	return input_new(r->input, &origin);
}

struct job *job_new(struct mailqueue *queue, const struct store_claim *claim,
	const struct job_rules *rules, const char *user)
{
	struct job *j = calloc(1, sizeof *j);

	if (j == NULL)
		return NULL;
	dataset_job_id(claim->dataset.job, j->id);
	text_copy(j->job_name, sizeof j->job_name, claim->dataset.job_name);
	text_copy(j->user, sizeof j->user, user);
	j->input = begin_input(j, &claim->dataset, rules);
	if (j->input == NULL) {
		free(j);
		return NULL;
	}
	j->queue = queue;
	j->uid = claim->dataset.uid;
	j->number = claim->dataset.number;
	j->token = claim->token;
	j->size = claim->dataset.size_octets;
	j->read_upto = claim->read_upto;
	mutex_init(&j->lock, RANK_JOB);
	j->account.next_try_ns = INT64_MAX;
	j->account.retry_ns = INT64_MAX;
	atomic_init(&j->refs, 1);
	atomic_init(&j->is_void, false);
	atomic_init(&j->is_stopped, false);
	return j;
}

void job_ref(struct job *j)
{
	atomic_fetch_add(&j->refs, 1);
}

bool job_unref(struct job *j)
{
	if (atomic_fetch_sub(&j->refs, 1) > 1)
		return false;
	delivery_free(j->ahead);
	input_free(j->input);
	mutex_fini(&j->lock);
	free(j);
	return true;
}

void job_begin_mail(struct job *j)
{
	job_ref(j);
	mutex_lock(&j->lock);
	j->account.open++;
	mutex_unlock(&j->lock);
}

static void note_deferred(
	struct job_account *a, int64_t next_try_ns, const char *reason)
{
	a->deferred++;
	if (next_try_ns < a->next_try_ns)
		a->next_try_ns = next_try_ns;
	/* What was put back untried is due at once. */
	if (next_try_ns > 0 && next_try_ns < a->retry_ns)
		a->retry_ns = next_try_ns;
	if (a->wait_reason[0] == '\0')
		text_copy(a->wait_reason, sizeof a->wait_reason, reason);
}

static void note_failed(struct job_account *a, const char *reason)
{
	a->failed++;
	if (a->held_reason[0] == '\0')
		text_copy(a->held_reason, sizeof a->held_reason, reason);
}

void job_note_mail(struct job *j, struct delivery *d)
{
	struct job_account *a = &j->account;

	mutex_lock(&j->lock);
	if (d->kind == STORE_MARK_DEFERRED)
		note_deferred(a, d->next_try_ns, d->reason);
	else if (d->kind == STORE_MARK_FAILED)
		note_failed(a, d->failure);
	d->is_last = a->is_read && a->open == 1;
	mutex_unlock(&j->lock);
}

bool job_end_mail(struct job *j)
{
	struct job_account *a = &j->account;
	bool is_done;

	mutex_lock(&j->lock);
	a->open--;
	is_done = a->is_read && a->open == 0;
	mutex_unlock(&j->lock);
	return is_done;
}

void job_note_row(struct job *j, const struct store_mark_row *row)
{
	mutex_lock(&j->lock);
	if (row->kind == STORE_MARK_FAILED)
		note_failed(&j->account, row->reason);
	else
		note_deferred(&j->account, row->next_try_ns, row->reason);
	mutex_unlock(&j->lock);
}

/* The first one says most; an error outranks a mail that failed. */
void job_note_error(struct job *j, const char *reason, bool is_abandoned)
{
	struct job_account *a = &j->account;

	mutex_lock(&j->lock);
	a->failed++;
	/* What follows says only that it was abandoned. */
	if (!a->is_abandoned && a->errors++ == 0)
		text_copy(a->held_reason, sizeof a->held_reason, reason);
	a->is_abandoned = is_abandoned;
	mutex_unlock(&j->lock);
}

void job_note_damage(struct job *j, int err)
{
	atomic_store(&j->is_void, true);
	mutex_lock(&j->lock);
	j->account.is_damaged = true;
	text_format(j->account.held_reason, sizeof j->account.held_reason,
		"DAMAGED: its octets cannot be read: %s",
		err == STORE_DAMAGED ? "a checksum is wrong"
				     : strerrordesc_np(-err));
	mutex_unlock(&j->lock);
}

/* That it is held says more than what else is wrong with it. */
void job_stop_held(struct job *j, const char *reason)
{
	struct job_account *a = &j->account;

	atomic_store(&j->is_stopped, true);
	mutex_lock(&j->lock);
	a->is_held = true;
	text_copy(a->held_reason, sizeof a->held_reason, reason);
	mutex_unlock(&j->lock);
}

void job_stop_waiting(struct job *j, int64_t next_try_ns, const char *reason)
{
	atomic_store(&j->is_stopped, true);
	mutex_lock(&j->lock);
	note_deferred(&j->account, next_try_ns, reason);
	mutex_unlock(&j->lock);
}

void job_stop_cut(struct job *j)
{
	atomic_store(&j->is_stopped, true);
	mutex_lock(&j->lock);
	j->account.is_cut = true;
	mutex_unlock(&j->lock);
}

bool job_end_reading(struct job *j, bool is_cut)
{
	bool is_done;

	mutex_lock(&j->lock);
	j->account.is_read = true;
	j->account.is_cut |= is_cut;
	is_done = j->account.open == 0;
	mutex_unlock(&j->lock);
	return is_done;
}

/* A hold stops what comes behind it; it waits for what is to be retried. */
static int64_t next_try(const struct job_account *a)
{
	return a->is_held ? a->retry_ns : a->next_try_ns;
}

static enum dataset_state decide_state(
	const struct job_account *a, int64_t now_ns)
{
	if (a->is_damaged || (a->is_held && a->retry_ns == INT64_MAX))
		return DATASET_HELD;
	if (a->is_cut)
		return DATASET_READY;
	if (a->deferred > 0)
		return next_try(a) <= now_ns ? DATASET_READY : DATASET_WAITING;
	return a->failed > 0 ? DATASET_HELD : DATASET_PURGED;
}

/* The first error, how many more, and whether that was too many. */
static void explain_held(const struct job_account *a, char *out, size_t cap)
{
	static const char abandoned[] = "; the rest was not read";
	bool is_whole = a->is_damaged || a->is_held; /* what is said */
	char more[MORE_MAX] = "";

	if (a->errors > 1 && !is_whole)
		text_format(more, sizeof more, " (and %" PRIu64 " more)",
			a->errors - 1);
	text_format(out, cap, "%.*s%s%s", HELD_SHOWN_MAX, a->held_reason, more,
		a->is_abandoned && !is_whole ? abandoned : "");
}

void job_decide(struct job *j, int64_t now_ns)
{
	const struct job_account *a = &j->account;
	struct job_end end = { .next_try_ns = 0 };

	mutex_lock(&j->lock);
	end.to = decide_state(a, now_ns);
	if (end.to == DATASET_WAITING) {
		end.next_try_ns = next_try(a);
		text_copy(end.reason, sizeof end.reason, a->wait_reason);
	} else if (end.to == DATASET_HELD) {
		explain_held(a, end.reason, sizeof end.reason);
	}
	mutex_unlock(&j->lock);
	j->end = end;
}
