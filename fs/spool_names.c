#include "spool_names.h"

#include "buf.h"
#include "clock.h"
#include "label.h"
#include "spool_handle.h"
#include "spool_lookup.h"
#include "text.h"

#include <string.h>

/* Entries taken, and looked at, each time the lock is held. */
enum { PAGE_MAX = 256, LOOKS_MAX = 4096 };

bool spool_is_visible(
	const struct roster_entry *e, const struct spool_caller *caller)
{
	return !e->is_hidden && (caller->is_operator || e->uid == caller->uid);
}

/* Everybody's own labels first; <JOBID>.<name> is never one. */
struct roster_entry *spool_find_locked(struct spool *sp, const char *writer,
	const char *name, const struct spool_caller *caller, bool *is_job_name)
{
	struct spool_writer *w = spool_writer_locked(sp, writer);
	struct roster_entry *e;
	const char *label;
	uint32_t job;

	*is_job_name = false;
	if (w == NULL)
		return NULL;
	if (dataset_parse_job_label(name, &job, &label) != 0)
		return roster_by_label(&sp->roster, spool_writer_number(sp, w),
			caller->uid, name);

	*is_job_name = true;
	e = roster_by_job(&sp->roster, job, label);
	if (e == NULL || e->writer != spool_writer_number(sp, w))
		return NULL;
	return e;
}

struct roster_entry *spool_lingering_locked(struct spool *sp,
	const char *writer, const char *name, const struct spool_caller *caller)
{
	const struct spool_writer *w = spool_writer_locked(sp, writer);

	if (w == NULL)
		return NULL;
	return linger_by_label(&sp->linger, spool_writer_number(sp, w),
		caller->uid, name, clock_monotonic_ns());
}

/* What the entry says, brought up to the moment while it is written. */
static void get_locked(struct spool *sp, const struct roster_entry *e,
	struct dataset *out) REQUIRES(&sp->lock)
{
	roster_entry_get(e, out);
	text_copy(out->writer, sizeof out->writer, sp->writers[e->writer].name);
	if (e->file == NULL)
		return;
	out->size_octets = atomic_load(&e->file->size_octets);
	out->changed_ns = atomic_load(&e->file->changed_ns);
}

int spool_find(struct spool *sp, const char *writer, const char *name,
	const struct spool_caller *caller, struct dataset *out)
{
	struct roster_entry *e;
	bool is_job_name;
	int err = -ENOENT;

	mutex_lock(&sp->lock);
	e = spool_find_locked(sp, writer, name, caller, &is_job_name);
	if (e == NULL)
		e = spool_lingering_locked(sp, writer, name, caller);
	if (e != NULL && spool_is_visible(e, caller)) {
		get_locked(sp, e, out);
		err = 0;
	}
	mutex_unlock(&sp->lock);
	return err;
}

int spool_stat_lingering(struct spool *sp, uint64_t number, struct dataset *out)
{
	struct roster_entry *e;

	mutex_lock(&sp->lock);
	e = linger_by_number(&sp->linger, number, clock_monotonic_ns());
	if (e != NULL)
		get_locked(sp, e, out);
	mutex_unlock(&sp->lock);
	return e != NULL ? 0 : -ENOENT;
}

int spool_stat(struct spool *sp, uint64_t number, struct dataset *out)
{
	struct roster_entry *e;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, number);
	if (e != NULL)
		get_locked(sp, e, out);
	mutex_unlock(&sp->lock);
	return e != NULL ? 0 : -ENOENT;
}

static int name_of(const struct roster_entry *e,
	const struct spool_caller *caller, char *out, size_t cap)
{
	char name[LABEL_SHOWN_MAX];

	if (e->has_label && e->uid == caller->uid)
		text_copy(name, sizeof name, e->label);
	else
		label_with_job(e->job, e->label, name, sizeof name);
	if (strlen(name) >= cap)
		return -ENAMETOOLONG;
	text_copy(out, cap, name);
	return 0;
}

int spool_name(struct spool *sp, uint64_t number,
	const struct spool_caller *caller, char *out, size_t cap)
{
	struct roster_entry *e;
	int err = -ENOENT;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, number);
	if (e != NULL && spool_is_visible(e, caller))
		err = name_of(e, caller, out, cap);
	mutex_unlock(&sp->lock);
	return err;
}

/* ---- lists ----------------------------------------------------------- */

/* A walk over what a caller lists, a page at a time. */
struct walk {
	struct spool *spool;
	const char *writer; /* NULL: all */
	const struct spool_caller *caller;
	uint64_t after;
	bool is_over;
};

/*
 * Finds up to max entries, and looks at no more than LOOKS_MAX, so that the
 * lock is not held for long where most belong to others.
 */
static int walk_locked(struct spool *sp, struct walk *walk, size_t max,
	struct roster_entry *found[static PAGE_MAX], size_t *count)
	REQUIRES(&sp->lock)
{
	const struct spool_writer *w = NULL;
	size_t place = roster_seek(&sp->roster, walk->after);
	struct roster_entry *e;
	size_t looks;

	*count = 0;
	if (walk->writer != NULL) {
		w = spool_writer_locked(sp, walk->writer);
		if (w == NULL)
			return -ENOENT;
	}
	for (looks = 0; looks < LOOKS_MAX && *count < max; looks++) {
		e = roster_step(&sp->roster, &place);
		if (e == NULL) {
			walk->is_over = true;
			break;
		}
		walk->after = e->number;
		if (spool_is_visible(e, walk->caller)
			&& (w == NULL || w == &sp->writers[e->writer]))
			found[(*count)++] = e;
	}
	return 0;
}

static int append_numbers(struct walk *walk, struct buf *list)
{
	struct roster_entry *found[PAGE_MAX];
	uint64_t numbers[PAGE_MAX];
	size_t count, i;
	int err;

	mutex_lock(&walk->spool->lock);
	err = walk_locked(walk->spool, walk, PAGE_MAX, found, &count);
	for (i = 0; i < count; i++)
		numbers[i] = found[i]->number;
	mutex_unlock(&walk->spool->lock);
	buf_append(list, numbers, count * sizeof *numbers);
	return err;
}

int spool_numbers(struct spool *sp, const char *writer,
	const struct spool_caller *caller, uint64_t **numbers, size_t *count)
{
	struct walk walk = { sp, writer, caller, 0, false };
	struct buf list;
	char *data = NULL;
	size_t octets = 0;
	int err = 0;

	buf_init(&list);
	while (err == 0 && !walk.is_over)
		err = append_numbers(&walk, &list);
	if (err == 0) {
		data = buf_steal(&list, &octets);
		err = data != NULL ? 0 : -ENOMEM;
	}
	buf_fini(&list);
	if (err != 0)
		return err;
	*numbers = (uint64_t *)(void *)data; /* as realloc() aligned it */
	*count = octets / sizeof **numbers;
	return 0;
}

static void get_row_locked(struct spool *sp, const struct roster_entry *e,
	struct spool_row *row) REQUIRES(&sp->lock)
{
	get_locked(sp, e, &row->dataset);
	row->is_open = e->file != NULL;
	row->opened_ns = row->is_open ? e->file->opened_ns : 0;
	row->pid = row->is_open ? e->file->pid : 0;
	text_copy(row->program, sizeof row->program,
		row->is_open ? e->file->program : "");
}

static int append_rows(
	struct walk *walk, size_t max, struct spool_row *rows, size_t *count)
{
	struct roster_entry *found[PAGE_MAX];
	size_t page = max - *count < PAGE_MAX ? max - *count : PAGE_MAX;
	size_t found_count, i;
	int err;

	mutex_lock(&walk->spool->lock);
	err = walk_locked(walk->spool, walk, page, found, &found_count);
	for (i = 0; i < found_count; i++)
		get_row_locked(walk->spool, found[i], &rows[(*count)++]);
	mutex_unlock(&walk->spool->lock);
	return err;
}

int spool_rows(struct spool *sp, const char *writer,
	const struct spool_caller *caller, uint64_t after, size_t max,
	struct spool_row *rows, size_t *count)
{
	struct walk walk = { sp, writer, caller, after, false };
	size_t filled = 0;
	int err = 0;

	while (err == 0 && !walk.is_over && filled < max)
		err = append_rows(&walk, max, rows, &filled);
	if (err == 0)
		*count = filled;
	return err;
}

/* ---- attributes ------------------------------------------------------ */

int spool_set_attributes(struct spool *sp, uint64_t number,
	const struct spool_caller *caller, mode_t mode, int64_t changed_ns)
{
	struct spool_file *f = NULL;
	struct roster_entry *e;
	int err = 0;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, number);
	if (e == NULL)
		e = linger_by_number(&sp->linger, number, clock_monotonic_ns());
	if (e == NULL)
		err = -ENOENT;
	else if (e->uid != caller->uid && !caller->is_operator)
		err = -EPERM;
	if (err == 0 && mode != (mode_t)-1)
		e->mode = mode & 0600;
	if (err == 0 && changed_ns != -1)
		e->changed_ns = changed_ns;
	if (err == 0 && e->file != NULL) {
		f = e->file;
		spool_file_ref(f);
	}
	mutex_unlock(&sp->lock);
	if (f != NULL)
		spool_file_describe(f, mode, changed_ns);
	return err;
}
