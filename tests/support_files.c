#include "support_files.h"

#include "clock.h"
#include "support_mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	COMMAND_MAX = 8192,
	FILE_FIRST = 65536,
	PATIENCE_S = 100, /* the longest that is waited for takes a minute */
	POLL_MS = 5,
};

int file_put(const char *path, const void *octets, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t done = 0;
	int err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (err == 0 && done < len) {
		n = write(fd, (const char *)octets + done, len - done);
		if (n < 0)
			err = -errno;
		else
			done += (size_t)n;
	}
	if (close(fd) != 0 && err == 0)
		err = -errno;
	return err;
}

int file_puts(const char *path, const char *text)
{
	return file_put(path, text, strlen(text));
}

static void grow(char **octets, size_t *cap)
{
	char *grown = realloc(*octets, *cap * 2);

	ck_assert_ptr_nonnull(grown);
	*octets = grown;
	*cap *= 2;
}

char *file_get(const char *path, size_t *len)
{
	size_t cap = FILE_FIRST;
	char *octets = malloc(cap);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	*len = 0;
	while ((n = read(fd, octets + *len, cap - *len - 1)) > 0) {
		*len += (size_t)n;
		if (cap - *len < 2)
			grow(&octets, &cap);
	}
	ck_assert_msg(n == 0, "%s: %s", path, strerror(errno));
	close(fd);
	octets[*len] = '\0';
	return octets;
}

char *file_text(const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(path, sizeof path, format, args);
	va_end(args);
	return file_get(path, &len);
}

int shell(const char *format, ...)
{
	char command[COMMAND_MAX];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	/* The commands are the tests' own. */
	status =
		system(command); /* NOLINT(bugprone-command-processor,cert-*) */
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/*
 * Programs lie beside the test, so that each variant tests its own. Asked
 * once: in a chroot the answer is no path any more when the test has entered
 * another mount namespace.
 */
const char *program_folder(void)
{
	static char folder[PATH_MAX - 64];
	ssize_t len;

	if (folder[0] != '\0')
		return folder;
	len = readlink("/proc/self/exe", folder, sizeof folder - 1);
	ck_assert(len > 0);
	folder[len] = '\0';
	*strrchr(folder, '/') = '\0';
	return folder;
}

void program_path(const char *name, char path[static PATH_MAX])
{
	sprintf(path, "%s/%.32s", program_folder(), name);
}

/* Sanitizers make everything slower, and say so to Check in this variable. */
static int64_t patience_ns(void)
{
	const char *scale = getenv("CK_TIMEOUT_MULTIPLIER");
	int64_t times = scale != NULL ? atoi(scale) : 1;

	return (times > 0 ? times : 1) * PATIENCE_S * NS_PER_S;
}

void wait_until(
	bool (*holds)(const void *arg), const void *arg, const char *what)
{
	const struct timespec span = { 0, POLL_MS * NS_PER_MS };
	int64_t deadline_ns = clock_monotonic_ns() + patience_ns();

	while (!holds(arg)) {
		ck_assert_msg(clock_monotonic_ns() < deadline_ns,
			"waited in vain: %s", what);
		nanosleep(&span, NULL);
	}
}

bool text_is_in(const char *needle, const char *path)
{
	char *text = file_text("%s", path);
	bool is_in = strstr(text, needle) != NULL;

	free(text);
	return is_in;
}

struct awaited_text {
	const char *needle, *path;
};

static bool awaited_text_is_in(const void *arg)
{
	const struct awaited_text *a = arg;

	return text_is_in(a->needle, a->path);
}

void wait_for_text(const char *needle, const char *path)
{
	struct awaited_text a = { needle, path };

	wait_until(awaited_text_is_in, &a, needle);
}

static bool is_mail(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && strcmp(dot, ".mail") == 0;
}

size_t mails_count(const struct mount *m, size_t target)
{
	DIR *d = opendir(m->targets[target].directory);
	struct dirent *e;
	size_t count = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		count += is_mail(e->d_name) ? 1 : 0;
	closedir(d);
	return count;
}

struct awaited_mails {
	const struct mount *m;
	size_t count;
};

static bool awaited_mails_are_there(const void *arg)
{
	const struct awaited_mails *a = arg;
	size_t i, count = 0;

	for (i = 0; i < a->m->target_count; i++)
		count += mails_count(a->m, i);
	return count >= a->count;
}

void wait_for_mails(const struct mount *m, size_t count)
{
	struct awaited_mails a = { m, count };

	wait_until(awaited_mails_are_there, &a, "mails at the targets");
}

char *mail_get(const struct mount *m, size_t target, size_t n, size_t *len)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%06zu.mail",
		m->targets[target].directory, n);
	return file_get(path, len);
}

char *envelope_get(const struct mount *m, size_t target, size_t n)
{
	return file_text("%s/%06zu.env", m->targets[target].directory, n);
}
