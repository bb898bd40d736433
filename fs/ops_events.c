/*
 * status/events: a stream that grows. Unlike the other virtual files it has a
 * size and a time of change, by which tail(1) sees that there is more.
 */
#include "ops.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

static void view_of(fuse_req_t req, struct events_view *out)
{
	struct spool_caller caller;

	ops_caller(req, &caller);
	out->sees_all = caller.is_operator;
	out->uid = caller.uid;
}

void ops_events_attributes(fuse_req_t req, struct stat *out)
{
	struct events_view view;
	int64_t changed_ns = ops_fs(req)->since_ns;

	view_of(req, &view);
	tree_attributes(TREE_EVENTS, changed_ns, out);
	out->st_size = (off_t)events_end(&view, &changed_ns);
	out->st_mtim.tv_sec = changed_ns / NS_PER_S;
	out->st_mtim.tv_nsec = changed_ns % NS_PER_S;
	out->st_ctim = out->st_mtim;
}

void ops_open_events(fuse_req_t req, struct fuse_file_info *fi)
{
	struct fs *fs = ops_fs(req);
	struct follower *follower;
	struct events_view view;
	struct handle *h = NULL;

	view_of(req, &view);
	follower = follow_add(fs->follow, &view);
	if (follower != NULL)
		h = handle_new_events(fs->handles, follower);
	if (h == NULL) {
		follow_remove(follower);
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fi->fh = (uintptr_t)h;
	fi->direct_io = 1;
	fi->noflush = 1;
	if (fuse_reply_open(req, fi) != 0)
		handle_release(h);
}

void ops_read_events(
	fuse_req_t req, struct handle *h, size_t size, uint64_t offset)
{
	char *octets = malloc(size > 0 ? size : 1);

	if (octets == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	size = follow_read(h->follower, offset, octets, size);
	fuse_reply_buf(req, octets, size);
	free(octets);
}

/* All else is always ready, as files are. */
void ops_poll(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi,
	struct fuse_pollhandle *poll)
{
	const struct handle *h = (struct handle *)(uintptr_t)fi->fh;
	unsigned int ready = POLLIN | POLLRDNORM;

	(void)node;
	if (h->kind == HANDLE_EVENTS) {
		if (!follow_poll(h->follower, poll))
			ready = 0;
	} else {
		ready |= POLLOUT | POLLWRNORM;
		if (poll != NULL)
			fuse_pollhandle_destroy(poll);
	}
	fuse_reply_poll(req, ready);
}
