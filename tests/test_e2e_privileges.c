/*
 * Who the program is: a parent that stays root and only waits, and a child
 * that does the work and may do nothing else.
 */
#include "support_daemon.h"
#include "support_files.h"
#include "support_run.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TEST_S = 120,
	PATIENCE_MS = 60000,
	WRITER = 4711, /* users without an account */
	OWNER = 4712,
};

/* A user that every host has, and that owns nothing. */
#define USER "nobody"

static struct mount m;
static uid_t user;

static void begin(void)
{
	const struct passwd *entry = getpwnam(USER);

	ck_assert_ptr_nonnull(entry);
	user = entry->pw_uid;
	mount_init_one(&m);
	m.mount_statements = "User " USER "\n";
}

static void finish(void)
{
	mount_fini(&m);
}

static const char *spool_path(void)
{
	static char path[PATH_MAX];

	text_format(path, sizeof path, "%s/spool", m.scratch);
	return path;
}

/* The sanitizer for threads has one of its own, older than the program. */
#ifdef __SANITIZE_THREAD__
#define THREADS_OF "/proc/%d"
#else
#define THREADS_OF "/proc/%d/task/*"
#endif

/* Fails unless the status of all threads has the line. */
static void expect_status(pid_t pid, const char *line)
{
	ck_assert_msg(shell("for t in " THREADS_OF "; do "
			    "grep -qx '%s' $t/status || exit 1; done",
			      (int)pid, line)
			== 0,
		"%s is not in: %s", line,
		file_text("/proc/%d/status", (int)pid));
}

static void expect_no_privilege(pid_t pid, uid_t uid)
{
	static const char *const lines[] = { "CapInh:\t0*", "CapPrm:\t0*",
		"CapEff:\t0*", "CapBnd:\t0*", "CapAmb:\t0*", "NoNewPrivs:\t1" };
	char ids[128];
	size_t i;

	for (i = 0; i < sizeof lines / sizeof lines[0]; i++)
		expect_status(pid, lines[i]);
	text_format(
		ids, sizeof ids, "Uid:\t%u\t%u\t%u\t%u", uid, uid, uid, uid);
	expect_status(pid, ids);
}

static void expect_mail(const char *name)
{
	static size_t mails;

	ck_assert_int_eq(mount_put_mail(&m, name), 0);
	wait_for_mails(&m, ++mails);
}

/* ---- who runs ------------------------------------------------------------ */

START_TEST(it_serves_as_the_user_with_no_capability_left)
{
	struct stat st;

	mount_start(&m);
	expect_mail("one");
	expect_no_privilege(mount_server(&m), user);
	expect_status(m.daemon, "Uid:\t0\t0\t0\t0");
	ck_assert_int_eq(stat(spool_path(), &st), 0);
	ck_assert_uint_eq(st.st_uid, user);
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
	ck_assert_int_eq(
		shell("test -z \"$(find %s ! -user " USER ")\"", spool_path()),
		0);
	ck_assert(!text_is_in("JESF065W", m.log));
	ck_assert_int_eq(mount_stop(&m), 0);
	/* Again, with a spool directory that is there. */
	mount_start(&m);
	expect_mail("two");
	expect_no_privilege(mount_server(&m), user);
}
END_TEST

START_TEST(without_a_user_it_serves_as_the_owner_of_the_spool)
{
	m.mount_statements = NULL;
	ck_assert_int_eq(mkdir(spool_path(), 0755), 0);
	ck_assert_int_eq(chown(spool_path(), OWNER, OWNER), 0);
	mount_start(&m);
	expect_mail("one");
	expect_no_privilege(mount_server(&m), OWNER);
	expect_status(mount_server(&m), "Gid:\t4712\t4712\t4712\t4712");
	expect_status(mount_server(&m), "Groups:\t4712 ");
	ck_assert(!text_is_in("JESF065W", m.log));
}
END_TEST

/* It keeps what the owner of root's files may do, and says so. */
START_TEST(where_that_is_root_it_warns_and_has_no_capability)
{
	m.mount_statements = NULL;
	mount_start(&m);
	expect_mail("one");
	expect_no_privilege(mount_server(&m), 0);
	ck_assert(text_is_in("JESF065W", m.log));
}
END_TEST

START_TEST(who_names_root_is_not_warned)
{
	m.mount_statements = "User root\n";
	mount_start(&m);
	expect_no_privilege(mount_server(&m), 0);
	ck_assert(!text_is_in("JESF065W", m.log));
}
END_TEST

/* ---- what keeps it from starting ----------------------------------------- */

static const struct {
	const char *statement;
	int status;
	const char *said;
} wrong_accounts[] = {
	{ "User no-such-user\n", 2, "jesfs.conf:3:6: User \"no-such-user\"" },
	{ "OperatorGroup no-such-group\n", 2,
		"jesfs.conf:3:15: OperatorGroup \"no-such-group\"" },
};

START_TEST(an_unknown_account_mounts_nothing)
{
	m.mount_statements = wrong_accounts[_i].statement;
	ck_assert_int_eq(mount_start_fails(&m), wrong_accounts[_i].status);
	ck_assert(text_is_in(wrong_accounts[_i].said, m.log));
	ck_assert(!mount_is_there(m.point));
	ck_assert_int_eq(access(spool_path(), F_OK), -1);
}
END_TEST

static const struct {
	const char *statement; /* NULL for none */
	const char *prepare;
	const char *said[2];
} wrong_directories[] = {
	{ NULL, "mkdir -m 775 spool", { "mode 0775", "chmod 700" } },
	{ NULL, "mkdir -m 1777 spool", { "mode 1777", "chmod 700" } },
	{ "User " USER "\n", "mkdir -m 720 spool && chown " USER " spool",
		{ "mode 0720", "chmod 700" } },
	{ "User " USER "\n", "mkdir -m 700 spool",
		{ "belongs to user root (0), expected " USER, "chown -R" } },
	{ "User " USER "\n", "mkdir -m 700 spool && chown 4711 spool",
		{ "belongs to user without a name (4711)", "chown -R" } },
	{ "User root\n", "mkdir -m 700 spool && chown 4711 spool",
		{ "(4711), expected root", "change User" } },
	{ NULL, "touch spool", { "Not a directory", "spool" } },
};

START_TEST(a_spool_directory_of_others_is_refused)
{
	m.mount_statements = wrong_directories[_i].statement;
	ck_assert_int_eq(shell("cd %s && umask 0 && %s", m.scratch,
				 wrong_directories[_i].prepare),
		0);
	ck_assert_int_eq(mount_start_fails(&m), 1);
	ck_assert(text_is_in("JESF005E", m.log));
	ck_assert(text_is_in(wrong_directories[_i].said[0], m.log));
	ck_assert(text_is_in(wrong_directories[_i].said[1], m.log));
	ck_assert(!mount_is_there(m.point));
	ck_assert_int_eq(rmdir(spool_path()) != 0 && errno != ENOTDIR, 0);
}
END_TEST

/* ---- how it ends --------------------------------------------------------- */

static int open_process(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void expect_ended(int process)
{
	struct pollfd ended = { .fd = process, .events = POLLIN };

	ck_assert_int_eq(poll(&ended, 1, PATIENCE_MS), 1);
	close(process);
}

/* What is sent to which of the two, and what becomes of the program. */
static const struct {
	int signal_number;
	bool is_for_server;
	int status; /* of wait(2) */
	const char *said;
	bool is_mount_left;
} endings[] = {
	{ SIGTERM, false, 0, "JESF003I", false },
	{ SIGTERM, true, 0, "JESF003I", false },
	{ SIGINT, false, 0, "JESF003I", false },
	{ SIGINT, true, 0, "JESF003I", false },
	{ SIGKILL, true, 1 << 8, "JESF066E ended by signal 9", false },
	{ SIGSEGV, true, 1 << 8, "JESF066E ended by signal 11", false },
	/* Nobody is left who could unmount: the next start does. */
	{ SIGKILL, false, SIGKILL, "JESF001I", true },
};

START_TEST(the_two_end_together_and_leave_no_mount)
{
	int status, server;

	mount_start(&m);
	expect_mail("one");
	server = open_process(mount_server(&m));
	ck_assert_int_eq(
		kill(endings[_i].is_for_server ? mount_server(&m) : m.daemon,
			endings[_i].signal_number),
		0);
	ck_assert_int_eq(waitpid(m.daemon, &status, 0), m.daemon);
	m.daemon = 0;
	expect_ended(server);
	/* A sanitizer makes an exit of its own of a bad access. */
	if (endings[_i].signal_number != SIGSEGV) {
		ck_assert_int_eq(status, endings[_i].status);
		ck_assert(text_is_in(endings[_i].said, m.log));
	}
	ck_assert(mount_is_there(m.point) == endings[_i].is_mount_left);
	if (endings[_i].is_mount_left)
		ck_assert_int_eq(umount2(m.point, MNT_DETACH), 0);
	mount_start(&m);
	expect_mail("two");
}
END_TEST

/* In the background, whose parent is nobody's child any more. */
START_TEST(in_the_background_they_end_together_too)
{
	char line[2 * PATH_MAX];
	int server, status;
	pid_t pid;

	mount_start(&m); /* leaves a configuration */
	ck_assert_int_eq(mount_stop(&m), 0);
	daemon_adopt();
	said_init(&m);
	text_format(line, sizeof line, "-c %s %s", m.conf, m.point);
	ck_assert_int_eq(program_run("jesfs", line), 0);
	ck_assert(mount_is_there(m.point));
	pid = daemon_find();
	ck_assert_int_gt(pid, 0);
	m.daemon = pid;
	expect_no_privilege(mount_server(&m), user);
	server = open_process(mount_server(&m));
	/* Neither holds on to the terminal. */
	ck_assert_int_eq(shell("ls -l /proc/%d/fd /proc/%d/fd | "
			       "grep -c ' [012] -> /dev/null' | grep -qx 6",
				 (int)pid, (int)mount_server(&m)),
		0);
	ck_assert_int_eq(kill(mount_server(&m), SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	m.daemon = 0;
	expect_ended(server);
	ck_assert_int_eq(status, 0);
	ck_assert(!mount_is_there(m.point));
}
END_TEST

/* ---- what it still sees of others ---------------------------------------- */

static int become_writer(void)
{
	return setgid(WRITER) == 0 && setuid(WRITER) == 0 ? 0 : 1;
}

/* Ends itself so after half a mail, without a close. */
static pid_t write_half(const char *name, int signal_number)
{
	char path[PATH_MAX];
	pid_t pid = fork();
	int fd;

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	text_format(path, sizeof path, "%s/%s", m.drop, name);
	if (become_writer() != 0)
		_exit(2);
	prctl(PR_SET_DUMPABLE, 0);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "HELO A\n", 7) != 7)
		_exit(3);
	if (signal_number != 0) {
		signal(signal_number, SIG_DFL); /* sanitizers have their own */
		raise(signal_number);
	}
	_exit(0);
}

START_TEST(a_writer_of_another_user_that_was_killed_is_seen)
{
	static const int deadly[] = { SIGKILL, SIGTERM, SIGSEGV };
	char needle[64];
	size_t i;
	int status;

	mount_start(&m);
	for (i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
		pid_t pid = write_half("half", deadly[i]);

		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(WTERMSIG(status), deadly[i]);
		text_format(needle, sizeof needle,
			"JESF010W JOB%05zu held: INCOMPLETE", i + 1);
		wait_for_text(needle, m.log);
	}
	ck_assert_uint_eq(mails_count(&m, 0), 0);
	ck_assert(!text_is_in("JESF052W", m.log));
}
END_TEST

/* Ended in good order, it has closed: what is wrong in it is found later. */
START_TEST(one_that_exits_is_not)
{
	int status;
	pid_t pid;

	mount_start(&m);
	pid = write_half("half", 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	expect_mail("whole");
	ck_assert(!text_is_in("INCOMPLETE", m.log));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e_privileges");
	TCase *t = tcase_create("privileges");

	tcase_set_timeout(t, TEST_S);
	tcase_add_checked_fixture(t, begin, finish);
	tcase_add_test(t, it_serves_as_the_user_with_no_capability_left);
	tcase_add_test(t, without_a_user_it_serves_as_the_owner_of_the_spool);
	tcase_add_test(t, where_that_is_root_it_warns_and_has_no_capability);
	tcase_add_test(t, who_names_root_is_not_warned);
	tcase_add_loop_test(
		t, an_unknown_account_mounts_nothing, 0, COUNT(wrong_accounts));
	tcase_add_loop_test(t, a_spool_directory_of_others_is_refused, 0,
		COUNT(wrong_directories));
	tcase_add_loop_test(
		t, the_two_end_together_and_leave_no_mount, 0, COUNT(endings));
	tcase_add_test(t, in_the_background_they_end_together_too);
	tcase_add_test(t, a_writer_of_another_user_that_was_killed_is_seen);
	tcase_add_test(t, one_that_exits_is_not);
	suite_add_tcase(s, t);
	return mount_main(s);
}
