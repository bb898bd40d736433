#include "support_clock.h"

#include "clock.h"

#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

enum { WAIT_S = 20, LOOK_MS = 1 };

static _Atomic int64_t ahead_ns;

static int64_t ahead_of(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec
		+ atomic_load(&ahead_ns);
}

static int64_t moved_monotonic_ns(void)
{
	return ahead_of(CLOCK_MONOTONIC);
}

static int64_t moved_wall_ns(void)
{
	return ahead_of(CLOCK_REALTIME);
}

static const struct clock_source moved = { moved_monotonic_ns, moved_wall_ns };

void clock_take_over(void)
{
	atomic_store(&ahead_ns, 0);
	clock_set_source(&moved);
}

void clock_forward(int64_t ns)
{
	atomic_fetch_add(&ahead_ns, ns);
}

void clock_give_back(void)
{
	clock_set_source(NULL);
}

int64_t clock_processor_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

bool clock_wait_until(bool (*claim)(void *arg), void *arg)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!claim(arg)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > WAIT_S)
			return false;
		poll(NULL, 0, LOOK_MS);
	}
	return true;
}
