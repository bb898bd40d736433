#include "store_draft.h"

#include "clock.h"
#include "disk_octets.h"
#include "store_large.h"
#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FIRST_CAP = 4096,
	SMALL = 64 * 1024, /* stays in memory, however little there is left */
	MEMORY_MAX = 256 * 1024 * 1024, /* of all drafts, but small ones */
};

/* Octets of all drafts in memory. */
static atomic_size_t memory_octets;

struct draft *draft_new(const struct dataset *attributes)
{
	struct draft *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	mutex_init(&d->lock, RANK_DRAFT);
	atomic_init(&d->refs, 1);
	d->attributes = *attributes;
	d->fd = -1;
	return d;
}

struct draft *draft_ref(struct draft *d)
{
	atomic_fetch_add(&d->refs, 1);
	return d;
}

void content_unref(struct content *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	atomic_fetch_sub(&memory_octets, c->cap);
	free(c);
}

/* Many that are open at once do not fill the memory: then they get files of
 * their own before they have to. */
static bool stays_in_memory(uint64_t size)
{
	return size <= SMALL
		|| (size <= SEGMENT_RECORD_MAX
			&& atomic_load(&memory_octets) < MEMORY_MAX);
}

void draft_unref(struct draft *d)
{
	if (d == NULL || atomic_fetch_sub(&d->refs, 1) != 1)
		return;
	content_unref(d->content);
	if (d->fd >= 0)
		close(d->fd);
	mutex_fini(&d->lock);
	free(d);
}

/* ---- octets in memory ------------------------------------------------ */

/*
 * Content that may be written up to size: large enough, and nobody else's.
 * A flush that is under way keeps what it has; the writer gets a copy.
 */
static int own_content_locked(struct draft *d, size_t size) REQUIRES(&d->lock)
{
	struct content *old = d->content;
	size_t cap = old != NULL ? old->cap : FIRST_CAP;
	struct content *fresh;

	while (cap < size)
		cap *= 2;
	if (old != NULL && cap == old->cap && atomic_load(&old->refs) == 1)
		return 0;
	fresh = malloc(sizeof *fresh + cap);
	if (fresh == NULL)
		return -ENOMEM;
	atomic_init(&fresh->refs, 1);
	fresh->cap = cap;
	atomic_fetch_add(&memory_octets, cap);
	if (old != NULL)
		memcpy(fresh->octets, old->octets, (size_t)d->size);
	d->content = fresh;
	content_unref(old);
	return 0;
}

static void add_dirty_locked(struct draft *d, uint64_t low, uint64_t high)
	REQUIRES(&d->lock)
{
	if (low >= high)
		return;
	if (d->dirty_low >= d->dirty_high) {
		d->dirty_low = low;
		d->dirty_high = high;
		return;
	}
	if (low < d->dirty_low)
		d->dirty_low = low;
	if (high > d->dirty_high)
		d->dirty_high = high;
}

/* A gap counts as written: what is on disk has no holes. */
static void touch_locked(struct draft *d, uint64_t low, uint64_t high)
	REQUIRES(&d->lock)
{
	add_dirty_locked(d, low < d->size ? low : d->size, high);
	if (high > d->size)
		d->size = high;
	d->attributes.changed_ns = clock_wall_ns();
}

static int write_memory(
	struct draft *d, uint64_t offset, const void *octets, size_t len)
{
	int err;

	mutex_lock(&d->lock);
	err = own_content_locked(d, (size_t)offset + len);
	if (err == 0) {
		if (offset > d->size)
			memset(d->content->octets + d->size, 0,
				(size_t)(offset - d->size));
		memcpy(d->content->octets + offset, octets, len);
		touch_locked(d, offset, offset + len);
	}
	mutex_unlock(&d->lock);
	return err;
}

/* ---- octets in a file ------------------------------------------------ */

/* From memory to a file of its own; only the writer changes the octets. */
static int spill(struct draft *d, int files)
{
	struct content *old = d->content;
	int fd = large_create(files, d->attributes.number);
	int err = 0;

	if (fd < 0)
		return fd;
	if (old != NULL)
		err = disk_write(fd, 0, old->octets, (size_t)d->size);
	if (err != 0) {
		close(fd);
		large_unlink(files, d->attributes.number);
		return err;
	}
	mutex_lock(&d->lock);
	d->fd = fd;
	d->content = NULL;
	add_dirty_locked(d, 0, d->size);
	mutex_unlock(&d->lock);
	content_unref(old);
	return 0;
}

int draft_write(struct draft *d, int files, uint64_t offset, const void *octets,
	size_t len)
{
	int err = 0;

	if (len == 0)
		return 0;
	if (d->fd < 0 && stays_in_memory(offset + len))
		return write_memory(d, offset, octets, len);
	if (d->fd < 0)
		err = spill(d, files);
	if (err == 0)
		err = disk_write(d->fd, offset, octets, len);
	if (err != 0)
		return err;
	mutex_lock(&d->lock);
	touch_locked(d, offset, offset + len);
	mutex_unlock(&d->lock);
	return 0;
}

static int truncate_memory(struct draft *d, uint64_t size)
{
	int err;

	mutex_lock(&d->lock);
	err = own_content_locked(d, (size_t)size);
	if (err == 0) {
		if (size > d->size)
			memset(d->content->octets + d->size, 0,
				(size_t)(size - d->size));
		touch_locked(d, size, size);
		if (size > d->size)
			touch_locked(d, d->size, size);
		d->size = size;
		if (d->dirty_high > size)
			d->dirty_high = size;
	}
	mutex_unlock(&d->lock);
	return err;
}

int draft_truncate(struct draft *d, int files, uint64_t size)
{
	int err = 0;

	if (d->fd < 0 && stays_in_memory(size))
		return truncate_memory(d, size);
	if (d->fd < 0)
		err = spill(d, files);
	if (err == 0 && ftruncate(d->fd, (off_t)size) != 0)
		err = -errno;
	if (err != 0)
		return err;
	mutex_lock(&d->lock);
	touch_locked(d, size < d->size ? size : d->size, size);
	d->size = size;
	mutex_unlock(&d->lock);
	return 0;
}

/* ---- reading --------------------------------------------------------- */

ssize_t draft_read(struct draft *d, uint64_t offset, void *octets, size_t len)
{
	uint64_t left;
	int fd;

	mutex_lock(&d->lock);
	left = offset < d->size ? d->size - offset : 0;
	if (len > left)
		len = (size_t)left;
	fd = d->fd;
	if (fd < 0 && len > 0)
		memcpy(octets, d->content->octets + offset, len);
	mutex_unlock(&d->lock);
	if (fd < 0 || len == 0)
		return (ssize_t)len;
	return disk_read(fd, offset, octets, len);
}

static void describe_locked(struct draft *d, struct dataset *out)
	REQUIRES(&d->lock)
{
	*out = d->attributes;
	out->size_octets = d->size;
}

void draft_describe(struct draft *d, struct dataset *out)
{
	mutex_lock(&d->lock);
	describe_locked(d, out);
	mutex_unlock(&d->lock);
}

/* A flush that finds nothing newer writes no row: an octet counts as newer. */
void draft_set_attributes(struct draft *d, mode_t mode, int64_t changed_ns)
{
	mutex_lock(&d->lock);
	dataset_describe(&d->attributes, mode, changed_ns);
	if (d->size > 0)
		add_dirty_locked(d, 0, 1);
	mutex_unlock(&d->lock);
}

/* What rename changes of attributes. */
static void copy_name(struct dataset *to, const struct dataset *from)
{
	text_copy(to->writer, sizeof to->writer, from->writer);
	text_copy(to->label, sizeof to->label, from->label);
	to->has_label = from->has_label;
	to->is_draft = from->is_draft;
	to->named = from->named;
}

void draft_set_name(struct draft *d, const struct dataset *named)
{
	mutex_lock(&d->lock);
	copy_name(&d->attributes, named);
	mutex_unlock(&d->lock);
}

void draft_get_name(struct draft *d, struct dataset *out)
{
	mutex_lock(&d->lock);
	copy_name(out, &d->attributes);
	mutex_unlock(&d->lock);
}

void draft_drop_label(struct draft *d)
{
	mutex_lock(&d->lock);
	d->attributes.has_label = false;
	mutex_unlock(&d->lock);
}

uint64_t draft_size(struct draft *d)
{
	uint64_t size;

	mutex_lock(&d->lock);
	size = d->size;
	mutex_unlock(&d->lock);
	return size;
}

bool draft_is_file(struct draft *d)
{
	bool is_file;

	mutex_lock(&d->lock);
	is_file = d->fd >= 0;
	mutex_unlock(&d->lock);
	return is_file;
}

bool draft_is_flushed(struct draft *d)
{
	bool is_flushed;

	mutex_lock(&d->lock);
	is_flushed =
		d->dirty_low >= d->dirty_high && d->size == d->flushed_size;
	mutex_unlock(&d->lock);
	return is_flushed;
}

/* ---- flushes --------------------------------------------------------- */

bool draft_take(struct draft *d, bool is_whole, struct flush *out,
	struct dataset *described)
{
	bool is_newer;

	memset(out, 0, sizeof *out);
	mutex_lock(&d->lock);
	describe_locked(d, described);
	if (d->dirty_high > d->size) /* it was cut during a flush that failed */
		d->dirty_high = d->size;
	is_newer = d->dirty_low < d->dirty_high || d->size != d->flushed_size;
	if (is_newer && is_whole)
		add_dirty_locked(d, 0, d->size);
	if (is_newer) {
		out->high = d->dirty_high;
		out->low = d->dirty_low < out->high ? d->dirty_low : out->high;
		out->size = d->size;
		out->is_file = d->fd >= 0;
		out->content = d->content;
		if (out->content != NULL)
			atomic_fetch_add(&out->content->refs, 1);
		d->dirty_low = d->dirty_high = 0;
	}
	mutex_unlock(&d->lock);
	return is_newer;
}

void draft_flushed(struct draft *d, struct flush *f, bool is_durable)
{
	mutex_lock(&d->lock);
	if (is_durable)
		d->flushed_size = f->size;
	else
		add_dirty_locked(d, f->low, f->high);
	mutex_unlock(&d->lock);
	content_unref(f->content);
	f->content = NULL;
}
