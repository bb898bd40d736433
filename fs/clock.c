#include "clock.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>

static int64_t kernel_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t kernel_monotonic_ns(void)
{
	return kernel_ns(CLOCK_MONOTONIC);
}

static int64_t kernel_wall_ns(void)
{
	return kernel_ns(CLOCK_REALTIME);
}

static const struct clock_source kernel_source = {
	kernel_monotonic_ns,
	kernel_wall_ns,
};

static const struct clock_source *current_source = &kernel_source;

int64_t clock_monotonic_ns(void)
{
	return current_source->monotonic_ns();
}

int64_t clock_wall_ns(void)
{
	return current_source->wall_ns();
}

void clock_set_source(const struct clock_source *source)
{
	current_source = source != NULL ? source : &kernel_source;
}

bool clock_is_injected(void)
{
	return current_source != &kernel_source;
}

void clock_stamp(int64_t wall_ns, char out[static CLOCK_STAMP_MAX])
{
	time_t seconds = wall_ns / NS_PER_S;
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL
		|| strftime(out, CLOCK_STAMP_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc)
			== 0)
		out[0] = '\0';
}
