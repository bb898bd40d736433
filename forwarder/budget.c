#include "budget.h"

#include "clock.h"

enum { JOBS_MAX = 256 }; /* claimed data sets at a time */

/* What a resting target's sessions could take counts for nothing. */
static size_t most_locked(struct mailqueue *q) REQUIRES(&q->lock)
{
	int64_t now_ns = clock_monotonic_ns();
	size_t most = 0;
	size_t i;

	if (q->is_stopping || q->is_stalled)
		return 0;
	/* TestMode: mails are read, and go to no session. */
	if (q->config->is_test)
		return BUDGET_PER_SESSION;
	for (i = 0; i < q->target_count; i++)
		if (target_is_usable(&q->targets[i], now_ns))
			most += (size_t)q->targets[i].open * BUDGET_PER_SESSION;
	return most;
}

size_t budget_left_locked(struct mailqueue *q)
{
	size_t most = most_locked(q);

	return q->in_use < most ? most - q->in_use : 0;
}

size_t budget_jobs_left_locked(struct mailqueue *q)
{
	size_t jobs = q->jobs + q->claimed.count + q->granted;

	return jobs < JOBS_MAX ? JOBS_MAX - jobs : 0;
}

size_t budget_grantable_locked(struct mailqueue *q)
{
	size_t budget = budget_left_locked(q);
	size_t left = budget_jobs_left_locked(q);

	return budget < left ? budget : left;
}

bool budget_may_pass_locked(struct mailqueue *q)
{
	return q->in_use <= most_locked(q) && budget_jobs_left_locked(q) > 0;
}

bool budget_has_excess_locked(struct mailqueue *q)
{
	return q->granted > 0 && q->in_use > most_locked(q);
}
