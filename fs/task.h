/*
 * task - what the kernel tells of a task at once, whatever the task is at.
 *
 * A handler may ask while the task waits in a request: reading comm and statm
 * waits for nobody. The files stay open for the tasks that asked last, as to
 * open one takes five times as long as to read it. An open one belongs to its
 * task, not to the number: once the task has ended it can no longer be read.
 * Safe from any thread.
 * Source: proc(5), comm and statm; Linux, fs/proc/array.c, proc_pid_statm().
 */
#ifndef TASK_H
#define TASK_H

#include "attributes.h"
#include "spool_names.h"

#include <stdbool.h>
#include <sys/types.h>

struct tasks;

MUST_USE int tasks_open(struct tasks **out);

/* Nobody asks any more. NULL is accepted. */
void tasks_close(struct tasks *ts);

/* What the kernel calls the task's program; empty when that is not known. */
void task_program(
	struct tasks *ts, pid_t tid, char out[static SPOOL_PROGRAM_MAX]);

/*
 * Whether the task still has memory, which it gives up before its files: then
 * it closes one by its own will, or in execve(2). False is no: or not known.
 */
bool task_has_memory(struct tasks *ts, pid_t tid);

#endif
