/*
 * job_account - what the mails of a claimed data set have come to, and where
 * its claim ends.
 *
 * Plain values.
 */
#ifndef JOB_ACCOUNT_H
#define JOB_ACCOUNT_H

#include "dataset.h"

#include <stdbool.h>
#include <stdint.h>

/* What the mails have come to, and so where the data set goes. */
struct job_account {
	uint32_t open; /* claimed, and the store not told what became */
	bool is_read;  /* no further mail comes */
	bool is_cut;   /* not to its end */
	bool is_damaged;
	bool is_held; /* by the user exit */
	uint32_t deferred;
	int64_t next_try_ns; /* the earliest of them */
	int64_t retry_ns;    /* the same, but of those that were tried */
	uint32_t failed;
	uint64_t errors;   /* in the data set */
	bool is_abandoned; /* the last of them ended the reading */
	char held_reason[REASON_MAX + 1]; /* the first error, else failure */
	char wait_reason[REASON_MAX + 1];
};

/* Where its claim ends. */
struct job_end {
	enum dataset_state to;
	int64_t next_try_ns;
	char reason[REASON_MAX + 1];
};

#endif
