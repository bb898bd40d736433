/*
 * stuckdisk - a preloaded layer whose disk gets stuck, and then time flies.
 *
 * From when the file STUCKDISK_WHEN is there, fsync and fdatasync do not
 * return. From the first of them on the clock that measures waits runs
 * faster, so that a test sees half a minute of patience end in a moment.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { FASTER = 20 };

#define NS_PER_S INT64_C(1000000000)
#define LOOK_NS (NS_PER_S / 100)

static _Atomic int64_t stuck_ns; /* since; 0: not yet */

/* clock_gettime() as it is beneath. */
static int next_clock(clockid_t id, struct timespec *now)
{
	static int (*next)(clockid_t id, struct timespec * now);

	if (next == NULL)
		next = (__typeof__(next))dlsym(RTLD_NEXT, "clock_gettime");
	return next(id, now);
}

static int64_t to_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
}

static void from_ns(int64_t ns, struct timespec *out)
{
	out->tv_sec = ns / NS_PER_S;
	out->tv_nsec = ns % NS_PER_S;
}

static void get_stuck(void)
{
	struct timespec now;
	int64_t never = 0;

	next_clock(CLOCK_MONOTONIC, &now);
	atomic_compare_exchange_strong(&stuck_ns, &never, to_ns(&now));
	for (;;)
		pause();
}

static int sync_with(const char *name, int fd)
{
	int (*next)(int) = (__typeof__(next))dlsym(RTLD_NEXT, name);
	const char *when = getenv("STUCKDISK_WHEN");

	if (when != NULL && access(when, F_OK) == 0)
		get_stuck();
	return next(fd);
}

int fsync(int fd)
{
	return sync_with("fsync", fd);
}

int fdatasync(int fd)
{
	return sync_with("fdatasync", fd);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	int64_t since_ns = atomic_load(&stuck_ns);
	int err = next_clock(id, now);

	if (err == 0 && id == CLOCK_MONOTONIC && since_ns != 0)
		from_ns(since_ns + (to_ns(now) - since_ns) * FASTER, now);
	return err;
}

/*
 * Short waits, after which the program looks at the clock again. Its
 * conditions all go by CLOCK_MONOTONIC.
 */
int pthread_cond_timedwait(
	pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	static int (*next)(pthread_cond_t * c, pthread_mutex_t * m,
		const struct timespec *until);
	struct timespec soon;

	if (next == NULL)
		next = (__typeof__(next))dlsym(
			RTLD_NEXT, "pthread_cond_timedwait");
	next_clock(CLOCK_MONOTONIC, &soon);
	from_ns(to_ns(&soon) + LOOK_NS, &soon);
	return next(c, m, to_ns(&soon) < to_ns(until) ? &soon : until);
}
