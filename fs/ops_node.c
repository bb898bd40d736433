/* What a node is: lookup and attributes. */
#include "label.h"
#include "ops.h"
#include "ops_submit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Fixed nodes never change; data sets are looked at again each time. */
#define FIXED_TIMEOUT_S 3600.0

enum { STATFS_BLOCK = 4096 };

static void reply_fixed(fuse_req_t req, uint64_t node)
{
	struct fuse_entry_param entry = { 0 };

	if (node == TREE_NONE) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	entry.ino = node;
	entry.attr_timeout = FIXED_TIMEOUT_S;
	entry.entry_timeout = FIXED_TIMEOUT_S;
	if (node == TREE_EVENTS) {
		entry.attr_timeout = 0;
		ops_events_attributes(req, &entry.attr);
	} else {
		tree_attributes(node, ops_fs(req)->since_ns, &entry.attr);
	}
	fuse_reply_entry(req, &entry);
}

/* The writer directory of that name, in any case. */
static uint64_t find_writer(struct fs *fs, const char *name)
{
	char upper[WRITER_NAME_MAX + 1];
	const char *writer;
	size_t i;

	if (writer_name_parse(name, strlen(name), upper) != 0)
		return TREE_NONE;
	for (i = 0; (writer = spool_writer(fs->spool, i)) != NULL; i++)
		if (strcmp(writer, upper) == 0)
			return tree_writer_node(i);
	return TREE_NONE;
}

static void lookup_dataset(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fs *fs = ops_fs(req);
	const char *writer = spool_writer(fs->spool, tree_writer_index(parent));
	struct fuse_entry_param entry = { 0 };
	struct spool_caller caller;
	struct dataset d;
	int err = -ENOENT;

	ops_caller_of_name(req, name, &caller);
	if (strlen(name) >= LABEL_SHOWN_MAX)
		err = -ENAMETOOLONG;
	else if (writer != NULL)
		err = spool_find(fs->spool, writer, name, &caller, &d);
	if (err != 0) {
		fuse_reply_err(req, -err);
		return;
	}
	fresh_note(fs->fresh, caller.pid, &d);
	entry.ino = tree_dataset_node(d.number);
	tree_dataset_attributes(&d, &entry.attr);
	fuse_reply_entry(req, &entry);
}

void ops_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	if (tree_is_writer(parent))
		lookup_dataset(req, parent, name);
	else if (parent == TREE_SPOOL)
		reply_fixed(req, find_writer(ops_fs(req), name));
	else
		reply_fixed(req, tree_child(parent, name));
}

static void reply_dataset(fuse_req_t req, const struct dataset *d)
{
	struct stat st;

	tree_dataset_attributes(d, &st);
	fuse_reply_attr(req, &st, 0);
}

void ops_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct fs *fs = ops_fs(req);
	struct dataset d;
	struct stat st;
	int err;

	(void)fi; /* fstat(2) comes without a handle */
	if (node == TREE_EVENTS) {
		ops_events_attributes(req, &st);
		fuse_reply_attr(req, &st, 0);
		return;
	}
	if (!tree_is_dataset(node)) {
		tree_attributes(node, fs->since_ns, &st);
		fuse_reply_attr(req, &st, FIXED_TIMEOUT_S);
		return;
	}
	err = ops_dataset(fs, node, &d);
	if (err != 0)
		fuse_reply_err(req, -err);
	else
		reply_dataset(req, &d);
}

/* Only ftruncate(2) has a handle, and only by a handle is a size set. */
static int set_size(const struct fuse_file_info *fi, off_t size)
{
	const struct handle *h;

	if (fi == NULL)
		return -EPERM;
	h = (const struct handle *)(uintptr_t)fi->fh;
	if (h->kind != HANDLE_WRITER)
		return -EPERM;
	return spool_file_truncate(h->file, (uint64_t)size);
}

static int64_t wanted_time_ns(const struct stat *st, int to_set)
{
	int64_t ns;

	if ((to_set & FUSE_SET_ATTR_MTIME_NOW) != 0)
		return clock_wall_ns();
	if ((to_set & FUSE_SET_ATTR_MTIME) == 0)
		return -1;
	if (st->st_mtim.tv_sec < 0
		|| st->st_mtim.tv_sec >= INT64_MAX / NS_PER_S)
		return 0;
	ns = st->st_mtim.tv_sec * NS_PER_S;
	return ns + st->st_mtim.tv_nsec;
}

/* A data set keeps its owner; saying so again is no change. */
static bool changes_owner(
	const struct dataset *d, const struct stat *st, int to_set)
{
	return ((to_set & FUSE_SET_ATTR_UID) != 0 && st->st_uid != d->uid)
		|| ((to_set & FUSE_SET_ATTR_GID) != 0 && st->st_gid != d->gid);
}

static int set_attributes(fuse_req_t req, const struct dataset *d,
	const struct stat *st, int to_set)
{
	struct fs *fs = ops_fs(req);
	mode_t mode = (to_set & FUSE_SET_ATTR_MODE) != 0 ? st->st_mode & 0600
							 : (mode_t)-1;
	struct spool_caller caller;

	ops_caller_of(req, d, &caller);
	if (!ops_may(&caller, d) || changes_owner(d, st, to_set))
		return -EPERM;
	return spool_set_attributes(fs->spool, d->number, &caller, mode,
		wanted_time_ns(st, to_set));
}

enum {
	SET_BY_NODE = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID
		| FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME
		| FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW,
};

void ops_setattr(fuse_req_t req, fuse_ino_t node, struct stat *attributes,
	int to_set, struct fuse_file_info *fi)
{
	struct fs *fs = ops_fs(req);
	struct dataset d;
	int err = tree_is_dataset(node) ? ops_dataset(fs, node, &d) : -EPERM;

	if (err == 0 && (to_set & FUSE_SET_ATTR_SIZE) != 0)
		err = set_size(fi, attributes->st_size);
	if (err == 0 && (to_set & SET_BY_NODE) != 0)
		err = set_attributes(req, &d, attributes, to_set);
	if (err == 0)
		err = ops_dataset(fs, node, &d);
	if (err != 0)
		fuse_reply_err(req, -err);
	else
		reply_dataset(req, &d);
}

/* Fixed nodes: by their mode, and Submitters for writing. */
static int access_fixed(fuse_req_t req, fuse_ino_t node, int mask)
{
	struct fs *fs = ops_fs(req);
	const char *writer = NULL;
	struct spool_caller caller;
	struct stat st;

	ops_owner(req, &caller);
	tree_attributes(node, fs->since_ns, &st);
	if (!tree_allows(&st, caller.uid, caller.gid, mask))
		return EACCES;
	if (tree_is_writer(node) && (mask & W_OK) != 0)
		writer = spool_writer(fs->spool, tree_writer_index(node));
	return writer == NULL || ops_may_submit(req, writer) ? 0 : EACCES;
}

void ops_access(fuse_req_t req, fuse_ino_t node, int mask)
{
	struct fs *fs = ops_fs(req);
	struct spool_caller caller;
	struct dataset d;
	int err = 0;

	if (!tree_is_dataset(node)) {
		fuse_reply_err(req, access_fixed(req, node, mask));
		return;
	}
	if (ops_dataset(fs, node, &d) != 0) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	ops_caller_of(req, &d, &caller);
	if (!ops_may(&caller, &d) || (mask & X_OK) != 0)
		err = EACCES;
	fuse_reply_err(req, err);
}

/* Inodes are data sets, as many as there are job numbers. */
void ops_statfs(fuse_req_t req, fuse_ino_t node)
{
	struct statvfs st = { 0 };
	struct spool_space space;

	(void)node;
	spool_space(ops_fs(req)->spool, &space);
	st.f_bsize = STATFS_BLOCK;
	st.f_frsize = STATFS_BLOCK;
	st.f_bfree = space.free_octets / STATFS_BLOCK;
	st.f_bavail = space.available_octets / STATFS_BLOCK;
	st.f_blocks = st.f_bfree
		+ (space.used_octets + STATFS_BLOCK - 1) / STATFS_BLOCK;
	st.f_files = JOB_NUMBER_MAX;
	st.f_ffree = space.datasets < JOB_NUMBER_MAX
		? JOB_NUMBER_MAX - space.datasets
		: 0;
	st.f_favail = st.f_ffree;
	st.f_namemax = LABEL_MAX;
	fuse_reply_statfs(req, &st);
}
