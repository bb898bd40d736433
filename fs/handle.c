#include "handle.h"

#include "mutex.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct handles {
	struct mutex lock;
	struct cond released;
	struct handle *first GUARDED_BY(lock);
};

int handles_open(struct handles **out)
{
	struct handles *hs = calloc(1, sizeof *hs);

	if (hs == NULL)
		return -ENOMEM;
	mutex_init(&hs->lock, RANK_HANDLE);
	cond_init(&hs->released);
	*out = hs;
	return 0;
}

void handles_close(struct handles *hs)
{
	if (hs == NULL)
		return;
	assert(hs->first == NULL);
	cond_fini(&hs->released);
	mutex_fini(&hs->lock);
	free(hs);
}

struct handle *handle_new_writer(
	struct handles *hs, struct spool_file *file, uint64_t node)
{
	struct handle *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->kind = HANDLE_WRITER;
	h->number = spool_file_number(file);
	h->file = file;
	h->node = node;
	h->all = hs;

	mutex_lock(&hs->lock);
	h->next = hs->first;
	if (h->next != NULL)
		h->next->prev = h;
	hs->first = h;
	mutex_unlock(&hs->lock);
	return h;
}

struct handle *handle_new_reader(uint64_t number)
{
	struct handle *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->kind = HANDLE_READER;
	h->number = number;
	return h;
}

struct handle *handle_new_text(char *text, size_t len)
{
	struct handle *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->kind = HANDLE_TEXT;
	h->text = text;
	h->text_len = len;
	atomic_init(&h->text_uses, 1);
	return h;
}

void handle_use_text(struct handle *h)
{
	atomic_fetch_add(&h->text_uses, 1);
}

void handle_drop_text(struct handle *h)
{
	if (atomic_fetch_sub(&h->text_uses, 1) != 1)
		return;
	free(h->text);
	free(h);
}

static void take_out_locked(struct handles *hs, struct handle *h)
	REQUIRES(&hs->lock)
{
	if (h->prev != NULL)
		h->prev->next = h->next;
	else
		hs->first = h->next;
	if (h->next != NULL)
		h->next->prev = h->prev;
}

/*
 * Its last close is over and nothing is pending. Of what its writer was told
 * that it failed nothing may be sent; what cannot even be cut is at least
 * not closed in good order.
 */
static void end(struct handle *h)
{
	if (h->has_failed)
		h->was_killed = spool_file_truncate(h->file, 0) != 0;
	spool_file_release(h->file, h->was_killed);
	free(h);
}

void handle_pin(struct handle *h)
{
	mutex_lock(&h->all->lock);
	h->pending++;
	mutex_unlock(&h->all->lock);
}

void handle_unpin(struct handle *h)
{
	struct handles *hs = h->all;
	bool is_over;

	mutex_lock(&hs->lock);
	h->pending--;
	is_over = h->pending == 0 && h->is_released;
	if (is_over)
		take_out_locked(hs, h);
	mutex_unlock(&hs->lock);
	if (is_over)
		end(h);
}

void handle_set_killed(struct handle *h, bool was_killed)
{
	mutex_lock(&h->all->lock);
	/* No later word makes up for a RELEASE that never came. */
	if (!h->is_released || !h->was_killed)
		h->was_killed = was_killed;
	mutex_unlock(&h->all->lock);
}

void handle_set_failed(struct handle *h)
{
	mutex_lock(&h->all->lock);
	h->has_failed = true;
	mutex_unlock(&h->all->lock);
}

/* Takes the writer out when it is over; else the last unpin does. */
static bool release_locked(struct handles *hs, struct handle *h)
	REQUIRES(&hs->lock)
{
	h->is_released = true;
	cond_broadcast(&hs->released);
	if (h->pending != 0)
		return false;
	take_out_locked(hs, h);
	return true;
}

void handle_release(struct handle *h)
{
	struct handles *hs = h->all;
	bool is_over;

	if (h->kind == HANDLE_TEXT) {
		handle_drop_text(h);
		return;
	}
	if (h->kind == HANDLE_READER) {
		free(h);
		return;
	}
	mutex_lock(&hs->lock);
	is_over = release_locked(hs, h);
	mutex_unlock(&hs->lock);
	if (is_over)
		end(h);
}

static bool is_any_closing_locked(struct handles *hs) REQUIRES(&hs->lock)
{
	struct handle *h;

	for (h = hs->first; h != NULL; h = h->next)
		if (!h->is_released && atomic_load(&h->is_closing))
			return true;
	return false;
}

void handles_wait_released(struct handles *hs, int64_t deadline_ns)
{
	mutex_lock(&hs->lock);
	while (is_any_closing_locked(hs)
		&& cond_wait_until(&hs->released, &hs->lock, deadline_ns))
		continue;
	mutex_unlock(&hs->lock);
}

/* The next writer without RELEASE, marked; NULL at the end. */
static struct handle *release_next(struct handles *hs, bool *is_over)
{
	struct handle *h;

	mutex_lock(&hs->lock);
	for (h = hs->first; h != NULL; h = h->next)
		if (!h->is_released)
			break;
	if (h != NULL) {
		h->was_killed = true;
		*is_over = release_locked(hs, h);
	}
	mutex_unlock(&hs->lock);
	return h;
}

void handles_release_all(struct handles *hs)
{
	struct handle *h;
	bool is_over;

	while ((h = release_next(hs, &is_over)) != NULL)
		if (is_over)
			end(h);
}

bool handles_find_opened_as(struct handles *hs, uint64_t node, uint64_t *number)
{
	struct handle *h;

	mutex_lock(&hs->lock);
	for (h = hs->first; h != NULL; h = h->next)
		if (h->node == node && h->number != node)
			break;
	if (h != NULL)
		*number = h->number;
	mutex_unlock(&hs->lock);
	return h != NULL;
}
