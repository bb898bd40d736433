/*
 * The program as a process: how it starts, tells what is wrong, and ends.
 */
#include "support_daemon.h"
#include "support_files.h"
#include "support_run.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_S = 120 };

static struct mount m;

/* Leaves a configuration that has mounted once. */
static void begin(void)
{
	mount_init(&m);
	m.mount_statements = "User root\n";
	mount_add_target(&m, NULL);
	mount_start(&m);
	said_init(&m);
	daemon_adopt();
}

static void finish(void)
{
	mount_fini(&m);
}

static int run_here(const char *before)
{
	char line[2 * PATH_MAX];

	text_format(line, sizeof line, "%s %s %s", before, m.conf, m.point);
	return program_run("jesfs", line);
}

/* The daemon, once its starting process has ended. */
static pid_t find_daemon(void)
{
	pid_t pid = daemon_find();

	ck_assert_int_gt(pid, 0);
	return pid;
}

static int end_daemon(pid_t pid)
{
	int status;

	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void put_mail(const char *name)
{
	char path[PATH_MAX];

	text_format(path, sizeof path, "%s/%s", m.drop, name);
	ck_assert_int_eq(file_puts(path,
				 "HELO A\nMAIL FROM:<o@a.example>\n"
				 "RCPT TO:<p@b.example>\nDATA\n\nx\n.\n"),
		0);
}

/* ---- start --------------------------------------------------------------- */

START_TEST(the_daemon_is_there_when_its_starter_ends)
{
	pid_t pid;
	char *printed;

	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_eq(run_here("-c"), 0);
	ck_assert(mount_is_there(m.point));
	put_mail("one");
	wait_for_mails(&m, 1);
	pid = find_daemon();
	ck_assert_int_eq(getsid(pid), pid);
	ck_assert_int_eq(
		shell("test \"$(readlink /proc/%d/cwd)\" = /", pid), 0);
	printed = file_text("%s", said);
	ck_assert_str_eq(printed, "");
	free(printed);
	ck_assert_int_eq(end_daemon(pid), 0);
	ck_assert(!mount_is_there(m.point));
}
END_TEST

START_TEST(it_starts_as_mount8_calls_it)
{
	char line[2 * PATH_MAX];

	ck_assert_int_eq(mount_stop(&m), 0);
	text_format(line, sizeof line,
		"%s %s -o rw,nosuid,nodev,noexec,noatime,noauto,user,_netdev,"
		"x-systemd.requires=network.target",
		m.conf, m.point);
	ck_assert_int_eq(program_run("jesfs", line), 0);
	ck_assert(mount_is_there(m.point));
	ck_assert_int_eq(shell("grep -q ' %s .*nosuid,nodev,noexec,noatime' "
			       "/proc/self/mountinfo",
				 m.point),
		0);
	ck_assert_int_eq(end_daemon(find_daemon()), 0);
}
END_TEST

START_TEST(a_spool_directory_is_made_with_its_parents)
{
	char conf[PATH_MAX], text[2 * PATH_MAX];

	ck_assert_int_eq(mount_stop(&m), 0);
	text_format(conf, sizeof conf, "%s/deep.conf", m.scratch);
	text_format(text, sizeof text,
		"SpoolDirectory %s/a/b//spool/\nWriterConfig "
		"%s/writers/*.conf\n",
		m.scratch, m.scratch);
	ck_assert_int_eq(file_puts(conf, text), 0);
	text_format(text, sizeof text, "-c %s %s", conf, m.point);
	ck_assert_int_eq(program_run("jesfs", text), 0);
	put_mail("deep");
	wait_for_mails(&m, 1);
	ck_assert_int_eq(end_daemon(find_daemon()), 0);
	ck_assert_int_eq(shell("test $(stat -c %%a %s/a/b) = 755 && "
			       "test $(stat -c %%a %s/a/b/spool) = 700",
				 m.scratch, m.scratch),
		0);
}
END_TEST

START_TEST(a_second_instance_is_told_of_the_first)
{
	char line[2 * PATH_MAX], other[PATH_MAX];

	text_format(other, sizeof other, "%s/other", m.scratch);
	ck_assert_int_eq(mkdir(other, 0755), 0);
	text_format(line, sizeof line, "-c %s %s", m.conf, other);
	ck_assert_int_eq(program_run("jesfs", line), 1);
	expect_said("JESF005E");
	expect_said("/spool");
	ck_assert(!mount_is_there(other));
	put_mail("first");
	wait_for_mails(&m, 1);
}
END_TEST

START_TEST(a_mount_that_a_crash_left_is_taken_over)
{
	ck_assert(WIFSIGNALED(mount_crash(&m)));
	ck_assert(mount_is_there(m.point));
	ck_assert_int_eq(run_here("-c"), 0);
	put_mail("after");
	wait_for_mails(&m, 1);
	ck_assert_int_eq(end_daemon(find_daemon()), 0);
	ck_assert(!mount_is_there(m.point));
}
END_TEST

START_TEST(a_wrong_mount_option_reaches_the_terminal)
{
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_eq(run_here("-o nonsense -c"), 2);
	expect_said("nonsense");
	ck_assert(!mount_is_there(m.point));
	ck_assert_int_eq(run_here("-f -o nonsense -c"), 2);
	expect_said("nonsense");
}
END_TEST

/* The first mail of two is deferred for a minute, the second delivered. */
START_TEST(a_cold_start_sends_from_the_first_mail)
{
	const char *const options[] = { "-x", "rcpt=450:1", NULL };
	char path[PATH_MAX], queue[PATH_MAX];
	size_t target = 0;

	mount_target_down(&m, target);
	mount_target_up(&m, target, options);
	text_format(path, sizeof path, "%s/two", m.drop);
	text_format(queue, sizeof queue, "%s/status/queue", m.point);
	ck_assert_int_eq(file_puts(path,
				 "HELO A\n"
				 "MAIL FROM:<o@a.example>\n"
				 "RCPT TO:<p@b.example>\nDATA\n\n1\n.\n"
				 "MAIL FROM:<o@a.example>\n"
				 "RCPT TO:<q@b.example>\nDATA\n\n2\n.\n"),
		0);
	wait_for_mails(&m, 1);
	wait_for_text(" waiting ", queue);
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_eq(run_here("--cold -c"), 0);
	wait_for_mails(&m, 3);
	ck_assert_int_eq(end_daemon(find_daemon()), 0);
	expect_said("JESF009W");
}
END_TEST

/* ---- end ----------------------------------------------------------------- */

START_TEST(a_file_still_open_gets_an_error_and_not_a_silent_loss)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	text_format(path, sizeof path, "%s/open", m.drop);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "HELO a\n", 7), 7);
	ck_assert_int_eq(mount_stop(&m), 0);
	n = write(fd, "MAIL FROM:<a@b>\n", 16);
	ck_assert_int_eq(n, -1);
	close(fd);
	/* What was written is kept for the operator, not sent. */
	mount_start(&m);
	ck_assert_int_eq(
		shell("grep -q ' held .*INCOMPLETE' %s/status/queue", m.point),
		0);
	ck_assert_uint_eq(mails_count(&m, 0), 0);
}
END_TEST

/* How the program started by mount_start() ended. */
static int wait_for_end(void)
{
	int status;

	ck_assert_int_eq(waitpid(m.daemon, &status, 0), m.daemon);
	m.daemon = 0;
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(sigint_ends_it_too)
{
	ck_assert_int_eq(kill(m.daemon, SIGINT), 0);
	ck_assert_int_eq(wait_for_end(), 0);
	ck_assert(!mount_is_there(m.point));
}
END_TEST

START_TEST(an_unmount_by_somebody_else_ends_it)
{
	ck_assert_int_eq(umount2(m.point, 0), 0);
	ck_assert_int_eq(wait_for_end(), 0);
}
END_TEST

START_TEST(sighup_does_not_end_it)
{
	ck_assert_int_eq(kill(m.daemon, SIGHUP), 0);
	wait_for_text("JESF008W", m.log);
	put_mail("after");
	wait_for_mails(&m, 1);
	ck_assert_int_eq(mount_stop(&m), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e_daemon");
	TCase *t = suite_case(s, "daemon", TEST_S, begin, finish);

	tcase_add_unchecked_fixture(t, daemon_adopt, daemon_end_all);
	tcase_add_test(t, the_daemon_is_there_when_its_starter_ends);
	tcase_add_test(t, it_starts_as_mount8_calls_it);
	tcase_add_test(t, a_spool_directory_is_made_with_its_parents);
	tcase_add_test(t, a_second_instance_is_told_of_the_first);
	tcase_add_test(t, a_mount_that_a_crash_left_is_taken_over);
	tcase_add_test(t, a_wrong_mount_option_reaches_the_terminal);
	tcase_add_test(t, a_cold_start_sends_from_the_first_mail);
	tcase_add_test(
		t, a_file_still_open_gets_an_error_and_not_a_silent_loss);
	tcase_add_test(t, sigint_ends_it_too);
	tcase_add_test(t, an_unmount_by_somebody_else_ends_it);
	tcase_add_test(t, sighup_does_not_end_it);
	return mount_main(s);
}
