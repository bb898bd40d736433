#include "mount_guard.h"

#include "mount_table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The source by which our tmpfs is known. */
#define TMPFS_SOURCE "jesfs-not-mounted"

/* No room for a file, should somebody make it writable. */
#define TMPFS_OPTIONS "size=1,nr_inodes=1,mode=0555"

enum { BARE_MODE = 0555 };

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool is_locked_up(const struct stat *st)
{
	return st->st_uid == 0 && st->st_gid == 0
		&& (st->st_mode & 07777) == BARE_MODE;
}

static int set_flags(int fd, int flags)
{
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) != 0 ? -errno : 0;
}

/* An immutable directory of another owner or mode is opened up first. */
static int lock_up(int fd, int flags)
{
	int err = 0;

	if ((flags & FS_IMMUTABLE_FL) != 0)
		err = set_flags(fd, flags & ~FS_IMMUTABLE_FL);
	if (err == 0 && fchown(fd, 0, 0) != 0)
		err = -errno;
	if (err == 0 && fchmod(fd, BARE_MODE) != 0)
		err = -errno;
	if (err == 0)
		err = set_flags(fd, flags | FS_IMMUTABLE_FL);
	return err;
}

/* Some file systems take the flag and forget it. */
static int make_immutable(int fd)
{
	struct stat st;
	int flags, err;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0 || fstat(fd, &st) != 0)
		return -errno;
	if ((flags & FS_IMMUTABLE_FL) != 0 && is_locked_up(&st))
		return 0;
	err = lock_up(fd, flags);
	if (err != 0)
		return err;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return -errno;
	return (flags & FS_IMMUTABLE_FL) != 0 ? 0 : -EOPNOTSUPP;
}

static bool lies_under_tmpfs(const char *path)
{
	struct mount_entry top;

	return mount_table_top(path, &top) == 0
		&& strcmp(top.type, "tmpfs") == 0
		&& strcmp(top.source, TMPFS_SOURCE) == 0;
}

static int mount_tmpfs(const char *path)
{
	const unsigned long flags =
		MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

	return mount(TMPFS_SOURCE, path, "tmpfs", flags, TMPFS_OPTIONS) != 0
		? -errno
		: 0;
}

int mount_guard_set(const char *path, enum mount_guard *out)
{
	int fd, err;

	if (lies_under_tmpfs(path)) {
		*out = MOUNT_GUARD_TMPFS;
		return 0;
	}
	fd = open_directory(path);
	if (fd < 0)
		return fd;
	err = make_immutable(fd);
	close(fd);
	if (err == 0) {
		*out = MOUNT_GUARD_IMMUTABLE;
		return 0;
	}
	err = mount_tmpfs(path);
	if (err == 0)
		*out = MOUNT_GUARD_TMPFS;
	return err;
}

/* Returns 1 when it was immutable; 0; -errno. */
static int make_mutable(const char *path)
{
	int fd = open_directory(path);
	int flags;
	int err = 0;

	if (fd < 0)
		return fd;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		flags = 0;
	if ((flags & FS_IMMUTABLE_FL) != 0)
		err = set_flags(fd, flags & ~FS_IMMUTABLE_FL);
	close(fd);
	if (err != 0)
		return err;
	return (flags & FS_IMMUTABLE_FL) != 0 ? 1 : 0;
}

int mount_guard_clear(const char *path)
{
	int count = 0;
	int n;

	while (lies_under_tmpfs(path)) {
		if (umount2(path, UMOUNT_NOFOLLOW) != 0)
			return -errno;
		count++;
	}
	n = make_mutable(path);
	return n < 0 ? n : count + n;
}
