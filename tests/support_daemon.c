#include "support_daemon.h"

#include "support_files.h"
#include "text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

char said[PATH_MAX];

void said_init(const struct mount *m)
{
	text_format(said, sizeof said, "%s/said", m->scratch);
}

void expect_said(const char *needle)
{
	char *text = file_text("%s", said);

	ck_assert_msg(strstr(text, needle) != NULL, "expected \"%s\" in: %s",
		needle, text);
	free(text);
}

int program_run(const char *program, const char *arguments)
{
	return shell("%s/%s %s >%s 2>&1", program_folder(), program, arguments,
		said);
}

void daemon_adopt(void)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

pid_t daemon_find(void)
{
	char path[64], comm[32];
	char *children = file_text("/proc/self/task/%d/children", getpid());
	char *rest = children;
	long pid;
	FILE *f;

	while ((pid = strtol(rest, &rest, 10)) > 0) {
		snprintf(path, sizeof path, "/proc/%ld/comm", pid);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fgets(comm, sizeof comm, f) == NULL)
			comm[0] = '\0';
		fclose(f);
		if (strcmp(comm, "jesfs\n") == 0)
			break;
	}
	free(children);
	return (pid_t)pid;
}

void daemon_end_all(void)
{
	pid_t pid;

	while ((pid = daemon_find()) > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

void daemon_expect_ended(pid_t pid, const struct mount *m)
{
	int status;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, WNOHANG), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert(!mount_is_there(m->point));
}
