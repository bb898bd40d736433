#include "readable.h"

#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

/* The kernel knows nothing of an injected clock, so that is looked at often. */
static int wait_ms(int64_t left_ns)
{
	if (clock_is_injected())
		return 1;
	if (left_ns / NS_PER_MS >= INT_MAX)
		return INT_MAX;
	return (int)(left_ns / NS_PER_MS) + 1;
}

bool readable_until(int fd, int64_t deadline_ns)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	int64_t left_ns;
	int n;

	for (;;) {
		left_ns = deadline_ns - clock_monotonic_ns();
		if (left_ns <= 0)
			return false;
		n = poll(&event, 1, wait_ms(left_ns));
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}
