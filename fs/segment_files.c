#include "segment_files.h"

#include "clock.h"
#include "disk_octets.h"
#include "disk_room.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ZERO_LEAST = 4096,
	NAME_OCTETS = 16,
};

static void segment_name(uint32_t id, char out[static NAME_OCTETS])
{
	text_format(out, NAME_OCTETS, "%07u.seg", id);
}

static int open_file(struct segments *s, uint32_t id, int flags)
{
	char name[NAME_OCTETS];
	int fd;

	segment_name(id, name);
	fd = openat(s->directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags,
		0600);
	return fd < 0 ? -errno : fd;
}

void segment_files_take_locked(struct segments *s) REQUIRES(&s->lock)
{
	while (s->is_busy)
		cond_wait_until(
			&s->changed, &s->lock, clock_monotonic_ns() + NS_PER_S);
	s->is_busy = true;
}

void segment_files_give_locked(struct segments *s) REQUIRES(&s->lock)
{
	s->is_busy = false;
	cond_broadcast(&s->changed);
}

/* A small spool does not write megabytes of zeros at each new start. */
static uint32_t zero_step(const struct segment *g)
{
	if (g->zeroed < ZERO_FIRST)
		return ZERO_FIRST;
	return g->zeroed < ZERO_STEP ? g->zeroed : ZERO_STEP;
}

/*
 * A descriptor of its own: the kernel tells each one once of what it lost,
 * and what the committer's would have heard must not end here.
 */
static int zero_durably(
	struct segments *s, uint32_t id, uint32_t from, uint32_t upto)
{
	int fd = open_file(s, id, 0);
	int err;

	if (fd < 0)
		return fd;
	err = disk_write_zeros(fd, from, upto);
	if (err == 0 && fdatasync(fd) != 0)
		err = -errno;
	close(fd);
	return err;
}

/*
 * As many as there is room for, in whole pages; what else is free there is
 * the catalogue's. On a small file system no more than a small part of it,
 * as data sets with files of their own need room too.
 */
static uint32_t zeros_with_room(const struct segments *s, uint32_t wanted)
{
	uint64_t room = disk_room(s->directory);
	uint64_t part = disk_margin(s->directory);

	if (room > part)
		room = part;
	if (wanted <= room)
		return wanted;
	return (uint32_t)room / ZERO_LEAST * ZERO_LEAST;
}

/*
 * Writes the next zeros of a segment. Nobody puts records there before
 * zeroed has grown, so the two writers never meet.
 */
int segment_extend_locked(struct segments *s, struct segment *g)
{
	uint32_t from = g->zeroed;
	uint32_t step = zero_step(g);
	uint32_t id = g->id;
	uint32_t upto;
	int err = -ENOSPC;

	mutex_unlock(&s->lock);
	if (step > s->size - from)
		step = s->size - from;
	upto = from + zeros_with_room(s, step);
	if (upto > from)
		err = zero_durably(s, id, from, upto);
	mutex_lock(&s->lock);
	if (err == 0)
		g->zeroed = upto;
	return err;
}

static int grow_table_locked(struct segments *s, uint32_t id) REQUIRES(&s->lock)
{
	uint32_t len = s->table_len != 0 ? s->table_len : 16;
	struct segment **grown;

	if (id < s->table_len)
		return 0;
	while (len <= id)
		len *= 2;
	grown = realloc(s->table, len * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	memset(grown + s->table_len, 0, (len - s->table_len) * sizeof(*grown));
	s->table = grown;
	s->table_len = len;
	return 0;
}

static int add_locked(struct segments *s, uint32_t id, int fd, uint32_t octets,
	struct segment **out) REQUIRES(&s->lock)
{
	struct segment *g;

	if (grow_table_locked(s, id) != 0)
		return -ENOMEM;
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return -ENOMEM;
	g->id = id;
	g->fd = fd;
	g->zeroed = octets;
	s->open_count += fd >= 0;
	s->table[id] = g;
	*out = g;
	return 0;
}

/* Makes a new file. The caller has taken the files. */
int segment_create_locked(struct segments *s, struct segment **out)
	REQUIRES(&s->lock)
{
	uint32_t id = 1;
	int fd;
	int err = 0;

	while (id < s->table_len && s->table[id] != NULL)
		id++;
	if (id > SEGMENT_ID_MAX)
		return -ENOSPC;
	mutex_unlock(&s->lock);
	fd = open_file(s, id, O_CREAT | O_TRUNC);
	if (fd < 0)
		err = fd;
	else if (fsync(s->directory) != 0)
		err = -errno;
	mutex_lock(&s->lock);
	if (err == 0)
		err = add_locked(s, id, fd, 0, out);
	if (err != 0 && fd >= 0)
		close(fd);
	return err;
}

int segment_reopen_locked(struct segments *s, struct segment *g)
	REQUIRES(&s->lock)
{
	int fd;

	if (g->fd >= 0)
		return 0;
	fd = open_file(s, g->id, 0);
	if (fd < 0)
		return fd;
	g->fd = fd;
	s->open_count++;
	return 0;
}

void segment_close_locked(struct segments *s, struct segment *g)
	REQUIRES(&s->lock)
{
	if (g->fd < 0)
		return;
	close(g->fd);
	g->fd = -1;
	s->open_count--;
}

static bool is_free_locked(const struct segments *s, const struct segment *g)
{
	return g != NULL && g != s->current && g->live == 0 && g->pins == 0
		&& !g->is_unsynced;
}

struct segment *segment_find_free_locked(struct segments *s, uint32_t *count)
	REQUIRES(&s->lock)
{
	struct segment *first = NULL;
	uint32_t id;

	*count = 0;
	for (id = 1; id < s->table_len; id++) {
		if (!is_free_locked(s, s->table[id]))
			continue;
		(*count)++;
		if (first == NULL)
			first = s->table[id];
	}
	return first;
}

/* ---- the thread that prepares ---------------------------------------- */

static bool needs_zeros_locked(const struct segments *s)
{
	const struct segment *g = s->current;

	return g != NULL && g->zeroed < s->size
		&& g->zeroed - g->tail < zero_step(g) / 2;
}

static bool needs_spare_locked(struct segments *s) REQUIRES(&s->lock)
{
	uint32_t spares;

	if (s->current == NULL || s->size - s->current->tail > s->size / 4)
		return false;
	segment_find_free_locked(s, &spares);
	return spares == 0;
}

static int make_spare_locked(struct segments *s) REQUIRES(&s->lock)
{
	struct segment *g;
	int err = segment_create_locked(s, &g);

	return err != 0 ? err : segment_extend_locked(s, g);
}

static void unlink_spare_locked(struct segments *s) REQUIRES(&s->lock)
{
	char name[NAME_OCTETS];
	uint32_t spares;
	struct segment *g = segment_find_free_locked(s, &spares);

	if (spares <= SPARE_MAX)
		return;
	segment_name(g->id, name);
	s->table[g->id] = NULL;
	segment_close_locked(s, g);
	mutex_unlock(&s->lock);
	unlinkat(s->directory, name, 0);
	mutex_lock(&s->lock);
	free(g);
}

static bool has_surplus_locked(struct segments *s) REQUIRES(&s->lock)
{
	uint32_t spares;

	segment_find_free_locked(s, &spares);
	return spares > SPARE_MAX;
}

bool segment_wants_preparer_locked(struct segments *s)
{
	return needs_zeros_locked(s) || needs_spare_locked(s)
		|| has_surplus_locked(s);
}

/*
 * False when there is nothing to do, or it cannot be done now: the committer
 * meets the same error and answers it to somebody.
 */
static bool prepare_locked(struct segments *s) REQUIRES(&s->lock)
{
	int err = 0;

	if (needs_zeros_locked(s))
		err = segment_extend_locked(s, s->current);
	else if (needs_spare_locked(s))
		err = make_spare_locked(s);
	else if (has_surplus_locked(s))
		unlink_spare_locked(s);
	else
		return false;
	return err == 0;
}

void *segment_prepare_main(void *arg)
{
	struct segments *s = arg;
	bool is_done;

	mutex_lock(&s->lock);
	while (!s->is_stopping) {
		segment_files_take_locked(s);
		is_done = !prepare_locked(s);
		segment_files_give_locked(s);
		if (is_done && !s->is_stopping)
			cond_wait_until(&s->changed, &s->lock,
				clock_monotonic_ns() + 10 * NS_PER_S);
	}
	mutex_unlock(&s->lock);
	return NULL;
}

/* ---- start ----------------------------------------------------------- */

/* 0 when the name is not one of ours. */
static uint32_t name_id(const char *name)
{
	uint64_t id;

	if (strlen(name) != 11 || strcmp(name + 7, ".seg") != 0)
		return 0;
	if (text_to_number(name, 7, SEGMENT_ID_MAX, &id) != 0)
		return 0;
	return (uint32_t)id;
}

static int scan_one_locked(struct segments *s, uint32_t id) REQUIRES(&s->lock)
{
	struct segment *g;
	struct stat st;
	int fd = open_file(s, id, 0);
	int err = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) != 0)
		err = -errno;
	close(fd);
	if (err != 0)
		return err;
	if (!S_ISREG(st.st_mode))
		return -EIO;
	return add_locked(s, id, -1,
		st.st_size < s->size ? (uint32_t)st.st_size : s->size, &g);
}

int segment_files_scan(struct segments *s)
{
	int fd = openat(s->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	uint32_t id;
	int err = 0;

	if (dir == NULL) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	mutex_lock(&s->lock);
	while (err == 0 && (e = readdir(dir)) != NULL) {
		id = name_id(e->d_name);
		if (id != 0)
			err = scan_one_locked(s, id);
	}
	mutex_unlock(&s->lock);
	closedir(dir);
	return err;
}
