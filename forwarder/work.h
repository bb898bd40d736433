/*
 * work - a reader's place at the queue: what it is to do next.
 */
#ifndef WORK_H
#define WORK_H

#include "attributes.h"
#include "delivery.h"
#include "job.h"
#include "mailqueue.h"

#include <stddef.h>

enum work_kind {
	WORK_GRANT,  /* let the store claim `units` data sets, or look again */
	WORK_RECALL, /* ask for the units it has */
	WORK_BEGIN,  /* begin the `claimed` data sets */
	WORK_READ,   /* read up to `units` mails of `job` */
	WORK_SETTLE, /* tell the store about the decided `mails` */
	WORK_RECORD, /* tell it again, about `mails` and `jobs` */
	WORK_CUT,    /* stop reading `job`: it goes back to the spool */
	WORK_END,    /* end the thread */
};

struct work {
	enum work_kind kind;
	size_t units; /* of the budget; theirs who got them */
	struct job *job;
	struct delivery_list mails;
	struct job *jobs;
	struct claimed *claimed;
};

enum { WORK_SLICE_MAX = 16 };

/* Waits for the next piece of work. */
struct work work_next(struct mailqueue *q);

#endif
