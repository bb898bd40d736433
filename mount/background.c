#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int child_status(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/* A child that ends closes its end of the pipe without a word. */
static _Noreturn void wait_for_word(int word, pid_t child)
{
	char c;
	ssize_t n;

	do {
		n = read(word, &c, 1);
	} while (n < 0 && errno == EINTR);
	_exit(n == 1 ? EXIT_SUCCESS : child_status(child));
}

int background_enter(int *ready)
{
	int ends[2];
	pid_t child;
	int err;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	child = fork();
	if (child < 0) {
		err = -errno;
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (child > 0) {
		close(ends[1]);
		wait_for_word(ends[0], child);
	}
	close(ends[0]);
	setsid();
	if (chdir("/") != 0)
		return -errno;
	*ready = ends[1];
	return 0;
}

void background_leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd;

	for (fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

void background_tell(int ready)
{
	ssize_t n;

	do {
		n = write(ready, "", 1);
	} while (n < 0 && errno == EINTR);
	close(ready);
}
