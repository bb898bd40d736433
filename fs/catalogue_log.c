#include "catalogue_private.h"

#include "clock.h"
#include "log.h"
#include "text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The log starts again from its beginning only at a moment when all of it is
 * in the file. While commits go on, the thread always misses the last few
 * pages; so it copies most, and leaves the rest to the committer, between
 * two transactions.
 */
enum {
	LOG_PAGES = 2000,
	LOG_OCTETS = 16 << 20, /* what two such rounds take */
	ZEROS = 1 << 20,       /* in one system call */
};

/*
 * When the file could not be synced, the kernel may hold what it lost for
 * written. The log still has it, so the log must not start again: that is
 * for the next start, on healthy storage.
 */
static bool copy_log(struct catalogue *c, sqlite3 *db)
{
	int result = sqlite3_wal_checkpoint_v2(
		db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

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
	if (atomic_exchange(&c->wants_last_copy, false)) {
		copy_log(c, c->db);
		return;
	}
	if (c->log_pages < LOG_PAGES)
		return;
	mutex_lock(&c->log_lock);
	c->is_log_long = true;
	cond_signal(&c->log_grew);
	mutex_unlock(&c->log_lock);
}

static bool wait_for_work(struct catalogue *c)
{
	bool is_stopping;

	mutex_lock(&c->log_lock);
	while (!c->is_log_long && !c->is_stopping)
		cond_wait_until(&c->log_grew, &c->log_lock,
			clock_monotonic_ns() + 10 * NS_PER_S);
	c->is_log_long = false;
	is_stopping = c->is_stopping;
	mutex_unlock(&c->log_lock);
	return !is_stopping;
}

static void *log_main(void *arg)
{
	struct catalogue *c = arg;

	while (wait_for_work(c))
		if (copy_log(c, c->log_db))
			atomic_store(&c->wants_last_copy, true);
	return NULL;
}

/*
 * A sync of octets that were never written before has to write the file
 * system's journal too, which takes three times as long. SQLite stops
 * reading a log where no valid frame follows.
 */
void catalogue_log_extend(const char *path)
{
	char name[4096];
	char *zeros = calloc(1, ZEROS);
	struct stat st;
	ssize_t put = 1;
	int fd = -1;

	if (zeros != NULL && text_format(name, sizeof name, "%s-wal", path))
		fd = open(name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, &st) == 0) {
		for (; put > 0 && st.st_size < LOG_OCTETS; st.st_size += put)
			put = write(fd, zeros, ZEROS);
		(void)fdatasync(fd);
	}
	if (fd >= 0)
		close(fd);
	free(zeros);
}

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
