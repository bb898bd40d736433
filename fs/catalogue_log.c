#include "catalogue_private.h"
#include "catalogue_room.h"

#include "clock.h"
#include "disk_octets.h"
#include "disk_room.h"
#include "log.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/*
 * The log starts again from its beginning only at a moment when all of it is
 * in the file. While commits go on, the thread always misses the last few
 * pages; so it copies most, and leaves the rest to the committer, between
 * two transactions.
 */
enum {
	/* for each page worth copying: two such rounds fit into the log */
	LOG_ROUND_OCTETS = 8 << 10,
	LOG_PAGES_MAX = 28000,    /* and one transaction more */
	INDEX_OCTETS = 256 << 10, /* for 32734 pages */
};

/* Between two looks at the reserve; and two reliefs that were of no use. */
#define LOOK_NS (10 * NS_PER_S)
#define RELIEF_NS (1 * NS_PER_S)

/*
 * When the file could not be synced, the kernel may hold what it lost for
 * written. The log still has it, so the log must not start again: that is
 * for the next start, on healthy storage.
 */
static bool copy_log(struct catalogue *c, sqlite3 *db, int mode, int *left)
{
	int pages = 0, copied = 0;
	int result = sqlite3_wal_checkpoint_v2(db, NULL, mode, &pages, &copied);

	*left = pages - copied;
	if (result == SQLITE_OK)
		return true;
	if ((result & 0xff) == SQLITE_IOERR
		&& !atomic_exchange(&c->is_failed, true))
		log_error("spool: the catalogue's log was not copied: %s",
			sqlite3_errmsg(db));
	return false;
}

/* Called by SQLite, on the committer, after each commit. */
static int note_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct catalogue *c = arg;

	(void)db;
	(void)name;
	c->log_pages = pages;
	return SQLITE_OK;
}

void catalogue_log_step(struct catalogue *c)
{
	int left;

	catalogue_room_keep(c);
	if (atomic_exchange(&c->wants_last_copy, false)) {
		copy_log(c, c->db, SQLITE_CHECKPOINT_PASSIVE, &left);
		return;
	}
	if (c->log_pages < c->log_pages_long)
		return;
	mutex_lock(&c->log_lock);
	c->is_log_long = true;
	cond_signal(&c->log_grew);
	mutex_unlock(&c->log_lock);
}

/* Also returns when the reserve has to be looked at. */
static bool wait_for_work(struct catalogue *c, bool *is_log_long)
{
	int64_t until_ns = clock_monotonic_ns() + LOOK_NS;
	bool is_stopping;

	mutex_lock(&c->log_lock);
	while (!c->is_log_long && !c->is_stopping
		&& clock_monotonic_ns() < until_ns)
		cond_wait_until(&c->log_grew, &c->log_lock, until_ns);
	*is_log_long = c->is_log_long;
	c->is_log_long = false;
	is_stopping = c->is_stopping;
	mutex_unlock(&c->log_lock);
	return !is_stopping;
}

static void *log_main(void *arg)
{
	struct catalogue *c = arg;
	bool is_log_long;
	int left;

	while (wait_for_work(c, &is_log_long)) {
		if (is_log_long
			&& copy_log(
				c, c->log_db, SQLITE_CHECKPOINT_PASSIVE, &left))
			atomic_store(&c->wants_last_copy, true);
		catalogue_room_look(c);
	}
	return NULL;
}

/* ---- what is written ahead --------------------------------------------- */

static int put_zeros(int fd, uint64_t upto)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	return disk_write_zeros(fd, (uint64_t)st.st_size, upto);
}

static int open_beside(const char *path, const char *ending)
{
	char name[4096];

	if (!text_format(name, sizeof name, "%s%s", path, ending))
		return -ENAMETOOLONG;
	return open(name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
}

/*
 * What is free is for the log and the file that it is copied into: on a disk
 * without room the log gets no more than half of it.
 */
static uint64_t log_octets(int fd)
{
	uint64_t octets = disk_margin(fd);
	struct statvfs fs;
	struct stat st;
	uint64_t most;

	if (fstat(fd, &st) != 0 || fstatvfs(fd, &fs) != 0)
		return octets;
	most = (uint64_t)st.st_size + (uint64_t)fs.f_bavail * fs.f_frsize / 2;
	return octets < most ? octets : most;
}

/*
 * A sync of octets that were never written before has to write the file
 * system's journal too, which takes three times as long. SQLite stops
 * reading a log where no valid frame follows. Where it fails, commits are
 * slower and nothing else.
 */
static void extend_log(struct catalogue *c, const char *path)
{
	int fd = open_beside(path, "-wal");
	uint64_t octets = DISK_MARGIN_MAX;

	if (fd >= 0) {
		octets = log_octets(fd);
		(void)put_zeros(fd, octets);
		(void)fdatasync(fd);
		close(fd);
	}
	c->log_pages_long = (int)(octets / LOG_ROUND_OCTETS);
}

/*
 * Where the index cannot grow SQLite says so only once the log has the
 * transaction, which a restart would believe. So it is made longer than the
 * log may become. To close it would let go of SQLite's locks on it: that
 * waits until SQLite has closed it.
 */
static int extend_index(struct catalogue *c, const char *path)
{
	c->index_file = open_beside(path, "-shm");
	if (c->index_file < 0)
		return -errno;
	return put_zeros(c->index_file, INDEX_OCTETS);
}

int catalogue_log_extend(struct catalogue *c, const char *path)
{
	int err = extend_index(c, path);

	extend_log(c, path);
	return err;
}

static bool relieve(struct catalogue *c)
{
	int left;
	bool is_copied;

	c->lacks_room = false;
	catalogue_room_give(c);
	/* waits for who reads, and for the log's own thread */
	is_copied =
		copy_log(c, c->db, SQLITE_CHECKPOINT_FULL, &left) && left == 0;
	c->relieved_ns = is_copied ? 0 : clock_monotonic_ns();
	if (is_copied)
		c->log_pages = 0;
	return is_copied;
}

static bool may_relieve(const struct catalogue *c)
{
	return c->relieved_ns == 0
		|| clock_monotonic_ns() - c->relieved_ns > RELIEF_NS;
}

/*
 * A log that could not be copied for long, as the file has no room to grow,
 * must not outgrow its index. The next transaction starts a log again of
 * which all is in the file.
 */
int catalogue_log_check(struct catalogue *c)
{
	bool is_long = c->log_pages >= LOG_PAGES_MAX;
	bool is_relieved;

	catalogue_room_use(c);
	if (!is_long && !(c->lacks_room && may_relieve(c)))
		return 0;
	is_relieved = relieve(c);
	catalogue_room_share(c);
	return is_relieved || !is_long ? 0 : STORE_FULL;
}

int catalogue_log_relieve(struct catalogue *c)
{
	(void)relieve(c);
	return c->is_failed ? -EIO : 0;
}

/* ---- the thread ---------------------------------------------------------- */

int catalogue_log_start(struct catalogue *c)
{
	int err;

	sqlite3_wal_hook(c->db, note_pages, c);
	err = -pthread_create(&c->checkpointer, NULL, log_main, c);
	c->is_started = err == 0;
	return err;
}

void catalogue_log_stop(struct catalogue *c)
{
	if (!c->is_started)
		return;
	mutex_lock(&c->log_lock);
	c->is_stopping = true;
	cond_signal(&c->log_grew);
	mutex_unlock(&c->log_lock);
	pthread_join(c->checkpointer, NULL);
}
