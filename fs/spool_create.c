#include "clock.h"
#include "label.h"
#include "spool_file.h"
#include "spool_handle.h"
#include "text.h"

#include <stdlib.h>
#include <sys/random.h>

static struct spool_file *file_new(struct spool *sp,
	const struct spool_caller *owner, const char *program, int64_t now_ns)
{
	struct spool_file *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->spool = sp;
	atomic_init(&f->refs, 1);
	atomic_init(&f->size_octets, 0);
	atomic_init(&f->changed_ns, now_ns);
	f->opened_ns = now_ns;
	f->pid = owner->pid;
	f->uid = owner->uid;
	f->is_operator = owner->is_operator;
	f->account = quota_account(sp->quota, owner->uid);
	if (f->account == NULL) {
		free(f);
		return NULL;
	}
	text_copy(f->program, sizeof f->program, program);
	mutex_init(&f->lock, RANK_HANDLE);
	cond_init(&f->turn_over);
	return f;
}

/* Whether a label is listed, or lingers. */
static bool is_taken_locked(struct spool *sp, uint8_t writer, uid_t uid,
	const char *label) REQUIRES(&sp->lock)
{
	return roster_by_label(&sp->roster, writer, uid, label) != NULL
		|| linger_by_label(&sp->linger, writer, uid, label,
			   clock_monotonic_ns())
		!= NULL;
}

/*
 * Where the data set will be: its writer, and whether its name is free and
 * there is room. What is refused here costs the store nothing.
 */
static int look_up_place(struct spool *sp, const char *writer,
	const struct spool_caller *owner, bool exclusive, struct dataset *d,
	struct spool_file *f, uint8_t *writer_number)
{
	struct spool_writer *w;
	int err = 0;

	mutex_lock(&sp->lock);
	w = spool_writer_locked(sp, writer);
	if (w == NULL) {
		err = -ENOENT;
	} else {
		*writer_number = spool_writer_number(sp, w);
		text_copy(d->writer, sizeof d->writer, w->name);
		f->octets_max = w->dataset_octets_max;
		if (w->check.begin != NULL && !d->is_draft)
			f->check = &w->check;
		f->writer = *writer_number;
		if (exclusive
			&& is_taken_locked(
				sp, *writer_number, owner->uid, d->label))
			err = -EEXIST;
	}
	mutex_unlock(&sp->lock);
	if (err == 0)
		err = quota_check(sp->quota, f->account, f->is_operator);
	return err;
}

static int begin(struct spool *sp, struct dataset *d)
{
	uint64_t key;

	if (getrandom(&key, sizeof key, 0) != sizeof key)
		return -EIO;
	return store_begin(sp->store, d, key, &d->number, &d->job);
}

static int enter(struct spool *sp, struct roster_entry *e, bool exclusive)
{
	int err = 0;

	mutex_lock(&sp->lock);
	if (exclusive && is_taken_locked(sp, e->writer, e->uid, e->label))
		err = -EEXIST;
	if (err == 0)
		err = quota_add(
			sp->quota, e->file->account, e->file->is_operator);
	if (err == 0) {
		err = spool_insert_locked(sp, e);
		if (err != 0)
			quota_gone(sp->quota, e->uid, 0);
	}
	if (err == 0)
		spool_take_label_locked(sp, e);
	mutex_unlock(&sp->lock);
	return err;
}

static void dropped(void *arg, int err)
{
	(void)arg;
	(void)err; /* nothing of it was durable */
}

/* What is left of making a data set once its attributes are known. */
static int make(struct spool *sp, struct dataset *d, uint8_t writer,
	bool exclusive, struct spool_file *f)
{
	struct roster_entry *e;
	int err = begin(sp, d);

	if (err != 0)
		return err;
	f->number = d->number;
	f->job = d->job;
	e = roster_entry_new(d, writer);
	err = -ENOMEM;
	if (e != NULL) {
		e->file = f;
		err = enter(sp, e, exclusive);
	}
	if (err != 0) {
		roster_entry_free(e);
		store_submit(sp->store, d->number, DATASET_PURGED, "", dropped,
			NULL);
	}
	return err;
}

int spool_create(struct spool *sp, const char *writer, const char *label,
	const struct spool_caller *owner, mode_t mode, const char *program,
	bool exclusive, struct spool_file **out)
{
	int64_t now_ns = clock_wall_ns();
	struct dataset d = { .state = DATASET_OPEN,
		.uid = owner->uid,
		.gid = owner->gid,
		.mode = mode & 0600,
		.has_label = true,
		.created_ns = now_ns,
		.changed_ns = now_ns };
	struct spool_file *f;
	uint8_t writer_number;
	int err = label_check(label);

	if (err == 0 && atomic_load(&sp->is_quiesced))
		err = -EROFS;
	if (err != 0)
		return err;
	text_copy(d.label, sizeof d.label, label);
	d.is_draft = draft_names_match(&sp->drafts, label);
	dataset_job_name(program, d.job_name);

	f = file_new(sp, owner, program, now_ns);
	if (f == NULL)
		return -ENOMEM;
	err = quota_enter(sp->quota, f->account, f->is_operator);
	if (err != 0) {
		spool_file_unref(f);
		return err;
	}
	err = look_up_place(
		sp, writer, owner, exclusive, &d, f, &writer_number);
	if (err == 0)
		err = make(sp, &d, writer_number, exclusive, f);
	if (err != 0) {
		quota_leave(sp->quota, f->account);
		spool_file_unref(f);
		return err;
	}
	*out = f;
	return 0;
}
