/*
 * follow - those who have status/events open, and are woken when there is
 * something to read.
 *
 * One thread, started by follow_start() and ended by follow_stop(), waits for
 * events and tells the kernel; the rest is called from any thread and waits
 * for nothing.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "attributes.h"
#include "events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuse_pollhandle;

struct follow;
struct follower;

/* Returns 0, -ENOMEM or -EAGAIN. */
MUST_USE int follow_start(struct follow **out);

/* Ends the thread: nobody is told any more. NULL is accepted. Blocks. */
void follow_stop(struct follow *f);

/* After follow_stop(), and when nobody has it open. NULL is accepted. */
void follow_free(struct follow *f);

/* Returns NULL when memory is out. */
MUST_USE struct follower *follow_add(
	struct follow *f, const struct events_view *view);

/* NULL is accepted. */
void follow_remove(struct follower *r);

/*
 * Reads where the kernel says that the reader is. Behind the reader what is
 * no longer kept may be missing: then he goes on where the rest begins.
 */
size_t follow_read(struct follower *r, uint64_t offset, char *out, size_t len);

/*
 * Whether there is something to read behind what was read last. Where there
 * is not, poll, which may be NULL, is told as soon as there is; it is ours
 * from now on.
 */
MUST_USE bool follow_poll(struct follower *r, struct fuse_pollhandle *poll);

#endif
