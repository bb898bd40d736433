/* Directories: listing, unlink, and what may be made in them, or not. */
#include "label.h"
#include "ops.h"
#include "ops_submit.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct entry {
	char name[LABEL_SHOWN_MAX];
	struct stat st;
};

void ops_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct fs *fs = ops_fs(req);
	const char *writer = NULL;
	struct spool_caller caller;
	uint64_t *numbers = NULL;
	size_t count = 0;
	struct handle *h;
	int err = 0;

	ops_caller(req, &caller);
	if (tree_is_writer(node))
		writer = spool_writer(fs->spool, tree_writer_index(node));
	if (writer != NULL)
		err = spool_numbers(
			fs->spool, writer, &caller, &numbers, &count);
	if (err != 0) {
		fuse_reply_err(req, -err);
		return;
	}
	h = handle_new_listing(fs->handles, node, &caller, numbers, count);
	if (h == NULL) {
		free(numbers);
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fi->fh = (uintptr_t)h;
	if (fuse_reply_open(req, fi) != 0)
		handle_release(h);
}

/* A fixed node or writer directory by its index; false past the end. */
static bool entry_of_tree(
	struct fs *fs, uint64_t parent, size_t index, struct entry *out)
{
	uint64_t node = tree_child_at(parent, index);
	const char *name = tree_name(node);

	if (parent == TREE_SPOOL) {
		name = spool_writer(fs->spool, index);
		if (name == NULL)
			return false;
		node = tree_writer_node(index);
	}
	if (node == TREE_NONE)
		return false;
	text_copy(out->name, sizeof out->name, name);
	tree_attributes(node, fs->since_ns, &out->st);
	return true;
}

/* A data set; one that went meanwhile leaves its name empty. */
static bool entry_of_writer(
	struct fs *fs, const struct handle *l, size_t index, struct entry *out)
{
	if (index >= l->number_count)
		return false;
	if (spool_name(fs->spool, l->numbers[index], &l->caller, out->name,
		    sizeof out->name)
		!= 0)
		out->name[0] = '\0';
	out->st.st_ino = l->numbers[index];
	out->st.st_mode = S_IFREG;
	return true;
}

static bool entry_at(
	struct fs *fs, const struct handle *l, size_t offset, struct entry *out)
{
	if (offset < 2) {
		text_copy(
			out->name, sizeof out->name, offset == 0 ? "." : "..");
		tree_attributes(offset == 0 ? l->node : tree_parent(l->node),
			fs->since_ns, &out->st);
		return true;
	}
	if (tree_is_writer(l->node))
		return entry_of_writer(fs, l, offset - 2, out);
	return entry_of_tree(fs, l->node, offset - 2, out);
}

/* Offsets are places in the listing, so they stay good. */
void ops_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
	struct fuse_file_info *fi)
{
	const struct handle *l = (const struct handle *)(uintptr_t)fi->fh;
	struct fs *fs = ops_fs(req);
	char *page = malloc(size);
	size_t used = 0, needed;
	struct entry e = { 0 };

	(void)node;
	if (page == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	while (entry_at(fs, l, (size_t)offset, &e)) {
		offset++;
		if (e.name[0] == '\0')
			continue;
		needed = fuse_add_direntry(
			req, page + used, size - used, e.name, &e.st, offset);
		if (needed > size - used)
			break;
		used += needed;
	}
	fuse_reply_buf(req, page, used);
	free(page);
}

static const char *writer_of(struct fs *fs, fuse_ino_t directory)
{
	if (!tree_is_writer(directory))
		return NULL;
	return spool_writer(fs->spool, tree_writer_index(directory));
}

/* NULL when there is no memory for it, which the caller has heard. */
static struct answer *promise_answer(fuse_req_t req)
{
	struct fs *fs = ops_fs(req);
	struct answer *a = answer_new(fs->answers, req, NULL);

	if (a == NULL)
		fuse_reply_err(req, ENOMEM);
	else
		guard_arm(fs->guard);
	return a;
}

/* Answers EPERM, not EXDEV, to what goes in or out of writer directories:
 * mv would copy a display into the mail, or a mail out of it, instead. */
void ops_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	fuse_ino_t new_parent, const char *new_name, unsigned int flags)
{
	struct fs *fs = ops_fs(req);
	struct spool_path from = { writer_of(fs, parent), name };
	struct spool_path to = { writer_of(fs, new_parent), new_name };
	bool no_replace = (flags & RENAME_NOREPLACE) != 0;
	struct spool_caller caller;
	struct answer *a;

	if (from.writer == NULL || to.writer == NULL) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if ((flags & ~(unsigned int)RENAME_NOREPLACE) != 0) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	if (!ops_may_submit(req, to.writer)) {
		fuse_reply_err(req, EACCES);
		return;
	}
	ops_caller_of_name(req, name, &caller);
	a = promise_answer(req);
	if (a != NULL)
		spool_rename(fs->spool, &from, &to, no_replace, &caller,
			answer_done, a);
}

void ops_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fs *fs = ops_fs(req);
	const char *writer = writer_of(fs, parent);
	struct spool_caller caller;
	struct answer *a;

	if (writer == NULL) {
		fuse_reply_err(req, EPERM);
		return;
	}
	ops_caller_of_name(req, name, &caller);
	a = promise_answer(req);
	if (a != NULL)
		spool_unlink(fs->spool, writer, name, &caller, answer_done, a);
}

/*
 * An operator makes a writer that nothing is attached to: its data sets wait,
 * as SYSOUT that no writer selects. It goes with the mount, unless it has any.
 */
void ops_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct spool_caller caller;
	int err = -EPERM;

	(void)mode;
	ops_caller(req, &caller);
	if (parent == TREE_SPOOL && caller.is_operator)
		err = spool_add_writer(ops_fs(req)->spool, name);
	if (err != 0)
		fuse_reply_err(req, -err);
	else
		ops_lookup(req, parent, name);
}

void ops_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}

void ops_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	dev_t device)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)device;
	fuse_reply_err(req, EPERM);
}

void ops_symlink(
	fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target;
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}

void ops_link(
	fuse_req_t req, fuse_ino_t node, fuse_ino_t parent, const char *name)
{
	(void)node;
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}
