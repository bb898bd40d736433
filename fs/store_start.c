#include "store_claims.h"

#include "catalogue_cold.h"
#include "clock.h"
#include "store_failed.h"
#include "store_promise.h"
#include "store_room.h"
#include "text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- the directory --------------------------------------------------- */

static int open_directory(int at, const char *name)
{
	int fd;

	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return -errno;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * The name of a new spool directory must last as long as what is in it. Who
 * may not read the directory above did not make it either.
 */
static int sync_parent(int directory)
{
	int fd = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	if (fsync(fd) != 0)
		err = -errno;
	close(fd);
	return err;
}

static int take_lock(struct local *l, char *why, size_t why_cap)
{
	l->lock_file = openat(
		l->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (l->lock_file < 0)
		return -errno;
	if (flock(l->lock_file, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		text_format(why, why_cap, "another jesfs has it open");
	return -errno;
}

/* Opens *fd; negative results are errors. */
static int keep_fd(int result, int *fd)
{
	if (result < 0)
		return result;
	*fd = result;
	return 0;
}

static int open_files(
	struct local *l, const char *path, char *why, size_t why_cap)
{
	int err = keep_fd(open_directory(AT_FDCWD, path), &l->directory);

	if (err == 0 && fchmod(l->directory, 0700) != 0)
		err = -errno;
	if (err == 0)
		err = take_lock(l, why, why_cap);
	if (err == 0)
		err = keep_fd(open_directory(l->directory, "segments"),
			&l->segments_directory);
	if (err == 0)
		err = keep_fd(open_directory(l->directory, "files"), &l->files);
	if (err == 0)
		err = keep_fd(failed_open(l->directory), &l->failed_file);
	if (err == 0)
		err = sync_parent(l->directory);
	return err;
}

static int choose_capacity(
	struct local *l, const struct store_local_settings *settings)
{
	struct statvfs fs;

	l->dataset_octets_max = settings->dataset_octets_max;
	l->capacity_octets = settings->capacity_octets;
	if (l->capacity_octets != 0)
		return 0;
	if (fstatvfs(l->directory, &fs) != 0)
		return -errno;
	l->capacity_octets = (uint64_t)fs.f_blocks * fs.f_frsize / 10 * 8;
	return 0;
}

/* ---- open and close -------------------------------------------------- */

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Threads first, then what they use. */
static void local_free(struct local *l, bool is_clean)
{
	committer_close(l->committer);
	chores_stop(l->chores);
	syncer_close(l->syncer);
	backlog_free(l->backlog);
	segments_close(l->segments);
	catalogue_close(l->catalogue, is_clean);
	mutex_lock(&l->lock);
	claims_fini_locked(l);
	index_fini(&l->index);
	mutex_unlock(&l->lock);
	cond_fini(&l->changed);
	mutex_fini(&l->lock);
	close_fd(l->failed_file);
	close_fd(l->files);
	close_fd(l->segments_directory);
	close_fd(l->directory);
	close_fd(l->lock_file);
	free(l);
}

static struct local *local_new(void)
{
	struct local *l = calloc(1, sizeof *l);
	int err;

	if (l == NULL)
		return NULL;
	l->base.ops = &local_ops;
	l->directory = l->segments_directory = l->files = -1;
	l->lock_file = l->failed_file = -1;
	l->version = 1;
	l->backlog_due = BACKLOG_LONG;
	mutex_init(&l->lock, RANK_STORE);
	cond_init(&l->changed);
	mutex_lock(&l->lock);
	err = index_init(&l->index);
	mutex_unlock(&l->lock);
	l->backlog = backlog_new();
	if (err != 0 || l->backlog == NULL
		|| getrandom(&l->life, sizeof l->life, 0) != sizeof l->life) {
		local_free(l, false);
		return NULL;
	}
	return l;
}

static int open_parts(struct local *l,
	const struct store_local_settings *settings, char *why, size_t why_cap)
{
	int err = open_files(l, settings->directory, why, why_cap);

	if (err == 0)
		err = choose_capacity(l, settings);
	if (err == 0)
		err = catalogue_open(
			settings->directory, &l->catalogue, why, why_cap);
	if (err == 0 && fsync(l->directory) != 0)
		err = -errno; /* all names it has are there now */
	if (err == 0)
		err = segments_open(
			l->segments_directory, SEGMENT_OCTETS, &l->segments);
	if (err == 0)
		err = local_replay(l);
	if (err == 0 && settings->forgets_progress)
		err = catalogue_forget_progress(l->catalogue);
	if (err == 0)
		err = local_recover(l);
	if (err == 0)
		err = segments_start(l->segments);
	if (err == 0) {
		room_look(l);
		err = chores_start(CHORE_THREADS_MAX, &l->chores);
	}
	if (err == 0)
		err = syncer_open(l->segments, &l->syncer);
	if (err == 0)
		err = committer_open(local_serve, l, &l->committer);
	return err;
}

int store_local_open(const struct store_local_settings *settings,
	struct store **out, char *why, size_t why_cap)
{
	struct local *l = local_new();
	int err;

	if (l == NULL)
		return -ENOMEM;
	if (why_cap > 0)
		why[0] = '\0';
	err = open_parts(l, settings, why, why_cap);
	if (err != 0) {
		if (why_cap > 0 && why[0] == '\0')
			text_copy(why, why_cap, strerror(-err));
		local_free(l, false);
		return err;
	}
	*out = &l->base;
	return 0;
}

static int save_numbers(struct local *l)
{
	uint64_t number;
	uint64_t job;
	int err = catalogue_begin(l->catalogue);

	mutex_lock(&l->lock);
	number = l->next_number;
	job = l->index.next_job;
	mutex_unlock(&l->lock);
	if (err == 0)
		err = catalogue_set(
			l->catalogue, CATALOGUE_NEXT_NUMBER, number);
	if (err == 0)
		err = catalogue_set(l->catalogue, CATALOGUE_NEXT_JOB, job);
	if (err == 0)
		err = promise_apply(l);
	if (err == 0)
		err = catalogue_set(l->catalogue, CATALOGUE_LIFE, 0);
	if (err == 0)
		return catalogue_commit(l->catalogue);
	catalogue_rollback(l->catalogue);
	return err;
}

/* What was begun and never synced was promised to nobody: it ends here. */
static void drop_drafts(struct local *l)
{
	struct entry *e;
	size_t i;

	mutex_lock(&l->lock);
	for (i = 0; i < l->index.bucket_count; i++)
		for (e = l->index.buckets[i]; e != NULL; e = e->chain) {
			draft_unref(e->draft);
			e->draft = NULL;
		}
	mutex_unlock(&l->lock);
}

void local_close(struct store *s)
{
	struct local *l = local_of(s);
	bool is_clean;

	mutex_lock(&l->lock);
	while (l->pending > 0)
		cond_wait_until(
			&l->changed, &l->lock, clock_monotonic_ns() + NS_PER_S);
	mutex_unlock(&l->lock);
	committer_close(l->committer);
	l->committer = NULL;
	is_clean = !atomic_load(&l->is_broken) && save_numbers(l) == 0;
	drop_drafts(l);
	local_free(l, is_clean);
}
