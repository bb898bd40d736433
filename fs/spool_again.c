#include "spool_again.h"

#include "clock.h"
#include "mutex.h"
#include "spool_step.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_DELAY_NS NS_PER_S
#define LONGEST_DELAY_NS (8 * NS_PER_S)
#define IDLE_NS (3600 * NS_PER_S)

struct spool_again {
	void (*repeat)(struct spool_step *step);
	pthread_t thread;
	struct mutex lock;
	struct cond changed;
	struct spool_step *first GUARDED_BY(lock);
	struct spool_step **end GUARDED_BY(lock);
	int64_t delay_ns GUARDED_BY(lock); /* after the next that fails */
	int64_t due_ns GUARDED_BY(lock);   /* the next try */
	bool works GUARDED_BY(lock);       /* the store took the last one */
	bool is_stopping GUARDED_BY(lock);
};

/* ---- the steps that wait --------------------------------------------- */

static struct spool_step *take_all_locked(struct spool_again *a)
	REQUIRES(&a->lock)
{
	struct spool_step *steps = a->first;

	a->first = NULL;
	a->end = &a->first;
	return steps;
}

static struct spool_step *take_one_locked(struct spool_again *a)
	REQUIRES(&a->lock)
{
	struct spool_step *step = a->first;

	a->first = step->next;
	if (a->first == NULL)
		a->end = &a->first;
	step->next = NULL;
	return step;
}

/* What belongs to one try counts as one failure. */
static void back_off_locked(struct spool_again *a) REQUIRES(&a->lock)
{
	int64_t now_ns = clock_monotonic_ns();

	a->works = false;
	if (a->due_ns > now_ns)
		return;
	a->due_ns = now_ns + a->delay_ns;
	a->delay_ns *= 2;
	if (a->delay_ns > LONGEST_DELAY_NS)
		a->delay_ns = LONGEST_DELAY_NS;
}

bool spool_again_put(struct spool_again *a, struct spool_step *step)
{
	bool is_kept;

	mutex_lock(&a->lock);
	is_kept = !a->is_stopping;
	if (is_kept) {
		step->next = NULL;
		*a->end = step;
		a->end = &step->next;
		back_off_locked(a);
		cond_signal(&a->changed);
	}
	mutex_unlock(&a->lock);
	return is_kept;
}

void spool_again_works(struct spool_again *a)
{
	mutex_lock(&a->lock);
	a->works = true;
	a->delay_ns = FIRST_DELAY_NS;
	a->due_ns = clock_monotonic_ns();
	cond_signal(&a->changed);
	mutex_unlock(&a->lock);
}

/* ---- the thread ------------------------------------------------------ */

static bool is_due_locked(const struct spool_again *a) REQUIRES(&a->lock)
{
	return a->first != NULL
		&& (a->works || a->due_ns <= clock_monotonic_ns());
}

/* One step, or all where the store works; NULL at the end. */
static struct spool_step *next_steps(struct spool_again *a)
{
	struct spool_step *steps = NULL;

	mutex_lock(&a->lock);
	while (!a->is_stopping && !is_due_locked(a))
		cond_wait_until(&a->changed, &a->lock,
			a->first != NULL ? a->due_ns
					 : clock_monotonic_ns() + IDLE_NS);
	if (!a->is_stopping)
		steps = a->works ? take_all_locked(a) : take_one_locked(a);
	mutex_unlock(&a->lock);
	return steps;
}

static void repeat_all(struct spool_again *a, struct spool_step *steps)
{
	struct spool_step *next;

	for (; steps != NULL; steps = next) {
		next = steps->next;
		a->repeat(steps);
	}
}

static void *work(void *arg)
{
	struct spool_again *a = arg;
	struct spool_step *steps;

	while ((steps = next_steps(a)) != NULL)
		repeat_all(a, steps);
	return NULL;
}

int spool_again_open(
	void (*repeat)(struct spool_step *step), struct spool_again **out)
{
	struct spool_again *a = calloc(1, sizeof *a);
	int err;

	if (a == NULL)
		return -ENOMEM;
	a->repeat = repeat;
	a->end = &a->first;
	a->delay_ns = FIRST_DELAY_NS;
	mutex_init(&a->lock, RANK_WITNESS);
	cond_init(&a->changed);
	err = pthread_create(&a->thread, NULL, work, a);
	if (err != 0) {
		cond_fini(&a->changed);
		mutex_fini(&a->lock);
		free(a);
		return -err;
	}
	*out = a;
	return 0;
}

void spool_again_stop(struct spool_again *a)
{
	struct spool_step *steps;

	mutex_lock(&a->lock);
	a->is_stopping = true;
	cond_signal(&a->changed);
	mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);

	mutex_lock(&a->lock);
	steps = take_all_locked(a);
	mutex_unlock(&a->lock);
	repeat_all(a, steps);
}

void spool_again_close(struct spool_again *a)
{
	if (a == NULL)
		return;
	assert(a->first == NULL);
	cond_fini(&a->changed);
	mutex_fini(&a->lock);
	free(a);
}
