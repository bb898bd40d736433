#include "store_memory.h"

#include <string.h>

int memory_resolve(struct store *s, uint64_t key, uint64_t *number)
{
	struct memory *m = memory_of(s);
	int err = STORE_NONE;
	size_t i;

	mutex_lock(&m->lock);
	for (i = 0; i < m->count && err != 0; i++) {
		if (m->items[i]->key != key)
			continue;
		*number = m->items[i]->attributes.number;
		err = 0;
	}
	mutex_unlock(&m->lock);
	return err;
}

int memory_lookup(struct store *s, uint64_t number, struct dataset *out)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;

	mutex_lock(&m->lock);
	item = memory_find_locked(m, number);
	if (item != NULL)
		*out = item->attributes;
	mutex_unlock(&m->lock);
	return item != NULL ? 0 : STORE_NONE;
}

ssize_t memory_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	ssize_t copied = STORE_NONE;

	mutex_lock(&m->lock);
	item = memory_find_locked(m, number);
	if (item != NULL) {
		uint64_t size = item->attributes.size_octets;
		uint64_t left = offset < size ? size - offset : 0;

		copied = (ssize_t)(left < len ? left : len);
		if (copied > 0)
			memcpy(octets, item->octets + offset, (size_t)copied);
	}
	mutex_unlock(&m->lock);
	return copied;
}

static int mark_copy(
	struct store_mark_row *out, const struct store_mark_row *row)
{
	struct store_mark mark = { row->mail, row->kind, row->tries,
		row->next_try_ns, row->recipients, row->reason };

	return store_mark_row_make(out, &mark);
}

int memory_mark(struct store *s, uint64_t number, uint32_t mail,
	struct store_mark_row *out)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	size_t at;
	int err = STORE_NONE;

	mutex_lock(&m->lock);
	item = memory_find_locked(m, number);
	if (item != NULL) {
		at = memory_mark_place(item, mail);
		if (memory_mark_is_at(item, at, mail))
			err = mark_copy(out, &item->marks[at]);
	}
	mutex_unlock(&m->lock);
	return err;
}

int memory_marks(struct store *s, uint64_t number, uint32_t after, size_t max,
	struct store_mark_row *out, size_t *count)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	size_t found = 0;
	size_t at;
	int err = 0;

	mutex_lock(&m->lock);
	item = memory_find_locked(m, number);
	at = item == NULL || after == UINT32_MAX
		? SIZE_MAX
		: memory_mark_place(item, after + 1);
	for (; item != NULL && at < item->mark_count && found < max; at++) {
		err = mark_copy(&out[found], &item->marks[at]);
		if (err != 0)
			break;
		found++;
	}
	mutex_unlock(&m->lock);
	while (err != 0 && found > 0)
		store_mark_fini(&out[--found]);
	if (err == 0)
		*count = found;
	return err;
}

int memory_list(struct store *s, const char *writer, uint64_t after, size_t max,
	struct dataset *out, size_t *count)
{
	struct memory *m = memory_of(s);
	const struct memory_item *item;
	size_t found = 0;
	size_t i;

	mutex_lock(&m->lock);
	i = memory_first_after_locked(m, after);
	for (; i < m->count && found < max; i++) {
		item = m->items[i];
		if (!item->is_listed)
			continue;
		if (writer == NULL
			|| strcmp(item->attributes.writer, writer) == 0)
			out[found++] = item->attributes;
	}
	mutex_unlock(&m->lock);
	*count = found;
	return 0;
}

void memory_stats(struct store *s, struct store_stats *out)
{
	struct memory *m = memory_of(s);
	size_t i;

	memset(out, 0, sizeof *out);
	mutex_lock(&m->lock);
	for (i = 0; i < m->count; i++) {
		out->count[m->items[i]->attributes.state]++;
		out->octets += m->items[i]->attributes.size_octets;
	}
	mutex_unlock(&m->lock);
	out->capacity_octets = SIZE_MAX / 4;
	out->free_octets = SIZE_MAX / 4;
}

uint64_t memory_wait(struct store *s, uint64_t version, int64_t deadline_ns)
{
	struct memory *m = memory_of(s);

	mutex_lock(&m->lock);
	while (m->version == version
		&& cond_wait_until(&m->changed, &m->lock, deadline_ns))
		;
	version = m->version;
	mutex_unlock(&m->lock);
	return version;
}
