/*
 * support_spool - what tests of the spool share: callers, data sets in one
 * call, and what was logged.
 */
#ifndef SUPPORT_SPOOL_H
#define SUPPORT_SPOOL_H

#include "../fs/spool_file.h"
#include "support_awaited.h"

#include <check.h>

extern const struct spool_caller alice, bob, operator_caller;

/* A spool with writer MAIL on a store in memory; what is logged is kept. */
extern struct store *test_store;
extern struct spool *test_spool;

void spool_set_up(void);

/* The same on a store on disk. */
void spool_set_up_disk(void);

/* For both. */
void spool_tear_down(void);

/* Runs a suite on both stores; returns main's exit status. */
MUST_USE int spool_run_on_stores(
	const char *name, void (*add_tests)(TCase *tests));

/* test_store alone: on disk, in a folder of its own. _reopen does nothing to
 * a store in memory, _close takes the folder away. */
void store_on_disk_open(void);
void store_on_disk_reopen(void);
void store_on_disk_close(void);

/* A judge: complete is what ends in a line with a dot. */
extern const struct spool_judge *const judge_by_dot;

/* The writer it was asked about last. */
extern char judged_writer[WRITER_NAME_MAX + 1];

/* Each fails the test where something goes wrong. */
struct spool_file *dataset_create(
	struct spool *sp, const char *label, const struct spool_caller *owner);
void dataset_write(struct spool_file *f, const char *text);
int dataset_flush(struct spool_file *f);

/* Creates in writer MAIL, writes, flushes, releases; returns its number. */
uint64_t dataset_put(struct spool *sp, const char *label, const char *text,
	const struct spool_caller *owner);

int dataset_unlink(
	struct spool *sp, const char *name, const struct spool_caller *caller);

/* Waits, with a deadline, until the data set is in the state or gone. */
void wait_for_state(
	struct spool *sp, uint64_t number, enum dataset_state state);
void wait_until_gone(struct spool *sp, uint64_t number);

/* The same for the test store. */
void wait_until_purged(uint64_t number);

/* The number of what the caller names so in writer MAIL, or 0. */
uint64_t number_of(const char *name, const struct spool_caller *caller);

/* How many data sets of writer MAIL the caller lists. */
size_t listed(const struct spool_caller *caller);

void check_name(
	uint64_t number, const struct spool_caller *caller, const char *want);

/* "<JOBID>.<label>" of a data set, in a buffer of this thread. */
const char *job_name_of(struct spool *sp, uint64_t number);

/* Ends an ACTIVE data set. */
int dataset_finish(struct spool *sp, const struct store_claim *claim,
	enum dataset_state to, int64_t next_try_ns, const char *reason);

/* Standard error goes to a file of memory from now on. */
void log_capture(void);

/* How many lines logged since log_capture() contain text. */
int log_count(const char *text);

/* Waits, with a deadline, until one does. */
void wait_for_log(const char *text);

#endif
