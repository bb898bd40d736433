#include "ops.h"

#include <errno.h>
#include <stdlib.h>

enum { GROUPS_FIRST = 64 };

struct fs *ops_fs(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

void ops_owner(fuse_req_t req, struct spool_caller *out)
{
	const struct fuse_ctx *who = fuse_req_ctx(req);

	out->uid = who->uid;
	out->gid = who->gid;
	out->pid = who->pid;
	out->is_operator = who->uid == 0;
}

static bool is_any(const gid_t *groups, int count, ops_group_test *is_wanted,
	const void *arg)
{
	int i;

	for (i = 0; i < count; i++)
		if (is_wanted(arg, groups[i]))
			return true;
	return false;
}

bool ops_is_in_group(fuse_req_t req, ops_group_test *is_wanted, const void *arg)
{
	gid_t first[GROUPS_FIRST];
	gid_t *all;
	int count = fuse_req_getgroups(req, GROUPS_FIRST, first);
	int wider;
	bool is_in;

	if (count <= GROUPS_FIRST)
		return is_any(first, count, is_wanted, arg);
	all = calloc((size_t)count, sizeof *all);
	if (all == NULL)
		return false;
	wider = fuse_req_getgroups(req, count, all);
	is_in = is_any(all, wider < count ? wider : count, is_wanted, arg);
	free(all);
	return is_in;
}

static bool is_this(const void *wanted, gid_t gid)
{
	return *(const gid_t *)wanted == gid;
}

void ops_caller(fuse_req_t req, struct spool_caller *out)
{
	const struct fs *fs = ops_fs(req);

	ops_owner(req, out);
	if (!out->is_operator && fs->has_operator_gid)
		out->is_operator = out->gid == fs->operator_gid
			|| ops_is_in_group(req, is_this, &fs->operator_gid);
}

void ops_caller_of_name(
	fuse_req_t req, const char *name, struct spool_caller *out)
{
	const char *label;
	uint32_t job;

	/* Everybody's labels are his own; only <JOBID>.<name> reaches out. */
	if (dataset_parse_job_label(name, &job, &label) == 0)
		ops_caller(req, out);
	else
		ops_owner(req, out);
}

void ops_caller_of(
	fuse_req_t req, const struct dataset *d, struct spool_caller *out)
{
	ops_owner(req, out);
	if (out->uid != d->uid)
		ops_caller(req, out);
}

int ops_dataset(struct fs *fs, fuse_ino_t node, struct dataset *out)
{
	uint64_t number = tree_dataset_number(node);
	uint64_t opened;

	if (!tree_is_dataset(node))
		return -ENOENT;
	if (spool_stat(fs->spool, number, out) == 0)
		return 0;
	if (handles_find_opened_as(fs->handles, number, &opened)
		&& spool_stat(fs->spool, opened, out) == 0) {
		out->number = number;
		return 0;
	}
	if (spool_stat_lingering(fs->spool, number, out) == 0)
		return 0;
	/* Lets the kernel walk the path again. */
	return -ESTALE;
}

bool ops_may(const struct spool_caller *caller, const struct dataset *d)
{
	return caller->is_operator || caller->uid == d->uid;
}

struct forwarder_status *ops_forwarders(struct fs *fs, size_t *count)
{
	struct forwarder_status *all;
	size_t i;

	*count = 0;
	if (fs->operator_count == 0)
		return NULL;
	all = calloc(fs->operator_count, sizeof *all);
	if (all == NULL)
		return NULL;
	for (i = 0; i < fs->operator_count; i++)
		fs->operators[i].status(fs->operators[i].forwarder, &all[i]);
	*count = fs->operator_count;
	return all;
}
