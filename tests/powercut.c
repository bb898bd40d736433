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
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	FILES_MAX = 16384,
	FDS_MAX = 4096,
	PAGE = 4096,
	NAME_LEN = 128,
};

struct shadow {
	ino_t inode;
	uint32_t id;    /* of the shadow's inodes/ file; 0: slot is free */
	uint8_t *dirty; /* a bit for each page written since the last sync */
	size_t dirty_octets;
	bool is_dropped;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shadow files[FILES_MAX];
static struct shadow *open_file[FDS_MAX];
static bool open_directory[FDS_MAX];
static uint32_t last_id;
static char real_root[PATH_MAX];
static char shadow_root[PATH_MAX];
static const char *drop_prefix;
static bool is_on;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The layer must not hide its own failure: a shadow that is wrong proves
 * nothing. */
static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "powercut: %s: %s\n", what, strerror(errno));
	abort();
}

#define must(ok, what) ((ok) ? (void)0 : give_up(what))

static bool is_left_out(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, "-shm") == 0;
}

static void inode_path(uint32_t id, char out[static PATH_MAX])
{
	snprintf(out, PATH_MAX, "%.3900s/inodes/%u", shadow_root, id);
}

static struct shadow *find(ino_t inode)
{
	size_t i;

	for (i = 0; i < FILES_MAX; i++)
		if (files[i].id != 0 && files[i].inode == inode)
			return &files[i];
	return NULL;
}

static void forget(struct shadow *s)
{
	size_t i;

	for (i = 0; i < FDS_MAX; i++)
		if (open_file[i] == s)
			return; /* lives on until its last close */
	free(s->dirty);
	memset(s, 0, sizeof *s);
}

static struct shadow *remember(ino_t inode, const char *name)
{
	char path[PATH_MAX];
	size_t i;
	int fd;

	for (i = 0; i < FILES_MAX && files[i].id != 0; i++)
		;
	must(i < FILES_MAX, "too many files");
	files[i].inode = inode;
	files[i].id = ++last_id;
	files[i].is_dropped = drop_prefix != NULL
		&& strncmp(name, drop_prefix, strlen(drop_prefix)) == 0;
	inode_path(files[i].id, path);
	fd = NEXT(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0, path);
	NEXT(close)(fd);
	return &files[i];
}

static void mark(struct shadow *s, uint64_t offset, uint64_t len)
{
	uint64_t first = offset / PAGE;
	uint64_t last = (offset + len + PAGE - 1) / PAGE;
	uint64_t page;

	if (len == 0)
		return;
	if (last / 8 + 1 > s->dirty_octets) {
		size_t grown = last / 8 + 4096;

		s->dirty = realloc(s->dirty, grown);
		must(s->dirty != NULL, "memory");
		memset(s->dirty + s->dirty_octets, 0, grown - s->dirty_octets);
		s->dirty_octets = grown;
	}
	for (page = first; page < last; page++)
		s->dirty[page / 8] |= (uint8_t)(1 << (page % 8));
}

static void copy_page(int from, int to, uint64_t page)
{
	char octets[PAGE];
	ssize_t got = NEXT(pread)(from, octets, PAGE, (off_t)(page * PAGE));

	must(got >= 0, "read of a page");
	if (got > 0)
		must(NEXT(pwrite)(to, octets, (size_t)got, (off_t)(page * PAGE))
				== got,
			"write of a page");
}

/* Called with the lock held: what the sync covers is what was written. */
static void cover(int fd, struct shadow *s)
{
	char path[PATH_MAX];
	struct stat st;
	uint64_t octet;
	int from, to, bit;

	if (s->is_dropped)
		return;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	from = NEXT(open)(path, O_RDONLY | O_CLOEXEC);
	must(from >= 0, path);
	inode_path(s->id, path);
	to = NEXT(open)(path, O_WRONLY | O_CLOEXEC);
	must(to >= 0 && fstat(from, &st) == 0, path);
	for (octet = 0; octet < s->dirty_octets; octet++)
		for (bit = 0; s->dirty[octet] != 0 && bit < 8; bit++)
			if (s->dirty[octet] & (1 << bit)) {
				copy_page(from, to, octet * 8 + (uint64_t)bit);
				s->dirty[octet] &= (uint8_t) ~(1 << bit);
			}
	must(NEXT(ftruncate)(to, st.st_size) == 0, "size of a shadow");
	NEXT(close)(from);
	NEXT(close)(to);
}

/* "" for the root itself; NULL outside of it. */
static const char *below_root(const char *path)
{
	size_t len = strlen(real_root);

	if (strncmp(path, real_root, len) != 0)
		return NULL;
	if (path[len] == '\0')
		return path + len;
	return path[len] == '/' ? path + len + 1 : NULL;
}

static void cover_name(const char *dir, const char *name, ino_t inode)
{
	struct shadow *s = find(inode);
	char from[PATH_MAX], to[PATH_MAX];
	struct stat a, b;

	if (s == NULL)
		s = remember(inode, name);
	inode_path(s->id, from);
	snprintf(to, sizeof to, "%.2000s/tree/%.1500s%s%.255s", shadow_root,
		dir, dir[0] != '\0' ? "/" : "", name);
	if (stat(to, &a) == 0 && stat(from, &b) == 0 && a.st_ino == b.st_ino)
		return;
	NEXT(unlink)(to);
	must(link(from, to) == 0, to);
}

static void drop_names(const char *dir, const char *real)
{
	char tree[PATH_MAX], path[PATH_MAX];
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(tree, sizeof tree, "%.2000s/tree/%.1500s", shadow_root, dir);
	d = opendir(tree);
	must(d != NULL, tree);
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%.3000s/%.255s", real, e->d_name);
		if (lstat(path, &st) == 0 || errno != ENOENT)
			continue;
		snprintf(path, sizeof path, "%.3800s/%.255s", tree, e->d_name);
		NEXT(unlink)(path);
	}
	closedir(d);
}

/* Called with the lock held. dir is relative to the root. */
static void cover_directory(const char *dir)
{
	char real[PATH_MAX], path[PATH_MAX];
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(real, sizeof real, "%.2000s/%.1500s", real_root, dir);
	d = opendir(real);
	must(d != NULL, real);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0
			|| is_left_out(e->d_name))
			continue;
		snprintf(path, sizeof path, "%.3800s/%.255s", real, e->d_name);
		if (lstat(path, &st) != 0)
			continue;
		if (S_ISREG(st.st_mode)) {
			cover_name(dir, e->d_name, st.st_ino);
		} else if (S_ISDIR(st.st_mode)) {
			snprintf(path, sizeof path,
				"%.2000s/tree/%.1500s%s%.255s", shadow_root,
				dir, dir[0] != '\0' ? "/" : "", e->d_name);
			must(mkdir(path, 0700) == 0 || errno == EEXIST, path);
		}
	}
	closedir(d);
	drop_names(dir, real);
}

/* What lies there when the process starts is durable. */
static void cover_all(const char *dir)
{
	char path[PATH_MAX], below[PATH_MAX];
	struct dirent *e;
	struct shadow *s;
	struct stat st;
	DIR *d;
	int fd;

	cover_directory(dir);
	snprintf(path, sizeof path, "%.2000s/%.1500s", real_root, dir);
	d = opendir(path);
	must(d != NULL, path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || is_left_out(e->d_name))
			continue;
		snprintf(below, sizeof below, "%.1500s%s%.255s", dir,
			dir[0] != '\0' ? "/" : "", e->d_name);
		snprintf(
			path, sizeof path, "%.2000s/%.1800s", real_root, below);
		must(lstat(path, &st) == 0, path);
		if (S_ISDIR(st.st_mode))
			cover_all(below);
		if (!S_ISREG(st.st_mode))
			continue;
		fd = NEXT(open)(path, O_RDONLY | O_CLOEXEC);
		s = find(st.st_ino);
		must(fd >= 0 && s != NULL, path);
		mark(s, 0, (uint64_t)st.st_size);
		s->is_dropped = false;
		cover(fd, s);
		s->is_dropped = drop_prefix != NULL
			&& strncmp(e->d_name, drop_prefix, strlen(drop_prefix))
				== 0;
		NEXT(close)(fd);
	}
	closedir(d);
}

__attribute__((constructor)) static void start(void)
{
	const char *dir = getenv("POWERCUT_DIR");
	const char *shadow = getenv("POWERCUT_SHADOW");
	char path[PATH_MAX];

	if (dir == NULL || shadow == NULL)
		return;
	must(realpath(dir, real_root) != NULL, dir);
	must(realpath(shadow, shadow_root) != NULL, shadow);
	drop_prefix = getenv("POWERCUT_DROP");
	snprintf(path, sizeof path, "%.3900s/inodes", shadow_root);
	must(mkdir(path, 0700) == 0, path);
	snprintf(path, sizeof path, "%.3900s/tree", shadow_root);
	must(mkdir(path, 0700) == 0, path);
	cover_all("");
	is_on = true;
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
	return below_root(out);
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
	if (below != NULL && fstat(fd, &st) == 0 && !is_left_out(path)) {
		open_directory[fd] = S_ISDIR(st.st_mode);
		if (S_ISREG(st.st_mode)) {
			open_file[fd] = find(st.st_ino);
			if (open_file[fd] == NULL)
				open_file[fd] =
					remember(st.st_ino, last_part(below));
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
	mark(s, (uint64_t)offset, (uint64_t)len);
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
		cover(fd, open_file[fd]);
	} else if (open_directory[fd]) {
		below = descriptor_path(fd, path);
		if (below != NULL)
			cover_directory(below);
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
	s = find(st.st_ino);
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
