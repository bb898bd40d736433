/*
 * make run: the first mail is seen, Ctrl-C ends it with status 0, and the
 * mount is gone.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_scratch.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_S = 120 };

#define READY "Both mails went through the mount at "

static char output[MOUNT_PATH_MAX];

/* Programs lie in build/VARIANT below the tree; commands run in the tree. */
static void begin(void)
{
	char scratch[MOUNT_PATH_MAX - 16];

	ck_assert_int_eq(chdir(program_folder()), 0);
	ck_assert_int_eq(chdir("../.."), 0);
	scratch_make(scratch, sizeof scratch);
	snprintf(output, sizeof output, "%s/output", scratch);
	unsetenv("MAKEFLAGS");
	unsetenv("MAKELEVEL");
	unsetenv("MFLAGS");
}

static void to_output(void)
{
	int fd = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
}

/* Starts make run in a session of its own, without a terminal. */
static pid_t start_make(bool ignores_interrupt)
{
	char variant[PATH_MAX + 16];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setsid();
	to_output();
	signal(SIGINT, ignores_interrupt ? SIG_IGN : SIG_DFL);
	snprintf(variant, sizeof variant, "BUILD=%s", program_folder());
	execlp("make", "make", "-s", "run", variant, NULL);
	_exit(127);
}

static pid_t start_script(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setsid();
	to_output();
	execl("tests/run", "run", program_folder(), NULL);
	_exit(127);
}

static int wait_for_exit(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* Returns where the mount was, once the first mails were seen. */
static void wait_until_ready(char mount[static MOUNT_PATH_MAX])
{
	char *text;

	wait_for_text("Ctrl-C unmounts", output);
	text = file_text("%s", output);
	ck_assert_ptr_nonnull(
		strstr(text, "Subject: a mail written as a file"));
	ck_assert_ptr_nonnull(strstr(text, "Subject: the second"));
	ck_assert_ptr_nonnull(strstr(text, "TARGET SERVER 127.0.0.1"));
	ck_assert_int_eq(
		sscanf(strstr(text, READY) + strlen(READY), "%511s", mount), 1);
	mount[strlen(mount) - 1] = '\0'; /* the full stop */
	free(text);
	ck_assert(mount_is_there(mount));
}

static void assert_ended_well(int status, const char *mount)
{
	char *text = file_text("%s", output);

	ck_assert_msg(
		WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "unmounted"));
	ck_assert(!mount_is_there(mount));
	ck_assert_int_ne(access(mount, F_OK), 0);
	free(text);
}

START_TEST(an_interrupt_ends_it_with_status_0)
{
	char mount[MOUNT_PATH_MAX];
	pid_t pid;

	ck_assert_int_eq(file_puts(output, ""), 0);
	pid = start_script();
	wait_until_ready(mount);
	ck_assert_int_eq(kill(-pid, SIGINT), 0);
	assert_ended_well(wait_for_exit(pid), mount);
}
END_TEST

/* As shells start what they put in the background. */
START_TEST(make_run_in_the_background_ends_with_status_0)
{
	char mount[MOUNT_PATH_MAX];
	pid_t pid;

	ck_assert_int_eq(file_puts(output, ""), 0);
	pid = start_make(true);
	wait_until_ready(mount);
	ck_assert_int_eq(kill(-pid, SIGINT), 0);
	assert_ended_well(wait_for_exit(pid), mount);
}
END_TEST

/* GNU make repeats the signal to itself, whatever its children did. */
START_TEST(a_make_that_is_interrupted_alone_unmounts)
{
	char mount[MOUNT_PATH_MAX];
	int status;
	pid_t pid;

	ck_assert_int_eq(file_puts(output, ""), 0);
	pid = start_make(false);
	wait_until_ready(mount);
	ck_assert_int_eq(kill(pid, SIGINT), 0);
	status = wait_for_exit(pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	ck_assert(!mount_is_there(mount));
	ck_assert_int_ne(access(mount, F_OK), 0);
}
END_TEST

/* Copies what the terminal shows until the other side is gone. */
static pid_t start_copier(int terminal)
{
	char octets[4096];
	pid_t pid = fork();
	ssize_t n;
	int fd;

	if (pid != 0)
		return pid;
	fd = open(output, O_WRONLY | O_APPEND);
	while ((n = read(terminal, octets, sizeof octets)) > 0)
		if (write(fd, octets, (size_t)n) != n)
			break;
	_exit(0);
}

START_TEST(control_c_at_a_terminal_ends_make_run_with_status_0)
{
	char mount[MOUNT_PATH_MAX], variant[PATH_MAX + 16];
	pid_t pid, copier;
	int terminal;

	ck_assert_int_eq(file_puts(output, ""), 0);
	snprintf(variant, sizeof variant, "BUILD=%s", program_folder());
	pid = forkpty(&terminal, NULL, NULL, NULL);
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execlp("make", "make", "-s", "run", variant, NULL);
		_exit(127);
	}
	copier = start_copier(terminal);
	wait_until_ready(mount);
	ck_assert_int_eq(write(terminal, "\003", 1), 1);
	assert_ended_well(wait_for_exit(pid), mount);
	wait_for_exit(copier);
}
END_TEST

/* ---- what is missing ---------------------------------------------------- */

START_TEST(without_root_it_says_so)
{
	char *text;

	/* The tree may lie where others cannot read. */
	ck_assert_int_eq(shell("cp tests/run %s.script", output), 0);
	ck_assert_int_eq(
		shell("chmod 755 %s.script; cd /; runuser -u nobody -- "
		      "%s.script --can-mount 2> %s",
			output, output, output),
		1);
	text = file_text("%s", output);
	ck_assert_ptr_nonnull(strstr(text, "root"));
	free(text);
}
END_TEST

START_TEST(without_dev_fuse_it_says_what_to_do)
{
	char *text;

	ck_assert_int_eq(shell("unshare --mount sh -c '"
			       "mount -t tmpfs none /dev; "
			       "tests/run --can-mount 2> %s'",
				 output),
		1);
	text = file_text("%s", output);
	ck_assert_ptr_nonnull(strstr(text, "/dev/fuse"));
	ck_assert_ptr_nonnull(
		strstr(text, "--device /dev/fuse --cap-add SYS_ADMIN"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e run");
	TCase *c = tcase_create("run");

	tcase_set_timeout(c, TEST_S);
	tcase_add_checked_fixture(c, begin, NULL);
	tcase_add_test(c, an_interrupt_ends_it_with_status_0);
	tcase_add_test(c, make_run_in_the_background_ends_with_status_0);
	tcase_add_test(c, a_make_that_is_interrupted_alone_unmounts);
	tcase_add_test(c, control_c_at_a_terminal_ends_make_run_with_status_0);
	tcase_add_test(c, without_root_it_says_so);
	tcase_add_test(c, without_dev_fuse_it_says_what_to_do);
	suite_add_tcase(s, c);
	return mount_main(s);
}
