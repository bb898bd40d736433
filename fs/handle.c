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

static struct handle *new_handle(struct handles *hs, enum handle_kind kind)
{
	struct handle *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->kind = kind;
	h->all = hs;
	return h;
}

/* Complete, so others may look at it. */
static struct handle *put_in(struct handle *h)
{
	struct handles *hs = h->all;

	mutex_lock(&hs->lock);
	h->next = hs->first;
	if (h->next != NULL)
		h->next->prev = h;
	hs->first = h;
	mutex_unlock(&hs->lock);
	return h;
}

struct handle *handle_new_writer(
	struct handles *hs, struct spool_file *file, uint64_t node)
{
	struct handle *h = new_handle(hs, HANDLE_WRITER);

	if (h == NULL)
		return NULL;
	h->number = spool_file_number(file);
	h->file = file;
	h->node = node;
	return put_in(h);
}

struct handle *handle_new_reader(struct handles *hs, uint64_t number)
{
	struct handle *h = new_handle(hs, HANDLE_READER);

	if (h == NULL)
		return NULL;
	h->number = number;
	return put_in(h);
}

struct handle *handle_new_text(struct handles *hs, char *text, size_t len)
{
	struct handle *h = new_handle(hs, HANDLE_TEXT);

	if (h == NULL)
		return NULL;
	h->text = text;
	h->text_len = len;
	return put_in(h);
}

struct handle *handle_new_events(struct handles *hs, struct follower *follower)
{
	struct handle *h = new_handle(hs, HANDLE_EVENTS);

	if (h == NULL)
		return NULL;
	h->follower = follower;
	return put_in(h);
}

struct handle *handle_new_listing(struct handles *hs, uint64_t node,
	const struct spool_caller *caller, uint64_t *numbers, size_t count)
{
	struct handle *h = new_handle(hs, HANDLE_LISTING);

	if (h == NULL)
		return NULL;
	h->node = node;
	h->caller = *caller;
	h->numbers = numbers;
	h->number_count = count;
	return put_in(h);
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
	if (h->kind == HANDLE_WRITER)
		spool_file_release(h->file, h->was_killed || h->is_partial);
	follow_remove(h->follower);
	free(h->text);
	free(h->numbers);
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

void handle_set_killed(struct handle *h, bool was_killed, bool had_written)
{
	mutex_lock(&h->all->lock);
	/* No later word makes up for a RELEASE that never came. */
	if (!h->is_released || !h->was_killed)
		h->was_killed = was_killed;
	h->is_partial |= was_killed && had_written;
	mutex_unlock(&h->all->lock);
}

void handle_set_failed(struct handle *h)
{
	mutex_lock(&h->all->lock);
	h->has_failed = true;
	mutex_unlock(&h->all->lock);
}

bool handle_has_failed(struct handle *h)
{
	bool has_failed;

	mutex_lock(&h->all->lock);
	has_failed = h->has_failed;
	mutex_unlock(&h->all->lock);
	return has_failed;
}

/* Takes the handle out when it is over; else the last unpin does. */
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

/* The next handle without RELEASE, marked; NULL at the end. */
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
		if (h->kind == HANDLE_WRITER && h->node == node
			&& h->number != node)
			break;
	if (h != NULL)
		*number = h->number;
	mutex_unlock(&hs->lock);
	return h != NULL;
}
