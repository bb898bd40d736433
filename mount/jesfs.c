/*
 * jesfs - mounts a JES spool and attaches its forwarders.
 */
#include "affinity.h"
#include "background.h"
#include "buf.h"
#include "config_read.h"
#include "daemon.h"
#include "escape.h"
#include "keeper.h"
#include "log.h"
#include "messages.h"
#include "mount_note.h"
#include "mount_point.h"
#include "notify.h"
#include "options.h"
#include "spool_directory.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

enum {
	ARENAS = 2, /* of malloc: each thread of its own would cost MiB */
};

static int fail(const char *what, const char *why)
{
	char shown[4 * PATH_MAX];

	fprintf(stderr, "jesfs: %s: %s\n",
		escape_string(what, shown, sizeof shown), why);
	return EXIT_FAILURE;
}

/* Prints every message about the configuration. */
static int read_configuration(const char *file, struct config **out)
{
	struct buf report;
	int err;

	buf_init(&report);
	err = config_read(file, out, &report);
	if (report.len > 0)
		fwrite(report.data, 1, report.len, stderr);
	buf_fini(&report);
	if (err != 0 && err != -EINVAL)
		fail(file, strerror(-err));
	return err;
}

/*
 * The option wins, as CSSMTP's does. A start with the wrong way out is worse
 * than none: mail would leave where it must not.
 */
static int choose_transport(const struct options *o)
{
	static const char variable[] = "_BPXK_SETIBMOPT_TRANSPORT";
	const char *name = o->transport;
	struct affinity found;
	char shown[PATH_MAX];
	int err;

	if (name == NULL)
		name = getenv(variable);
	if (name == NULL || (o->transport == NULL && name[0] == '\0'))
		return 0;
	err = affinity_find(name, &found);
	if (err == 0) {
		affinity_set(&found);
		return 0;
	}
	fprintf(stderr, "jesfs: %s %s: %s\n",
		o->transport != NULL ? "-p" : variable,
		escape_string(name, shown, sizeof shown),
		err == -ENODEV || err == -EADDRNOTAVAIL
			? "no interface, VRF or address of this host"
			: strerror(-err));
	return err;
}

/* ---- the two processes that stay ----------------------------------------- */

struct starting {
	const struct mount_point *point;
	unsigned int log_mask;
	struct keeper keeper;
	bool is_foreground;
	int ready; /* of background_enter() */
};

/* The log is one, so it has the lines that any writer's LogLevel asks for. */
static unsigned int log_mask(const struct config *config)
{
	unsigned int mask = 0;
	size_t i;

	for (i = 0; i < config->writer_count; i++)
		mask |= config->writers[i].log_level;
	return mask;
}

static void turn_to_syslog(const struct starting *s)
{
	log_open(LOG_TO_SYSLOG, s->log_mask);
	background_leave_terminal();
}

static void child_is_ready(void *arg)
{
	struct starting *s = arg;

	if (!s->is_foreground)
		turn_to_syslog(s);
	keeper_ready(&s->keeper);
	mount_point_report(s->point);
}

/* It is the one whose word a manager of services waits for. */
static void parent_is_ready(void *arg)
{
	struct starting *s = arg;
	int err;

	if (!s->is_foreground) {
		turn_to_syslog(s);
		background_tell(s->ready);
	}
	err = notify_ready();
	if (err != 0)
		log_warning(MSG_NOT_NOTIFIED, strerror(-err));
}

static int serve(struct starting *s, const struct options *o,
	const struct config *config)
{
	const struct daemon_settings settings = {
		.config = config,
		.keeper = &s->keeper,
		.mount_point = s->point->path,
		.mount_options = o->mount_options,
		.is_cold = o->is_cold,
		.ready = child_is_ready,
		.ready_arg = s,
	};

	/* The word is the parent's to give. */
	if (!s->is_foreground)
		close(s->ready);
	return daemon_run(&settings) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int keep(struct starting *s, const struct options *o)
{
	const struct keeper_settings settings = {
		.mount_point = s->point->path,
		.mount_options = o->mount_options,
		.ready = parent_is_ready,
		.ready_arg = s,
	};

	return keeper_keep(&s->keeper, &settings);
}

static int find_user(const struct config *config, struct privileges_user *user)
{
	char why[SPOOL_DIRECTORY_WHY_MAX];
	char shown[4 * PATH_MAX];
	int err = spool_directory_prepare(config, user, why);

	if (err != 0)
		log_error(MSG_NO_SPOOL,
			escape_string(
				config->spool_directory, shown, sizeof shown),
			why);
	else if (user->uid == 0 && !config->has_user)
		log_warning(MSG_AS_ROOT);
	return err;
}

static int divide(const struct options *o, const struct config *config,
	const struct mount_point *point)
{
	struct starting s = {
		.point = point,
		.log_mask = log_mask(config),
		.is_foreground = o->is_foreground,
	};
	struct privileges_user user;
	int err;

	if (!s.is_foreground) {
		err = background_enter(&s.ready);
		if (err != 0)
			return fail("cannot detach", strerror(-err));
	}
	log_open(LOG_TO_STDERR, s.log_mask);
	umask(077);
	if (find_user(config, &user) != 0)
		return EXIT_FAILURE;
	err = keeper_fork(&s.keeper, &user);
	if (err != 0) {
		log_error(MSG_NO_START, "privileges", strerror(-err));
		return EXIT_FAILURE;
	}
	return s.keeper.child == 0 ? serve(&s, o, config) : keep(&s, o);
}

/* ---- the program --------------------------------------------------------- */

static int mount_and_serve(const struct options *o, const struct config *config)
{
	const char *why = daemon_cannot_mount();
	char reason[MOUNT_POINT_WHY_MAX];
	struct mount_point point;
	int err;

	if (why != NULL)
		return fail("cannot mount", why);
	if (mount_point_find(o->mount_point, o->may_hold_files, &point, reason)
		!= 0)
		return fail(o->mount_point, reason);
	if (mount_point_holds(&point, config->spool_directory)) {
		fail(config->spool_directory,
			"SpoolDirectory lies in the mount point, expected one "
			"elsewhere");
		return EXIT_USAGE;
	}
	if (mount_point_guard(&point, reason) != 0)
		return fail(o->mount_point, reason);
	err = mount_note_set(o->config_file, point.path);
	if (err != 0)
		log_warning(MSG_NO_HELPER, strerror(-err));
	return divide(o, config, &point);
}

static int unprotect(const char *directory)
{
	char why[MOUNT_POINT_WHY_MAX];
	char shown[4 * PATH_MAX];
	int n;

	if (geteuid() != 0)
		return fail("cannot unprotect", "not run by root");
	n = mount_point_unprotect(directory, why);
	if (n < 0)
		return fail(directory, why);
	printf("jesfs: %s %s\n", escape_string(directory, shown, sizeof shown),
		n > 0 ? "is no longer protected" : "was not protected");
	return EXIT_SUCCESS;
}

static int run(const struct options *o)
{
	struct config *config;
	int status;

	if (choose_transport(o) != 0
		|| read_configuration(o->config_file, &config) != 0)
		return EXIT_USAGE;
	if (o->action == OPTIONS_CHECK) {
		printf("jesfs: the configuration is valid\n");
		status = EXIT_SUCCESS;
	} else {
		status = mount_and_serve(o, config);
	}
	config_free(config);
	return status;
}

/* Large data sets that are open have a file each: store_draft.h. */
static void allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv)
{
	char why[OPTIONS_WHY_MAX];
	struct options o;

	/* Under mount(8) it would be called mount.fuse.jesf. */
	prctl(PR_SET_NAME, "jesfs");
	signal(SIGPIPE, SIG_IGN);
	mallopt(M_ARENA_MAX, ARENAS);
	allow_files();
	if (options_read(argc, argv, &o, why) != 0) {
		fprintf(stderr, "jesfs: %s\nTry jesfs --help.\n", why);
		return EXIT_USAGE;
	}
	switch (o.action) {
	case OPTIONS_UNPROTECT:
		return unprotect(o.mount_point);
	case OPTIONS_HELP:
		fputs(options_help, stdout);
		return EXIT_SUCCESS;
	case OPTIONS_VERSION:
		fputs(options_version, stdout);
		return EXIT_SUCCESS;
	default:
		return run(&o);
	}
}
