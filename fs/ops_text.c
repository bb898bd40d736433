/* Virtual files: rendered when they are opened, read from that text. */
#include "buf.h"
#include "ops.h"
#include "readme.h"
#include "status.h"

#include <errno.h>
#include <stdlib.h>

enum { QUEUE_PAGE = 256 };

/* OPEN of a virtual file; a long queue takes a while, hence a chore. */
struct text_chore {
	struct chore chore;
	fuse_req_t req;
	fuse_ino_t node;
	struct fuse_file_info fi;
	struct spool_caller caller;
};

static int render_readme(struct fs *fs, struct buf *out)
{
	const char *writers[DATASET_WRITERS_MAX];
	size_t count = 0;

	while (count < DATASET_WRITERS_MAX
		&& (writers[count] = spool_writer(fs->spool, count)) != NULL)
		count++;
	readme_render(writers, count, out);
	return 0;
}

static int render_targets(struct fs *fs, struct buf *out)
{
	size_t count;
	struct forwarder_status *forwarders = ops_forwarders(fs, &count);

	if (forwarders == NULL && fs->operator_count != 0)
		return -ENOMEM;
	status_targets(forwarders, count, out);
	free(forwarders);
	return 0;
}

static int render_rows(struct fs *fs, const struct spool_caller *caller,
	struct spool_row *rows, struct buf *out)
{
	size_t forwarder_count, count, i;
	struct forwarder_status *forwarders =
		ops_forwarders(fs, &forwarder_count);
	uint64_t after = 0;
	int err;

	do {
		err = spool_rows(fs->spool, NULL, caller, after, QUEUE_PAGE,
			rows, &count);
		for (i = 0; err == 0 && i < count; i++)
			status_queue_line(
				&rows[i], forwarders, forwarder_count, out);
		if (err == 0 && count > 0)
			after = rows[count - 1].dataset.number;
	} while (err == 0 && count > 0);
	free(forwarders);
	return err;
}

static int render_queue(
	struct fs *fs, const struct spool_caller *caller, struct buf *out)
{
	struct spool_row *rows = calloc(QUEUE_PAGE, sizeof *rows);
	int err;

	if (rows == NULL)
		return -ENOMEM;
	status_queue_header(out);
	err = render_rows(fs, caller, rows, out);
	free(rows);
	return err;
}

static int render(struct text_chore *t, struct buf *out)
{
	struct fs *fs = ops_fs(t->req);

	switch (t->node) {
	case TREE_README:
		return render_readme(fs, out);
	case TREE_TARGETS:
		return render_targets(fs, out);
	case TREE_QUEUE:
		return render_queue(fs, &t->caller, out);
	default:
		return -ENOENT;
	}
}

static void reply_text(struct text_chore *t, char *text, size_t len)
{
	struct handle *h = handle_new_text(ops_fs(t->req)->handles, text, len);

	if (h == NULL) {
		free(text);
		fuse_reply_err(t->req, ENOMEM);
		return;
	}
	t->fi.fh = (uintptr_t)h;
	t->fi.direct_io = 1;
	t->fi.noflush = 1;
	if (fuse_reply_open(t->req, &t->fi) != 0)
		handle_release(h);
}

static void run(struct chore *c)
{
	struct text_chore *t = (struct text_chore *)((char *)c
		- offsetof(struct text_chore, chore));
	struct buf out;
	char *text;
	size_t len;
	int err;

	buf_init(&out);
	err = render(t, &out);
	text = err == 0 ? buf_steal(&out, &len) : NULL;
	if (text != NULL)
		reply_text(t, text, len);
	else
		fuse_reply_err(t->req, err != 0 ? -err : ENOMEM);
	buf_fini(&out);
	free(t);
}

void ops_open_text(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct text_chore *t = calloc(1, sizeof *t);

	if (t == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	t->chore.run = run;
	t->req = req;
	t->node = node;
	t->fi = *fi;
	ops_caller(req, &t->caller);
	chores_add(ops_fs(req)->chores, &t->chore);
}
