#include "follow.h"

#include "clock.h"
#include "mutex.h"

#include <assert.h>
#include <errno.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdlib.h>

#define LOOK_NS (60 * NS_PER_S)

enum { TOLD_AT_ONCE = 256 };

struct follower {
	struct follow *all;
	struct events_view view;
	/* Guarded by the lock of all. */
	struct follower *prev, *next;
	uint64_t shift; /* what it missed: kernel's offset, and ours */
	uint64_t seen;
	struct fuse_pollhandle *poll;
};

struct follow {
	pthread_t thread;
	atomic_bool is_over;
	struct mutex lock;
	struct follower *first GUARDED_BY(lock);
};

/* Takes out some that are to be told; fewer than cap when no more are. */
static size_t take(struct follow *f, struct fuse_pollhandle **polls, size_t cap)
{
	struct follower *r;
	size_t n = 0;

	mutex_lock(&f->lock);
	for (r = f->first; r != NULL && n < cap; r = r->next)
		if (r->poll != NULL && events_has_news(&r->view, r->seen)) {
			polls[n++] = r->poll;
			r->poll = NULL;
		}
	mutex_unlock(&f->lock);
	return n;
}

static void tell_all(struct follow *f)
{
	struct fuse_pollhandle *polls[TOLD_AT_ONCE];
	size_t n, i;

	do {
		n = take(f, polls, TOLD_AT_ONCE);
		for (i = 0; i < n; i++) {
			fuse_lowlevel_notify_poll(polls[i]);
			fuse_pollhandle_destroy(polls[i]);
		}
	} while (n == TOLD_AT_ONCE);
}

static void *run(void *arg)
{
	struct follow *f = arg;
	uint64_t count = 0;

	while (!atomic_load(&f->is_over)) {
		tell_all(f);
		count = events_wait(
			count, &f->is_over, clock_monotonic_ns() + LOOK_NS);
	}
	return NULL;
}

int follow_start(struct follow **out)
{
	struct follow *f = calloc(1, sizeof *f);
	int err;

	if (f == NULL)
		return -ENOMEM;
	mutex_init(&f->lock, RANK_HANDLE);
	err = -pthread_create(&f->thread, NULL, run, f);
	if (err != 0) {
		mutex_fini(&f->lock);
		free(f);
		return err;
	}
	*out = f;
	return 0;
}

void follow_stop(struct follow *f)
{
	if (f == NULL || atomic_exchange(&f->is_over, true))
		return;
	events_wake();
	pthread_join(f->thread, NULL);
}

void follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	assert(f->first == NULL);
	mutex_fini(&f->lock);
	free(f);
}

struct follower *follow_add(struct follow *f, const struct events_view *view)
{
	struct follower *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->all = f;
	r->view = *view;
	mutex_lock(&f->lock);
	r->next = f->first;
	if (r->next != NULL)
		r->next->prev = r;
	f->first = r;
	mutex_unlock(&f->lock);
	return r;
}

void follow_remove(struct follower *r)
{
	struct follow *f;

	if (r == NULL)
		return;
	f = r->all;
	mutex_lock(&f->lock);
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		f->first = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	mutex_unlock(&f->lock);
	if (r->poll != NULL)
		fuse_pollhandle_destroy(r->poll);
	free(r);
}

size_t follow_read(struct follower *r, uint64_t offset, char *out, size_t len)
{
	struct follow *f = r->all;
	uint64_t at;
	size_t used;

	mutex_lock(&f->lock);
	at = offset + r->shift;
	used = events_read(&r->view, &at, out, len);
	r->shift = at - offset;
	r->seen = at + used;
	mutex_unlock(&f->lock);
	return used;
}

bool follow_poll(struct follower *r, struct fuse_pollhandle *poll)
{
	struct follow *f = r->all;
	struct fuse_pollhandle *old = NULL;
	bool is_readable;

	mutex_lock(&f->lock);
	if (poll != NULL) {
		old = r->poll;
		r->poll = poll;
	}
	is_readable = events_has_news(&r->view, r->seen);
	mutex_unlock(&f->lock);
	if (old != NULL)
		fuse_pollhandle_destroy(old);
	return is_readable;
}
