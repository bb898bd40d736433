#include "forget.h"

#include "clock.h"
#include "spool_file.h"
#include "spool_gone.h"
#include "spool_names.h"
#include "tree.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A name is waited for in the directory's queue, with those who create. For
 * as long as that took the thread then rests so many times. */
enum { RESTS = 9 };

/* So many data sets leave enough memory behind to be looked for. */
enum { TRIM_DATASETS = 65536 };

/* Neither libfuse 3.14 nor the headers of its time know it. */
enum { NOTIFY_PRUNE = 9 };

struct prune {
	/* struct fuse_out_header */
	uint32_t len;
	int32_t code;
	uint64_t unique; /* 0: a notification */
	/* struct fuse_notify_prune_out */
	uint32_t count;
	uint32_t padding;
	uint64_t spare;
	uint64_t nodes[GONE_ROWS];
};

struct forget {
	struct spool *spool;
	struct fuse_session *session;
	pthread_t thread;
	bool can_prune;
	size_t gone; /* since memory was given back */
	struct prune prune;
};

/* ---- by number ----------------------------------------------------------- */

/* Returns 0 or -errno; without nodes it says whether the kernel can. */
static int prune(struct forget *f, const struct gone_bundle *b)
{
	struct prune *p = &f->prune;
	size_t i;

	p->code = NOTIFY_PRUNE;
	p->count = b != NULL ? (uint32_t)b->count : 0;
	p->len = (uint32_t)(offsetof(struct prune, nodes)
		+ p->count * sizeof p->nodes[0]);
	for (i = 0; i < p->count; i++)
		p->nodes[i] = tree_dataset_node(b->rows[i].number);
	if (write(fuse_session_fd(f->session), p, p->len) < 0)
		return -errno;
	return 0;
}

/* ---- by name ------------------------------------------------------------- */

/* A newer data set of the same user; only then is the entry in use. */
static bool is_taken(
	struct spool *sp, const char *writer, const struct gone_row *row)
{
	const struct spool_caller owner = { .uid = row->uid };
	struct dataset d;

	return spool_find(sp, writer, row->name, &owner, &d) == 0;
}

/*
 * Not fuse_lowlevel_notify_delete(): that invalidates the entry before it
 * looks at the node it names, and takes the lock of that node besides.
 */
static int forget_name(struct forget *f, const struct gone_row *row)
{
	const char *writer = spool_writer(f->spool, row->writer);

	if (row->name == NULL || writer == NULL
		|| is_taken(f->spool, writer, row))
		return 0;
	return fuse_lowlevel_notify_inval_entry(f->session,
		tree_writer_node(row->writer), row->name, strlen(row->name));
}

static int forget_names(struct forget *f, const struct gone_bundle *b)
{
	int err = 0;
	size_t i;

	for (i = 0; i < b->count && (err == 0 || err == -ENOENT); i++)
		err = forget_name(f, &b->rows[i]);
	return err != -ENOENT ? err : 0;
}

/* ---- our own memory ------------------------------------------------------ */

/*
 * What data sets had is free in pieces between others, where glibc leaves it.
 * It stops whoever allocates while it looks, so it waits until few data sets
 * go: a bundle that is not full took more than a second.
 */
static void give_back(struct forget *f, size_t count)
{
	f->gone += count;
	if (f->gone < TRIM_DATASETS || count == GONE_ROWS)
		return;
	malloc_trim(0);
	f->gone = 0;
}

/* ---- the thread ---------------------------------------------------------- */

/* Takes the bundle. Returns 0 or -errno. */
static int forget(struct forget *f, struct gone_bundle *b)
{
	size_t count = b->count;
	int err = f->can_prune ? prune(f, b) : forget_names(f, b);

	gone_bundle_free(b);
	give_back(f, count);
	return err;
}

/* What the kernel refuses it refuses because the mount is over, unless it has
 * no memory now: what that was about it keeps. */
static void *work(void *arg)
{
	struct forget *f = arg;
	int64_t began_ns, from_ns = 0;
	struct gone_bundle *b;
	int err = 0;

	while ((err == 0 || err == -ENOMEM)
		&& (b = spool_await_gone(f->spool, from_ns)) != NULL) {
		began_ns = clock_monotonic_ns();
		err = forget(f, b);
		from_ns = clock_monotonic_ns();
		if (!f->can_prune)
			from_ns += (from_ns - began_ns) * RESTS;
	}
	spool_end_gone(f->spool);
	return NULL;
}

int forget_start(
	struct spool *sp, struct fuse_session *session, struct forget **out)
{
	struct forget *f = calloc(1, sizeof *f);
	int err;

	if (f == NULL)
		return -ENOMEM;
	f->spool = sp;
	f->session = session;
	f->can_prune = prune(f, NULL) == 0;
	spool_want_gone(sp, !f->can_prune);
	err = pthread_create(&f->thread, NULL, work, f);
	if (err != 0) {
		spool_end_gone(sp);
		free(f);
		return -err;
	}
	*out = f;
	return 0;
}

void forget_stop(struct forget *f)
{
	if (f == NULL)
		return;
	spool_end_gone(f->spool);
	pthread_join(f->thread, NULL);
	free(f);
}
