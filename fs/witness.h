/*
 * witness - says how the process ended, or did not, that closed a file.
 *
 * A process killed by a signal has its files closed by the kernel as one
 * that closes them itself; to us both are a FLUSH. What tells them apart is
 * /proc/PID of the task that is in the FLUSH: it has no memory left, it is
 * exiting, and its exit code names a signal. That code is shown to those who
 * have CAP_SYS_PTRACE. Without it PF_SIGNALED has to do, of the task and of
 * the first thread of its process, as a process that exits in good order ends
 * its other threads with it. Two cases look wrong then: a program whose first
 * thread is not the one that calls exit(3) counts as killed if it leaves the
 * close to that; one that was killed after its first thread alone had ended
 * counts as closed.
 *
 * One thread reads, in the order of the questions; FUSE handlers never do,
 * since the kernel may hold what such a read waits for until the FLUSH is
 * answered. Safe from any thread.
 * Source: proc(5), stat and statm; Linux, kernel/exit.c, do_exit().
 */
#ifndef WITNESS_H
#define WITNESS_H

#include "attributes.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum witness_verdict {
	WITNESS_CLOSED, /* it lives, or ends in good order */
	WITNESS_KILLED, /* a signal ends it */
	WITNESS_GONE,   /* there is no such task any more */
	WITNESS_BLIND,  /* cannot be known here */
};

struct witness;

/* One question; embedded in what it is about, which done may free. */
struct witness_question {
	struct witness_question *next;
	pid_t tid; /* 0: of a process id namespace we do not see */
	/* Called on the witness's thread, once; must not block. */
	void (*done)(struct witness_question *q, enum witness_verdict verdict);
};

/* Starts the thread. Returns 0; -ENOMEM; -EAGAIN. */
MUST_USE int witness_start(struct witness **out);

void witness_ask(struct witness *w, struct witness_question *q);

/*
 * The question whose answer has been read for since before then_ns
 * (monotonic), NULL for none. To be compared, not to be looked into.
 */
const struct witness_question *witness_stuck(
	struct witness *w, int64_t then_ns);

/* Answers what was asked, ends the thread, frees w. NULL is accepted. */
void witness_stop(struct witness *w);

/*
 * The verdict that the text of /proc/PID/stat gives, terminated: by the exit
 * code; by the flags alone. Pure.
 */
enum witness_verdict witness_read_stat(const char *text);
enum witness_verdict witness_read_flags(const char *text);

#endif
