/*
 * bench_spawn - one process per mail, several at a time.
 *
 *	bench_spawn JOBS COUNT INPUT COMMAND [ARGUMENT...]
 *
 * Starts COMMAND COUNT times with INPUT as its standard input, never more
 * than JOBS at once. "{}" at the end of an argument becomes the number of
 * the run. Exit status 0 when every one ended with 0, 1 otherwise.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPAWN_ARGS_MAX = 32, SPAWN_ARG_MAX = 512 };

extern char **environ;

/* The arguments of one run: the numbered ones are written into room. */
static void number_args(char **args, int count, int number, char **out,
	char room[SPAWN_ARGS_MAX][SPAWN_ARG_MAX])
{
	size_t len;

	for (int i = 0; i < count; i++) {
		len = strlen(args[i]);
		out[i] = args[i];
		if (len < 2 || strcmp(args[i] + len - 2, "{}") != 0)
			continue;
		snprintf(room[i], SPAWN_ARG_MAX, "%.*s%d", (int)len - 2,
			args[i], number);
		out[i] = room[i];
	}
	out[count] = NULL;
}

static void start_one(char **args, int count, int number, const char *input)
{
	char room[SPAWN_ARGS_MAX][SPAWN_ARG_MAX];
	char *numbered[SPAWN_ARGS_MAX + 1];
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;

	number_args(args, count, number, numbered, room);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
	status = posix_spawnp(
		&pid, numbered[0], &actions, NULL, numbered, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0)
		errx(1, "%s: %s", numbered[0], strerror(status));
}

static void wait_for_one(void)
{
	int status;

	while (waitpid(-1, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "a run failed: status %#x", (unsigned)status);
}

int main(int argc, char **argv)
{
	int jobs, count;

	if (argc < 5 || argc - 4 > SPAWN_ARGS_MAX)
		errx(2, "usage: bench_spawn JOBS COUNT INPUT COMMAND [ARG...]");
	jobs = atoi(argv[1]);
	count = atoi(argv[2]);

	for (int number = 0; number < count; number++) {
		if (number >= jobs)
			wait_for_one();
		start_one(argv + 4, argc - 4, number, argv[3]);
	}
	for (int running = count < jobs ? count : jobs; running > 0; running--)
		wait_for_one();
	return 0;
}
