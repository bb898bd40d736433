/* The octets of open files. */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* READ of a data set: from the store, so it may wait for a disk. */
struct read_chore {
	struct chore chore;
	fuse_req_t req;
	uint64_t number;
	uint64_t offset;
	size_t size;
	char octets[];
};

static struct handle *handle_of(const struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}

static void run_read(struct chore *c)
{
	struct read_chore *r = (struct read_chore *)((char *)c
		- offsetof(struct read_chore, chore));
	ssize_t got = spool_read(ops_fs(r->req)->spool, r->number, r->offset,
		r->octets, r->size);

	if (got >= 0)
		fuse_reply_buf(r->req, r->octets, (size_t)got);
	else if (got == STORE_NONE) /* purged since it was opened */
		fuse_reply_err(r->req, ESTALE);
	else
		fuse_reply_err(r->req, answer_errno((int)got));
	free(r);
}

static void read_dataset(
	fuse_req_t req, uint64_t number, size_t size, uint64_t offset)
{
	struct read_chore *r = malloc(sizeof *r + size);

	if (r == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	r->chore.run = run_read;
	r->req = req;
	r->number = number;
	r->offset = offset;
	r->size = size;
	chores_add(ops_fs(req)->chores, &r->chore);
}

static void read_text(
	fuse_req_t req, struct handle *h, size_t size, uint64_t offset)
{
	size_t left = 0;

	if (offset < h->text_len)
		left = h->text_len - (size_t)offset;
	if (size > left)
		size = left;
	/* Its reader may close before this call has returned. */
	handle_pin(h);
	fuse_reply_buf(req, size > 0 ? h->text + offset : NULL, size);
	handle_unpin(h);
}

void ops_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
	struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);

	(void)node;
	if (h->kind == HANDLE_TEXT)
		read_text(req, h, size, (uint64_t)offset);
	else if (h->kind == HANDLE_EVENTS)
		ops_read_events(req, h, size, (uint64_t)offset);
	else
		read_dataset(req, h->number, size, (uint64_t)offset);
}

/*
 * The flags are those of the moment, which fcntl(2) may have changed. The
 * kernel's offset for O_APPEND is the end of the inode, not of the handle.
 */
void ops_write(fuse_req_t req, fuse_ino_t node, const char *octets, size_t size,
	off_t offset, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);
	int err;

	(void)node;
	if (h->kind != HANDLE_WRITER) {
		fuse_reply_err(req, EBADF);
		return;
	}
	if (atomic_load(&h->is_closing))
		atomic_store(&h->is_closing, false);
	atomic_store(&h->writer, fuse_req_ctx(req)->pid);
	err = spool_file_write(h->file, (uint64_t)offset,
		(fi->flags & O_APPEND) != 0, octets, size);
	if (err != 0)
		fuse_reply_err(req, answer_errno(err));
	else
		fuse_reply_write(req, size);
}

/*
 * What is promised is what counts against the limits: the octets up to the
 * end. Room beyond it nobody would keep free, and there are no holes.
 */
void ops_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t offset,
	off_t length, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);
	int err = -EBADF;

	(void)node;
	if (mode != 0)
		err = -EOPNOTSUPP;
	else if (h->kind == HANDLE_WRITER)
		err = spool_file_extend(
			h->file, (uint64_t)offset + (uint64_t)length);
	fuse_reply_err(req, answer_errno(err));
}

/*
 * Answers when all octets so far are durable. The handle is pinned once
 * more, as the answer may bring its RELEASE while we still hold the file.
 */
static void make_durable(fuse_req_t req, struct handle *h, bool is_close)
{
	struct fs *fs = ops_fs(req);
	struct answer *a = answer_new(fs->answers, req, h);

	if (a == NULL) {
		handle_set_failed(h); /* it may be released from the reply on */
		fuse_reply_err(req, ENOMEM);
		return;
	}
	guard_arm(fs->guard);
	handle_pin(h);
	if (is_close) {
		atomic_store(&h->is_closing, true);
		spool_file_closing(h->file);
		if (!spool_file_is_empty(h->file))
			answer_ask_witness(a);
	}
	spool_file_flush(h->file, answer_done, a);
	handle_unpin(h);
}

void ops_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);

	(void)node;
	if (h->kind == HANDLE_WRITER)
		make_durable(req, h, true);
	else
		fuse_reply_err(req, 0);
}

void ops_fsync(fuse_req_t req, fuse_ino_t node, int is_data_only,
	struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);

	(void)node;
	(void)is_data_only;
	if (h->kind == HANDLE_WRITER)
		make_durable(req, h, false);
	else
		fuse_reply_err(req, 0);
}
