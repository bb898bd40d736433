#include "ending.h"

#include "clock.h"
#include "inquiry.h"
#include "readable.h"
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PID_DIGITS = 20 };

/* How long the daemon may take to say who it is. */
#define ANSWER_NS (5 * NS_PER_S)

/* Of the process that serves, and of its parent where that keeps the mount. */
struct ending {
	int processes[2]; /* pidfds; -1 for none */
};

static int ask(const char *path, char *answer, size_t cap)
{
	ssize_t len = getxattr(path, "user.jes.pid", answer, cap);

	return len < 0 ? -errno : (int)len;
}

/* 0 for one that died. */
static int ask_pid(const char *mount_point, pid_t *out)
{
	char answer[PID_DIGITS];
	const struct inquiry q = { ask, mount_point,
		clock_monotonic_ns() + ANSWER_NS, answer, sizeof answer };
	uint64_t pid;
	int len = 0;
	int err = inquiry_put(&q, &len);

	if (err != 0)
		return err;
	if (len == -ENOTCONN || len == -ECONNABORTED) {
		*out = 0;
		return 0;
	}
	if (len <= 0 || text_to_number(answer, (size_t)len, INT_MAX, &pid) != 0)
		return -ESRCH;
	*out = (pid_t)pid;
	return 0;
}

/*
 * The number may be another process here, where the mount comes from another
 * PID namespace. A name can be read of any user's process, as a program's
 * path cannot without CAP_SYS_PTRACE.
 */
static bool is_daemon(pid_t pid)
{
	char path[64], name[32] = "";
	FILE *f;

	text_format(path, sizeof path, "/proc/%ld/comm", (long)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	if (fgets(name, sizeof name, f) == NULL)
		name[0] = '\0';
	fclose(f);
	return strcmp(name, "jesfs\n") == 0;
}

/* 0 where it cannot be read. */
static pid_t parent_of(pid_t pid)
{
	char path[64], line[256];
	long parent = 0;
	FILE *f;

	text_format(path, sizeof path, "/proc/%ld/status", (long)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, "PPid:", strlen("PPid:")) == 0)
			parent = strtol(line + strlen("PPid:"), NULL, 10);
	fclose(f);
	return (pid_t)parent;
}

/* A pidfd; -1 when it is gone, or another program. */
static int watch(pid_t pid)
{
	int process;

	if (pid <= 0)
		return -1;
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process >= 0 && !is_daemon(pid)) {
		close(process);
		process = -1;
	}
	return process;
}

int ending_watch(const char *mount_point, struct ending **out)
{
	struct ending *e;
	pid_t pid;
	int err = ask_pid(mount_point, &pid);

	if (err != 0)
		return err;
	if (pid == 0) {
		*out = NULL;
		return 0;
	}
	e = calloc(1, sizeof *e);
	if (e == NULL)
		return -ENOMEM;
	e->processes[1] = watch(parent_of(pid));
	e->processes[0] = watch(pid);
	if (e->processes[0] < 0) {
		ending_free(e);
		return -ESRCH;
	}
	*out = e;
	return 0;
}

bool ending_wait(struct ending *e, int64_t timeout_ns)
{
	int64_t deadline_ns = clock_monotonic_ns() + timeout_ns;
	int i;

	for (i = 0; e != NULL && i < 2; i++)
		if (e->processes[i] >= 0
			&& !readable_until(e->processes[i], deadline_ns))
			return false;
	return true;
}

void ending_free(struct ending *e)
{
	int i;

	for (i = 0; e != NULL && i < 2; i++)
		if (e->processes[i] >= 0)
			close(e->processes[i]);
	free(e);
}
