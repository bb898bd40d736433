#include "spool_names.h"

#include "buf.h"
#include "label.h"
#include "spool_handle.h"
#include "spool_lookup.h"
#include "text.h"

#include <string.h>

enum { PAGE_NUMBERS = 512 };

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
	if (e != NULL && spool_is_visible(e, caller)) {
		get_locked(sp, e, out);
		err = 0;
	}
	mutex_unlock(&sp->lock);
	return err;
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

/* The next entry that is listed, NULL at the end. */
static struct roster_entry *next_listed_locked(struct spool *sp,
	const struct spool_writer *w, const struct spool_caller *caller,
	size_t *place) REQUIRES(&sp->lock)
{
	struct roster_entry *e;

	while ((e = roster_step(&sp->roster, place)) != NULL)
		if (spool_is_visible(e, caller)
			&& (w == NULL || w == &sp->writers[e->writer]))
			break;
	return e;
}

static int find_writer_locked(struct spool *sp, const char *writer,
	const struct spool_writer **out) REQUIRES(&sp->lock)
{
	*out = writer != NULL ? spool_writer_locked(sp, writer) : NULL;
	return writer == NULL || *out != NULL ? 0 : -ENOENT;
}

static int number_page(struct spool *sp, const char *writer,
	const struct spool_caller *caller, uint64_t after,
	uint64_t page[static PAGE_NUMBERS], size_t *count)
{
	const struct spool_writer *w;
	struct roster_entry *e;
	size_t found = 0, place;
	int err;

	mutex_lock(&sp->lock);
	err = find_writer_locked(sp, writer, &w);
	place = roster_seek(&sp->roster, after);
	while (err == 0 && found < PAGE_NUMBERS
		&& (e = next_listed_locked(sp, w, caller, &place)) != NULL)
		page[found++] = e->number;
	mutex_unlock(&sp->lock);
	*count = found;
	return err;
}

int spool_numbers(struct spool *sp, const char *writer,
	const struct spool_caller *caller, uint64_t **numbers, size_t *count)
{
	uint64_t page[PAGE_NUMBERS];
	uint64_t after = 0;
	struct buf list;
	size_t found, octets;
	char *data;
	int err;

	buf_init(&list);
	do {
		err = number_page(sp, writer, caller, after, page, &found);
		buf_append(&list, page, found * sizeof *page);
		if (found > 0)
			after = page[found - 1];
	} while (err == 0 && found == PAGE_NUMBERS);

	data = err == 0 ? buf_steal(&list, &octets) : NULL;
	buf_fini(&list);
	if (data == NULL)
		return err != 0 ? err : -ENOMEM;
	*numbers = (uint64_t *)(void *)data; /* as malloc() aligned it */
	*count = octets / sizeof *page;
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

int spool_rows(struct spool *sp, const char *writer,
	const struct spool_caller *caller, uint64_t after, size_t max,
	struct spool_row *rows, size_t *count)
{
	const struct spool_writer *w;
	struct roster_entry *e;
	size_t found = 0, place;
	int err;

	mutex_lock(&sp->lock);
	err = find_writer_locked(sp, writer, &w);
	place = roster_seek(&sp->roster, after);
	while (err == 0 && found < max
		&& (e = next_listed_locked(sp, w, caller, &place)) != NULL)
		get_row_locked(sp, e, &rows[found++]);
	mutex_unlock(&sp->lock);
	if (err == 0)
		*count = found;
	return err;
}

/* ---- attributes ------------------------------------------------------ */

int spool_set_attributes(struct spool *sp, uint64_t number,
	const struct spool_caller *caller, mode_t mode, int64_t changed_ns)
{
	struct roster_entry *e;
	int err = 0;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, number);
	if (e == NULL)
		err = -ENOENT;
	else if (e->uid != caller->uid && !caller->is_operator)
		err = -EPERM;
	if (err == 0 && mode != (mode_t)-1)
		e->mode = mode & 0600;
	if (err == 0 && changed_ns != -1) {
		e->changed_ns = changed_ns;
		if (e->file != NULL)
			atomic_store(&e->file->changed_ns, changed_ns);
	}
	mutex_unlock(&sp->lock);
	return err;
}
