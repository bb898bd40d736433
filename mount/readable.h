/*
 * readable - waits for a descriptor to be readable, until a deadline.
 *
 * Safe from any thread.
 */
#ifndef READABLE_H
#define READABLE_H

#include "attributes.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Also true for one that has ended. Returns false at deadline_ns (monotonic),
 * and when the kernel refuses to wait.
 */
MUST_USE bool readable_until(int fd, int64_t deadline_ns);

#endif
