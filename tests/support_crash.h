/*
 * support_crash - writers that know what they were promised, and the
 * judgement of what arrived.
 */
#ifndef SUPPORT_CRASH_H
#define SUPPORT_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the writers and the daemon left behind. */
struct crash_evidence {
	const char *writer_log;  /* one file, all writers append */
	const char *daemon_log;  /* standard error of all runs */
	const char *capture_log; /* what the target server received */
};

struct crash_verdict {
	size_t promised; /* data sets whose close returned 0 */
	size_t mails;    /* in those */
	size_t received; /* mails, with repeats */
	size_t missing;  /* promised and never received */
	size_t damaged;  /* received with another content */
	size_t repeated; /* received more than once */
	size_t unnamed;  /* of those, not named as in doubt */
	char first[128]; /* the first finding, for the message */
};

/*
 * Starts a process that creates data sets in drop_directory as fast as it
 * can until it gets SIGTERM, and appends to writer_log, before it writes,
 * "open NAME JOBID MAILS" and, when close returned 0, "done NAME".
 */
pid_t crash_writer_start(
	const char *drop_directory, const char *writer_log, unsigned index);

/* Reads the evidence; 0 or -errno. */
int crash_judge(
	const struct crash_evidence *evidence, struct crash_verdict *verdict);

#endif
