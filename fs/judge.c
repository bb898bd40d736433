#include "judge.h"

#include "clock.h"
#include "mutex.h"

#include <stdlib.h>

#define IDLE_WAIT_NS (60 * NS_PER_S)

struct judge {
	struct store *store;
	spool_judge *is_whole;
	pthread_t thread;
	struct mutex lock;
	struct cond put;
	struct judge_case *first GUARDED_BY(lock);
	struct judge_case **last GUARDED_BY(lock);
	bool is_stopping GUARDED_BY(lock);
};

/* ---- one data set ---------------------------------------------------- */

struct reading {
	struct store *store;
	uint64_t number;
	int err; /* the first error */
};

static ssize_t read_octets(void *arg, uint64_t offset, void *octets, size_t len)
{
	struct reading *r = arg;
	ssize_t got;

	if (r->err != 0)
		return r->err;
	got = store_read(r->store, r->number, offset, octets, len);
	if (got < 0)
		r->err = (int)got;
	return got;
}

struct judge_verdict judge_dataset(struct store *store, spool_judge *is_whole,
	uint64_t number, const char *incomplete)
{
	struct reading r = { store, number, 0 };
	bool whole = is_whole(read_octets, &r);

	if (r.err == STORE_DAMAGED)
		return (struct judge_verdict){ DATASET_HELD,
			"DAMAGED: a checksum is wrong" };
	if (r.err != 0)
		return (struct judge_verdict){ DATASET_HELD,
			"DAMAGED: it cannot be read" };
	if (!whole)
		return (struct judge_verdict){ DATASET_HELD, incomplete };
	return (struct judge_verdict){ DATASET_READY, "" };
}

/* ---- the thread ------------------------------------------------------ */

static struct judge_case *take_locked(struct judge *j) REQUIRES(&j->lock)
{
	struct judge_case *c = j->first;

	if (c == NULL)
		return NULL;
	j->first = c->next;
	if (j->first == NULL)
		j->last = &j->first;
	return c;
}

/* Returns NULL when the judge is to stop and nothing waits. */
static struct judge_case *next_case(struct judge *j)
{
	struct judge_case *c;

	mutex_lock(&j->lock);
	while ((c = take_locked(j)) == NULL && !j->is_stopping)
		cond_wait_until(
			&j->put, &j->lock, clock_monotonic_ns() + IDLE_WAIT_NS);
	mutex_unlock(&j->lock);
	return c;
}

static void *judge_run(void *arg)
{
	struct judge *j = arg;
	struct judge_case *c;

	while ((c = next_case(j)) != NULL)
		c->decided(c,
			judge_dataset(j->store, j->is_whole, c->number,
				c->incomplete));
	return NULL;
}

int judge_open(struct store *store, spool_judge *is_whole, struct judge **out)
{
	struct judge *j = calloc(1, sizeof *j);
	int err;

	if (j == NULL)
		return -ENOMEM;
	j->store = store;
	j->is_whole = is_whole;
	j->last = &j->first;
	mutex_init(&j->lock, RANK_WITNESS);
	cond_init(&j->put);
	err = pthread_create(&j->thread, NULL, judge_run, j);
	if (err != 0) {
		cond_fini(&j->put);
		mutex_fini(&j->lock);
		free(j);
		return -err;
	}
	*out = j;
	return 0;
}

void judge_close(struct judge *j)
{
	if (j == NULL)
		return;
	mutex_lock(&j->lock);
	j->is_stopping = true;
	cond_signal(&j->put);
	mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
	cond_fini(&j->put);
	mutex_fini(&j->lock);
	free(j);
}

void judge_put(struct judge *j, struct judge_case *c)
{
	c->next = NULL;
	mutex_lock(&j->lock);
	*j->last = c;
	j->last = &c->next;
	cond_signal(&j->put);
	mutex_unlock(&j->lock);
}
