/*
 * bench_probe - how long one mail takes on an idle system.
 *
 *	bench_probe COUNT GAP_MS FILE DIRECTORY
 *	bench_probe COUNT GAP_MS FILE COMMAND ARGUMENT...
 *
 * Hands over a mail COUNT times: FILE written into DIRECTORY, or COMMAND
 * started with FILE as its standard input. After each one waits on standard
 * input for the counters of smtp-sink -c to go up, then GAP_MS for the
 * system to come to rest. Prints p50 and p99 of the time from close
 * returning, or from the command having ended, to the count. Exit status 0
 * when every mail arrived.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PROBE_FILE_MAX = 1 << 20,
	PROBE_COUNTERS_MAX = 4096,
	PROBE_DEADLINE_MS = 30000
};

extern char **environ;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The bytes are read before the clock starts to matter. */
static void write_file(const char *directory, const char *path, int number)
{
	static char bytes[PROBE_FILE_MAX];
	char name[4096];
	ssize_t length;
	int fd;

	fd = open(path, O_RDONLY);
	length = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
	if (length <= 0)
		err(1, "%s", path);
	close(fd);

	snprintf(name, sizeof name, "%s/probe-%d-%d", directory, (int)getpid(),
		number);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		err(1, "%s", name);
	if (write(fd, bytes, (size_t)length) != length)
		err(1, "%s", name);
	if (close(fd) != 0)
		err(1, "%s", name);
}

static void run_command(char **args, const char *input)
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
	status = posix_spawnp(&pid, args[0], &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0)
		errx(1, "%s: %s", args[0], strerror(status));
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		errx(1, "%s failed", args[0]);
}

/*
 * Reads what the sink has printed so far and returns the mails it counts.
 * Each update is written at once and far shorter than a pipe's buffer, so
 * none is ever split over two reads.
 */
static long counted_mails(void)
{
	char counters[PROBE_COUNTERS_MAX + 1], *last = NULL;
	ssize_t length;

	length = read(STDIN_FILENO, counters, PROBE_COUNTERS_MAX);
	if (length <= 0)
		errx(1, "the sink is gone");
	counters[length] = '\0';
	for (char *at = counters; (at = strstr(at, "mesg=")) != NULL; at++)
		last = at;
	if (last == NULL)
		errx(1, "not the counters of smtp-sink: %s", counters);
	return strtol(last + strlen("mesg="), NULL, 10);
}

static void wait_for_mail(long *seen)
{
	struct pollfd sink = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t deadline = now_ns() + PROBE_DEADLINE_MS * INT64_C(1000000);
	long before = *seen;

	while (*seen <= before) {
		if (now_ns() > deadline)
			errx(1, "no mail arrived");
		if (poll(&sink, 1, PROBE_DEADLINE_MS) > 0)
			*seen = counted_mails();
	}
}

static int by_time(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static double percentile_ms(const int64_t *took_ns, int count, int percent)
{
	int at = (count - 1) * percent / 100;

	return (double)took_ns[at] / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec gap;
	int64_t *took_ns, handed_over;
	long seen = 0;
	int count, gap_ms;

	if (argc < 5)
		errx(2, "usage: bench_probe COUNT GAP_MS FILE DIRECTORY");
	count = atoi(argv[1]);
	gap_ms = atoi(argv[2]);
	gap.tv_sec = gap_ms / 1000;
	gap.tv_nsec = gap_ms % 1000 * 1000000L;
	took_ns = calloc((size_t)count, sizeof *took_ns);
	if (took_ns == NULL)
		err(1, "calloc");

	for (int i = 0; i < count; i++) {
		if (argc == 5)
			write_file(argv[4], argv[3], i);
		else
			run_command(argv + 4, argv[3]);
		handed_over = now_ns();
		wait_for_mail(&seen);
		took_ns[i] = now_ns() - handed_over;
		nanosleep(&gap, NULL);
	}

	qsort(took_ns, (size_t)count, sizeof *took_ns, by_time);
	printf("%.3f %.3f\n", percentile_ms(took_ns, count, 50),
		percentile_ms(took_ns, count, 99));
	free(took_ns);
	return 0;
}
