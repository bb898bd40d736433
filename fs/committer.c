#include "committer.h"

#include "clock.h"
#include "mutex.h"

#include <errno.h>
#include <stdlib.h>

#define COMPANY_NS NS_PER_MS

struct committer {
	struct mutex lock;
	struct cond arrived;
	struct committer_request *head GUARDED_BY(lock);
	struct committer_request **tail GUARDED_BY(lock);
	bool is_hurried GUARDED_BY(lock); /* one of those is not patient */
	bool is_stopping GUARDED_BY(lock);
	committer_serve *serve;
	void *arg;
	pthread_t thread;
};

static void await_company(struct committer *c) REQUIRES(&c->lock)
{
	int64_t until_ns = clock_monotonic_ns() + COMPANY_NS;

	while (!c->is_hurried && !c->is_stopping)
		if (!cond_wait_until(&c->arrived, &c->lock, until_ns))
			break;
}

/* All that waits, as soon as something does; NULL: stop. */
static struct committer_request *take_all(struct committer *c)
{
	struct committer_request *all;

	mutex_lock(&c->lock);
	while (c->head == NULL && !c->is_stopping)
		cond_wait_until(&c->arrived, &c->lock,
			clock_monotonic_ns() + 10 * NS_PER_S);
	if (c->head != NULL)
		await_company(c);
	all = c->head;
	c->head = NULL;
	c->tail = &c->head;
	c->is_hurried = false;
	mutex_unlock(&c->lock);
	return all;
}

static void put_back(struct committer *c, struct committer_request *first)
{
	struct committer_request *last = first;

	while (last->next != NULL)
		last = last->next;
	mutex_lock(&c->lock);
	last->next = c->head;
	if (c->head == NULL)
		c->tail = &last->next;
	c->head = first;
	c->is_hurried = true;
	mutex_unlock(&c->lock);
}

static void *committer_main(void *arg)
{
	struct committer *c = arg;
	struct committer_request *waiting;

	while ((waiting = take_all(c)) != NULL) {
		waiting = c->serve(c->arg, waiting);
		if (waiting != NULL)
			put_back(c, waiting);
	}
	return NULL;
}

void committer_push(struct committer *c, struct committer_request *r)
{
	r->next = NULL;
	mutex_lock(&c->lock);
	*c->tail = r;
	c->tail = &r->next;
	if (!r->is_patient)
		c->is_hurried = true;
	cond_signal(&c->arrived);
	mutex_unlock(&c->lock);
}

int committer_open(committer_serve *serve, void *arg, struct committer **out)
{
	struct committer *c = calloc(1, sizeof *c);
	int err;

	if (c == NULL)
		return -ENOMEM;
	mutex_init(&c->lock, RANK_COMMITTER);
	cond_init(&c->arrived);
	c->tail = &c->head;
	c->serve = serve;
	c->arg = arg;
	err = -pthread_create(&c->thread, NULL, committer_main, c);
	if (err != 0) {
		cond_fini(&c->arrived);
		mutex_fini(&c->lock);
		free(c);
		return err;
	}
	*out = c;
	return 0;
}

void committer_close(struct committer *c)
{
	if (c == NULL)
		return;
	mutex_lock(&c->lock);
	c->is_stopping = true;
	cond_signal(&c->arrived);
	mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	cond_fini(&c->arrived);
	mutex_fini(&c->lock);
	free(c);
}
