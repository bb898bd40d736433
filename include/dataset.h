/*
 * dataset - what one SYSOUT data set is: its names, its attributes, its
 * state.
 *
 * Pure values. Safe from any thread.
 * Source: spec of the JES side (writer names, job ids); IBM, z/OS MVS JCL
 * Reference, SYSOUT parameter.
 */
#ifndef DATASET_H
#define DATASET_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	WRITER_NAME_MAX = 8,
	LABEL_MAX = 240,  /* octets of a name in a writer directory */
	REASON_MAX = 240, /* octets of a reason, escaped text */
	JOB_NAME_MAX = 8,
	JOB_ID_LEN = 8, /* JOBnnnnn or Jnnnnnnn */
	JOB_NUMBER_MAX = 9999999,
	DATASET_WRITERS_MAX = 64, /* writers of one mount */
};

enum dataset_state {
	DATASET_OPEN,    /* being written, or found so after a crash */
	DATASET_READY,   /* waits for its writer to select it */
	DATASET_HELD,    /* waits for the operator or the owner; see reason */
	DATASET_ACTIVE,  /* claimed: its mail is being sent */
	DATASET_WAITING, /* some of its mail is deferred until next_try_ns */
	DATASET_DEAD,    /* a dead letter */
	DATASET_PURGED,  /* gone */
	DATASET_STATES,
};

struct dataset {
	uint64_t number; /* never repeated; 0 is none */
	uint32_t job;    /* 1 to JOB_NUMBER_MAX, not repeated while it lives */
	enum dataset_state state;
	uid_t uid; /* who wrote it */
	gid_t gid;
	mode_t mode;    /* at most 0600 */
	bool has_label; /* false: reached by <JOBID>.<name> alone */
	bool is_draft;  /* for the store: not to be sent under this label */
	/* Of those that were given one label the highest has it: when it was
	 * renamed, in numbers of data sets; 0: when it was made. */
	uint64_t named;
	uint64_t size_octets;
	int64_t created_ns;  /* wall clock */
	int64_t changed_ns;  /* last write or utimens, wall clock */
	int64_t next_try_ns; /* WAITING: wall clock; else 0 */
	char writer[WRITER_NAME_MAX + 1];
	char job_name[JOB_NAME_MAX + 1]; /* from the writing program */
	char label[LABEL_MAX + 1];       /* as the writer named it */
	char reason[REASON_MAX + 1]; /* of HELD, WAITING, DEAD; else empty */
};

/* "open", "ready", … */
const char *dataset_state_name(enum dataset_state state);

/* Whether the life of a data set has this step: the table in dataset.c. */
bool dataset_may_move(enum dataset_state from, enum dataset_state to);

/* chmod and utimens: mode (mode_t)-1 and changed_ns -1 leave it as it is. */
void dataset_describe(struct dataset *d, mode_t mode, int64_t changed_ns);

/* Writes JOBnnnnn, or Jnnnnnnn for numbers over 99999. */
void dataset_job_id(uint32_t job, char out[static JOB_ID_LEN + 1]);

/*
 * Splits "<JOBID>.<name>" (job id in any case).
 *
 * Returns 0 and the job number and where the name starts; -EINVAL when name
 * is not of that form.
 */
MUST_USE int dataset_parse_job_label(
	const char *name, uint32_t *job, const char **rest);

/*
 * Reads an external writer name: 1 to 8 of A-Z 0-9 $ # @ in any case, folded
 * to upper case.
 *
 * Returns 0; -EINVAL for another form; -EPERM for INTRDR, STDWTR, NJERDR,
 * which JES keeps for itself.
 */
MUST_USE int writer_name_parse(
	const char *name, size_t len, char out[static WRITER_NAME_MAX + 1]);

/*
 * Makes a job name from a program's name: folded to upper case, other
 * characters dropped, cut to 8; "JESFS" when nothing is left.
 */
void dataset_job_name(const char *program, char out[static JOB_NAME_MAX + 1]);

#endif
