#include "store_claims.h"

#include "log.h"
#include "store_failed.h"
#include "store_promise.h"
#include "store_room.h"

static void start_large(struct batch *b)
{
	struct request *r;
	struct request *next;

	for (r = b->large.first; r != NULL; r = next) {
		next = next_of(r);
		request_sync_large(r);
	}
}

/* ---- a sync that failed ---------------------------------------------- */

static bool must_be_held(const struct request *r)
{
	return r->kind == REQUEST_SYNC || r->kind == REQUEST_SUBMIT
		|| (r->kind == REQUEST_MOVE && r->to == DATASET_READY)
		|| (r->kind == REQUEST_RENAME && r->rename->moves
			&& r->to == DATASET_READY);
}

/*
 * From now on -EIO for everything; the next start holds what this was. Those
 * that were refused before a commit was tried are still OPEN on disk, and
 * need no name: every OPEN one is held.
 */
static void break_store(struct batch *b)
{
	struct local *l = b->local;
	uint64_t numbers[BATCH_REQUESTS_MAX];
	struct request *r;
	size_t count = 0;

	for (r = b->work.first; r != NULL; r = next_of(r)) {
		if (r->err != 0 && must_be_held(r))
			numbers[count++] = r->number;
	}
	atomic_store(&l->is_broken, true);
	log_error("spool: storage failed; nothing is accepted until a restart "
		  "on healthy storage");
	if (failed_write(l->failed_file, numbers, count) != 0)
		log_error("spool: nor could it be noted which data sets must "
			  "be held at the next start");
}

static void fail_all(struct batch *b, int err)
{
	struct request *r;

	for (r = b->work.first; r != NULL; r = next_of(r))
		r->err = err;
}

static bool has_failed_large(const struct batch *b)
{
	const struct request *r;

	for (r = b->work.first; r != NULL; r = next_of(r))
		if (r->plan != NULL && r->plan->sync_failed)
			return true;
	return false;
}

static bool has_eio(const struct list *l)
{
	const struct request *r;

	for (r = l->first; r != NULL; r = next_of(r))
		if (r->err == -EIO)
			return true;
	return false;
}

/* ---- content --------------------------------------------------------- */

static size_t gather(struct batch *b)
{
	struct local *l = b->local;
	struct flush_plan *p;
	struct request *r;
	size_t count = 0;

	for (r = b->work.first; r != NULL; r = next_of(r)) {
		p = r->plan;
		if (p == NULL || !p->has_record)
			continue;
		l->owners[count] = r;
		l->records[count++] = (struct segment_record){
			.number = p->row.dataset.number,
			.note = promise_note(l, STEP_NONE),
			.attributes = &p->row.dataset,
			.octets = p->flush.content->octets + p->flush.low,
			.offset = (uint32_t)p->flush.low,
			.length = (uint32_t)(p->flush.high - p->flush.low),
		};
	}
	return count;
}

void batch_append(struct local *l, size_t count)
{
	size_t i;

	if (count == 0)
		return;
	if (segments_append(l->segments, l->records, count) != 0)
		for (i = 0; i < count; i++) {
			if (l->records[i].extent.segment != 0)
				continue;
			l->owners[i]->err =
				segments_append(l->segments, &l->records[i], 1);
		}
	for (i = 0; i < count; i++)
		l->owners[i]->plan->extent = l->records[i].extent;
}

/*
 * A row that takes the place of another must not be durable before its
 * content is: what was promised before would be lost with it.
 */
static bool may_sync_beside(const struct batch *b)
{
	const struct request *r;

	for (r = b->work.first; r != NULL; r = next_of(r))
		if (r->plan != NULL && r->plan->has_record && r->entry->has_row)
			return false;
	return true;
}

/* Returns false when a sync failed: then all of the batch has. */
static bool write_content(struct batch *b)
{
	struct local *l = b->local;
	size_t count = gather(b);
	int err = 0;

	batch_append(l, count);
	if (count > 0 && may_sync_beside(b))
		syncer_begin(l->syncer);
	else if (count > 0)
		err = segments_sync(l->segments);
	if (err == 0 && !has_failed_large(b))
		return true;
	fail_all(b, -EIO);
	return false;
}

/* Nobody is answered before the content is durable too. */
static void end_content(struct batch *b)
{
	if (syncer_end(b->local->syncer) != 0)
		fail_all(b, -EIO);
}

/* ---- rows ------------------------------------------------------------ */

static int reserve_numbers(struct batch *b)
{
	struct local *l = b->local;
	uint64_t job =
		((uint64_t)b->next_job + NUMBERS_AHEAD) % JOB_NUMBER_MAX + 1;
	int err;

	if (b->next_number <= l->reserved_number)
		return 0;
	err = catalogue_set(l->catalogue, CATALOGUE_NEXT_NUMBER,
		b->next_number + NUMBERS_AHEAD);
	if (err == 0)
		err = catalogue_set(l->catalogue, CATALOGUE_NEXT_JOB, job);
	return err;
}

static void numbers_are_reserved(struct batch *b)
{
	if (b->next_number > b->local->reserved_number)
		b->local->reserved_number = b->next_number + NUMBERS_AHEAD;
}

/* Those from first on, up to end, that did not fail before. */
static int commit_range(
	struct batch *b, struct request *first, struct request *end)
{
	struct local *l = b->local;
	struct request *r;
	int err = catalogue_begin(l->catalogue);

	if (err == 0)
		err = reserve_numbers(b);
	if (err == 0)
		err = promise_apply(l);
	for (r = first; r != end && err == 0; r = next_of(r))
		if (r->err == 0)
			err = apply_rows(l, r);
	if (err == 0)
		err = catalogue_commit(l->catalogue);
	else
		catalogue_rollback(l->catalogue);
	if (err == 0) {
		numbers_are_reserved(b);
		promise_applied(l);
	}
	return err;
}

static bool has_work(const struct batch *b)
{
	const struct request *r;

	for (r = b->work.first; r != NULL; r = next_of(r))
		if (r->err == 0)
			return true;
	return false;
}

static void commit(struct batch *b)
{
	struct catalogue *c = b->local->catalogue;
	struct request *r;
	bool lacks_units = false; /* a finish failed whose units were used */

	if (!has_work(b))
		return;
	if (commit_range(b, b->work.first, NULL) == 0)
		return;
	for (r = b->work.first; r != NULL; r = next_of(r)) {
		if (r->err != 0)
			continue;
		if (catalogue_is_failed(c))
			r->err = -EIO;
		else if (r->standing != NULL && lacks_units)
			r->err = STORE_BUSY;
		else
			r->err = commit_range(b, r, next_of(r));
		lacks_units = lacks_units || (r->err != 0 && r->units > 0);
	}
}

/* ---- answers --------------------------------------------------------- */

static void settle_all(struct batch *b, bool is_promised)
{
	struct local *l = b->local;
	struct request *r;

	mutex_lock(&l->lock);
	if (is_promised)
		promise_settle_locked(l, b);
	for (r = b->work.first; r != NULL; r = next_of(r)) {
		if (r->err == 0)
			settle_locked(l, r);
		else
			unplan_locked(l, r);
	}
	for (r = b->done.first; r != NULL; r = next_of(r))
		unplan_locked(l, r);
	mutex_unlock(&l->lock);
}

static size_t answer(struct request *r)
{
	store_done *done = r->done;
	void *arg = r->arg;
	int err = r->err;

	if (r->found != NULL)
		*r->found = r->count;
	claims_deliver(r);
	request_free(r);
	done(arg, err);
	return 1;
}

/* Riders come before the request they ride with. */
static void unfold(struct list *from, struct list *syncs, struct list *others)
{
	struct request *r;
	struct request *next;
	struct request *rider;
	struct request *next_rider;

	for (r = from->first; r != NULL; r = next) {
		next = next_of(r);
		for (rider = r->riders; rider != NULL; rider = next_rider) {
			next_rider = next_of(rider);
			rider->err = r->err;
			list_add(rider->kind == REQUEST_SYNC ? syncs : others,
				rider);
		}
		list_add(r->kind == REQUEST_SYNC ? syncs : others, r);
	}
}

/* The reply to each FLUSH last: it wakes a process that takes the CPU. */
static void answer_all(struct batch *b)
{
	struct local *l = b->local;
	struct list syncs;
	struct list others;
	struct request *r;
	struct request *next;
	size_t count = 0;

	list_init(&syncs);
	list_init(&others);
	unfold(&b->done, &syncs, &others);
	unfold(&b->work, &syncs, &others);
	for (r = others.first; r != NULL; r = next) {
		next = next_of(r);
		count += answer(r);
	}
	for (r = syncs.first; r != NULL; r = next) {
		next = next_of(r);
		count += answer(r);
	}
	mutex_lock(&l->lock);
	l->pending -= count;
	if (l->pending == 0)
		cond_broadcast(&l->changed);
	mutex_unlock(&l->lock);
}

/* ---- the catalogue --------------------------------------------------- */

/* Without room it is due again once there is as much again. */
static int catch_up(struct batch *b)
{
	struct local *l = b->local;
	size_t count = backlog_count(l->backlog);
	int err;

	if (count == 0)
		return 0;
	err = commit_range(b, NULL, NULL);
	if (err != 0)
		l->backlog_due = count + BACKLOG_LONG;
	if (err == -EIO && !atomic_load(&l->is_broken))
		break_store(b);
	return err;
}

/* For those that wait for it. */
static void catch_up_now(struct batch *b)
{
	struct request *r;
	int err = catch_up(b);

	for (r = b->done.first; r != NULL; r = next_of(r))
		if (r->kind == REQUEST_CATCH_UP && r->err == 0)
			r->err = err;
}

/* For nobody: all have been answered. */
static void catch_up_in_time(struct batch *b)
{
	struct local *l = b->local;

	if (backlog_count(l->backlog) >= l->backlog_due
		&& !atomic_load(&l->is_broken))
		(void)catch_up(b);
}

static void make_durable(struct batch *b)
{
	if (write_content(b))
		commit(b);
	end_content(b);
}

struct committer_request *local_serve(
	void *arg, struct committer_request *waiting)
{
	struct batch b = { .local = arg };
	bool is_promised;

	list_init(&b.work);
	list_init(&b.done);
	list_init(&b.large);
	list_init(&b.later);
	batch_plan(&b, (struct request *)waiting);
	start_large(&b);
	is_promised = b.work.first != NULL && promise_by_records(&b);
	if (b.work.first != NULL && !is_promised)
		make_durable(&b);
	if (!atomic_load(&b.local->is_broken)
		&& (has_eio(&b.work) || has_eio(&b.done)))
		break_store(&b);
	settle_all(&b, is_promised);
	if (b.catches_up)
		catch_up_now(&b);
	answer_all(&b);
	catch_up_in_time(&b);
	room_look_again(b.local);
	claims_step(b.local);
	catalogue_log_step(b.local->catalogue);
	return (struct committer_request *)b.later.first;
}
