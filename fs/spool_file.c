#include "spool_file.h"

#include "clock.h"
#include "spool_check.h"
#include "spool_handle.h"

#include <stdlib.h>

#define TURN_LOOK_NS NS_PER_S

/* ---- handles --------------------------------------------------------- */

void spool_file_ref(struct spool_file *f)
{
	atomic_fetch_add(&f->refs, 1);
}

void spool_file_unref(struct spool_file *f)
{
	if (atomic_fetch_sub(&f->refs, 1) != 1)
		return;
	cond_fini(&f->turn_over);
	mutex_fini(&f->lock);
	free(f);
}

void spool_file_subject(const struct spool_file *f, struct spool_subject *out)
	UNCHECKED_LOCKS /* a writer's name never changes */
{
	dataset_job_id(f->job, out->job_id);
	out->log.uid = f->uid;
	out->log.writer = f->spool->writers[f->writer].name;
	out->log.job_id = out->job_id;
}

void spool_file_take_turn(struct spool_file *f)
{
	mutex_lock(&f->lock);
	while (f->has_turn)
		cond_wait_until(&f->turn_over, &f->lock,
			clock_monotonic_ns() + TURN_LOOK_NS);
	f->has_turn = true;
	mutex_unlock(&f->lock);
}

void spool_file_end_turn(struct spool_file *f)
{
	mutex_lock(&f->lock);
	f->has_turn = false;
	cond_signal(&f->turn_over);
	mutex_unlock(&f->lock);
}

bool spool_file_take_open(struct spool_file *f)
{
	spool_file_take_turn(f);
	if (!f->is_released)
		return true;
	spool_file_end_turn(f);
	spool_file_unref(f);
	return false;
}

struct spool_file *spool_file_or_later_locked(struct spool *sp,
	const struct roster_entry *e, struct spool_later *later)
{
	if (e->file != NULL) {
		spool_file_ref(e->file);
		return e->file;
	}
	later->number = e->number;
	later->next = sp->later;
	sp->later = later;
	return NULL;
}

uint64_t spool_file_number(const struct spool_file *f)
{
	return f->number;
}

bool spool_file_is_empty(struct spool_file *f)
{
	return atomic_load(&f->size_octets) == 0;
}

/* ---- write ----------------------------------------------------------- */

/* Whether the handle still takes octets. The caller has the turn. */
static int check_writable(struct spool_file *f)
{
	int err;

	mutex_lock(&f->lock);
	f->is_closing = false;
	if (f->err == 0 && atomic_load(&f->spool->is_quiesced))
		f->err = -EROFS;
	err = f->err;
	mutex_unlock(&f->lock);
	return err;
}

static void changed(struct spool_file *f, uint64_t size_octets, int err)
{
	if (err == 0) {
		atomic_store(&f->size_octets, size_octets);
		atomic_store(&f->changed_ns, clock_wall_ns());
	}
	mutex_lock(&f->lock);
	f->changes++;
	if (err != 0)
		f->err = err;
	mutex_unlock(&f->lock);
}

/* Counts the octets it is to grow by, or says why it may not. */
static int grow(struct spool_file *f, uint64_t from, uint64_t to)
{
	if (to <= from)
		return 0;
	if (f->octets_max != 0 && to > f->octets_max)
		return -EFBIG;
	return quota_grow(
		f->spool->quota, f->account, f->is_operator, to - from);
}

static void shrink(struct spool_file *f, uint64_t from, uint64_t to)
{
	if (to < from)
		quota_shrink(f->spool->quota, f->account, from - to);
}

static int write_in_turn(struct spool_file *f, uint64_t offset, bool is_append,
	const void *octets, size_t len)
{
	uint64_t size = atomic_load(&f->size_octets);
	uint64_t grown = size;
	int err = check_writable(f);

	if (err != 0)
		return err;
	if (is_append)
		offset = size;
	if (len > INT64_MAX || offset > INT64_MAX - len)
		err = -EFBIG;
	else if (offset + len > size)
		grown = offset + len;
	if (err == 0)
		err = grow(f, size, grown);
	if (err == 0 && !f->is_gone) {
		err = spool_check_write(f, offset, octets, len);
		if (err == 0)
			err = store_append(f->spool->store, f->number, offset,
				octets, len);
		if (err != 0)
			shrink(f, grown, size);
	}
	changed(f, grown, err);
	return err;
}

int spool_file_write(struct spool_file *f, uint64_t offset, bool is_append,
	const void *octets, size_t len)
{
	int err;

	if (len == 0)
		return 0;
	spool_file_take_turn(f);
	err = write_in_turn(f, offset, is_append, octets, len);
	spool_file_end_turn(f);
	quota_tell(f->spool->quota);
	return err;
}

/* What it loses counts until the store has let go of it. */
static int truncate_in_turn(struct spool_file *f, uint64_t size)
{
	uint64_t old = atomic_load(&f->size_octets);
	int err = check_writable(f);

	if (err != 0 || size == old)
		return err;
	spool_check_end(f);
	err = size > INT64_MAX ? -EFBIG : grow(f, old, size);
	if (err == 0 && !f->is_gone) {
		err = store_truncate(f->spool->store, f->number, size);
		if (err != 0)
			shrink(f, size, old);
	}
	if (err == 0)
		shrink(f, old, size);
	changed(f, size, err);
	return err;
}

int spool_file_truncate(struct spool_file *f, uint64_t size)
{
	int err;

	spool_file_take_turn(f);
	err = truncate_in_turn(f, size);
	spool_file_end_turn(f);
	quota_tell(f->spool->quota);
	return err;
}

/* Whether there is room; of a program that only asks nothing is discarded. */
static int extend_in_turn(struct spool_file *f, uint64_t size)
{
	uint64_t old = atomic_load(&f->size_octets);
	int err = check_writable(f);

	if (err != 0 || size <= old)
		return err;
	if (size > INT64_MAX)
		return -EFBIG;
	err = grow(f, old, size);
	if (err != 0)
		return err;
	shrink(f, size, old);
	return truncate_in_turn(f, size);
}

int spool_file_extend(struct spool_file *f, uint64_t size)
{
	int err;

	spool_file_take_turn(f);
	err = extend_in_turn(f, size);
	spool_file_end_turn(f);
	quota_tell(f->spool->quota);
	return err;
}

/* An empty one has nothing to flush; its first octets take this along. */
void spool_file_describe(struct spool_file *f, mode_t mode, int64_t changed_ns)
{
	int err;

	spool_file_take_turn(f);
	if (changed_ns != -1)
		atomic_store(&f->changed_ns, changed_ns);
	err = store_describe(f->spool->store, f->number, mode, changed_ns);
	mutex_lock(&f->lock);
	if (err == 0 && !spool_file_is_empty(f))
		f->changes++;
	mutex_unlock(&f->lock);
	spool_file_end_turn(f);
	spool_file_unref(f);
}

/* ---- flush ----------------------------------------------------------- */

struct flush {
	struct spool_file *file;
	uint64_t changes; /* so many were there when it was asked for */
	store_done *done;
	void *arg;
};

void spool_file_closing(struct spool_file *f)
{
	mutex_lock(&f->lock);
	f->is_closing = true;
	mutex_unlock(&f->lock);
}

static void flush_done(void *arg, int err)
{
	struct flush *flush = arg;
	struct spool_file *f = flush->file;

	mutex_lock(&f->lock);
	if (f->is_unlinked)
		err = 0; /* purged meanwhile, maybe: nobody is promised it */
	else if (err != 0 && f->err == 0)
		f->err = err;
	if (err == 0 && flush->changes > f->durable)
		f->durable = flush->changes;
	mutex_unlock(&f->lock);
	flush->done(flush->arg, err);
	free(flush);
	spool_file_unref(f);
}

void spool_file_flush(struct spool_file *f, store_done *done, void *arg)
{
	struct flush *flush = calloc(1, sizeof *flush);
	bool is_new;
	int err;

	spool_file_take_turn(f);
	mutex_lock(&f->lock);
	is_new = f->changes != f->durable && !f->is_unlinked;
	err = f->err;
	if (err == 0 && is_new && flush == NULL)
		err = f->err = -ENOMEM;
	if (flush != NULL)
		*flush = (struct flush){ f, f->changes, done, arg };
	mutex_unlock(&f->lock);

	if (err != 0 || !is_new) {
		spool_file_end_turn(f);
		free(flush);
		done(arg, err);
		return;
	}
	f->was_synced = true;
	spool_file_ref(f);
	store_sync(f->spool->store, f->number, flush_done, flush);
	spool_file_end_turn(f);
}
