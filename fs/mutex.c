#include "mutex.h"

#include "clock.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

enum { HELD_MAX = 16 };

/* How long one wait lasts at most while tests inject the time. */
#define INJECTED_WAIT_NS (NS_PER_MS / 2)

/* And else: callers loop, and a deadline of INT64_MAX must not overflow. */
#define WAIT_NS (3600 * NS_PER_S)

#ifndef NDEBUG
static _Thread_local const struct mutex *held[HELD_MAX];
static _Thread_local int held_count;

static void rank_push(const struct mutex *m)
{
	assert(held_count < HELD_MAX);
	assert(held_count == 0 || held[held_count - 1]->rank < m->rank);
	held[held_count++] = m;
}

/* Locks may be released in any order. */
static void rank_pop(const struct mutex *m)
{
	int i = held_count - 1;

	while (i >= 0 && held[i] != m)
		i--;
	assert(i >= 0);
	for (; i + 1 < held_count; i++)
		held[i] = held[i + 1];
	held_count--;
}
#else
static void rank_push(const struct mutex *m)
{
	(void)m;
}

static void rank_pop(const struct mutex *m)
{
	(void)m;
}
#endif

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	pthread_mutex_init(&m->native, NULL);
	m->rank = rank;
}

void mutex_fini(struct mutex *m)
{
	pthread_mutex_destroy(&m->native);
}

void mutex_lock(struct mutex *m) UNCHECKED_LOCKS
{
	rank_push(m);
	pthread_mutex_lock(&m->native);
}

void mutex_unlock(struct mutex *m) UNCHECKED_LOCKS
{
	pthread_mutex_unlock(&m->native);
	rank_pop(m);
}

void cond_init(struct cond *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->native, &attr);
	pthread_condattr_destroy(&attr);
}

void cond_fini(struct cond *c)
{
	pthread_cond_destroy(&c->native);
}

void cond_signal(struct cond *c)
{
	pthread_cond_signal(&c->native);
}

void cond_broadcast(struct cond *c)
{
	pthread_cond_broadcast(&c->native);
}

/*
 * The kernel knows nothing of an injected clock, so with one in place a wait
 * is cut into short ones and the caller's loop looks at the clock again.
 */
bool cond_wait_until(struct cond *c, struct mutex *m, int64_t deadline_ns)
{
	struct timespec until;
	int64_t longest_ns = clock_is_injected() ? INJECTED_WAIT_NS : WAIT_NS;
	int64_t now_ns = clock_monotonic_ns();
	int64_t left_ns, native_ns;

	if (deadline_ns <= now_ns)
		return false;
	left_ns = deadline_ns - now_ns;
	if (left_ns > longest_ns)
		left_ns = longest_ns;

	clock_gettime(CLOCK_MONOTONIC, &until);
	native_ns = (int64_t)until.tv_sec * NS_PER_S + until.tv_nsec + left_ns;
	until.tv_sec = native_ns / NS_PER_S;
	until.tv_nsec = native_ns % NS_PER_S;

	rank_pop(m);
	pthread_cond_timedwait(&c->native, &m->native, &until);
	rank_push(m);
	return clock_monotonic_ns() < deadline_ns;
}
