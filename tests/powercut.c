/*
 * powercut - a preloaded layer that remembers what a power cut would leave.
 *
 * Every file below POWERCUT_DIR has a shadow below POWERCUT_SHADOW. A write
 * reaches the file at once and the shadow only when fsync or fdatasync of
 * that file covered it; a name reaches the shadow only when fsync of its
 * directory covered it. Kill the process at any moment, and the shadow's
 * tree/ is what the disk held if the power had gone then.
 *
 * POWERCUT_DROP, if set, names a prefix of file names whose syncs are
 * answered and forgotten: a disk, or a setting, that lies.
 *
 * Not followed, because the store uses none of it: mmap for writing, dup of
 * a descriptor, sync_file_range, O_SYNC. The -shm file of SQLite is rebuilt
 * after a crash and left out.
 */
#undef _FILE_OFFSET_BITS /* both names of each call are given here */
#include "powercut_disk.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS_MAX = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shadow *open_file[FDS_MAX];
static bool open_directory[FDS_MAX];
static bool is_on;

__attribute__((constructor)) static void start(void)
{
	const char *dir = getenv("POWERCUT_DIR");
	const char *shadow = getenv("POWERCUT_SHADOW");

	if (dir == NULL || shadow == NULL)
		return;
	powercut_begin(dir, shadow, getenv("POWERCUT_DROP"));
	is_on = true;
}

/* It lives on until its last close. */
static void forget(struct shadow *s)
{
	size_t i;

	for (i = 0; i < FDS_MAX; i++)
		if (open_file[i] == s)
			return;
	powercut_forget(s);
}

/* Path of an open descriptor below the root, or NULL. */
static const char *descriptor_path(int fd, char out[static PATH_MAX])
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, out, PATH_MAX - 1);
	if (len < 0)
		return NULL;
	out[len] = '\0';
	return powercut_below(out);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int opened(int fd)
{
	char path[PATH_MAX];
	const char *below;
	struct stat st;

	if (!is_on || fd < 0 || fd >= FDS_MAX)
		return fd;
	pthread_mutex_lock(&lock);
	open_file[fd] = NULL;
	open_directory[fd] = false;
	below = descriptor_path(fd, path);
	if (below != NULL && fstat(fd, &st) == 0
		&& !powercut_leaves_out(path)) {
		open_directory[fd] = S_ISDIR(st.st_mode);
		if (S_ISREG(st.st_mode)) {
			open_file[fd] = powercut_find(st.st_ino);
			if (open_file[fd] == NULL)
				open_file[fd] = powercut_remember(
					st.st_ino, last_part(below));
		}
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

#define OPEN_BODY(call)                                                        \
	mode_t mode = 0;                                                       \
	va_list args;                                                          \
	va_start(args, flags);                                                 \
	if (flags & (O_CREAT | O_TMPFILE))                                     \
		mode = va_arg(args, mode_t);                                   \
	va_end(args);                                                          \
	return opened(call)

int open(const char *path, int flags, ...)
{
	OPEN_BODY(NEXT(open)(path, flags, mode));
}

int open64(const char *path, int flags, ...)
{
	OPEN_BODY(NEXT(open64)(path, flags, mode));
}

int openat(int dir, const char *path, int flags, ...)
{
	OPEN_BODY(NEXT(openat)(dir, path, flags, mode));
}

int openat64(int dir, const char *path, int flags, ...)
{
	OPEN_BODY(NEXT(openat64)(dir, path, flags, mode));
}

int close(int fd)
{
	struct shadow *s;
	struct stat st;

	if (is_on && fd >= 0 && fd < FDS_MAX) {
		pthread_mutex_lock(&lock);
		s = open_file[fd];
		open_file[fd] = NULL;
		open_directory[fd] = false;
		if (s != NULL && fstat(fd, &st) == 0 && st.st_nlink == 0)
			forget(s);
		pthread_mutex_unlock(&lock);
	}
	return NEXT(close)(fd);
}

static struct shadow *file_of(int fd)
{
	return is_on && fd >= 0 && fd < FDS_MAX ? open_file[fd] : NULL;
}

static void wrote(int fd, off_t offset, ssize_t len)
{
	struct shadow *s = file_of(fd);

	if (s == NULL || len <= 0)
		return;
	pthread_mutex_lock(&lock);
	powercut_wrote(s, (uint64_t)offset, (uint64_t)len);
	pthread_mutex_unlock(&lock);
}

ssize_t write(int fd, const void *octets, size_t len)
{
	off_t at = file_of(fd) != NULL ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t put = NEXT(write)(fd, octets, len);

	wrote(fd, at, put);
	return put;
}

ssize_t pwrite(int fd, const void *octets, size_t len, off_t at)
{
	ssize_t put = NEXT(pwrite)(fd, octets, len, at);

	wrote(fd, at, put);
	return put;
}

ssize_t pwrite64(int fd, const void *octets, size_t len, off64_t at)
{
	ssize_t put = NEXT(pwrite64)(fd, octets, len, at);

	wrote(fd, at, put);
	return put;
}

ssize_t pwritev(int fd, const struct iovec *v, int count, off_t at)
{
	ssize_t put = NEXT(pwritev)(fd, v, count, at);

	wrote(fd, at, put);
	return put;
}

ssize_t pwritev64(int fd, const struct iovec *v, int count, off64_t at)
{
	ssize_t put = NEXT(pwritev64)(fd, v, count, at);

	wrote(fd, at, put);
	return put;
}

ssize_t writev(int fd, const struct iovec *v, int count)
{
	off_t at = file_of(fd) != NULL ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t put = NEXT(writev)(fd, v, count);

	wrote(fd, at, put);
	return put;
}

int fallocate(int fd, int mode, off_t at, off_t len)
{
	int err = NEXT(fallocate)(fd, mode, at, len);

	if (err == 0)
		wrote(fd, at, len);
	return err;
}

int fallocate64(int fd, int mode, off64_t at, off64_t len)
{
	int err = NEXT(fallocate64)(fd, mode, at, len);

	if (err == 0)
		wrote(fd, at, len);
	return err;
}

int posix_fallocate(int fd, off_t at, off_t len)
{
	int err = NEXT(posix_fallocate)(fd, at, len);

	if (err == 0)
		wrote(fd, at, len);
	return err;
}

int posix_fallocate64(int fd, off64_t at, off64_t len)
{
	int err = NEXT(posix_fallocate64)(fd, at, len);

	if (err == 0)
		wrote(fd, at, len);
	return err;
}

/* What lies past a cut end must not come back when the file grows again. */
static void resized(int fd, off_t size)
{
	struct stat st;

	if (file_of(fd) != NULL && fstat(fd, &st) == 0 && st.st_size > size)
		wrote(fd, size, st.st_size - size);
}

int ftruncate(int fd, off_t size)
{
	resized(fd, size);
	return NEXT(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	resized(fd, size);
	return NEXT(ftruncate64)(fd, size);
}

static int synced(int fd, int err)
{
	char path[PATH_MAX];
	const char *below;

	if (err != 0 || !is_on || fd < 0 || fd >= FDS_MAX)
		return err;
	pthread_mutex_lock(&lock);
	if (open_file[fd] != NULL) {
		powercut_synced(fd, open_file[fd]);
	} else if (open_directory[fd]) {
		below = descriptor_path(fd, path);
		if (below != NULL)
			powercut_synced_directory(below);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

int fsync(int fd)
{
	return synced(fd, NEXT(fsync)(fd));
}

int fdatasync(int fd)
{
	return synced(fd, NEXT(fdatasync)(fd));
}

/* A new file may get the inode number of one whose last name goes. */
static void unlinking(int dir, const char *path)
{
	struct shadow *s;
	struct stat st;

	if (!is_on || fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0
		|| st.st_nlink != 1)
		return;
	pthread_mutex_lock(&lock);
	s = powercut_find(st.st_ino);
	if (s != NULL)
		forget(s);
	pthread_mutex_unlock(&lock);
}

int unlink(const char *path)
{
	unlinking(AT_FDCWD, path);
	return NEXT(unlink)(path);
}

int unlinkat(int dir, const char *path, int flags)
{
	if ((flags & AT_REMOVEDIR) == 0)
		unlinking(dir, path);
	return NEXT(unlinkat)(dir, path, flags);
}

int rename(const char *from, const char *to)
{
	unlinking(AT_FDCWD, to);
	return NEXT(rename)(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	unlinking(to_dir, to);
	return NEXT(renameat)(from_dir, from, to_dir, to);
}
