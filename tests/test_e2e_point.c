/*
 * The mount point of a running program: what it takes while nothing is
 * mounted, who may mount there, and how it is unmounted.
 */
#include "support_daemon.h"
#include "support_files.h"
#include "support_run.h"
#include "support_silent.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TEST_S = 120,
	WAITING = 32, /* who waits for a daemon */
};

static struct mount m;

static void begin(void)
{
	mount_init(&m);
	said_init(&m);
	mount_add_target(&m, NULL);
}

static void finish(void)
{
	mount_fini(&m);
}

/* Moves the mount point into a file system that is mounted at scratch/disk. */
static void move_point(void)
{
	char point[MOUNT_PATH_MAX];

	text_format(point, sizeof point, "%.400s/disk/mnt", m.scratch);
	memcpy(m.point, point, sizeof point);
	ck_assert_int_eq(mkdir(m.point, 0755), 0);
	text_format(m.drop, sizeof m.drop, "%.400s/spool/MAIL", point);
}

static void make_disk(const char *how)
{
	ck_assert_int_eq(shell("mkdir %s/disk && cd %s && %s", m.scratch,
				 m.scratch, how),
		0);
	move_point();
}

static int unprotect(void)
{
	char line[2 * MOUNT_PATH_MAX];

	text_format(line, sizeof line, "--unprotect %s", m.point);
	return program_run("jesfs", line);
}

/* What root gets who writes into the mount point. */
static int write_there(void)
{
	char path[MOUNT_PATH_MAX + 8];

	text_format(path, sizeof path, "%s/mail", m.point);
	return file_puts(path, "HELO A\n");
}

/* And had when the last command returned. */
static void expect_ended(void)
{
	daemon_expect_ended(m.daemon, &m);
	m.daemon = 0;
}

/* ---- while nothing is mounted -------------------------------------------- */

/* Through a stop, a kill and a start, until it is unprotected. */
static void expect_nothing_lost(int refusal, const char *id)
{
	mount_start(&m);
	wait_for_text(id, m.log);
	ck_assert_int_eq(unprotect(), 1);
	expect_said("mounted there");
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_eq(write_there(), refusal);

	mount_start(&m);
	ck_assert(WIFSIGNALED(mount_crash(&m)));
	ck_assert_int_eq(write_there(), -ENOTCONN);
	mount_start(&m);
	wait_for_text("JESF056W", m.log);
	ck_assert_int_eq(mount_put_mail(&m, "after"), 0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_eq(write_there(), refusal);

	ck_assert_int_eq(unprotect(), 0);
	expect_said("no longer protected");
	ck_assert_int_eq(write_there(), 0);
	ck_assert_int_eq(unprotect(), 0);
	expect_said("was not protected");
	/* Now it could be mail. */
	ck_assert_int_eq(mount_start_fails(&m), 1);
	wait_for_text("nonempty", m.log);
}

START_TEST(on_ext4_a_bare_mount_point_takes_no_mail)
{
	if (access("/dev/loop-control", R_OK | W_OK) != 0)
		return;
	make_disk("truncate -s 8M img && mkfs.ext4 -q img && "
		  "mount -o loop img disk");
	if (shell("chattr +i %s && chattr -i %s", m.point, m.point) != 0)
		return; /* a container without CAP_LINUX_IMMUTABLE */
	expect_nothing_lost(-EPERM, "JESF057I");
}
END_TEST

START_TEST(on_ramfs_a_bare_mount_point_takes_no_mail)
{
	make_disk("mount -t ramfs ramfs disk");
	expect_nothing_lost(-EROFS, "JESF058I");
}
END_TEST

START_TEST(unprotect_without_a_directory_is_2)
{
	ck_assert_int_eq(program_run("jesfs", "--unprotect"), 2);
	ck_assert_int_eq(program_run("jesfs", "--unprotect / x"), 2);
	ck_assert_int_eq(program_run("jesfs", "--unprotect /none/there"), 1);
	expect_said("/none/there: No such file");
	ck_assert_int_eq(shell("setpriv --reuid 65534 --clear-groups %s/jesfs "
			       "--unprotect / >%s 2>&1",
				 program_folder(), said),
		1);
	expect_said("root");
}
END_TEST

/* ---- one mount, two mounts ----------------------------------------------- */

START_TEST(a_second_mount_on_a_living_one_is_refused)
{
	char line[3 * MOUNT_PATH_MAX];

	mount_start(&m);
	text_format(line, sizeof line, "-f -c %s %s", m.conf, m.point);
	ck_assert_int_eq(program_run("jesfs", line), 1);
	expect_said("a jesfs is mounted there already");
	ck_assert_int_eq(mount_put_mail(&m, "one"), 0);
	wait_for_mails(&m, 1);
}
END_TEST

START_TEST(two_daemons_run_side_by_side)
{
	static struct mount other;

	mount_start(&m);
	mount_start_simple(&other);
	ck_assert_int_eq(mount_put_mail(&m, "one"), 0);
	ck_assert_int_eq(mount_put_mail(&other, "two"), 0);
	wait_for_mails(&m, 1);
	wait_for_mails(&other, 1);
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_eq(mount_put_mail(&other, "three"), 0);
	wait_for_mails(&other, 2);
	mount_start(&m);
	ck_assert_uint_eq(mails_count(&m, 0), 1);
	mount_fini(&other);
}
END_TEST

START_TEST(two_daemons_on_one_spool_directory_are_refused)
{
	char line[3 * MOUNT_PATH_MAX];

	mount_start(&m);
	text_format(line, sizeof line, "-f -c %s %s/other", m.conf, m.scratch);
	ck_assert_int_eq(shell("mkdir %s/other", m.scratch), 0);
	ck_assert_int_eq(program_run("jesfs", line), 1);
	expect_said("JESF005E");
	expect_said("another jesfs has it open");
}
END_TEST

START_TEST(two_files_for_one_writer_are_refused)
{
	char text[2 * MOUNT_PATH_MAX];

	m.statements = "ExtWrtName SAME\n";
	text_format(text, sizeof text, "%s/writers/OTHER.conf", m.scratch);
	ck_assert_int_eq(file_puts(text,
				 "ExtWrtName same\nTargetServer\n{\n"
				 "  TargetIP 127.0.0.1\n}\n"),
		0);
	ck_assert_int_eq(mount_start_fails(&m), 2);
	wait_for_text("SAME", m.log);
	wait_for_text("/writers/OTHER.conf", m.log);
	wait_for_text("/writers/MAIL.conf", m.log);
	ck_assert(!mount_is_there(m.point));
}
END_TEST

/* ---- umount.fuse.jesfs --------------------------------------------------- */

START_TEST(umount_returns_when_the_daemon_has_ended)
{
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "one"), 0);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 0);
	expect_ended();
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 1);
	expect_said("no jesfs is mounted there");
	mount_start(&m);
	wait_for_mails(&m, 1);
}
END_TEST

/* Who unmounts need not be allowed to look into it. */
START_TEST(umount_waits_for_a_daemon_of_another_user)
{
	m.mount_statements = "User nobody\n";
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "one"), 0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(shell("setpriv --bounding-set -sys_ptrace "
			       "%s/umount.fuse.jesfs %s >%s 2>&1",
				 program_folder(), m.point, said),
		0);
	expect_ended();
}
END_TEST

/* A process with its directory and an open file in the mount. */
static pid_t occupy(const char *path)
{
	char ready;
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "intruder\n\033[2J");
		if (chdir(m.drop) == 0 && open(path, O_RDONLY) >= 0
			&& write(ends[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &ready, 1), 1);
	close(ends[0]);
	return pid;
}

START_TEST(umount_names_who_is_inside)
{
	char path[PATH_MAX], line[2 * PATH_MAX];
	pid_t pid;

	mount_start(&m);
	text_format(path, sizeof path, "%s/status/queue", m.point);
	pid = occupy(path);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 1);
	ck_assert(mount_is_there(m.point));
	expect_said("busy");
	text_format(line, sizeof line,
		"pid %d intruder\\x0a\\x1b[2J, user 0 (root): "
		"working directory %s\n",
		(int)pid, m.drop);
	expect_said(line);
	text_format(line, sizeof line, "(root): open file %s\n", path);
	expect_said(line);

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 0);
	expect_ended();
}
END_TEST

START_TEST(umount_names_what_is_mounted_inside)
{
	char path[PATH_MAX];

	mount_start(&m);
	text_format(path, sizeof path, "%s/status", m.point);
	ck_assert_int_eq(mount("t", path, "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 1);
	expect_said("mounted inside: ");
	expect_said(path);
	ck_assert_int_eq(umount2(path, 0), 0);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 0);
	expect_ended();
}
END_TEST

/* Lazily, while somebody is inside: out of sight, and served until he goes. */
START_TEST(a_lazy_umount_does_not_wait)
{
	char line[MOUNT_PATH_MAX + 8], path[PATH_MAX];
	int status;
	pid_t pid;

	mount_start(&m);
	text_format(path, sizeof path, "%s/status/queue", m.point);
	pid = occupy(path);
	text_format(line, sizeof line, "-l %s", m.point);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", line), 0);
	ck_assert(!mount_is_there(m.point));
	ck_assert_int_eq(waitpid(m.daemon, &status, WNOHANG), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(waitpid(m.daemon, &status, 0), m.daemon);
	m.daemon = 0;
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(what_is_mounted_after_a_lazy_umount_stays)
{
	char line[MOUNT_PATH_MAX + 8], path[PATH_MAX];
	pid_t pid;

	mount_start(&m);
	text_format(path, sizeof path, "%s/status/queue", m.point);
	pid = occupy(path);
	text_format(line, sizeof line, "-l %s", m.point);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", line), 0);
	ck_assert_int_eq(mount("another", m.point, "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_eq(
		shell("grep -q ' - tmpfs another ' /proc/self/mountinfo"), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(a_mount_left_beneath_another_is_reported)
{
	mount_start(&m);
	ck_assert_int_eq(mount("another", m.point, "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(kill(m.daemon, SIGTERM), 0);
	ck_assert_int_eq(waitpid(m.daemon, NULL, 0), m.daemon);
	m.daemon = 0;
	wait_for_text("JESF067W", m.log);
	ck_assert_int_eq(umount2(m.point, 0), 0);
	ck_assert_int_eq(umount2(m.point, 0), 0);
}
END_TEST

START_TEST(a_dead_mount_is_unmounted)
{
	mount_start(&m);
	ck_assert(WIFSIGNALED(mount_crash(&m)));
	ck_assert(mount_is_there(m.point));
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 0);
	ck_assert(!mount_is_there(m.point));
}
END_TEST

/* Finding out takes the time that a daemon has for an answer. */
START_TEST(a_daemon_that_does_not_answer_is_unmounted_by_force)
{
	char line[MOUNT_PATH_MAX + 8];
	pid_t server;

	mount_start(&m);
	server = mount_server(&m);
	ck_assert_int_eq(kill(server, SIGSTOP), 0);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 1);
	expect_said("does not answer");
	ck_assert(mount_is_there(m.point));
	text_format(line, sizeof line, "-f %s", m.point);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", line), 0);
	ck_assert(!mount_is_there(m.point));
	ck_assert_int_eq(kill(server, SIGCONT), 0);
}
END_TEST

static bool all_wait(const void *silent)
{
	return atomic_load(((const struct silent *)silent)->taken) == WAITING;
}

/*
 * The daemon has taken what they ask, so nothing kills them: not even who
 * asked and gave up, and he ends all the same. Force sets them free.
 */
START_TEST(who_waits_for_a_silent_daemon_is_set_free_by_force)
{
	char line[MOUNT_PATH_MAX + 8];
	struct silent silent;
	struct stat st;
	int i, status;

	silent_mount(&silent, m.point, "fuse.jesfs");
	for (i = 0; i < WAITING; i++)
		if (fork() == 0)
			_exit(stat(m.point, &st) == 0 ? 0 : errno);
	wait_until(all_wait, &silent, "the daemon took too little");
	ck_assert_int_eq(program_run("umount.fuse.jesfs", m.point), 1);
	expect_said("does not answer");
	text_format(line, sizeof line, "-f %s/", m.point);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", line), 0);
	ck_assert(!mount_is_there(m.point));
	silent_end(&silent);
	for (i = 0; i < WAITING; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), ECONNABORTED);
	}
}
END_TEST

START_TEST(umount_used_wrongly_is_2)
{
	ck_assert_int_eq(program_run("umount.fuse.jesfs", ""), 2);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", "/a /b"), 2);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", "-x /a"), 2);
	ck_assert_int_eq(
		program_run("umount.fuse.jesfs", "-vnr -t fuse.jesfs /"), 1);
	expect_said("no jesfs is mounted there");
	ck_assert_int_eq(program_run("umount.fuse.jesfs", "/none"), 1);
	ck_assert_int_eq(program_run("umount.fuse.jesfs", "--help"), 0);
	expect_said("Exit status");
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, on_ext4_a_bare_mount_point_takes_no_mail);
	tcase_add_test(t, on_ramfs_a_bare_mount_point_takes_no_mail);
	tcase_add_test(t, unprotect_without_a_directory_is_2);
	tcase_add_test(t, a_second_mount_on_a_living_one_is_refused);
	tcase_add_test(t, two_daemons_run_side_by_side);
	tcase_add_test(t, two_daemons_on_one_spool_directory_are_refused);
	tcase_add_test(t, two_files_for_one_writer_are_refused);
	tcase_add_test(t, umount_returns_when_the_daemon_has_ended);
	tcase_add_test(t, umount_waits_for_a_daemon_of_another_user);
	tcase_add_test(t, umount_names_who_is_inside);
	tcase_add_test(t, umount_names_what_is_mounted_inside);
	tcase_add_test(t, a_lazy_umount_does_not_wait);
	tcase_add_test(t, what_is_mounted_after_a_lazy_umount_stays);
	tcase_add_test(t, a_mount_left_beneath_another_is_reported);
	tcase_add_test(t, a_dead_mount_is_unmounted);
	tcase_add_test(t, a_daemon_that_does_not_answer_is_unmounted_by_force);
	tcase_add_test(t, who_waits_for_a_silent_daemon_is_set_free_by_force);
	tcase_add_test(t, umount_used_wrongly_is_2);
}

int main(void)
{
	Suite *s = suite_create("e2e_point");

	add_tests(suite_case(s, "point", TEST_S, begin, finish));
	return mount_main(s);
}
