/*
 * ending - waits for the daemon of a mount that is about to be unmounted.
 *
 * For one thread.
 */
#ifndef ENDING_H
#define ENDING_H

#include "attributes.h"

#include <stdbool.h>
#include <stdint.h>

struct ending;

/*
 * Asks a mount which process serves it, and finds the one that keeps the
 * mount for it, its parent; to be called before the unmount.
 *
 * Returns 0 with what ending_wait() takes, NULL for the mount of a daemon
 * that died; -ETIMEDOUT when there is no answer within a few seconds; -ESRCH
 * when no process that can be seen from here serves it; another
 * -errno when it could not be asked.
 */
MUST_USE int ending_watch(const char *mount_point, struct ending **out);

/* Returns false when one of them has not ended after timeout_ns. NULL has. */
MUST_USE bool ending_wait(struct ending *e, int64_t timeout_ns);

void ending_free(struct ending *e);

#endif
