#include "support_crash.h"

#include "support_crashmail.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { MAILS_MAX = 1000 };

static volatile sig_atomic_t is_told_to_stop;

static void stop(int sig)
{
	(void)sig;
	is_told_to_stop = 1;
}

static unsigned choose_mails(unsigned sequence)
{
	if (sequence % 997 == 50)
		return MAILS_MAX;
	if (sequence % 10 == 7)
		return 2 + sequence % 19;
	return 1;
}

/* A writer logs with one write, so that a line is there or not. */
static void note(int log, const char *line, int len)
{
	if (write(log, line, (size_t)len) != len)
		abort();
}

/* Writes in two pieces with a sync between them, now and then. */
static bool write_all(int fd, const struct crash_text *t, unsigned sequence)
{
	size_t half = sequence % 5 == 3 ? t->len / 2 : t->len;
	size_t done = 0;

	while (done < t->len) {
		size_t left = done < half ? half - done : t->len - done;
		ssize_t n = write(fd, t->octets + done, left);

		if (n <= 0)
			return false;
		done += (size_t)n;
		if (done == half && half < t->len && fsync(fd) != 0)
			return false;
	}
	return true;
}

static bool write_dataset(const char *drop_directory, int log, const char *name,
	unsigned sequence, struct crash_text *t)
{
	char path[512], job[16], line[128];
	ssize_t len;
	bool is_written;
	int fd;

	snprintf(path, sizeof path, "%s/%s", drop_directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	len = fgetxattr(fd, "user.jes.jobid", job, sizeof job - 1);
	if (len < 0) {
		close(fd); /* empty: it is purged */
		return false;
	}
	job[len] = '\0';
	note(log, line,
		snprintf(line, sizeof line, "open %s %s %u\n", name, job,
			choose_mails(sequence)));
	is_written = write_all(fd, t, sequence);
	if (close(fd) != 0 || !is_written)
		return false;
	note(log, line, snprintf(line, sizeof line, "done %s\n", name));
	return true;
}

static void run_writer(const char *drop_directory, int log, unsigned index)
{
	const struct timespec pause = { 0, 2000000 };
	char name[CRASH_NAME_MAX];
	struct crash_text t = { NULL, 0, 0 };
	unsigned sequence;

	for (sequence = 1; !is_told_to_stop; sequence++) {
		snprintf(name, sizeof name, "%c%us%u",
			sequence % 499 == 30 ? 'L' : 'w', index, sequence);
		t.len = 0;
		crash_put_dataset(&t, name, choose_mails(sequence));
		/* While the mount is away there is nothing to write to. */
		if (!write_dataset(drop_directory, log, name, sequence, &t))
			nanosleep(&pause, NULL);
	}
	free(t.octets);
}

pid_t crash_writer_start(
	const char *drop_directory, const char *writer_log, unsigned index)
{
	struct sigaction action = { .sa_handler = stop };
	pid_t parent = getpid();
	pid_t pid = fork();
	int log;

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	sigaction(SIGTERM, &action, NULL);
	log = open(writer_log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		_exit(1);
	run_writer(drop_directory, log, index);
	_exit(0);
}
