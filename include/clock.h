/*
 * clock - the two clocks everything else asks.
 *
 * Monotonic time measures waits, wall time stamps what users see. Tests put
 * their own source in place of the kernel's. Safe from any thread once the
 * source is set.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_STAMP_MAX = 32 };

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

struct clock_source {
	int64_t (*monotonic_ns)(void);
	int64_t (*wall_ns)(void);
};

int64_t clock_monotonic_ns(void);
int64_t clock_wall_ns(void);

/*
 * Replaces the source; NULL restores the kernel's. The struct stays the
 * caller's and must live as long as it is set. Call before threads start.
 */
void clock_set_source(const struct clock_source *source);

/* True while a source other than the kernel's is set. */
bool clock_is_injected(void);

/* Writes "2024-03-12T09:15:02Z" for a wall time, always terminated. */
void clock_stamp(int64_t wall_ns, char out[static CLOCK_STAMP_MAX]);

#endif
