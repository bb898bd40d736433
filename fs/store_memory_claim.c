#include "store_memory.h"

#include "clock.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

size_t memory_mark_place(const struct memory_item *item, uint32_t mail)
{
	size_t at = 0;

	while (at < item->mark_count && item->marks[at].mail < mail)
		at++;
	return at;
}

bool memory_mark_is_at(const struct memory_item *item, size_t at, uint32_t mail)
{
	return at < item->mark_count && item->marks[at].mail == mail;
}

static int mark_put(struct memory_item *item, const struct store_mark *mark)
{
	size_t at = memory_mark_place(item, mark->mail);
	struct store_mark_row row;
	struct store_mark_row *grown;

	if (store_mark_row_make(&row, mark) != 0)
		return -ENOMEM;
	if (memory_mark_is_at(item, at, mark->mail)) {
		store_mark_fini(&item->marks[at]);
		item->marks[at] = row;
		return 0;
	}
	grown = realloc(item->marks, (item->mark_count + 1) * sizeof *grown);
	if (grown == NULL) {
		store_mark_fini(&row);
		return -ENOMEM;
	}
	item->marks = grown;
	memmove(grown + at + 1, grown + at,
		(item->mark_count - at) * sizeof *grown);
	grown[at] = row;
	item->mark_count++;
	return 0;
}

static void mark_remove(struct memory_item *item, uint32_t mail)
{
	size_t at = memory_mark_place(item, mail);

	if (!memory_mark_is_at(item, at, mail))
		return;
	store_mark_fini(&item->marks[at]);
	item->mark_count--;
	memmove(item->marks + at, item->marks + at + 1,
		(item->mark_count - at) * sizeof *item->marks);
}

static int settle(
	struct memory_item *item, const struct store_mark *marks, size_t count)
{
	size_t i;
	int err = 0;

	for (i = 0; i < count && err == 0; i++) {
		if (marks[i].kind == STORE_MARK_DELIVERED)
			mark_remove(item, marks[i].mail);
		else
			err = mark_put(item, &marks[i]);
		if (err == 0 && marks[i].kind == STORE_MARK_CLAIMED
			&& marks[i].mail >= item->read_upto)
			item->read_upto = marks[i].mail + 1;
	}
	return err;
}

static bool is_claimable(const struct memory_item *item, const char *writer)
{
	const struct dataset *d = &item->attributes;

	if (strcmp(d->writer, writer) != 0)
		return false;
	return d->state == DATASET_READY
		|| (d->state == DATASET_WAITING
			&& d->next_try_ns <= clock_wall_ns());
}

static int claim_locked(struct memory *m, struct memory_item *item,
	struct store_claim *out) REQUIRES(&m->lock)
{
	struct store_mark first = { .mail = 1,
		.kind = STORE_MARK_CLAIMED,
		.recipients = "",
		.reason = "" };
	uint32_t read_upto = item->read_upto;

	if (read_upto == 1 && settle(item, &first, 1) != 0)
		return -ENOMEM;
	item->token = m->next_token++;
	memory_move_locked(m, item, DATASET_ACTIVE, "", 0);
	out->dataset = item->attributes;
	out->token = item->token;
	out->read_upto = read_upto;
	return 0;
}

bool memory_claim_next_locked(
	struct memory *m, const char *writer, struct store_claim *out)
{
	size_t i = 0;

	while (i < m->count && !is_claimable(m->items[i], writer))
		i++;
	return i < m->count && claim_locked(m, m->items[i], out) == 0;
}

int memory_claim(struct store *s, const char *writer, size_t max,
	int64_t lease_ns, struct store_claim *claims, size_t *count)
{
	struct memory *m = memory_of(s);
	size_t found = 0;
	size_t i;
	int err = 0;

	(void)lease_ns; /* nobody else could take it */
	mutex_lock(&m->lock);
	for (i = 0; i < m->count && found < max && err == 0; i++) {
		if (!is_claimable(m->items[i], writer))
			continue;
		err = claim_locked(m, m->items[i], &claims[found]);
		if (err == 0)
			found++;
	}
	mutex_unlock(&m->lock);
	if (found == 0 && err != 0)
		return err;
	*count = found;
	return 0;
}

static int find_claimed_locked(struct memory *m, uint64_t number,
	uint64_t token, struct memory_item **out) REQUIRES(&m->lock)
{
	*out = memory_find_locked(m, number);
	if (*out == NULL || token == 0 || (*out)->token != token)
		return STORE_LOST;
	return 0;
}

static int settle_claimed(
	struct memory_item *item, const struct store_mark *marks, size_t count)
{
	if (store_marks_leave_gap(item->read_upto, marks, count))
		return STORE_BUSY;
	return settle(item, marks, count);
}

int memory_renew(
	struct store *s, uint64_t number, uint64_t token, int64_t lease_ns)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	int err;

	(void)lease_ns;
	mutex_lock(&m->lock);
	err = find_claimed_locked(m, number, token, &item);
	mutex_unlock(&m->lock);
	return err;
}

void memory_checkpoint(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	int err;

	mutex_lock(&m->lock);
	err = find_claimed_locked(m, number, token, &item);
	if (err == 0)
		err = settle_claimed(item, marks, count);
	mutex_unlock(&m->lock);
	done(arg, err);
}

void memory_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg)
{
	struct memory *m = memory_of(s);
	struct memory_item *item;
	char writer[WRITER_NAME_MAX + 1];
	int err;

	mutex_lock(&m->lock);
	err = find_claimed_locked(m, number, token, &item);
	if (err == 0)
		err = settle_claimed(item, how->marks, how->mark_count);
	if (err == 0) {
		text_copy(writer, sizeof writer, item->attributes.writer);
		memory_move_locked(
			m, item, how->to, how->reason, how->next_try_ns);
	}
	mutex_unlock(&m->lock);
	if (err == 0)
		memory_grant(s, writer, how->units);
	done(arg, err);
}
