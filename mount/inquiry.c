#include "inquiry.h"

#include "readable.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Who reads what our parent prints is not to wait for its end, nor is a lock
 * of its to live on.
 */
static void keep_only(int link)
{
	if (dup2(link, STDIN_FILENO) < 0)
		_exit(EXIT_FAILURE);
	closefrom(STDIN_FILENO + 1);
}

static _Noreturn void be_child(const struct inquiry *q, int link)
{
	char answer[PATH_MAX];
	int result;
	struct iovec octets[] = {
		{ &result, sizeof result },
		{ answer, 0 },
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	keep_only(link);
	result = q->ask(q->path, answer, q->cap);
	if (result > 0)
		octets[1].iov_len = (size_t)result;
	_exit(writev(STDIN_FILENO, octets, 2) < 0);
}

/* A child that died has said nothing. */
static int read_reply(const struct inquiry *q, int link, int *result)
{
	int got = 0;
	struct iovec octets[] = {
		{ &got, sizeof got },
		{ q->answer, q->cap },
	};
	ssize_t n = readv(link, octets, 2);

	if (n < 0)
		return -errno;
	if ((size_t)n != sizeof got + (size_t)(got > 0 ? got : 0))
		return -ECHILD;
	*result = got;
	return 0;
}

/* Kills it, for a request that was not taken yet; else it may not end. */
static void leave_behind(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, WNOHANG);
}

static void see_end(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

int inquiry_put(const struct inquiry *q, int *result)
{
	int ends[2];
	int err = -ETIMEDOUT;
	pid_t child;

	if (q->cap > PATH_MAX)
		return -EINVAL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	child = fork();
	if (child == 0)
		be_child(q, ends[1]);
	if (child < 0)
		err = -errno;
	close(ends[1]);
	if (child > 0 && readable_until(ends[0], q->deadline_ns)) {
		err = read_reply(q, ends[0], result);
		see_end(child);
	} else if (child > 0) {
		leave_behind(child);
	}
	close(ends[0]);
	return err;
}

/* ---- the real path ------------------------------------------------------- */

static int ask_real_path(const char *path, char *answer, size_t cap)
{
	if (cap < PATH_MAX)
		return -ERANGE;
	if (realpath(path, answer) == NULL)
		return -errno;
	return (int)strlen(answer) + 1;
}

int inquiry_real_path(
	const char *path, int64_t deadline_ns, char out[static PATH_MAX])
{
	char bare[PATH_MAX], real[PATH_MAX];
	const struct inquiry q = { ask_real_path, bare, deadline_ns, real,
		sizeof real };
	int result = 0;
	int err;
	size_t len;

	if (!text_copy(bare, sizeof bare, path))
		return -ENAMETOOLONG;
	for (len = strlen(bare); len > 1 && bare[len - 1] == '/'; len--)
		bare[len - 1] = '\0';
	err = inquiry_put(&q, &result);
	if (err == 0 && result < 0)
		err = result;
	if (err == 0)
		memcpy(out, real, (size_t)result);
	return err;
}
