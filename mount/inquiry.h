/*
 * inquiry - asks what the daemon of a mount may have to answer, and may not.
 *
 * Once a daemon has taken a request, who waits for the answer cannot be
 * killed, and no process ends, not by exit() either, while a thread of it
 * waits so. A child asks instead. One without an answer is left behind: it
 * ends when the daemon answers or dies, or the mount is unmounted by force,
 * and holds up nobody who waits for the process that asked.
 *
 * For processes with one thread.
 * Source: Linux, fs/fuse/dev.c, request_wait_answer().
 */
#ifndef INQUIRY_H
#define INQUIRY_H

#include "attributes.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Asks, in the child: gets at most cap octets of an answer. Returns how many,
 * or -errno.
 */
typedef int inquiry_ask(const char *path, char *answer, size_t cap);

struct inquiry {
	inquiry_ask *ask;
	const char *path;
	int64_t deadline_ns; /* monotonic */
	char *answer;
	size_t cap; /* of answer; PATH_MAX at most */
};

/*
 * Has a child ask. Returns 0, with what it got in *result; -ETIMEDOUT when it
 * has no answer at the deadline; another -errno when none could ask.
 */
MUST_USE int inquiry_put(const struct inquiry *q, int *result);

/*
 * realpath(3). Slashes at the end do not count: the daemon would be asked
 * whether it allows them.
 *
 * Returns 0; -errno as realpath(3) and inquiry_put() do.
 */
MUST_USE int inquiry_real_path(
	const char *path, int64_t deadline_ns, char out[static PATH_MAX]);

#endif
