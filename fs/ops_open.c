/* OPEN, CREATE, RELEASE: every open for writing makes a new data set. */
#include "ops.h"
#include "ops_submit.h"

#include <errno.h>
#include <fcntl.h>

static struct handle *new_writer(
	struct fs *fs, struct spool_file *file, uint64_t node)
{
	struct handle *h = handle_new_writer(fs->handles, file, node);

	/* Nothing is in it yet, so it leaves no trace. */
	if (h == NULL)
		spool_file_release(file, false);
	return h;
}

static void put_handle(struct fuse_file_info *fi, struct handle *h)
{
	fi->fh = (uintptr_t)h;
	fi->direct_io = 1;
	fi->noflush = h->kind != HANDLE_WRITER;
}

/* The kernel releases only what it was told it has opened. */
static void reply_open(
	fuse_req_t req, struct fuse_file_info *fi, struct handle *h)
{
	if (h == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	put_handle(fi, h);
	if (fuse_reply_open(req, fi) != 0)
		handle_release(h);
}

/* The last of the room is for operators: then groups count as well. */
static void who_opens(fuse_req_t req, struct spool_caller *out)
{
	if (spool_is_short(ops_fs(req)->spool))
		ops_caller(req, out);
	else
		ops_owner(req, out);
}

/*
 * A new data set of the same writer. What is gone by now is the kernel's to
 * look up again, as fresh_take() says.
 */
static int may_open(fuse_req_t req, fuse_ino_t node)
{
	struct fs *fs = ops_fs(req);
	struct dataset d;

	if (!fs->has_submitters || ops_dataset(fs, node, &d) != 0)
		return 0;
	return ops_may_submit(req, d.writer) ? 0 : -EACCES;
}

static void open_writer(
	fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct fs *fs = ops_fs(req);
	uint64_t number = tree_dataset_number(node);
	char program[SPOOL_PROGRAM_MAX];
	struct fresh_caller caller = { .program = program };
	struct spool_file *file;
	int err = may_open(req, node);

	if (err != 0) {
		fuse_reply_err(req, -err);
		return;
	}
	who_opens(req, &caller.who);
	caller.tid = caller.who.pid;
	task_program(fs->tasks, caller.tid, program);
	err = fresh_take(fs->fresh, number, &caller, &file);
	if (err == 0) {
		reply_open(req, fi, new_writer(fs, file, number));
		return;
	}
	if (err == -ESTALE)
		guard_arm(fs->guard);
	fuse_reply_err(req, -err);
}

static void open_reader(
	fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct fs *fs = ops_fs(req);
	struct spool_caller caller;
	struct dataset d;
	int err = ops_dataset(fs, node, &d);

	if (err == 0) {
		ops_caller_of(req, &d, &caller);
		if (!ops_may(&caller, &d))
			err = -EACCES;
		else if (d.state == DATASET_PURGED) /* its octets are gone */
			err = -ENOENT;
		else if ((fi->flags & O_TRUNC) != 0)
			err = -EPERM;
	}
	if (err != 0)
		fuse_reply_err(req, -err);
	else
		reply_open(req, fi, handle_new_reader(fs->handles, d.number));
}

void ops_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	bool is_for_writing = (fi->flags & O_ACCMODE) != O_RDONLY;

	if (tree_is_dataset(node) && is_for_writing)
		open_writer(req, node, fi);
	else if (tree_is_dataset(node))
		open_reader(req, node, fi);
	else if (is_for_writing || (fi->flags & O_TRUNC) != 0)
		fuse_reply_err(req, EACCES);
	else if (node == TREE_EVENTS)
		ops_open_events(req, fi);
	else
		ops_open_text(req, node, fi);
}

static void reply_create(
	fuse_req_t req, struct fuse_file_info *fi, struct spool_file *file)
{
	struct fs *fs = ops_fs(req);
	uint64_t number = spool_file_number(file);
	struct fuse_entry_param entry = { .ino = tree_dataset_node(number) };
	struct handle *h = new_writer(fs, file, number);
	struct dataset d;
	int err;

	if (h == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	err = spool_stat(fs->spool, number, &d);
	if (err != 0) {
		handle_release(h);
		fuse_reply_err(req, -err);
		return;
	}
	tree_dataset_attributes(&d, &entry.attr);
	put_handle(fi, h);
	if (fuse_reply_create(req, &entry, fi) != 0)
		handle_release(h);
}

void ops_create(fuse_req_t req, fuse_ino_t parent, const char *name,
	mode_t mode, struct fuse_file_info *fi)
{
	struct fs *fs = ops_fs(req);
	const char *writer = NULL;
	char program[SPOOL_PROGRAM_MAX];
	struct spool_caller owner;
	struct spool_file *file;
	int err;

	who_opens(req, &owner);
	if (tree_is_writer(parent))
		writer = spool_writer(fs->spool, tree_writer_index(parent));
	if (writer == NULL) {
		fuse_reply_err(req, owner.uid == 0 ? EPERM : EACCES);
		return;
	}
	if (!ops_may_submit(req, writer)) {
		fuse_reply_err(req, EACCES);
		return;
	}
	fresh_forget(fs->fresh, owner.pid);
	task_program(fs->tasks, owner.pid, program);
	err = spool_create(fs->spool, writer, name, &owner, mode & 0600,
		program, (fi->flags & O_EXCL) != 0, &file);
	if (err != 0)
		fuse_reply_err(req, -err);
	else
		reply_create(req, fi, file);
}

void ops_release(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	(void)node;
	handle_release((struct handle *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}
