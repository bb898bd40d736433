#include "fs.h"

#include "bounded.h"
#include "escape.h"
#include "log.h"
#include "messages.h"
#include "ops.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WORKERS = 2, /* more only fight on few cores: docs/performance.md */
	MAX_WRITE = 1024 * 1024,
	OPTIONS_OCTETS = 4096,
};

/* How long fs_stop() waits until it wakes the loop once more. */
#define WAKE_NS (10 * NS_PER_MS)

/* How long what was closed may take to be released. */
#define RELEASE_NS NS_PER_S

/* Answers that time out do so before. */
#define DRAIN_NS (ANSWER_TIMEOUT_NS + NS_PER_S)

/* What libfuse said last on this thread: the reason when it gives up. */
static _Thread_local char fuse_words[FS_WHY_MAX / 2];
static _Thread_local bool is_end_of_line;

static void keep_words(enum fuse_log_level level, const char *format,
	va_list args) PRINTF_LIKE(2, 0);

/* A line may come in parts. */
static void keep_words(
	enum fuse_log_level level, const char *format, va_list args)
{
	char text[sizeof fuse_words];
	size_t len;

	vsnprintf(text, sizeof text, format, args);
	if (is_end_of_line)
		fuse_words[0] = '\0';
	len = strlen(fuse_words);
	escape_text(text, strcspn(text, "\n"), fuse_words + len,
		sizeof fuse_words - len);
	is_end_of_line = strchr(text, '\n') != NULL;
	if (is_end_of_line && level <= FUSE_LOG_WARNING)
		log_warning(MSG_FUSE_SAYS, fuse_words);
}

static void init(void *fs, struct fuse_conn_info *conn)
{
	(void)fs;
	conn->want |= conn->capable & FUSE_CAP_ATOMIC_O_TRUNC;
	conn->want &= ~(unsigned int)FUSE_CAP_WRITEBACK_CACHE;
	conn->max_write = MAX_WRITE;
}

/*
 * No forget: nothing is kept for a node. No getlk: the kernel does without.
 */
static const struct fuse_lowlevel_ops operations = {
	.init = init,
	.lookup = ops_lookup,
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

/* What can be said better here than by libfuse. */
static int check(const struct fs_settings *settings, char *why)
{
	struct stat st;
	int err = 0;

	if (geteuid() != 0) {
		text_copy(why, FS_WHY_MAX, "only root may mount: run as root");
		return -EPERM;
	}
	if (access("/dev/fuse", F_OK) != 0) {
		text_copy(why, FS_WHY_MAX,
			"there is no /dev/fuse: load the kernel module fuse; "
			"start a container with --device /dev/fuse "
			"--cap-add SYS_ADMIN");
		return -ENODEV;
	}
	if (stat(settings->mount_point, &st) != 0)
		err = -errno;
	else if (!S_ISDIR(st.st_mode))
		err = -ENOTDIR;
	if (err != 0)
		text_format(why, FS_WHY_MAX, "mount point %s: %s",
			settings->mount_point, strerror(-err));
	return err;
}

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
		err = chores_start(&fs->chores);
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
	free_fs(fs);
}

static int new_session(
	struct fs *fs, const struct fs_settings *settings, char *why)
{
	char options[OPTIONS_OCTETS];
	char *argv[] = { "jesfs", "-o", options, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	const char *more = settings->options != NULL ? settings->options : "";

	if (!text_format(options, sizeof options,
		    "allow_other,fsname=jesfs,subtype=jesfs%s%s",
		    more[0] != '\0' ? "," : "", more)) {
		text_copy(why, FS_WHY_MAX, "the mount options are too long");
		return -EINVAL;
	}
	fuse_words[0] = '\0';
	fuse_set_log_func(keep_words);
	fs->session =
		fuse_session_new(&args, &operations, sizeof operations, fs);
	fuse_opt_free_args(&args);
	if (fs->session == NULL) {
		text_format(why, FS_WHY_MAX, "mount options: %s", fuse_words);
		return -EINVAL;
	}
	if (fuse_session_mount(fs->session, settings->mount_point) != 0) {
		text_format(why, FS_WHY_MAX,
			"%s; a container needs --device /dev/fuse --cap-add "
			"SYS_ADMIN",
			fuse_words[0] != '\0' ? fuse_words
					      : "the kernel refused");
		fuse_session_destroy(fs->session);
		return -EIO;
	}
	return 0;
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
		fuse_loop_cfg_set_clone_fd(config, 1);
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
	for (i = 0; i < settings->operator_count; i++)
		if (fs->operator_count < DATASET_WRITERS_MAX)
			fs->operators[fs->operator_count++] =
				settings->operators[i];
	fs->has_operator_gid = settings->has_operator_gid;
	fs->operator_gid = settings->operator_gid;
	fs->ended = settings->ended;
	fs->ended_arg = settings->ended_arg;
	fs->since_ns = clock_wall_ns();
	mutex_init(&fs->lock, RANK_LEAF);
	cond_init(&fs->over);
	return fs;
}

/* Everything that starts a thread; signals are blocked. */
static int start(struct fs *fs, const struct fs_settings *settings, char *why)
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
	sigaction(SIGURG, &wake, &fs->old_action);
	err = -pthread_create(&fs->loop, NULL, loop, fs);
	if (err != 0) {
		text_copy(why, FS_WHY_MAX, strerror(-err));
		sigaction(SIGURG, &fs->old_action, NULL);
		fuse_session_unmount(fs->session);
		fuse_session_destroy(fs->session);
	}
	return err;
}

int fs_start(const struct fs_settings *settings, struct fs **out,
	char why[static FS_WHY_MAX])
{
	sigset_t all, old;
	struct fs *fs;
	int err = check(settings, why);

	if (err != 0)
		return err;
	fs = new_fs(settings);
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

/* Takes as long as a disk does that somebody waits for. */
static void end_service(void *arg)
{
	struct fs *fs = arg;

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
		fuse_session_unmount(session);
		return false;
	}
	stop_helpers(fs);
	fuse_session_unmount(session);
	fuse_session_destroy(session);
	return true;
}
