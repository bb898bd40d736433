/*
 * forget - has the kernel forget the data sets that are gone.
 *
 * It keeps a node and a name for every data set it was told of, 1.1 KiB each,
 * until it is short of memory, as the names do not go by a call of its own.
 * One slow thread tells it, in bulk, when nobody asks for them any more. What
 * is in use then, the kernel keeps for as long as it otherwise would. After
 * very many the thread gives free memory of ours back, too.
 *
 * Linux 6.18 and later forget nodes by their numbers, without the lock of the
 * directory. Older ones forget names, one by one, under that lock, and what
 * an operator saw as <JOBID>.<name> besides stays.
 * Source: Linux, fs/fuse/dev.c, fuse_notify(); include/uapi/linux/fuse.h.
 */
#ifndef FORGET_H
#define FORGET_H

#include "attributes.h"

#include <fuse_lowlevel.h>

struct forget;
struct spool;

/*
 * Starts the thread; the session is mounted. Both outlive it. Returns 0;
 * -ENOMEM; -EAGAIN.
 */
MUST_USE int forget_start(
	struct spool *sp, struct fuse_session *session, struct forget **out);

/*
 * Ends the thread, frees f. NULL is accepted. Blocks while the kernel does,
 * at most until the requests that came before are answered; they have to be.
 */
void forget_stop(struct forget *f);

#endif
