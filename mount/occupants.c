#include "occupants.h"

#include "mount_table.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct search {
	const char *mount_point;
	bool (*each)(void *arg, const struct occupant *o);
	void *arg;
	struct occupant found;
	int process; /* directory of the process in /proc */
};

/* Returns false when the caller has seen enough. */
static bool tell(struct search *s, const char *how, const char *path)
{
	if (!mount_table_is_within(path, s->mount_point))
		return true;
	s->found.how = how;
	text_copy(s->found.path, sizeof s->found.path, path);
	return s->each(s->arg, &s->found);
}

/* A link whose process is gone, or that we may not read, says nothing. */
static bool look_at_link(
	struct search *s, int directory, const char *name, const char *how)
{
	char path[PATH_MAX];
	ssize_t len = readlinkat(directory, name, path, sizeof path - 1);

	if (len < 0)
		return true;
	path[len] = '\0';
	return tell(s, how, path);
}

static DIR *open_list(int above, const char *name)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (d == NULL && fd >= 0)
		close(fd);
	return d;
}

static bool look_at_files(struct search *s)
{
	DIR *d = open_list(s->process, "fd");
	struct dirent *e;
	bool goes_on = true;

	if (d == NULL)
		return true;
	while (goes_on && (e = readdir(d)) != NULL)
		goes_on = look_at_link(s, dirfd(d), e->d_name, "open file");
	closedir(d);
	return goes_on;
}

/* "from-to flags offset device inode   path"; one file has several lines. */
static bool look_at_maps(struct search *s)
{
	int fd = openat(s->process, "maps", O_RDONLY | O_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	char last[PATH_MAX] = "";
	char *line = NULL;
	char *path;
	size_t cap = 0;
	bool goes_on = true;

	if (f == NULL) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	while (goes_on && getline(&line, &cap, f) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		path = strchr(line, '/');
		if (path == NULL || strcmp(path, last) == 0)
			continue;
		text_copy(last, sizeof last, path);
		goes_on = tell(s, "mapped file", path);
	}
	free(line);
	fclose(f);
	return goes_on;
}

static void read_name(struct search *s)
{
	int fd = openat(s->process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, s->found.name, sizeof s->found.name - 1);
		close(fd);
	}
	/* A line end closes it; a process may have more in its name. */
	s->found.name[n > 0 ? n - 1 : 0] = '\0';
}

static bool look_at_process(struct search *s)
{
	struct stat st;

	if (fstat(s->process, &st) != 0)
		return true;
	s->found.uid = st.st_uid;
	read_name(s);
	return look_at_link(s, s->process, "cwd", "working directory")
		&& look_at_link(s, s->process, "root", "root directory")
		&& look_at_link(s, s->process, "exe", "program")
		&& look_at_files(s) && look_at_maps(s);
}

static bool look_at(struct search *s, int proc, const char *pid)
{
	bool goes_on;

	s->process = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->process < 0)
		return true;
	s->found.pid = (pid_t)strtol(pid, NULL, 10);
	goes_on = look_at_process(s);
	close(s->process);
	return goes_on;
}

int occupants_each(const char *mount_point,
	bool (*each)(void *arg, const struct occupant *o), void *arg)
{
	struct search *s = calloc(1, sizeof *s);
	DIR *d = open_list(AT_FDCWD, "/proc");
	struct dirent *e;
	bool goes_on = true;
	int err = 0;

	if (s == NULL || d == NULL)
		err = s == NULL ? -ENOMEM : -errno;
	if (err == 0) {
		s->mount_point = mount_point;
		s->each = each;
		s->arg = arg;
	}
	while (err == 0 && goes_on && (e = readdir(d)) != NULL)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			goes_on = look_at(s, dirfd(d), e->d_name);
	if (d != NULL)
		closedir(d);
	free(s);
	return err;
}
