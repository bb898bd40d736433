#include "store_claims.h"

#include "clock.h"
#include "store_room.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* ---- begin ----------------------------------------------------------- */

static int add_locked(struct local *l, uint64_t key, struct draft *d)
	REQUIRES(&l->lock)
{
	struct entry *e;
	uint32_t job;
	int err;

	err = index_add(&l->index, l->next_number, d->attributes.writer, &e);
	if (err != 0)
		return err;
	err = index_take_job(&l->index, &job);
	if (err != 0) {
		index_remove(&l->index, e);
		return err;
	}
	e->key = key;
	e->job = job;
	e->draft = d;
	d->attributes.job = job;
	d->attributes.number = l->next_number++;
	return 0;
}

static int local_begin(struct store *s, const struct dataset *attributes,
	uint64_t key, uint64_t *number, uint32_t *job)
{
	struct local *l = local_of(s);
	struct draft *d;
	int err;

	if (atomic_load(&l->is_broken))
		return -EIO;
	err = room_check(l);
	if (err != 0)
		return err;
	d = draft_new(attributes);
	if (d == NULL)
		return -ENOMEM;
	d->attributes.state = DATASET_OPEN;
	d->attributes.next_try_ns = 0;
	d->attributes.reason[0] = '\0';

	mutex_lock(&l->lock);
	err = add_locked(l, key, d);
	if (err == 0) {
		*number = d->attributes.number;
		*job = d->attributes.job;
	}
	mutex_unlock(&l->lock);
	if (err != 0)
		draft_unref(d);
	return err;
}

/* ---- octets ---------------------------------------------------------- */

static int local_append(struct store *s, uint64_t number, uint64_t offset,
	const void *octets, size_t len)
{
	struct local *l = local_of(s);
	struct draft *d;
	int err;

	if (offset > INT64_MAX - len)
		return -EFBIG;
	err = room_reserve(l, number, offset + len, false, &d);
	if (err != 0)
		return err;
	err = draft_write(d, l->files, offset, octets, len);
	if (err != 0)
		room_recount(l, number, d);
	draft_unref(d);
	return err;
}

static int local_truncate(struct store *s, uint64_t number, uint64_t size)
{
	struct local *l = local_of(s);
	struct draft *d;
	int err;

	if (size > INT64_MAX)
		return -EFBIG;
	err = room_reserve(l, number, size, true, &d);
	if (err != 0)
		return err;
	err = draft_truncate(d, l->files, size);
	if (err != 0)
		room_recount(l, number, d);
	draft_unref(d);
	return err;
}

static int local_describe(
	struct store *s, uint64_t number, mode_t mode, int64_t changed_ns)
{
	struct local *l = local_of(s);
	struct draft *d = NULL;
	struct entry *e;
	int err = STORE_NONE;

	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	if (e != NULL)
		err = STORE_BUSY;
	if (e != NULL && e->state == DATASET_OPEN && e->draft != NULL) {
		d = draft_ref(e->draft);
		err = 0;
	}
	mutex_unlock(&l->lock);
	if (d != NULL)
		draft_set_attributes(d, mode, changed_ns);
	draft_unref(d);
	return err;
}

/* ---- requests -------------------------------------------------------- */

static void local_sync(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	struct request *r =
		request_new(local_of(s), REQUEST_SYNC, number, NULL, NULL, 0);

	if (r == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	request_push(r, done, arg);
}

static void local_submit(struct store *s, uint64_t number,
	enum dataset_state to, const char *reason, store_done *done, void *arg)
{
	struct request *r;

	if (to == DATASET_READY
		&& claims_submit_ahead(local_of(s), number, done, arg))
		return;
	r = request_new(local_of(s), REQUEST_SUBMIT, number, reason, NULL, 0);
	if (r == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	r->to = to;
	request_push(r, done, arg);
}

static void local_move(struct store *s, uint64_t number,
	enum dataset_state from, enum dataset_state to, const char *reason,
	store_done *done, void *arg)
{
	struct request *r;

	if (from == DATASET_OPEN && store_may_submit(to)) {
		local_submit(s, number, to, reason, done, arg);
		return;
	}
	r = request_new(local_of(s), REQUEST_MOVE, number, reason, NULL, 0);
	if (r == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	r->from = from;
	r->to = to;
	request_push(r, done, arg);
}

static void local_unlabel(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	struct request *r = request_new(
		local_of(s), REQUEST_UNLABEL, number, NULL, NULL, 0);

	if (r == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	request_push(r, done, arg);
}

static void local_checkpoint(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg)
{
	struct request *r = request_new(
		local_of(s), REQUEST_CHECKPOINT, number, NULL, marks, count);

	if (r == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	r->token = token;
	request_push(r, done, arg);
}

static void local_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg)
{
	struct request *r = request_new(local_of(s), REQUEST_FINISH, number,
		how->reason, how->marks, how->mark_count);

	if (r == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	r->token = token;
	r->to = how->to;
	r->units = how->units;
	r->next_try_ns = how->to == DATASET_WAITING ? how->next_try_ns : 0;
	request_push(r, done, arg);
}

/* ---- claims ---------------------------------------------------------- */

struct waiter {
	struct mutex lock;
	struct cond answered;
	bool is_answered GUARDED_BY(lock);
	int err GUARDED_BY(lock);
};

static void wake(void *arg, int err)
{
	struct waiter *w = arg;

	mutex_lock(&w->lock);
	w->err = err;
	w->is_answered = true;
	cond_signal(&w->answered);
	mutex_unlock(&w->lock);
}

static int wait_answer(struct waiter *w)
{
	int err;

	mutex_lock(&w->lock);
	while (!w->is_answered)
		cond_wait_until(&w->answered, &w->lock,
			clock_monotonic_ns() + NS_PER_S);
	err = w->err;
	mutex_unlock(&w->lock);
	return err;
}

static int push_and_wait(struct request *r)
{
	struct waiter w = { .is_answered = false };
	int err;

	mutex_init(&w.lock, RANK_LEAF);
	cond_init(&w.answered);
	request_push(r, wake, &w);
	err = wait_answer(&w);
	cond_fini(&w.answered);
	mutex_fini(&w.lock);
	return err;
}

int local_catch_up(struct local *l)
{
	struct request *r = request_new(l, REQUEST_CATCH_UP, 0, NULL, NULL, 0);

	return r != NULL ? push_and_wait(r) : -ENOMEM;
}

static bool has_claimable(struct local *l, const char *writer)
{
	struct index_writer *w;
	bool has;

	mutex_lock(&l->lock);
	w = index_find_writer(&l->index, writer);
	has = w != NULL
		&& (w->ready.count > 0
			|| (w->waiting.count > 0
				&& w->waiting.heap[0]->next_try_ns
					<= clock_wall_ns()));
	mutex_unlock(&l->lock);
	return has;
}

/* A look before the request: idle readers ask often and cost no commit. */
static int local_claim(struct store *s, const char *writer, size_t max,
	int64_t lease_ns, struct store_claim *claims, size_t *count)
{
	struct local *l = local_of(s);
	struct request *r;
	struct entry **taken;
	size_t found = 0;
	int err;

	(void)lease_ns; /* the next start frees what this one has claimed */
	if (max > BATCH_REQUESTS_MAX)
		max = BATCH_REQUESTS_MAX;
	if (max == 0 || (!has_claimable(l, writer) && !l->is_broken)) {
		*count = 0;
		return 0;
	}
	taken = calloc(max, sizeof(*taken));
	r = request_new(l, REQUEST_CLAIM, 0, NULL, NULL, 0);
	if (taken == NULL || r == NULL) {
		free(taken);
		if (r != NULL)
			request_free(r);
		return -ENOMEM;
	}
	r->writer = writer;
	r->max = max;
	r->claims = claims;
	r->taken = taken;
	r->found = &found;
	err = push_and_wait(r);
	free(taken);
	if (err == 0)
		*count = found;
	return err;
}

static int local_renew(
	struct store *s, uint64_t number, uint64_t token, int64_t lease_ns)
{
	struct local *l = local_of(s);
	struct entry *e;
	int err = STORE_LOST;

	(void)lease_ns;
	mutex_lock(&l->lock);
	e = index_find(&l->index, number);
	if (e != NULL && token != 0 && e->token == token)
		err = 0;
	mutex_unlock(&l->lock);
	return err;
}

const struct store_ops local_ops = {
	.close = local_close,
	.begin = local_begin,
	.append = local_append,
	.truncate = local_truncate,
	.describe = local_describe,
	.sync = local_sync,
	.submit = local_submit,
	.resolve = local_resolve,
	.claim = local_claim,
	.renew = local_renew,
	.checkpoint = local_checkpoint,
	.finish = local_finish,
	.move = local_move,
	.rename = local_rename,
	.unlabel = local_unlabel,
	.lookup = local_lookup,
	.read = local_read,
	.mark = local_mark,
	.marks = local_marks,
	.list = local_list,
	.stats = local_stats,
	.wait = local_wait,
	.listen = local_listen,
	.grant = local_grant,
	.withdraw = local_withdraw,
};
