#include "fs_mount.h"

#include "fs_session.h"
#include "fuse_words.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fs_mount {
	struct fuse_session *session;
};

/* What can be said better here than by libfuse. */
static int check(const char *mount_point, char why[static FS_WHY_MAX])
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
	if (stat(mount_point, &st) != 0)
		err = -errno;
	else if (!S_ISDIR(st.st_mode))
		err = -ENOTDIR;
	if (err != 0)
		text_format(why, FS_WHY_MAX, "mount point %s: %s", mount_point,
			strerror(-err));
	return err;
}

/* It is only to be mounted, so it has no operations. */
static int mount_session(const char *mount_point, const char *options,
	struct fuse_session **out, char why[static FS_WHY_MAX])
{
	static const struct fuse_lowlevel_ops none;
	struct fuse_session *session;
	int err = fs_session_new(options, &none, NULL, &session, why);

	if (err != 0)
		return err;
	if (fuse_session_mount(session, mount_point) != 0) {
		text_format(why, FS_WHY_MAX,
			"%s; a container needs --device /dev/fuse --cap-add "
			"SYS_ADMIN",
			fuse_words_last()[0] != '\0' ? fuse_words_last()
						     : "the kernel refused");
		fuse_session_destroy(session);
		return -EIO;
	}
	*out = session;
	return 0;
}

int fs_mount_open(const char *mount_point, const char *options,
	struct fs_mount **out, char why[static FS_WHY_MAX])
{
	struct fs_mount *m;
	int err = check(mount_point, why);

	if (err != 0)
		return err;
	m = calloc(1, sizeof *m);
	if (m == NULL) {
		text_copy(why, FS_WHY_MAX, strerror(ENOMEM));
		return -ENOMEM;
	}
	err = mount_session(mount_point, options, &m->session, why);
	if (err != 0) {
		free(m);
		return err;
	}
	*out = m;
	return 0;
}

int fs_mount_device(const struct fs_mount *m)
{
	return fuse_session_fd(m->session);
}

void fs_mount_close(struct fs_mount *m)
{
	if (m == NULL)
		return;
	fuse_session_unmount(m->session);
	fuse_session_destroy(m->session);
	free(m);
}

/*
 * libfuse goes by the path, unless the device reports an error, as it does
 * when its mount has gone; a pipe that nobody reads does so too.
 */
static bool look_gone(int device)
{
	int ends[2];
	bool is_done;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	close(ends[0]);
	is_done = dup3(ends[1], device, O_CLOEXEC) == device;
	close(ends[1]);
	return is_done;
}

void fs_mount_leave(struct fs_mount *m)
{
	if (look_gone(fuse_session_fd(m->session)))
		fuse_session_unmount(m->session);
	fuse_session_destroy(m->session);
	free(m);
}
