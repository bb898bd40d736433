/*
 * wallclock - a preloaded layer that sets the wall clock ahead.
 *
 * A program under it lives WALLCLOCK_AHEAD_S seconds later than the rest of
 * the machine; the clocks that measure waits are left alone. So a test finds
 * what is due in a minute without waiting for it.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *now)
{
	static int (*next)(clockid_t id, struct timespec * now);
	const char *ahead = getenv("WALLCLOCK_AHEAD_S");
	int err;

	if (next == NULL)
		next = (__typeof__(next))dlsym(RTLD_NEXT, "clock_gettime");
	err = next(id, now);
	if (err == 0 && id == CLOCK_REALTIME && ahead != NULL)
		now->tv_sec += strtol(ahead, NULL, 10);
	return err;
}
