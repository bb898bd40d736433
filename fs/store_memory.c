#include "store_memory.h"

#include "clock.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void item_free(struct memory_item *item)
{
	size_t i;

	for (i = 0; i < item->mark_count; i++)
		store_mark_fini(&item->marks[i]);
	free(item->marks);
	free(item->octets);
	free(item);
}

size_t memory_first_after_locked(struct memory *m, uint64_t after)
	REQUIRES(&m->lock)
{
	size_t low = 0;
	size_t high = m->count;
	size_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (m->items[middle]->attributes.number > after)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct memory_item *memory_find_locked(struct memory *m, uint64_t number)
	REQUIRES(&m->lock)
{
	size_t at;

	if (number == 0)
		return NULL;
	at = memory_first_after_locked(m, number - 1);
	if (at == m->count || m->items[at]->attributes.number != number)
		return NULL;
	return m->items[at];
}

static void drop_locked(struct memory *m, uint64_t number) REQUIRES(&m->lock)
{
	size_t at = memory_first_after_locked(m, number - 1);

	item_free(m->items[at]);
	m->count--;
	memmove(m->items + at, m->items + at + 1,
		(m->count - at) * sizeof *m->items);
}

static void memory_close(struct store *s)
{
	struct memory *m = memory_of(s);
	size_t i;

	for (i = 0; i < m->count; i++)
		item_free(m->items[i]);
	free(m->items);
	memory_standing_fini(m);
	cond_fini(&m->changed);
	mutex_fini(&m->lock);
	free(m);
}

/* ---- writing --------------------------------------------------------- */

static bool job_is_used_locked(struct memory *m, uint32_t job)
	REQUIRES(&m->lock)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->items[i]->attributes.job == job)
			return true;
	return false;
}

/* Before its first round over all job numbers none can be in use. */
static uint32_t next_job_locked(struct memory *m) REQUIRES(&m->lock)
{
	do
		m->last_job = m->last_job % JOB_NUMBER_MAX + 1;
	while (m->next_number > JOB_NUMBER_MAX
		&& job_is_used_locked(m, m->last_job));
	return m->last_job;
}

static int reserve_item_locked(struct memory *m) REQUIRES(&m->lock)
{
	size_t cap = m->cap != 0 ? m->cap * 2 : 64;
	struct memory_item **grown;

	if (m->count >= JOB_NUMBER_MAX)
		return STORE_FULL;
	if (m->count < m->cap)
		return 0;
	grown = realloc(m->items, cap * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	m->items = grown;
	m->cap = cap;
	return 0;
}

static int memory_begin(struct store *s, const struct dataset *attributes,
	uint64_t key, uint64_t *number, uint32_t *job)
{
	struct memory *m = memory_of(s);
	struct memory_item *item = calloc(1, sizeof *item);
	int err;

	if (item == NULL)
		return -ENOMEM;
	item->attributes = *attributes;
	item->attributes.state = DATASET_OPEN;
	item->attributes.size_octets = 0;
	item->attributes.next_try_ns = 0;
	item->attributes.reason[0] = '\0';
	item->key = key;
	item->read_upto = 1;

	mutex_lock(&m->lock);
	err = reserve_item_locked(m);
	if (err == 0) {
		*number = item->attributes.number = m->next_number++;
		*job = item->attributes.job = next_job_locked(m);
		m->items[m->count++] = item;
		item = NULL;
	}
	mutex_unlock(&m->lock);
	free(item);
	return err;
}

/* What is beyond the size stays zero, so that growth reads as zeros. */
static int resize_locked(struct memory_item *item, uint64_t size)
{
	size_t cap = item->cap != 0 ? item->cap : 256;
	size_t old = (size_t)item->attributes.size_octets;
	char *grown;

	if (size > SIZE_MAX / 4)
		return -EFBIG;
	while (cap < size)
		cap *= 2;
	if (cap != item->cap) {
		grown = realloc(item->octets, cap);
		if (grown == NULL)
			return -ENOMEM;
		memset(grown + item->cap, 0, cap - item->cap);
		item->octets = grown;
		item->cap = cap;
	}
	if (size < old)
		memset(item->octets + size, 0, old - (size_t)size);
	item->attributes.size_octets = size;
	item->attributes.changed_ns = clock_wall_ns();
	return 0;
}

static int find_open_locked(struct memory *m, uint64_t number,
	struct memory_item **out) REQUIRES(&m->lock)
{
	*out = memory_find_locked(m, number);
	if (*out == NULL)
		return STORE_NONE;
	return (*out)->attributes.state == DATASET_OPEN ? 0 : STORE_BUSY;
}

static int memory_append(struct store *s, uint64_t number, uint64_t offset,
	const void *octets, size_t len)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	int err;

	if (len == 0)
		return 0;
	if (offset > UINT64_MAX - len)
		return -EFBIG;
	mutex_lock(&m->lock);
	err = find_open_locked(m, number, &item);
	if (err == 0 && offset + len > item->attributes.size_octets)
		err = resize_locked(item, offset + len);
	if (err == 0) {
		memcpy(item->octets + offset, octets, len);
		item->attributes.changed_ns = clock_wall_ns();
	}
	mutex_unlock(&m->lock);
	return err;
}

static int memory_truncate(struct store *s, uint64_t number, uint64_t size)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	int err;

	mutex_lock(&m->lock);
	err = find_open_locked(m, number, &item);
	if (err == 0)
		err = resize_locked(item, size);
	mutex_unlock(&m->lock);
	return err;
}

static int memory_describe(
	struct store *s, uint64_t number, mode_t mode, int64_t changed_ns)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	int err;

	mutex_lock(&m->lock);
	err = find_open_locked(m, number, &item);
	if (err == 0)
		dataset_describe(&item->attributes, mode, changed_ns);
	mutex_unlock(&m->lock);
	return err;
}

static void memory_sync(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;

	mutex_lock(&m->lock);
	item = memory_find_locked(m, number);
	if (item != NULL)
		item->is_listed = true;
	mutex_unlock(&m->lock);
	done(arg, item != NULL ? 0 : STORE_NONE);
}

/* ---- states ---------------------------------------------------------- */

void memory_move_locked(struct memory *m, struct memory_item *item,
	enum dataset_state to, const char *reason, int64_t next_try_ns)
	REQUIRES(&m->lock)
{
	assert(dataset_may_move(item->attributes.state, to));
	if (to == DATASET_PURGED) {
		drop_locked(m, item->attributes.number);
		return;
	}
	item->is_listed = true;
	item->attributes.state = to;
	item->attributes.next_try_ns = to == DATASET_WAITING ? next_try_ns : 0;
	text_copy(item->attributes.reason, sizeof item->attributes.reason,
		store_reason(to, reason));
	if (to != DATASET_ACTIVE)
		item->token = 0;
	if (to == DATASET_READY || to == DATASET_WAITING) {
		m->version++;
		cond_broadcast(&m->changed);
	}
}

static void memory_move(struct store *s, uint64_t number,
	enum dataset_state from, enum dataset_state to, const char *reason,
	store_done *done, void *arg)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	int err = 0;

	mutex_lock(&m->lock);
	item = memory_find_locked(m, number);
	if (item == NULL)
		err = STORE_NONE;
	else if (item->attributes.state != from || !store_may_move(from, to))
		err = STORE_BUSY;
	else
		memory_move_locked(m, item, to, reason, 0);
	mutex_unlock(&m->lock);
	memory_serve(m);
	done(arg, err);
}

static void memory_submit(struct store *s, uint64_t number,
	enum dataset_state to, const char *reason, store_done *done, void *arg)
{
	memory_move(s, number, DATASET_OPEN, to, reason, done, arg);
}

static int rename_locked(struct memory *m, struct memory_item *item,
	const struct store_rename *how) REQUIRES(&m->lock)
{
	struct dataset *d = &item->attributes;

	if (how->moves
		&& (d->state != how->from
			|| !store_may_move(how->from, how->to)))
		return STORE_BUSY;
	if (how->writer != NULL && strcmp(how->writer, d->writer) != 0) {
		if (d->state == DATASET_ACTIVE)
			return STORE_BUSY;
		text_copy(d->writer, sizeof d->writer, how->writer);
	}
	text_copy(d->label, sizeof d->label, how->label);
	d->has_label = how->has_label;
	d->is_draft = how->is_draft;
	d->named = m->next_number++;
	if (how->moves)
		memory_move_locked(m, item, how->to, how->reason, 0);
	return 0;
}

static void memory_rename(struct store *s, uint64_t number,
	const struct store_rename *how, store_done *done, void *arg)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	int err = STORE_NONE;

	mutex_lock(&m->lock);
	item = memory_find_locked(m, number);
	if (item != NULL)
		err = rename_locked(m, item, how);
	mutex_unlock(&m->lock);
	memory_serve(m);
	done(arg, err);
}

static void memory_unlabel(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;

	mutex_lock(&m->lock);
	item = memory_find_locked(m, number);
	if (item != NULL)
		item->attributes.has_label = false;
	mutex_unlock(&m->lock);
	done(arg, item != NULL ? 0 : STORE_NONE);
}

static const struct store_ops memory_ops = {
	.close = memory_close,
	.begin = memory_begin,
	.append = memory_append,
	.truncate = memory_truncate,
	.describe = memory_describe,
	.sync = memory_sync,
	.submit = memory_submit,
	.resolve = memory_resolve,
	.claim = memory_claim,
	.renew = memory_renew,
	.checkpoint = memory_checkpoint,
	.finish = memory_finish,
	.move = memory_move,
	.rename = memory_rename,
	.unlabel = memory_unlabel,
	.lookup = memory_lookup,
	.read = memory_read,
	.mark = memory_mark,
	.marks = memory_marks,
	.list = memory_list,
	.stats = memory_stats,
	.wait = memory_wait,
	.listen = memory_listen,
	.grant = memory_grant,
	.withdraw = memory_withdraw,
};

int store_memory_open(struct store **out)
{
	struct memory *m = calloc(1, sizeof *m);

	if (m == NULL)
		return -ENOMEM;
	m->base.ops = &memory_ops;
	mutex_init(&m->lock, RANK_STORE);
	cond_init(&m->changed);
	m->next_number = 1;
	m->next_token = UINT64_C(1) << 32 | 1;
	m->version = 1;
	*out = &m->base;
	return 0;
}
