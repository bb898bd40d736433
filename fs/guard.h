/*
 * guard - a thread that looks at deadlines while anything has one.
 *
 * It looks every GUARD_TICK_NS while its sweep says that something waits,
 * and sleeps else: arming it costs one atomic step, not a wake-up for each
 * request. Safe from any thread.
 */
#ifndef GUARD_H
#define GUARD_H

#include "attributes.h"
#include "clock.h"

#include <stdbool.h>
#include <stdint.h>

#define GUARD_TICK_NS (100 * NS_PER_MS)

struct guard;

/* Looks at the deadlines; returns whether anything still waits for one. */
typedef bool guard_sweep(void *arg, int64_t now_ns);

/* Starts the thread. Returns 0; -ENOMEM; -EAGAIN. */
MUST_USE int guard_start(guard_sweep *sweep, void *arg, struct guard **out);

/* Something with a deadline is there, for the next sweep to see. */
void guard_arm(struct guard *g);

/* Ends the thread, frees g. NULL is accepted. */
void guard_stop(struct guard *g);

#endif
