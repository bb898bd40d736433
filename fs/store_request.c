#include "store_request.h"

#include "store_large.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static size_t text_octets(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

static size_t marks_octets(const struct store_mark *marks, size_t count)
{
	size_t total = count * sizeof *marks;
	size_t i;

	for (i = 0; i < count; i++)
		total += text_octets(marks[i].recipients)
			+ text_octets(marks[i].reason);
	return total;
}

/* Copies text to where there is room for it, and moves on. */
static const char *put_text(char **room, const char *text)
{
	size_t len = text_octets(text);
	const char *copy = *room;

	if (text == NULL)
		return "";
	memcpy(*room, text, len);
	*room += len;
	return copy;
}

static void put_marks(struct request *r, char **room,
	const struct store_mark *marks, size_t count)
{
	struct store_mark *copy = (struct store_mark *)*room;
	size_t i;

	*room += count * sizeof *copy;
	for (i = 0; i < count; i++) {
		copy[i] = marks[i];
		copy[i].recipients = put_text(room, marks[i].recipients);
		copy[i].reason = put_text(room, marks[i].reason);
	}
	r->marks = copy;
	r->mark_count = count;
}

static size_t plan_octets(enum request_kind kind)
{
	if (kind == REQUEST_RENAME)
		return sizeof(struct rename_plan);
	if (kind == REQUEST_SYNC || kind == REQUEST_SUBMIT)
		return sizeof(struct flush_plan);
	return 0;
}

/* One piece of memory holds the request and all that it points to. */
struct request *request_new(struct local *l, enum request_kind kind,
	uint64_t number, const char *text, const struct store_mark *marks,
	size_t mark_count)
{
	size_t plan_len = plan_octets(kind);
	struct request *r;
	char *room;

	r = calloc(1,
		sizeof *r + plan_len + text_octets(text)
			+ marks_octets(marks, mark_count));
	if (r == NULL)
		return NULL;
	r->local = l;
	r->kind = kind;
	r->number = number;
	room = (char *)(r + 1);
	if (kind == REQUEST_RENAME)
		r->rename = (struct rename_plan *)room;
	else if (plan_len > 0)
		r->plan = (struct flush_plan *)room;
	room += plan_len;
	put_marks(r, &room, marks, mark_count);
	r->text = put_text(&room, text);
	return r;
}

void request_free(struct request *r)
{
	draft_unref(r->draft);
	free(r->own);
	free(r);
}

/*
 * Where many data sets are ready before this one, nobody waits for it. Alone
 * its commit would only keep the writer's next flush waiting.
 */
static bool is_patient_locked(struct local *l, const struct request *r)
	REQUIRES(&l->lock)
{
	const struct entry *e;

	if (r->kind != REQUEST_SUBMIT || r->to != DATASET_READY)
		return false;
	e = index_find(&l->index, r->number);
	return e != NULL && l->index.writers[e->writer]->ready.count >= BACKLOG;
}

void request_push(struct request *r, store_done *done, void *arg)
{
	struct local *l = r->local;

	r->done = done;
	r->arg = arg;
	mutex_lock(&l->lock);
	r->base.is_patient = is_patient_locked(l, r);
	l->pending++;
	mutex_unlock(&l->lock);
	committer_push(l->committer, &r->base);
}

void request_ignore(void *arg, int err)
{
	(void)arg;
	(void)err;
}

/* ---- large data sets ------------------------------------------------- */

/* Content first, then the name; the row follows in a batch. */
static int sync_file(struct local *l, struct draft *d)
{
	if (fdatasync(d->fd) != 0)
		return -errno;
	if (!d->is_named && fsync(l->files) != 0)
		return -errno;
	d->is_named = true;
	return 0;
}

/* Where there is no room for them it goes without checksums: its octets were
 * promised, they were not. */
static void seal(struct request *r)
{
	r->err = large_seal(
		r->draft->fd, r->number, r->plan->row.dataset.size_octets);
	r->plan->is_sealed = r->err == 0;
	if (r->err == STORE_FULL || r->err == -ENOMEM)
		r->err = 0;
}

static void sync_large(struct chore *chore)
{
	struct request *r = (struct request *)((char *)chore
		- offsetof(struct request, chore));
	struct flush_plan *p = r->plan;

	p->is_newer = draft_take(r->draft, false, &p->flush, &p->row.dataset);
	p->is_taken = p->is_newer;
	if (r->kind == REQUEST_SUBMIT)
		seal(r);
	if (r->err == 0 && sync_file(r->local, r->draft) != 0)
		p->sync_failed = true;
	p->is_synced = true;
	committer_push(r->local->committer, &r->base);
}

void request_sync_large(struct request *r)
{
	r->chore.run = sync_large;
	chores_add(r->local->chores, &r->chore);
}
