/*
 * The program where it mounts nothing: what it prints, and its exit status.
 *
 * It is the one the variable JESFS names, else the one beside this test.
 */
#include "text.h"

#include "support_config.h"
#include "support_files.h"
#include "support_folder.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_S = 4, PRINTED_MAX = 16384, NOBODY = 65534 };

static char dir[512];
static char program[PATH_MAX];
static char printed[PRINTED_MAX]; /* both streams of the last run */

static char *at(const char *name)
{
	return folder_path(dir, name);
}

/* jesfs.conf and writers/MAIL.conf, both right but for more. */
static void put_configuration(const char *more, const char *writer)
{
	char text[2 * PATH_MAX];

	ck_assert(text_format(text, sizeof text,
		"SpoolDirectory %s/spool\nWriterConfig %s/writers/*.conf\n%s",
		dir, dir, more));
	folder_put(dir, "jesfs.conf", text);
	if (writer != NULL)
		folder_put(dir, "writers/MAIL.conf", writer);
}

static void keep_output(int out)
{
	ssize_t n;

	lseek(out, 0, SEEK_SET);
	n = read(out, printed, sizeof printed - 1);
	ck_assert_int_ge(n, 0);
	printed[n] = '\0';
	close(out);
}

/* Runs the program; prepare, which may be NULL, runs before it starts. */
static int run(char *const arguments[], void (*prepare)(void))
{
	int out = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int status;
	pid_t pid;

	ck_assert_int_ge(out, 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		alarm(60);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		if (prepare != NULL)
			prepare();
		execv(program, arguments);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	keep_output(out);
	ck_assert_msg(WIFEXITED(status), "died: %s", printed);
	return WEXITSTATUS(status);
}

#define RUN(prepare, ...)                                                      \
	run((char *const[]){ (char *)"jesfs", __VA_ARGS__, NULL }, prepare)

static void expect(const char *text)
{
	ck_assert_msg(strstr(printed, text) != NULL, "expected \"%s\" in: %s",
		text, printed);
}

static void set_up(void)
{
	const char *named = getenv("JESFS");

	if (named != NULL)
		ck_assert(text_copy(program, sizeof program, named));
	else
		program_path("jesfs", program);
	folder_make(dir, sizeof dir);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(mkdir(at("writers"), 0755), 0);
	ck_assert_int_eq(mkdir(at("mnt"), 0755), 0);
}

static void tear_down(void)
{
	folder_remove(dir);
}

/* ---- tests --------------------------------------------------------------- */

START_TEST(help_and_version_are_printed)
{
	ck_assert_int_eq(RUN(NULL, "--help"), 0);
	expect("Usage: jesfs");
	expect("not CSSMTP's -f");
	ck_assert_int_eq(RUN(NULL, "--version"), 0);
	expect("jesfs 0.");
}
END_TEST

START_TEST(wrong_usage_is_2)
{
	ck_assert_int_eq(RUN(NULL, NULL), 2);
	ck_assert_str_eq(printed, "jesfs: no mount point\nTry jesfs --help.\n");
	ck_assert_int_eq(RUN(NULL, "--nonsense", "/mnt"), 2);
	expect("unknown option --nonsense");
}
END_TEST

START_TEST(a_valid_configuration_checks_as_0)
{
	put_configuration("", TARGET);
	ck_assert_int_eq(RUN(NULL, "--check", "-c", at("jesfs.conf")), 0);
	ck_assert_str_eq(printed, "jesfs: the configuration is valid\n");
	ck_assert_int_eq(access(at("spool"), F_OK), -1);
}
END_TEST

START_TEST(every_error_is_printed_and_nothing_mounted)
{
	put_configuration("Nonsense 1\n", "TargetServer\n{\n}\n");
	folder_put(dir, "writers/B.conf", "RetryLimit\n{\n Count x\n}\n");
	ck_assert_int_eq(RUN(NULL, "--check", at("jesfs.conf")), 2);
	expect("/jesfs.conf:3:1: unknown statement \"Nonsense\"");
	expect("/writers/MAIL.conf:1:1: TargetServer without TargetIP");
	expect("/writers/B.conf:3:8: Count \"x\" is not a number");
	expect("/writers/B.conf: no TargetServer, expected at least one");
	ck_assert_int_eq(RUN(NULL, "-f", "-c", at("jesfs.conf"), at("mnt")), 2);
	expect("/jesfs.conf:3:1: unknown statement \"Nonsense\"");
	ck_assert_int_eq(RUN(NULL, at("jesfs.conf"), at("mnt")), 2);
	ck_assert_int_eq(access(at("spool"), F_OK), -1);
}
END_TEST

START_TEST(warnings_are_printed_and_no_error)
{
	put_configuration("", TARGET TARGET);
	ck_assert_int_eq(RUN(NULL, "--check", at("jesfs.conf")), 0);
	expect("/writers/MAIL.conf:5:1: warning: target server 127.0.0.1");
}
END_TEST

START_TEST(what_was_hardly_meant_is_a_warning)
{
	put_configuration("Linger 0\nDraftNames *\n",
		TARGET "Options\n{\n TestMode YES\n}\n");
	folder_put(dir, "writers/B.conf",
		"TargetServer {\n TargetIP 127.0.0.1\n Secure YES\n}\n" TARGET
		"Report Admin\nMailAdministrator a@b.example\n");
	ck_assert_int_eq(RUN(NULL, "--check", at("jesfs.conf")), 0);
	expect("/jesfs.conf:3:8: warning: Linger 0");
	expect("/jesfs.conf:4:12: warning: DraftNames with *");
	expect("/writers/MAIL.conf:7:11: warning: TestMode YES");
	expect("/writers/B.conf:3:9: warning: target server 127.0.0.1 port 25 "
	       "is not used");
	expect("/writers/B.conf:9:8: warning: Report \"Admin\" has no effect");
	expect("jesfs: the configuration is valid\n");
}
END_TEST

/* Who checks his own files is neither root nor has /dev/fuse. */
static void become_nobody(void)
{
	if (setresuid(NOBODY, NOBODY, NOBODY) != 0)
		_exit(126);
}

START_TEST(a_check_needs_no_privileges)
{
	put_configuration("", TARGET "ExtWrtName x!\n");
	ck_assert_int_eq(RUN(geteuid() == 0 ? become_nobody : NULL, "--check",
				 at("jesfs.conf")),
		2);
	expect("/writers/MAIL.conf:5:12: ExtWrtName \"x!\" is not a writer");
	put_configuration("", TARGET);
	ck_assert_int_eq(RUN(geteuid() == 0 ? become_nobody : NULL, "--check",
				 at("jesfs.conf")),
		0);
}
END_TEST

static void become_client(void)
{
	setenv("_BPXK_SETIBMOPT_TRANSPORT", "nowhere1", 1);
}

START_TEST(a_way_out_that_is_not_there_is_2)
{
	put_configuration("", TARGET);
	ck_assert_int_eq(
		RUN(NULL, "-p", "nowhere0", "--check", at("jesfs.conf")), 2);
	expect("jesfs: -p nowhere0: no interface, VRF or address");
	ck_assert_int_eq(
		RUN(NULL, "-P", "203.0.113.9", at("jesfs.conf"), dir), 2);
	expect("jesfs: -p 203.0.113.9: no interface, VRF or address");
	ck_assert_int_eq(RUN(become_client, "--check", at("jesfs.conf")), 2);
	expect("jesfs: _BPXK_SETIBMOPT_TRANSPORT nowhere1: no interface");
	/* The option wins. */
	ck_assert_int_eq(
		RUN(become_client, "-p", "lo", "--check", at("jesfs.conf")), 0);
}
END_TEST

START_TEST(a_missing_configuration_is_named)
{
	ck_assert_int_eq(RUN(NULL, "-c", at("none.conf"), at("mnt")), 2);
	expect("/none.conf: No such file or directory");
}
END_TEST

START_TEST(no_writer_is_named)
{
	put_configuration("", NULL);
	ck_assert_int_eq(RUN(NULL, "-c", at("jesfs.conf"), at("mnt")), 2);
	expect("/writers/*.conf\" matches no file");
}
END_TEST

START_TEST(a_hostile_configuration_is_2)
{
	FILE *f;
	int i;

	put_configuration("", TARGET);
	f = fopen(at("writers/MAIL.conf"), "w");
	ck_assert_ptr_nonnull(f);
	for (i = 0; i < 1 << 20; i++)
		putc(i % 251, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(RUN(NULL, "--check", at("jesfs.conf")), 2);
	for (i = 0; printed[i] != '\0'; i++)
		ck_assert(printed[i] == '\n' || printed[i] >= 0x20);
}
END_TEST

START_TEST(a_missing_mount_point_is_1)
{
	if (geteuid() != 0 || access("/dev/fuse", F_OK) != 0)
		return;
	put_configuration("", TARGET);
	ck_assert_int_eq(
		RUN(NULL, "-f", "-c", at("jesfs.conf"), at("none")), 1);
	expect("/none: No such file or directory");
}
END_TEST

START_TEST(a_spool_in_its_own_mount_point_is_2)
{
	char text[2 * PATH_MAX];

	if (geteuid() != 0 || access("/dev/fuse", F_OK) != 0)
		return;
	put_configuration("", TARGET);
	text_format(text, sizeof text,
		"SpoolDirectory %s/mnt/a/spool\nWriterConfig %s/writers/*\n",
		dir, dir);
	folder_put(dir, "jesfs.conf", text);
	ck_assert_int_eq(RUN(NULL, at("jesfs.conf"), at("mnt")), 2);
	expect("/mnt/a/spool: SpoolDirectory lies in the mount point");
	ck_assert_int_eq(access(at("mnt/a"), F_OK), -1);
	ck_assert_int_eq(RUN(NULL, at("jesfs.conf"), at("jesfs.conf")), 1);
	expect("/jesfs.conf: Not a directory");
}
END_TEST

START_TEST(who_is_not_root_is_told)
{
	put_configuration("", TARGET);
	ck_assert_int_eq(RUN(geteuid() == 0 ? become_nobody : NULL, "-c",
				 at("jesfs.conf"), at("mnt")),
		1);
	expect("jesfs: cannot mount: not run by root");
}
END_TEST

/* A mount namespace of its own with nothing in /dev. */
static void hide_devices(void)
{
	if (unshare(CLONE_NEWNS) != 0
		|| mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
		|| mount("none", "/dev", "tmpfs", 0, NULL) != 0)
		_exit(126);
}

START_TEST(without_dev_fuse_it_says_what_to_do)
{
	int status;

	if (geteuid() != 0)
		return;
	put_configuration("", TARGET);
	status = RUN(hide_devices, "-c", at("jesfs.conf"), at("mnt"));
	if (status == 126)
		return; /* no namespaces here */
	ck_assert_int_eq(status, 1);
	expect("/dev/fuse is missing");
	expect("--device /dev/fuse --cap-add SYS_ADMIN");
	ck_assert_int_eq(access(at("spool"), F_OK), -1);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, help_and_version_are_printed);
	tcase_add_test(t, wrong_usage_is_2);
	tcase_add_test(t, a_valid_configuration_checks_as_0);
	tcase_add_test(t, every_error_is_printed_and_nothing_mounted);
	tcase_add_test(t, warnings_are_printed_and_no_error);
	tcase_add_test(t, what_was_hardly_meant_is_a_warning);
	tcase_add_test(t, a_check_needs_no_privileges);
	tcase_add_test(t, a_way_out_that_is_not_there_is_2);
	tcase_add_test(t, a_missing_configuration_is_named);
	tcase_add_test(t, no_writer_is_named);
	tcase_add_test(t, a_hostile_configuration_is_2);
	tcase_add_test(t, a_missing_mount_point_is_1);
	tcase_add_test(t, a_spool_in_its_own_mount_point_is_2);
	tcase_add_test(t, who_is_not_root_is_told);
	tcase_add_test(t, without_dev_fuse_it_says_what_to_do);
}

int main(void)
{
	Suite *s = suite_create("program");

	add_tests(suite_case(s, "program", TEST_S, set_up, tear_down));
	return suite_run(s);
}
