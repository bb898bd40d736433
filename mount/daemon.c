#include "daemon.h"

#include "attached.h"
#include "bounded.h"
#include "checking.h"
#include "clock.h"
#include "escape.h"
#include "fs.h"
#include "log.h"
#include "messages.h"
#include "spool_open.h"
#include "store_open.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/*
 * A stop takes at most 90 s, after which managers of services kill: sessions
 * end, results are recorded, the mount goes (32 s), the store closes.
 */
#define DRAIN_NS (30 * NS_PER_S)
#define RECORD_NS (10 * NS_PER_S)
#define CLOSE_NS (15 * NS_PER_S)

/* How long another instance may keep the spool directory, and how often we
 * look whether it has gone. */
#define PREDECESSOR_NS (2 * NS_PER_S)
#define LOOK_AGAIN_NS (20 * NS_PER_MS)

enum { WHY_MAX = 512, SHOWN_MAX = 4 * 256 };

struct daemon {
	const struct daemon_settings *settings;
	struct store *store;
	struct spool *spool;
	struct checking *checking;
	struct attached *attached;
	struct fs *fs;
	int signals; /* signalfd */
	int ended;   /* eventfd: the mount is gone */
};

const char *daemon_cannot_mount(void)
{
	if (geteuid() != 0)
		return "not run by root; run it as root";
	if (access("/dev/fuse", F_OK) != 0)
		return "/dev/fuse is missing: load the kernel module fuse; in "
		       "a container: --device /dev/fuse --cap-add SYS_ADMIN";
	if (access("/dev/fuse", R_OK | W_OK) != 0)
		return "/dev/fuse may not be opened; in a container: "
		       "--device /dev/fuse --cap-add SYS_ADMIN";
	return NULL;
}

/* ---- parts, bottom-up ---------------------------------------------------- */

/* Before any thread starts, so that all inherit the mask. */
static int take_signals(struct daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return -EINVAL;
	d->signals = signalfd(-1, &set, SFD_CLOEXEC);
	d->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->signals < 0 || d->ended < 0)
		return -errno;
	return 0;
}

/* One that was killed may still be on its way to its end. */
static int open_free_store(const struct store_local_settings *settings,
	struct store **out, char why[static WHY_MAX])
{
	const struct timespec look_again = { 0, LOOK_AGAIN_NS };
	int64_t deadline_ns = clock_monotonic_ns() + PREDECESSOR_NS;
	int err = store_local_open(settings, out, why, WHY_MAX);

	while (err == -EWOULDBLOCK && clock_monotonic_ns() < deadline_ns) {
		nanosleep(&look_again, NULL);
		err = store_local_open(settings, out, why, WHY_MAX);
	}
	return err;
}

static int open_store(struct daemon *d)
{
	const struct config *c = d->settings->config;
	struct store_local_settings settings = {
		.directory = c->spool_directory,
		.capacity_octets = c->spool_limit,
		.forgets_progress = d->settings->is_cold,
	};
	char why[WHY_MAX] = "";
	char shown[SHOWN_MAX];
	int err;

	err = open_free_store(&settings, &d->store, why);
	if (err != 0)
		log_error(MSG_NO_SPOOL,
			escape_string(c->spool_directory, shown, sizeof shown),
			why[0] != '\0' ? why : strerror(-err));
	else if (d->settings->is_cold)
		log_warning(MSG_COLD);
	return err;
}

static void limit_spool(struct daemon *d)
{
	const struct config *c = d->settings->config;
	struct spool_limits limits = {
		.spool_octets = c->spool_limit,
		.user_octets = c->user_limit,
		.user_datasets = c->user_datasets,
	};
	size_t i;

	for (i = 0; i < c->writer_count; i++)
		spool_limit_datasets(d->spool, c->writers[i].name,
			UINT64_C(1000) * c->writers[i].job_size_kb);
	spool_limit(d->spool, &limits);
}

static int open_spool(struct daemon *d)
{
	const struct config *c = d->settings->config;
	const struct spool_judge judge = checking_judge(d->checking);
	size_t i;
	int err;

	err = spool_open(d->store, &judge, &c->draft_names, &d->spool);
	if (err == 0)
		err = spool_linger(d->spool, c->linger_s * NS_PER_S);
	for (i = 0; err == 0 && i < c->writer_count; i++)
		err = spool_add_writer(d->spool, c->writers[i].name);
	if (err != 0)
		log_error(MSG_NO_START, "the spool", strerror(-err));
	else
		limit_spool(d);
	if (err == 0)
		checking_start(d->checking, d->spool);
	return err;
}

static int make_rules(struct daemon *d)
{
	const char *failed;
	int err = checking_open(d->settings->config, &d->checking, &failed);

	if (err != 0)
		log_error(MSG_NO_FORWARDER, failed, strerror(-err));
	return err;
}

static int attach(struct daemon *d)
{
	const char *failed;
	int err = attached_start(
		d->settings->config, d->spool, &d->attached, &failed);

	if (err != 0)
		log_error(MSG_NO_FORWARDER, failed, strerror(-err));
	return err;
}

/* On the loop's thread, which may not stop itself. */
static void mount_ended(void *arg)
{
	struct daemon *d = arg;
	uint64_t one = 1;
	ssize_t n;

	do {
		n = write(d->ended, &one, sizeof one);
	} while (n < 0 && errno == EINTR);
}

static int mount_it(struct daemon *d)
{
	const struct config *c = d->settings->config;
	struct fs_settings settings = {
		.options = d->settings->mount_options,
		.keeper = getppid(),
		.writers = c->writers,
		.writer_count = c->writer_count,
		.spool = d->spool,
		.has_operator_gid = c->has_operator_gid,
		.operator_gid = c->operator_gid,
		.ended = mount_ended,
		.ended_arg = d,
	};
	char why[FS_WHY_MAX] = "";
	char shown[SHOWN_MAX];
	int err;

	settings.operators =
		attached_operators(d->attached, &settings.operator_count);
	err = keeper_mount(d->settings->keeper, &settings.device, why);
	if (err == 0) {
		err = fs_start(&settings, &d->fs, why);
		close(settings.device);
	}
	if (err != 0)
		log_error(MSG_NO_MOUNT,
			escape_string(
				d->settings->mount_point, shown, sizeof shown),
			why);
	return err;
}

static int start(struct daemon *d)
{
	int err;

	err = take_signals(d);
	if (err != 0)
		log_error(MSG_NO_START, "signals", strerror(-err));
	if (err == 0)
		err = open_store(d);
	if (err == 0)
		err = make_rules(d);
	if (err == 0)
		err = open_spool(d);
	if (err == 0)
		err = attach(d);
	if (err == 0)
		err = mount_it(d);
	return err;
}

/* ---- until it ends ------------------------------------------------------- */

/* Returns the name of a signal that ends, NULL for one that does not. */
static const char *read_signal(struct daemon *d)
{
	struct signalfd_siginfo info;

	if (read(d->signals, &info, sizeof info) != sizeof info)
		return NULL;
	if (info.ssi_signo == SIGHUP) {
		log_warning(MSG_NO_REFRESH);
		return NULL;
	}
	return info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM";
}

static const char *wait_for_end(struct daemon *d)
{
	struct pollfd events[] = {
		{ .fd = d->signals, .events = POLLIN },
		{ .fd = d->ended, .events = POLLIN },
	};
	const char *why = NULL;

	while (why == NULL) {
		if (poll(events, 2, -1) < 0) {
			if (errno != EINTR)
				why = strerror(errno);
		} else if (events[1].revents != 0) {
			why = "unmounted";
		} else {
			why = read_signal(d);
		}
	}
	return why;
}

static void stop_forwarders(void *daemon)
{
	struct daemon *d = daemon;

	if (d->attached != NULL)
		attached_stop(d->attached, clock_monotonic_ns() + DRAIN_NS);
}

static void close_spool(void *daemon)
{
	struct daemon *d = daemon;

	attached_free(d->attached);
	if (d->spool != NULL)
		spool_close(d->spool);
	checking_close(d->checking);
	if (d->store != NULL)
		store_close(d->store);
}

/*
 * The reverse of start(), with what must not be lost in mind: first nothing
 * new comes in; forwarders end while the mount still answers, as writers are
 * to see EROFS and operators the status; the mount goes before the spool
 * that its last closes need, and the store, which answers them, last.
 *
 * Returns false when the disk did not answer in time. Then threads still use
 * what the process has, and it is left as by a crash.
 */
static bool stop(struct daemon *d)
{
	bool is_over;

	if (d->spool != NULL)
		spool_quiesce(d->spool);
	is_over = bounded_run(stop_forwarders, d,
		clock_monotonic_ns() + DRAIN_NS + RECORD_NS);
	if (d->fs != NULL && !fs_stop(d->fs))
		is_over = false;
	keeper_unmount(d->settings->keeper);
	if (is_over)
		is_over = bounded_run(
			close_spool, d, clock_monotonic_ns() + CLOSE_NS);
	if (!is_over)
		return false;
	close(d->signals);
	close(d->ended);
	return true;
}

int daemon_run(const struct daemon_settings *settings)
{
	struct daemon d = { .settings = settings, .signals = -1, .ended = -1 };
	char shown[SHOWN_MAX];
	int err;

	err = start(&d);
	if (err == 0) {
		settings->ready(settings->ready_arg);
		log_event(MSG_MOUNTED,
			escape_string(
				settings->mount_point, shown, sizeof shown));
		log_event(MSG_STOPPING, wait_for_end(&d));
	}
	if (!stop(&d)) {
		log_error(MSG_LEFT_OPEN);
		_exit(EXIT_FAILURE);
	}
	if (err == 0)
		log_event(MSG_STOPPED);
	return err;
}
