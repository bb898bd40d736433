#include "store_pool.h"

#include "clock.h"
#include "mutex.h"

#include <errno.h>
#include <stdlib.h>

enum { POOL_THREADS = 2 };

struct pool {
	struct mutex lock;
	struct cond arrived;
	struct pool_job *head GUARDED_BY(lock);
	struct pool_job **tail GUARDED_BY(lock);
	bool is_stopping GUARDED_BY(lock);
	pthread_t threads[POOL_THREADS];
	int started;
};

static struct pool_job *take(struct pool *p)
{
	struct pool_job *job;

	mutex_lock(&p->lock);
	while (p->head == NULL && !p->is_stopping)
		cond_wait_until(&p->arrived, &p->lock,
			clock_monotonic_ns() + 10 * NS_PER_S);
	job = p->head;
	if (job != NULL) {
		p->head = job->next;
		if (p->head == NULL)
			p->tail = &p->head;
	}
	mutex_unlock(&p->lock);
	return job;
}

static void *pool_main(void *arg)
{
	struct pool_job *job;

	while ((job = take(arg)) != NULL)
		job->run(job);
	return NULL;
}

void pool_push(struct pool *p, struct pool_job *job)
{
	job->next = NULL;
	mutex_lock(&p->lock);
	*p->tail = job;
	p->tail = &job->next;
	cond_signal(&p->arrived);
	mutex_unlock(&p->lock);
}

int pool_open(struct pool **out)
{
	struct pool *p = calloc(1, sizeof *p);
	int err = 0;

	if (p == NULL)
		return -ENOMEM;
	mutex_init(&p->lock, RANK_COMMITTER);
	cond_init(&p->arrived);
	p->tail = &p->head;
	for (; p->started < POOL_THREADS && err == 0; p->started += err == 0)
		err = -pthread_create(
			&p->threads[p->started], NULL, pool_main, p);
	if (err != 0) {
		pool_close(p);
		return err;
	}
	*out = p;
	return 0;
}

void pool_close(struct pool *p)
{
	int i;

	if (p == NULL)
		return;
	mutex_lock(&p->lock);
	p->is_stopping = true;
	cond_broadcast(&p->arrived);
	mutex_unlock(&p->lock);
	for (i = 0; i < p->started; i++)
		pthread_join(p->threads[i], NULL);
	cond_fini(&p->arrived);
	mutex_fini(&p->lock);
	free(p);
}
