/*
 * umount.fuse.jesfs - unmounts a jesfs, as umount(8) calls it: when the mount
 * is busy, tells who is inside; else returns when the daemon has ended, so
 * that whoever shuts a machine down can rely on it.
 */
#include "clock.h"
#include "ending.h"
#include "escape.h"
#include "inquiry.h"
#include "mount_table.h"
#include "occupants.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_USAGE = 2,
	OCCUPANTS_SHOWN = 100,
	SHOWN_MAX = 4 * PATH_MAX,
};

/* A daemon ends within 90 s, whatever its disk does. */
#define ENDING_S 100

/* How long the kernel may take to say where a path leads. */
#define ANSWER_NS (5 * NS_PER_S)

/* How long those whom force set free may take to leave, and how often we
 * look whether they have. */
#define LEAVE_NS (2 * NS_PER_S)
#define LOOK_AGAIN_NS (10 * NS_PER_MS)

static const char help[] =
	"Usage: umount.fuse.jesfs [-flnrv] [-t TYPE] MOUNTPOINT\n"
	"\n"
	"Unmounts a jesfs and waits until its daemon has ended. umount(8) "
	"calls it.\n"
	"When processes are inside, it names them and unmounts nothing.\n"
	"\n"
	"  -f       even if the daemon does not answer: what waits for it "
	"gets an\n"
	"           error, and nobody waits until it has ended\n"
	"  -l       now, out of sight; the daemon ends when the last process\n"
	"           has left, and nobody waits for it\n"
	"  -n -r -v -t TYPE  are taken and change nothing\n"
	"\n"
	"Exit status: 0; 1 busy, could not, or the daemon has not ended; 2 "
	"wrong\n"
	"usage.\n";

static int fail(const char *what, const char *why)
{
	char shown[SHOWN_MAX];

	fprintf(stderr, "umount.fuse.jesfs: %s: %s\n",
		escape_string(what, shown, sizeof shown), why);
	return EXIT_FAILURE;
}

static int refuse(const char *text)
{
	fprintf(stderr,
		"umount.fuse.jesfs: %s\nTry umount.fuse.jesfs --help.\n", text);
	return EXIT_USAGE;
}

/* ---- who is inside ------------------------------------------------------- */

struct report {
	const char *point;
	size_t count; /* of occupants, and mounts inside */
};

static const char *user_name(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user != NULL ? user->pw_name : "no name";
}

static bool report_occupant(void *report, const struct occupant *o)
{
	struct report *r = report;
	char name[4 * sizeof o->name], path[SHOWN_MAX];

	if (r->count++ < OCCUPANTS_SHOWN)
		fprintf(stderr, "  pid %ld %s, user %u (%s): %s %s\n",
			(long)o->pid, escape_string(o->name, name, sizeof name),
			(unsigned int)o->uid, user_name(o->uid), o->how,
			escape_string(o->path, path, sizeof path));
	return true;
}

static bool report_mount(void *report, const struct mount_entry *m)
{
	struct report *r = report;
	char path[SHOWN_MAX];

	if (!mount_table_is_within(m->point, r->point)
		|| strcmp(m->point, r->point) == 0)
		return true;
	if (r->count++ < OCCUPANTS_SHOWN)
		fprintf(stderr, "  mounted inside: %s\n",
			escape_string(m->point, path, sizeof path));
	return true;
}

static int report_busy(const char *point)
{
	struct report r = { .point = point };

	fail(point, "busy; in it are:");
	if (mount_table_each(report_mount, &r) != 0
		|| occupants_each(point, report_occupant, &r) != 0)
		fprintf(stderr, "  (/proc cannot be read)\n");
	if (r.count == 0)
		fprintf(stderr, "  no process that can be seen from here\n");
	else if (r.count > OCCUPANTS_SHOWN)
		fprintf(stderr, "  and %zu more\n", r.count - OCCUPANTS_SHOWN);
	return EXIT_FAILURE;
}

/* ---- the way out --------------------------------------------------------- */

static int find(const char *path, char real[static PATH_MAX])
{
	struct mount_entry top;
	int err =
		inquiry_real_path(path, clock_monotonic_ns() + ANSWER_NS, real);

	if (err == -ETIMEDOUT)
		return fail(path, "a mount on the way does not answer");
	if (err != 0)
		return fail(path, strerror(-err));
	err = mount_table_top(real, &top);
	if (err != 0 && err != -ENOENT)
		return fail(real, strerror(-err));
	if (err != 0 || !mount_table_is_jesfs(&top))
		return fail(real, "no jesfs is mounted there");
	return EXIT_SUCCESS;
}

/*
 * What waits for the daemon is inside until force has set it free and it has
 * got a processor to leave with.
 */
static int unmount_soon(const char *point, int flags)
{
	const struct timespec look_again = { 0, LOOK_AGAIN_NS };
	int64_t deadline_ns = clock_monotonic_ns() + LEAVE_NS;
	int err;

	do {
		err = umount2(point, flags) != 0 ? errno : 0;
		if (err != EBUSY || (flags & MNT_FORCE) == 0)
			break;
		nanosleep(&look_again, NULL);
	} while (clock_monotonic_ns() < deadline_ns);
	return err;
}

static int unmount_now(const char *point, int flags)
{
	int err = unmount_soon(point, flags | UMOUNT_NOFOLLOW);

	if (err == 0)
		return EXIT_SUCCESS;
	return err == EBUSY ? report_busy(point) : fail(point, strerror(err));
}

/*
 * A question without an answer keeps the mount busy itself: one that does
 * not answer is only unmounted by force.
 */
static int unmount_and_wait(const char *point)
{
	struct ending *ending = NULL;
	int unknown = ending_watch(point, &ending);
	int status;

	if (unknown == -ETIMEDOUT)
		return fail(point, "its daemon does not answer; -f forces it");
	status = unmount_now(point, 0);
	if (status == EXIT_SUCCESS && unknown != 0)
		status = fail(point,
			"unmounted, but its daemon is not known, and may not "
			"have ended");
	else if (status == EXIT_SUCCESS
		&& !ending_wait(ending, ENDING_S * NS_PER_S))
		status = fail(point, "unmounted, but its daemon has not ended");
	ending_free(ending);
	return status;
}

static int unmount(const char *path, int flags)
{
	char point[PATH_MAX];
	int status = find(path, point);

	if (status != EXIT_SUCCESS)
		return status;
	return flags != 0 ? unmount_now(point, flags) : unmount_and_wait(point);
}

int main(int argc, char **argv)
{
	int flags = 0;
	int c;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	while ((c = getopt(argc, argv, "flnrvt:")) != -1) {
		if (c == 'f')
			flags |= MNT_FORCE;
		else if (c == 'l')
			flags |= MNT_DETACH;
		else if (c == '?')
			return EXIT_USAGE;
	}
	if (optind + 1 != argc)
		return refuse("expected one mount point");
	if (geteuid() != 0)
		return fail("cannot unmount", "not run by root");
	return unmount(argv[optind], flags);
}
