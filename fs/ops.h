/*
 * ops - what the handlers of the FUSE requests share.
 *
 * A handler runs on one of libfuse's workers and never waits: not for a
 * disk, not for name services, and not for what the kernel may hold on the
 * caller's side. What must wait is a chore, or is answered by a completion.
 * Permissions are checked here, on the caller's uid and groups, since the
 * kernel does not know the rules.
 */
#ifndef OPS_H
#define OPS_H

#include "answer.h"
#include "attributes.h"
#include "chore.h"
#include "forget.h"
#include "fresh.h"
#include "fs.h"
#include "guard.h"
#include "handle.h"
#include "mutex.h"
#include "operator.h"
#include "ops_handlers.h"
#include "placement.h"
#include "spool_names.h"
#include "task.h"
#include "tree.h"
#include "witness.h"

#include <fuse_lowlevel.h>
#include <signal.h>
#include <stdatomic.h>

struct fs {
	struct spool *spool;
	pid_t keeper;
	struct operator_ops operators[DATASET_WRITERS_MAX];
	size_t operator_count;
	const struct writer_config *writers;
	size_t writer_count;
	bool has_submitters; /* one of them has */
	bool has_operator_gid;
	gid_t operator_gid;
	int64_t since_ns; /* wall clock: the times of the fixed nodes */

	struct chores *chores;
	struct tasks *tasks;
	struct witness *witness;
	struct guard *guard;
	struct fresh *fresh;
	struct handles *handles;
	struct answers *answers;
	struct forget *forget;
	struct follow *follow;

	/* The loop: fs.c alone */
	void (*ended)(void *arg);
	void *ended_arg;
	struct fuse_session *session;
	pthread_t loop;
	struct placement placement;
	atomic_bool is_stopping;
	struct sigaction old_action;
	struct mutex lock;
	struct cond over;
	bool is_over GUARDED_BY(lock);
};

struct fs *ops_fs(fuse_req_t req);

/* ops_events.c: what others do for status/events. */
void ops_events_attributes(fuse_req_t req, struct stat *out);
void ops_open_events(fuse_req_t req, struct fuse_file_info *fi);
void ops_read_events(
	fuse_req_t req, struct handle *h, size_t size, uint64_t offset);

/* Who asks, and whether he is an operator: by uid alone; by groups too, for
 * which /proc/PID/status is read when there is an operator group. */
void ops_owner(fuse_req_t req, struct spool_caller *out);
void ops_caller(fuse_req_t req, struct spool_caller *out);

/*
 * The same where only one data set is in question, by its name or itself: the
 * groups are looked at only when it may be another's.
 */
void ops_caller_of_name(
	fuse_req_t req, const char *name, struct spool_caller *out);
void ops_caller_of(
	fuse_req_t req, const struct dataset *d, struct spool_caller *out);

/*
 * Whether one of the groups that /proc/PID/status tells is wanted. A caller
 * whose groups cannot be read is in none.
 */
typedef bool ops_group_test(const void *arg, gid_t gid);
bool ops_is_in_group(
	fuse_req_t req, ops_group_test *is_wanted, const void *arg);

/* The data set of a node, or of the handle that was opened on it; one that
 * lingers is PURGED. */
MUST_USE int ops_dataset(struct fs *fs, fuse_ino_t node, struct dataset *out);

/* Whether the caller may read a data set and change what is said of it. */
bool ops_may(const struct spool_caller *caller, const struct dataset *d);

/*
 * The status of every forwarder; free() it. NULL with count 0 when there is
 * none or memory is out.
 */
struct forwarder_status *ops_forwarders(struct fs *fs, size_t *count);

#endif
