/*
 * Extended attributes, read-only: what a data set says of itself, and on the
 * root of the mount the process that ends last, for who unmounts and waits.
 */
#include "ops.h"
#include "status.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void put_job(struct fs *fs, const struct dataset *d, char *out)
{
	(void)fs;
	dataset_job_id(d->job, out);
}

static void put_writer(struct fs *fs, const struct dataset *d, char *out)
{
	(void)fs;
	text_copy(out, REASON_MAX + 1, d->writer);
}

static void put_state(struct fs *fs, const struct dataset *d, char *out)
{
	(void)fs;
	text_copy(out, REASON_MAX + 1, dataset_state_name(d->state));
}

static void put_reason(struct fs *fs, const struct dataset *d, char *out)
{
	struct forwarder_status *forwarders;
	size_t count;

	forwarders = ops_forwarders(fs, &count);
	text_copy(out, REASON_MAX + 1, status_reason(d, forwarders, count));
	free(forwarders);
}

/* Once there is one; who waits for it has no use for less. */
static void put_result(struct fs *fs, const struct dataset *d, char *out)
{
	static const char *const results[DATASET_STATES] = {
		[DATASET_WAITING] = "deferred",
		[DATASET_DEAD] = "dead",
		[DATASET_PURGED] = "processed",
	};

	(void)fs;
	if (results[d->state] != NULL)
		text_copy(out, REASON_MAX + 1, results[d->state]);
}

/* An attribute whose text is empty is not there. */
static const struct {
	const char *name;
	void (*put)(struct fs *fs, const struct dataset *d, char *out);
} attributes[] = {
	{ "user.jes.jobid", put_job },
	{ "user.jes.writer", put_writer },
	{ "user.jes.state", put_state },
	{ "user.jes.reason", put_reason },
	{ "user.jes.result", put_result },
};

enum { ATTRIBUTES = sizeof attributes / sizeof attributes[0] };

/* The data set of the node, when the caller may ask. */
static int find(fuse_req_t req, fuse_ino_t node, struct dataset *out)
{
	struct spool_caller caller;
	int err;

	if (!tree_is_dataset(node))
		return -ENODATA;
	err = ops_dataset(ops_fs(req), node, out);
	if (err != 0)
		return err;
	ops_caller_of(req, out, &caller);
	return ops_may(&caller, out) ? 0 : -EACCES;
}

/* Asked with size 0 the answer is how much there is. */
static void reply(fuse_req_t req, const char *octets, size_t len, size_t size)
{
	if (size == 0)
		fuse_reply_xattr(req, len);
	else if (len > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, octets, len);
}

static void reply_pid(fuse_req_t req, size_t size)
{
	char value[32];

	text_format(value, sizeof value, "%ld", (long)ops_fs(req)->keeper);
	reply(req, value, strlen(value), size);
}

/* The others, of ACLs and the like, no data set can have. */
static bool is_of_users(const char *name)
{
	return strncmp(name, "user.", 5) == 0;
}

void ops_getxattr(
	fuse_req_t req, fuse_ino_t node, const char *name, size_t size)
{
	char value[REASON_MAX + 1] = "";
	struct dataset d;
	int i, err;

	if (node == FUSE_ROOT_ID && strcmp(name, "user.jes.pid") == 0) {
		reply_pid(req, size);
		return;
	}
	/* The kernel asks for security and ACL attributes all the time. */
	for (i = 0; i < ATTRIBUTES; i++)
		if (strcmp(attributes[i].name, name) == 0)
			break;
	if (i == ATTRIBUTES) {
		fuse_reply_err(req, is_of_users(name) ? ENODATA : ENOTSUP);
		return;
	}
	err = find(req, node, &d);
	if (err != 0) {
		fuse_reply_err(req, -err);
		return;
	}
	attributes[i].put(ops_fs(req), &d, value);
	if (value[0] == '\0')
		fuse_reply_err(req, ENODATA);
	else
		reply(req, value, strlen(value), size);
}

void ops_listxattr(fuse_req_t req, fuse_ino_t node, size_t size)
{
	char value[REASON_MAX + 1];
	struct dataset d;
	struct buf names;
	int i;

	buf_init(&names);
	for (i = 0; i < ATTRIBUTES && find(req, node, &d) == 0; i++) {
		value[0] = '\0';
		attributes[i].put(ops_fs(req), &d, value);
		if (value[0] != '\0')
			buf_append(&names, attributes[i].name,
				strlen(attributes[i].name) + 1);
	}
	if (buf_error(&names) != 0)
		fuse_reply_err(req, ENOMEM);
	else
		reply(req, names.data, names.len, size);
	buf_fini(&names);
}

/* What was sent a moment ago takes whatever is said of it: linger.h. */
void ops_setxattr(fuse_req_t req, fuse_ino_t node, const char *name,
	const char *value, size_t size, int flags)
{
	struct dataset d;

	(void)name;
	(void)value;
	(void)size;
	(void)flags;
	if (find(req, node, &d) == 0 && d.state == DATASET_PURGED)
		fuse_reply_err(req, 0);
	else
		fuse_reply_err(req, ENOTSUP);
}

void ops_removexattr(fuse_req_t req, fuse_ino_t node, const char *name)
{
	(void)node;
	(void)name;
	fuse_reply_err(req, ENOTSUP);
}
