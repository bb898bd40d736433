/*
 * spool_handle - one open data set, inside.
 *
 * For the modules of the spool alone. Calls of the store for one data set
 * come one at a time: whoever makes one holds the turn, which, unlike a lock,
 * may be held while the store works.
 */
#ifndef SPOOL_HANDLE_H
#define SPOOL_HANDLE_H

#include "judge.h"
#include "log.h"
#include "spool_names.h"
#include "spool_step.h"

struct spool_file {
	struct spool *spool;
	uint64_t number;
	uint32_t job;
	uid_t uid;                     /* of its owner */
	struct quota_account *account; /* of its owner */
	uint8_t writer;                /* as it was opened for */
	bool is_operator;              /* who opened it */
	uint64_t octets_max;           /* 0: no limit */
	atomic_uint refs; /* the handle, flushes under way, an unlink */

	/* Read without the turn, to show them. */
	atomic_uint_least64_t size_octets;
	atomic_int_least64_t changed_ns;
	int64_t opened_ns;
	pid_t pid;
	char program[SPOOL_PROGRAM_MAX];

	struct mutex lock;
	struct cond turn_over;
	bool has_turn GUARDED_BY(lock);
	int err GUARDED_BY(lock);          /* of the first failed call */
	uint64_t changes GUARDED_BY(lock); /* counted */
	uint64_t durable GUARDED_BY(lock); /* so many of the changes */
	bool is_closing GUARDED_BY(lock);  /* and nothing new since */
	bool is_unlinked GUARDED_BY(lock); /* to be purged at release */
	/* Renames under way: what it is called then decides what becomes of
	 * it, so a release that comes meanwhile ends with the last of them. */
	unsigned int renames GUARDED_BY(lock);
	bool is_late GUARDED_BY(lock); /* its release waits for that */
	bool was_killed GUARDED_BY(lock);

	/* The turn's. */
	bool was_synced; /* a sync was asked for: it may be on disk */
	bool is_gone;    /* unlinked, and its purge was asked for */
	bool is_released;

	/* The turn's: who looks at what is written; NULL once nobody does. */
	const struct spool_check *check;
	void *checker; /* NULL before the first write */
	uint64_t checked_octets;
	bool is_refused;

	struct spool_step step;
	struct judge_case judged;
};

/* What lines of the log about it say of it. */
struct spool_subject {
	struct log_subject log;
	char job_id[JOB_ID_LEN + 1];
};

void spool_file_subject(const struct spool_file *f, struct spool_subject *out);

void spool_file_ref(struct spool_file *f);
void spool_file_unref(struct spool_file *f);

/* A rename is over: maybe the release too. */
void spool_file_renamed(struct spool_file *f);

/* dataset_describe(), in the store too as long as it is open; gives back a
 * reference. */
void spool_file_describe(struct spool_file *f, mode_t mode, int64_t changed_ns);

/* Takes and gives back the turn; waits as long as another has it. */
void spool_file_take_turn(struct spool_file *f);
void spool_file_end_turn(struct spool_file *f);

/*
 * The same with a handle that was met in the roster. Of one that has been
 * released meanwhile it gives back the reference, and returns false.
 */
bool spool_file_take_open(struct spool_file *f);

/*
 * The handle that writes e, which is OPEN, with a reference. NULL when it was
 * released: later runs once the data set is submitted, on another thread,
 * maybe as soon as the lock is given up.
 */
struct spool_file *spool_file_or_later_locked(struct spool *sp,
	const struct roster_entry *e, struct spool_later *later)
	REQUIRES(&sp->lock);

#endif
