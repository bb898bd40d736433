#include "ending.h"

#include "bounded.h"
#include "clock.h"
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
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

struct question {
	char path[PATH_MAX];
	char answer[PID_DIGITS + 1];
	ssize_t len; /* of the answer, or -errno */
};

static void ask(void *question)
{
	struct question *q = question;

	q->len = getxattr(
		q->path, "user.jes.pid", q->answer, sizeof q->answer - 1);
	if (q->len < 0)
		q->len = -errno;
}

static int read_answer(const struct question *q, pid_t *out)
{
	uint64_t pid;

	if (q->len == -ENOTCONN || q->len == -ECONNABORTED) {
		*out = 0;
		return 0;
	}
	if (q->len <= 0
		|| text_to_number(q->answer, (size_t)q->len, INT_MAX, &pid)
			!= 0)
		return -ESRCH;
	*out = (pid_t)pid;
	return 0;
}

/*
 * 0 for one that died. What has no answer yet stays with the thread that
 * waits for it.
 */
static int ask_pid(const char *mount_point, pid_t *out)
{
	struct question *q = calloc(1, sizeof *q);
	int err;

	if (q == NULL)
		return -ENOMEM;
	text_copy(q->path, sizeof q->path, mount_point);
	if (!bounded_run(ask, q, clock_monotonic_ns() + ANSWER_NS))
		return -ETIMEDOUT;
	err = read_answer(q, out);
	free(q);
	return err;
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

static bool wait_for(int process, int64_t deadline_ns)
{
	struct pollfd event = { .fd = process, .events = POLLIN };
	int64_t left_ns;
	int n;

	for (;;) {
		left_ns = deadline_ns - clock_monotonic_ns();
		if (left_ns <= 0)
			return false;
		n = poll(&event, 1, (int)(left_ns / NS_PER_MS) + 1);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

bool ending_wait(struct ending *e, int64_t timeout_ns)
{
	int64_t deadline_ns = clock_monotonic_ns() + timeout_ns;
	int i;

	for (i = 0; e != NULL && i < 2; i++)
		if (e->processes[i] >= 0
			&& !wait_for(e->processes[i], deadline_ns))
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
