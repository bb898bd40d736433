#include "ending.h"

#include "bounded.h"
#include "clock.h"
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PID_DIGITS = 20 };

/* How long the daemon may take to say who it is. */
#define ANSWER_NS (5 * NS_PER_S)

struct ending {
	int process; /* pidfd */
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
 * PID namespace.
 */
static bool is_daemon(pid_t pid)
{
	char path[64], program[PATH_MAX];
	const char *name;
	ssize_t len;

	text_format(path, sizeof path, "/proc/%ld/exe", (long)pid);
	len = readlink(path, program, sizeof program - 1);
	if (len <= 0)
		return false;
	program[len] = '\0';
	name = strrchr(program, '/');
	return name != NULL && strncmp(name, "/jesfs", strlen("/jesfs")) == 0;
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
	e->process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (e->process < 0 || !is_daemon(pid)) {
		ending_free(e);
		return -ESRCH;
	}
	*out = e;
	return 0;
}

bool ending_wait(struct ending *e, int64_t timeout_ns)
{
	struct pollfd process = { .events = POLLIN };
	int64_t deadline_ns = clock_monotonic_ns() + timeout_ns;
	int64_t left_ns;
	int n;

	if (e == NULL)
		return true;
	process.fd = e->process;
	for (;;) {
		left_ns = deadline_ns - clock_monotonic_ns();
		if (left_ns <= 0)
			return false;
		n = poll(&process, 1, (int)(left_ns / NS_PER_MS) + 1);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

void ending_free(struct ending *e)
{
	if (e == NULL)
		return;
	if (e->process >= 0)
		close(e->process);
	free(e);
}
