#include "mount_point.h"

#include "clock.h"
#include "escape.h"
#include "inquiry.h"
#include "log.h"
#include "messages.h"
#include "mount_table.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { SHOWN_MAX = 4 * 256 };

/* How long a mount may take to show that it lives. */
#define ANSWER_NS (10 * NS_PER_S)

static int refuse(int err, const char *text, char *why)
{
	text_copy(why, MOUNT_POINT_WHY_MAX, text);
	return err;
}

/* ---- what is mounted there ----------------------------------------------- */

enum life { LIVES, DEAD, SILENT };

static int ask(const char *path, char *answer, size_t cap)
{
	struct stat st;

	(void)answer;
	(void)cap;
	return stat(path, &st) != 0 ? -errno : 0;
}

static int ask_mount(const char *path, enum life *out)
{
	const struct inquiry q = { .ask = ask,
		.path = path,
		.deadline_ns = clock_monotonic_ns() + ANSWER_NS };
	int result = 0;
	int err = inquiry_put(&q, &result);

	if (err == -ETIMEDOUT)
		*out = SILENT;
	else if (err != 0)
		return err;
	else if (result == -ENOTCONN || result == -ECONNABORTED)
		*out = DEAD;
	else
		*out = LIVES;
	return 0;
}

static bool is_fuse(const struct mount_entry *m)
{
	return strcmp(m->type, "fuse") == 0
		|| strncmp(m->type, "fuse.", strlen("fuse.")) == 0;
}

static int refuse_silent(char *why)
{
	return refuse(-EBUSY, "what is mounted there does not answer", why);
}

/* Takes dead mounts away, one over the other; a living jesfs is refused. */
static int clear_dead(const char *path, bool *was_dead, char *why)
{
	struct mount_entry top;
	enum life life;
	int err;

	*was_dead = false;
	while ((err = mount_table_top(path, &top)) == 0 && is_fuse(&top)) {
		err = ask_mount(path, &life);
		if (err != 0)
			break;
		if (life == SILENT)
			return refuse_silent(why);
		if (life == LIVES && mount_table_is_jesfs(&top))
			return refuse(-EBUSY,
				"a jesfs is mounted there already; umount it "
				"first",
				why);
		if (life == LIVES)
			break;
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) != 0) {
			err = -errno;
			break;
		}
		*was_dead = true;
	}
	if (err != 0 && err != -ENOENT)
		return refuse(err, strerror(-err), why);
	return 0;
}

static int find_real(const char *path, char out[static PATH_MAX], char *why)
{
	int err =
		inquiry_real_path(path, clock_monotonic_ns() + ANSWER_NS, out);

	if (err == -ETIMEDOUT)
		return refuse_silent(why);
	if (err != 0)
		return refuse(err, strerror(-err), why);
	if (strcmp(out, "/") == 0)
		return refuse(-EINVAL, "the root is no mount point", why);
	return 0;
}

/* ---- the directory ------------------------------------------------------- */

/* Returns 1 for a directory with an entry in it; 0; -errno. */
static int holds_files(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int count = 0;

	if (d == NULL)
		return -errno;
	errno = 0;
	while (count == 0 && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			count = 1;
	if (count == 0 && errno != 0)
		count = -errno;
	closedir(d);
	return count;
}

int mount_point_find(const char *path, bool may_hold_files,
	struct mount_point *out, char why[static MOUNT_POINT_WHY_MAX])
{
	int err = find_real(path, out->path, why);

	if (err == 0)
		err = clear_dead(out->path, &out->was_dead, why);
	if (err != 0)
		return err;
	err = holds_files(out->path);
	if (err < 0)
		return refuse(err, strerror(-err), why);
	if (err > 0 && !may_hold_files)
		return refuse(-ENOTEMPTY,
			"there are files in it, maybe mail written while "
			"nothing was mounted: move them, or mount with -o "
			"nonempty",
			why);
	return 0;
}

/* The real path of what there is of it. */
static bool resolve(const char *path, char out[static PATH_MAX])
{
	char there[PATH_MAX];
	char *slash;

	if (!text_copy(there, sizeof there, path))
		return false;
	while (realpath(there, out) == NULL) {
		slash = strrchr(there, '/');
		if (slash == NULL || slash == there)
			return false;
		*slash = '\0';
	}
	return true;
}

bool mount_point_holds(const struct mount_point *p, const char *path)
{
	char real[PATH_MAX];

	return resolve(path, real) && mount_table_is_within(real, p->path);
}

/* ---- the guard ----------------------------------------------------------- */

int mount_point_guard(
	struct mount_point *p, char why[static MOUNT_POINT_WHY_MAX])
{
	int err = mount_guard_set(p->path, &p->guard);

	if (err != 0)
		text_format(why, MOUNT_POINT_WHY_MAX,
			"cannot be closed for files while nothing is "
			"mounted: %s",
			strerror(-err));
	return err;
}

void mount_point_report(const struct mount_point *p)
{
	char shown[SHOWN_MAX];

	escape_string(p->path, shown, sizeof shown);
	if (p->was_dead)
		log_warning(MSG_DEAD_MOUNT, shown);
	if (p->guard == MOUNT_GUARD_IMMUTABLE)
		log_event(MSG_GUARD_IMMUTABLE, shown);
	else
		log_event(MSG_GUARD_TMPFS, shown);
}

int mount_point_unprotect(
	const char *path, char why[static MOUNT_POINT_WHY_MAX])
{
	char real[PATH_MAX];
	bool was_dead;
	int n = find_real(path, real, why);

	if (n == 0)
		n = clear_dead(real, &was_dead, why);
	if (n != 0)
		return n;
	n = mount_guard_clear(real);
	return n < 0 ? refuse(n, strerror(-n), why) : n;
}
