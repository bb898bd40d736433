#include "bounded.h"

#include "mutex.h"

#include <stdlib.h>

struct bounded {
	void (*run)(void *arg);
	void *arg;
	struct mutex lock;
	struct cond over;
	bool is_over GUARDED_BY(lock);
	bool is_left GUARDED_BY(lock); /* nobody waits any more */
};

static struct bounded *bounded_new(void (*run)(void *arg), void *arg)
{
	struct bounded *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->run = run;
	b->arg = arg;
	mutex_init(&b->lock, RANK_LEAF);
	cond_init(&b->over);
	return b;
}

static void bounded_free(struct bounded *b)
{
	cond_fini(&b->over);
	mutex_fini(&b->lock);
	free(b);
}

static void *work(void *arg)
{
	struct bounded *b = arg;
	bool is_left;

	b->run(b->arg);
	mutex_lock(&b->lock);
	b->is_over = true;
	cond_signal(&b->over);
	is_left = b->is_left;
	mutex_unlock(&b->lock);
	if (is_left)
		bounded_free(b);
	return NULL;
}

/* Once this has returned false, b is the thread's to free. */
static bool wait_until_over(struct bounded *b, int64_t deadline_ns)
{
	bool is_over;

	mutex_lock(&b->lock);
	while (!b->is_over && cond_wait_until(&b->over, &b->lock, deadline_ns))
		continue;
	is_over = b->is_over;
	b->is_left = !is_over;
	mutex_unlock(&b->lock);
	return is_over;
}

bool bounded_run(void (*run)(void *arg), void *arg, int64_t deadline_ns)
{
	struct bounded *b = bounded_new(run, arg);
	pthread_t thread;

	if (b == NULL || pthread_create(&thread, NULL, work, b) != 0) {
		if (b != NULL)
			bounded_free(b);
		run(arg);
		return true;
	}
	if (!wait_until_over(b, deadline_ns)) {
		pthread_detach(thread);
		return false;
	}
	pthread_join(thread, NULL);
	bounded_free(b);
	return true;
}
