/*
 * bounded - work that may never end, because a disk may never answer: waited
 * for until a deadline, then left behind.
 *
 * Safe from any thread.
 */
#ifndef BOUNDED_H
#define BOUNDED_H

#include "attributes.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Calls run(arg) on a thread of its own and waits until it has returned, but
 * not longer than deadline_ns (monotonic). When there is neither memory nor a
 * thread for it, it runs on the caller's, however long it takes.
 *
 * Returns false when it is not over: then it goes on, and what it uses must
 * stay for as long as the process lives.
 */
MUST_USE bool bounded_run(
	void (*run)(void *arg), void *arg, int64_t deadline_ns);

#endif
