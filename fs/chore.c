#include "chore.h"

#include "clock.h"
#include "mutex.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define IDLE_NS (3600 * NS_PER_S)

struct chores {
	pthread_t threads[CHORE_THREADS_MAX];
	int running; /* threads; known to the starter alone */
	struct mutex lock;
	struct cond arrived;
	bool is_stopping GUARDED_BY(lock);
	struct chore *first GUARDED_BY(lock);
	struct chore **end GUARDED_BY(lock);
};

/* The next chore; NULL when there will be none. */
static struct chore *take(struct chores *cs)
{
	struct chore *c;

	mutex_lock(&cs->lock);
	while (cs->first == NULL && !cs->is_stopping)
		cond_wait_until(&cs->arrived, &cs->lock,
			clock_monotonic_ns() + IDLE_NS);
	c = cs->first;
	if (c != NULL) {
		cs->first = c->next;
		if (cs->first == NULL)
			cs->end = &cs->first;
	}
	mutex_unlock(&cs->lock);
	return c;
}

static void *work(void *arg)
{
	struct chores *cs = arg;
	struct chore *c;

	while ((c = take(cs)) != NULL)
		c->run(c);
	return NULL;
}

int chores_start(int threads, struct chores **out)
{
	struct chores *cs = calloc(1, sizeof *cs);
	int err = 0;

	assert(threads <= CHORE_THREADS_MAX);
	if (cs == NULL)
		return -ENOMEM;
	mutex_init(&cs->lock, RANK_LEAF);
	cond_init(&cs->arrived);
	cs->end = &cs->first;
	while (err == 0 && cs->running < threads) {
		err = pthread_create(&cs->threads[cs->running], NULL, work, cs);
		if (err == 0)
			cs->running++;
	}
	if (err != 0) {
		chores_stop(cs);
		return -err;
	}
	*out = cs;
	return 0;
}

void chores_add(struct chores *cs, struct chore *c)
{
	c->next = NULL;
	mutex_lock(&cs->lock);
	*cs->end = c;
	cs->end = &c->next;
	cond_signal(&cs->arrived);
	mutex_unlock(&cs->lock);
}

void chores_stop(struct chores *cs)
{
	int i;

	if (cs == NULL)
		return;
	mutex_lock(&cs->lock);
	cs->is_stopping = true;
	cond_broadcast(&cs->arrived);
	mutex_unlock(&cs->lock);
	for (i = 0; i < cs->running; i++)
		pthread_join(cs->threads[i], NULL);
	cond_fini(&cs->arrived);
	mutex_fini(&cs->lock);
	free(cs);
}
