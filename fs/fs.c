#include "fs.h"

#include "bounded.h"
#include "fs_session.h"
#include "fuse_words.h"
#include "log.h"
#include "messages.h"
#include "ops.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WORKERS = 2, /* more only fight on few cores: docs/performance.md */
	MAX_WRITE = 1024 * 1024,
	DEVICE_NAME_MAX = 32,
};

/* How long fs_stop() waits until it wakes the loop once more. */
#define WAKE_NS (10 * NS_PER_MS)

/* How long what was closed may take to be released. */
#define RELEASE_NS NS_PER_S

/* Answers that time out do so before. */
#define DRAIN_NS (ANSWER_TIMEOUT_NS + NS_PER_S)

static void init(void *fs, struct fuse_conn_info *conn)
{
	(void)fs;
	conn->want |= conn->capable & FUSE_CAP_ATOMIC_O_TRUNC;
	conn->want &= ~(unsigned int)FUSE_CAP_WRITEBACK_CACHE;
	conn->max_write = MAX_WRITE;
}

/* libfuse starts the workers and tells nobody: each begins at its first. */
static void lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	placement_take(&ops_fs(req)->placement);
	ops_lookup(req, parent, name);
}

/*
 * No forget: nothing is kept for a node. No getlk: the kernel does without.
 */
static const struct fuse_lowlevel_ops operations = {
	.init = init,
	.lookup = lookup,
	.getattr = ops_getattr,
	.setattr = ops_setattr,
	.access = ops_access,
	.statfs = ops_statfs,
	.getxattr = ops_getxattr,
	.listxattr = ops_listxattr,
	.setxattr = ops_setxattr,
	.removexattr = ops_removexattr,
	.open = ops_open,
	.create = ops_create,
	.release = ops_release,
	.read = ops_read,
	.poll = ops_poll,
	.write = ops_write,
	.fallocate = ops_fallocate,
	.flush = ops_flush,
	.fsync = ops_fsync,
	.opendir = ops_opendir,
	.readdir = ops_readdir,
	.releasedir = ops_release,
	.unlink = ops_unlink,
	.rename = ops_rename,
	.mkdir = ops_mkdir,
	.rmdir = ops_rmdir,
	.mknod = ops_mknod,
	.symlink = ops_symlink,
	.link = ops_link,
};

static bool sweep(void *arg, int64_t now_ns)
{
	struct fs *fs = arg;
	size_t waiting = fresh_sweep(fs->fresh, now_ns);

	return waiting + answers_sweep(fs->answers, now_ns) != 0;
}

static int start_helpers(struct fs *fs)
{
	int err = fresh_open(fs->spool, &fs->fresh);

	if (err == 0)
		err = handles_open(&fs->handles);
	if (err == 0)
		err = chores_start(CHORE_THREADS_MAX, &fs->chores);
	if (err == 0)
		err = follow_start(&fs->follow);
	if (err == 0)
		err = witness_start(&fs->witness);
	if (err == 0)
		err = tasks_open(&fs->tasks);
	if (err == 0)
		err = answers_open(fs->witness, fs->tasks, &fs->answers);
	if (err == 0)
		err = guard_start(sweep, fs, &fs->guard);
	return err;
}

static void free_fs(struct fs *fs)
{
	cond_fini(&fs->over);
	mutex_fini(&fs->lock);
	free(fs);
}

/*
 * Frees what start_helpers() made, also in part, and fs. Nothing asks any
 * more, and every answer was given.
 */
static void stop_helpers(struct fs *fs)
{
	chores_stop(fs->chores);
	guard_stop(fs->guard);
	witness_stop(fs->witness);
	fresh_close(fs->fresh);
	answers_close(fs->answers);
	tasks_close(fs->tasks);
	handles_close(fs->handles);
	follow_stop(fs->follow);
	follow_free(fs->follow);
	free_fs(fs);
}

/*
 * The session gets a descriptor of its own, to close when it likes; libfuse
 * takes one that is mounted already by this name.
 */
static int new_session(struct fs *fs, const struct fs_settings *settings,
	char why[static FS_WHY_MAX])
{
	char name[DEVICE_NAME_MAX];
	int device = dup(settings->device); /* race detectors follow dup */
	int err;

	if (device < 0 || fcntl(device, F_SETFD, FD_CLOEXEC) != 0) {
		err = -errno;
		text_copy(why, FS_WHY_MAX, strerror(-err));
		return err;
	}
	err = fs_session_new(
		settings->options, &operations, fs, &fs->session, why);
	if (err != 0) {
		close(device);
		return err;
	}
	text_format(name, sizeof name, "/dev/fd/%d", device);
	if (fuse_session_mount(fs->session, name) == 0)
		return 0;
	text_copy(why, FS_WHY_MAX, fuse_words_last());
	fuse_session_destroy(fs->session);
	close(device);
	return -EIO;
}

/* It is there to interrupt a wait, and no more. */
static void on_wake(int signal_number)
{
	(void)signal_number;
}

static void allow_wake(void)
{
	sigset_t wake;

	sigemptyset(&wake);
	sigaddset(&wake, SIGURG);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
}

static void *loop(void *arg)
{
	struct fs *fs = arg;
	struct fuse_loop_config *config = fuse_loop_cfg_create();

	allow_wake();
	if (config != NULL) {
		/* Each worker opens the device, where that may be done. */
		fuse_loop_cfg_set_clone_fd(
			config, access("/dev/fuse", R_OK | W_OK) == 0);
		fuse_loop_cfg_set_max_threads(config, WORKERS);
		fuse_session_loop_mt(fs->session, config);
		fuse_loop_cfg_destroy(config);
	}
	if (!atomic_load(&fs->is_stopping))
		log_event(MSG_MOUNT_GONE);

	mutex_lock(&fs->lock);
	fs->is_over = true;
	cond_broadcast(&fs->over);
	mutex_unlock(&fs->lock);
	if (!atomic_load(&fs->is_stopping) && fs->ended != NULL)
		fs->ended(fs->ended_arg);
	return NULL;
}

static struct fs *new_fs(const struct fs_settings *settings)
{
	struct fs *fs = calloc(1, sizeof *fs);
	size_t i;

	if (fs == NULL)
		return NULL;
	fs->spool = settings->spool;
	fs->keeper = settings->keeper;
	fs->writers = settings->writers;
	fs->writer_count = settings->writer_count;
	for (i = 0; i < fs->writer_count; i++)
		if (fs->writers[i].submitters.count != 0)
			fs->has_submitters = true;
	for (i = 0; i < settings->operator_count; i++)
		if (fs->operator_count < DATASET_WRITERS_MAX)
			fs->operators[fs->operator_count++] =
				settings->operators[i];
	fs->has_operator_gid = settings->has_operator_gid;
	fs->operator_gid = settings->operator_gid;
	fs->ended = settings->ended;
	fs->ended_arg = settings->ended_arg;
	fs->since_ns = clock_wall_ns();
	placement_init(&fs->placement, WORKERS);
	mutex_init(&fs->lock, RANK_LEAF);
	cond_init(&fs->over);
	return fs;
}

/* Everything that starts a thread; signals are blocked. */
static int start(struct fs *fs, const struct fs_settings *settings,
	char why[static FS_WHY_MAX])
{
	struct sigaction wake = { .sa_handler = on_wake };
	int err = start_helpers(fs);

	if (err != 0) {
		text_copy(why, FS_WHY_MAX, strerror(-err));
		return err;
	}
	err = new_session(fs, settings, why);
	if (err != 0)
		return err;
	err = forget_start(fs->spool, fs->session, &fs->forget);
	if (err == 0) {
		sigaction(SIGURG, &wake, &fs->old_action);
		err = -pthread_create(&fs->loop, NULL, loop, fs);
		if (err != 0)
			sigaction(SIGURG, &fs->old_action, NULL);
	}
	if (err != 0) {
		text_copy(why, FS_WHY_MAX, strerror(-err));
		forget_stop(fs->forget);
		fuse_session_destroy(fs->session);
	}
	return err;
}

int fs_start(const struct fs_settings *settings, struct fs **out,
	char why[static FS_WHY_MAX])
{
	sigset_t all, old;
	struct fs *fs = new_fs(settings);
	int err;

	if (fs == NULL) {
		text_copy(why, FS_WHY_MAX, strerror(ENOMEM));
		return -ENOMEM;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = start(fs, settings, why);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err != 0)
		stop_helpers(fs);
	else
		*out = fs;
	return err;
}

bool fs_is_mounted(struct fs *fs)
{
	bool is_over;

	mutex_lock(&fs->lock);
	is_over = fs->is_over;
	mutex_unlock(&fs->lock);
	return !is_over;
}

/*
 * The loop waits for its workers, who wait for the kernel: a signal ends the
 * one, and the loop the others. It may come before the wait, so it is sent
 * until it has worked.
 */
static void end_loop(struct fs *fs)
{
	atomic_store(&fs->is_stopping, true);
	fuse_session_exit(fs->session);
	mutex_lock(&fs->lock);
	while (!fs->is_over) {
		pthread_kill(fs->loop, SIGURG);
		cond_wait_until(
			&fs->over, &fs->lock, clock_monotonic_ns() + WAKE_NS);
	}
	mutex_unlock(&fs->lock);
	pthread_join(fs->loop, NULL);
	sigaction(SIGURG, &fs->old_action, NULL);
}

/*
 * Takes as long as a disk does that somebody waits for. The kernel may have
 * to wait for such a request before it forgets a name, so requests are served
 * until then.
 */
static void end_service(void *arg)
{
	struct fs *fs = arg;

	forget_stop(fs->forget);
	follow_stop(fs->follow);
	end_loop(fs);
	handles_release_all(fs->handles);
	chores_stop(fs->chores);
	fs->chores = NULL;
	answers_wait(fs->answers, INT64_MAX);
}

bool fs_stop(struct fs *fs)
{
	struct fuse_session *session = fs->session;

	if (fs_is_mounted(fs))
		handles_wait_released(
			fs->handles, clock_monotonic_ns() + RELEASE_NS);
	if (!bounded_run(end_service, fs, clock_monotonic_ns() + DRAIN_NS)) {
		log_error(MSG_ANSWER_OWED);
		return false;
	}
	stop_helpers(fs);
	fuse_session_destroy(session);
	return true;
}
