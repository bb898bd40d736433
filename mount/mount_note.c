#include "mount_note.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER "/sbin/umount.fuse.jesfs"

/* The table is libmount's own affair, so its programs write it. */
static char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };

/* Runs a program without a word of it; returns 0; -EIO; -errno. */
static int run(const char *program, char *const arguments[])
{
	posix_spawn_file_actions_t quiet;
	int status, err;
	pid_t pid;

	if (posix_spawn_file_actions_init(&quiet) != 0)
		return -ENOMEM;
	err = -posix_spawn_file_actions_addopen(
		&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (err == 0)
		err = -posix_spawn(
			&pid, program, &quiet, NULL, arguments, environment);
	posix_spawn_file_actions_destroy(&quiet);
	if (err != 0)
		return err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int mount_note_set(const char *source, const char *point)
{
	char *const forget[] = { (char *)"umount", (char *)"--fake",
		(char *)"--internal-only", (char *)"--no-canonicalize",
		(char *)"--", (char *)point, NULL };
	char *const note[] = { (char *)"mount", (char *)"--fake",
		(char *)"--internal-only", (char *)"--no-canonicalize",
		(char *)"-t", (char *)"fuse.jesfs", (char *)"-o",
		(char *)"helper=fuse.jesfs", (char *)"--", (char *)source,
		(char *)point, NULL };
	int err;

	if (access(HELPER, X_OK) != 0)
		return 0;
	/* There need not be one. */
	err = run("/bin/umount", forget);
	if (err == 0 || err == -EIO)
		err = run("/bin/mount", note);
	return err;
}
