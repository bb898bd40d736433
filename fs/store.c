#include "store_ops.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool store_may_submit(enum dataset_state to)
{
	return dataset_may_move(DATASET_OPEN, to);
}

bool store_may_move(enum dataset_state from, enum dataset_state to)
{
	if (from == DATASET_ACTIVE)
		return to == DATASET_READY || to == DATASET_HELD;
	return to != DATASET_ACTIVE && dataset_may_move(from, to);
}

const char *store_reason(enum dataset_state state, const char *reason)
{
	switch (state) {
	case DATASET_HELD:
	case DATASET_WAITING:
	case DATASET_DEAD:
		return reason != NULL ? reason : "";
	default:
		return "";
	}
}

bool store_marks_leave_gap(
	uint32_t read_upto, const struct store_mark *marks, size_t count)
{
	uint32_t upto = read_upto;
	size_t claimed = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (marks[i].kind != STORE_MARK_CLAIMED
			|| marks[i].mail < read_upto)
			continue;
		claimed++;
		if (marks[i].mail >= upto)
			upto = marks[i].mail + 1;
	}
	return upto - read_upto > claimed;
}

int store_mark_row_make(
	struct store_mark_row *out, const struct store_mark *mark)
{
	char *recipients = strdup(mark->recipients);
	char *reason = strdup(mark->reason);

	if (recipients == NULL || reason == NULL) {
		free(recipients);
		free(reason);
		return -ENOMEM;
	}
	out->mail = mark->mail;
	out->kind = mark->kind;
	out->tries = mark->tries;
	out->next_try_ns = mark->next_try_ns;
	out->recipients = recipients;
	out->reason = reason;
	return 0;
}

void store_mark_fini(struct store_mark_row *row)
{
	free(row->recipients);
	free(row->reason);
	row->recipients = NULL;
	row->reason = NULL;
}

void store_close(struct store *s)
{
	if (s != NULL)
		s->ops->close(s);
}

int store_begin(struct store *s, const struct dataset *attributes, uint64_t key,
	uint64_t *number, uint32_t *job)
{
	return s->ops->begin(s, attributes, key, number, job);
}

int store_append(struct store *s, uint64_t number, uint64_t offset,
	const void *octets, size_t len)
{
	return s->ops->append(s, number, offset, octets, len);
}

int store_truncate(struct store *s, uint64_t number, uint64_t size)
{
	return s->ops->truncate(s, number, size);
}

int store_describe(
	struct store *s, uint64_t number, mode_t mode, int64_t changed_ns)
{
	return s->ops->describe(s, number, mode, changed_ns);
}

void store_sync(struct store *s, uint64_t number, store_done *done, void *arg)
{
	s->ops->sync(s, number, done, arg);
}

void store_submit(struct store *s, uint64_t number, enum dataset_state to,
	const char *reason, store_done *done, void *arg)
{
	assert(store_may_submit(to));
	s->ops->submit(s, number, to, reason, done, arg);
}

int store_resolve(struct store *s, uint64_t key, uint64_t *number)
{
	return s->ops->resolve(s, key, number);
}

int store_claim(struct store *s, const char *writer, size_t max,
	int64_t lease_ns, struct store_claim *claims, size_t *count)
{
	return s->ops->claim(s, writer, max, lease_ns, claims, count);
}

int store_renew(
	struct store *s, uint64_t number, uint64_t token, int64_t lease_ns)
{
	return s->ops->renew(s, number, token, lease_ns);
}

void store_checkpoint(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg)
{
	s->ops->checkpoint(s, number, token, marks, count, done, arg);
}

void store_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg)
{
	assert(dataset_may_move(DATASET_ACTIVE, how->to));
	s->ops->finish(s, number, token, how, done, arg);
}

void store_move(struct store *s, uint64_t number, enum dataset_state from,
	enum dataset_state to, const char *reason, store_done *done, void *arg)
{
	s->ops->move(s, number, from, to, reason, done, arg);
}

void store_rename(struct store *s, uint64_t number,
	const struct store_rename *how, store_done *done, void *arg)
{
	s->ops->rename(s, number, how, done, arg);
}

void store_unlabel(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	s->ops->unlabel(s, number, done, arg);
}

int store_lookup(struct store *s, uint64_t number, struct dataset *out)
{
	return s->ops->lookup(s, number, out);
}

ssize_t store_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len)
{
	return s->ops->read(s, number, offset, octets, len);
}

int store_mark_read(struct store *s, uint64_t number, uint32_t mail,
	struct store_mark_row *out)
{
	return s->ops->mark(s, number, mail, out);
}

int store_marks_read(struct store *s, uint64_t number, uint32_t after,
	size_t max, struct store_mark_row *out, size_t *count)
{
	return s->ops->marks(s, number, after, max, out, count);
}

int store_list(struct store *s, const char *writer, uint64_t after, size_t max,
	struct dataset *out, size_t *count)
{
	return s->ops->list(s, writer, after, max, out, count);
}

void store_stats_read(struct store *s, struct store_stats *out)
{
	s->ops->stats(s, out);
}

uint64_t store_wait(struct store *s, uint64_t version, int64_t deadline_ns)
{
	return s->ops->wait(s, version, deadline_ns);
}

int store_listen(
	struct store *s, const char *writer, store_claimed *claimed, void *arg)
{
	return s->ops->listen(s, writer, claimed, arg);
}

void store_grant(struct store *s, const char *writer, size_t units)
{
	s->ops->grant(s, writer, units);
}

void store_withdraw(struct store *s, const char *writer)
{
	s->ops->withdraw(s, writer);
}
