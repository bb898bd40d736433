#undef _FILE_OFFSET_BITS /* both names of each call are given here */
#include "powercut_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILES_MAX = 16384,
	PAGE = 4096,
};

static struct shadow files[FILES_MAX];
static uint32_t last_id;
static char real_root[PATH_MAX];
static char shadow_root[PATH_MAX];
static const char *drop_prefix;

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "powercut: %s: %s\n", what, strerror(errno));
	abort();
}

#define must(ok, what) ((ok) ? (void)0 : give_up(what))

bool powercut_leaves_out(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, "-shm") == 0;
}

static void inode_path(uint32_t id, char out[static PATH_MAX])
{
	snprintf(out, PATH_MAX, "%.3900s/inodes/%u", shadow_root, id);
}

struct shadow *powercut_find(ino_t inode)
{
	size_t i;

	for (i = 0; i < FILES_MAX; i++)
		if (files[i].id != 0 && files[i].inode == inode)
			return &files[i];
	return NULL;
}

struct shadow *powercut_remember(ino_t inode, const char *name)
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

void powercut_wrote(struct shadow *s, uint64_t offset, uint64_t len)
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

void powercut_synced(int fd, struct shadow *s)
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

const char *powercut_below(const char *path)
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
	struct shadow *s = powercut_find(inode);
	char from[PATH_MAX], to[PATH_MAX];
	struct stat a, b;

	if (s == NULL)
		s = powercut_remember(inode, name);
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

void powercut_synced_directory(const char *dir)
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
			|| powercut_leaves_out(e->d_name))
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

	powercut_synced_directory(dir);
	snprintf(path, sizeof path, "%.2000s/%.1500s", real_root, dir);
	d = opendir(path);
	must(d != NULL, path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || powercut_leaves_out(e->d_name))
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
		s = powercut_find(st.st_ino);
		must(fd >= 0 && s != NULL, path);
		powercut_wrote(s, 0, (uint64_t)st.st_size);
		s->is_dropped = false;
		powercut_synced(fd, s);
		s->is_dropped = drop_prefix != NULL
			&& strncmp(e->d_name, drop_prefix, strlen(drop_prefix))
				== 0;
		NEXT(close)(fd);
	}
	closedir(d);
}

void powercut_forget(struct shadow *s)
{
	free(s->dirty);
	memset(s, 0, sizeof *s);
}

void powercut_begin(const char *dir, const char *shadow, const char *prefix)
{
	char path[PATH_MAX];

	must(realpath(dir, real_root) != NULL, dir);
	must(realpath(shadow, shadow_root) != NULL, shadow);
	drop_prefix = prefix;
	snprintf(path, sizeof path, "%.3900s/inodes", shadow_root);
	must(mkdir(path, 0700) == 0, path);
	snprintf(path, sizeof path, "%.3900s/tree", shadow_root);
	must(mkdir(path, 0700) == 0, path);
	cover_all("");
}
