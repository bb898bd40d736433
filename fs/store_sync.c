#include "store_sync.h"

#include "clock.h"
#include "mutex.h"

#include <errno.h>
#include <stdlib.h>

enum { LOOK_S = 10 };

enum syncer_state { SYNCER_IDLE, SYNCER_ASKED, SYNCER_DONE, SYNCER_STOPPING };

struct syncer {
	struct mutex lock;
	struct cond changed;
	enum syncer_state state GUARDED_BY(lock);
	int err GUARDED_BY(lock);
	struct segments *segments;
	pthread_t thread;
};

static void wait_while(struct syncer *s, enum syncer_state state)
	REQUIRES(&s->lock)
{
	while (s->state == state)
		cond_wait_until(&s->changed, &s->lock,
			clock_monotonic_ns() + LOOK_S * NS_PER_S);
}

static void set_state(struct syncer *s, enum syncer_state state)
	REQUIRES(&s->lock)
{
	s->state = state;
	cond_signal(&s->changed);
}

static void *syncer_main(void *arg)
{
	struct syncer *s = arg;
	int err;

	mutex_lock(&s->lock);
	for (;;) {
		while (s->state == SYNCER_IDLE || s->state == SYNCER_DONE)
			wait_while(s, s->state);
		if (s->state == SYNCER_STOPPING)
			break;
		mutex_unlock(&s->lock);
		err = segments_sync(s->segments);
		mutex_lock(&s->lock);
		s->err = err;
		set_state(s, SYNCER_DONE);
	}
	mutex_unlock(&s->lock);
	return NULL;
}

void syncer_begin(struct syncer *s)
{
	mutex_lock(&s->lock);
	set_state(s, SYNCER_ASKED);
	mutex_unlock(&s->lock);
}

int syncer_end(struct syncer *s)
{
	int err;

	mutex_lock(&s->lock);
	wait_while(s, SYNCER_ASKED);
	err = s->state == SYNCER_DONE ? s->err : 0;
	s->state = SYNCER_IDLE;
	mutex_unlock(&s->lock);
	return err;
}

int syncer_open(struct segments *segments, struct syncer **out)
{
	struct syncer *s = calloc(1, sizeof *s);
	int err;

	if (s == NULL)
		return -ENOMEM;
	mutex_init(&s->lock, RANK_LEAF);
	cond_init(&s->changed);
	s->segments = segments;
	err = -pthread_create(&s->thread, NULL, syncer_main, s);
	if (err != 0) {
		cond_fini(&s->changed);
		mutex_fini(&s->lock);
		free(s);
		return err;
	}
	*out = s;
	return 0;
}

void syncer_close(struct syncer *s)
{
	if (s == NULL)
		return;
	mutex_lock(&s->lock);
	set_state(s, SYNCER_STOPPING);
	mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	cond_fini(&s->changed);
	mutex_fini(&s->lock);
	free(s);
}
