/*
 * Installed: what lies where, and that mount(8), umount(8), a line of
 * fstab(5) and a manager of services find it and work.
 */
#include "support_daemon.h"
#include "support_files.h"
#include "support_run.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_S = 120 };

static struct mount m;

static void begin(void)
{
	mount_init(&m);
	said_init(&m);
	mount_add_target(&m, NULL);
	daemon_adopt();
}

static void finish(void)
{
	mount_fini(&m);
}

/* What lies in the build is installed as it is, whatever was changed. */
static void install(const char *what, const char *variables)
{
	const char *build = program_folder();

	ck_assert_msg(shell("env -u MAKEFLAGS -u MAKELEVEL make -s "
			    "-o %s/jesfs -o %s/jes -o %s/umount.fuse.jesfs "
			    "BUILD=%s %s %s >%s 2>&1",
			      build, build, build, build, variables, what, said)
			== 0,
		"make: %s", file_text("%s", said));
}

static void install_below(const char *what)
{
	char variables[2 * MOUNT_PATH_MAX];

	text_format(variables, sizeof variables, "DESTDIR=%s/root", m.scratch);
	install(what, variables);
}

/* Fails unless a shell command, run in scratch/root, succeeds. */
static void expect_root(const char *command)
{
	ck_assert_msg(shell("cd %s/root && %s", m.scratch, command) == 0, "%s",
		command);
}

/* ---- what lies where ----------------------------------------------------- */

START_TEST(install_puts_everything_in_place)
{
	install_below("install");
	expect_root("test $(stat -c %a usr/local/sbin/jesfs) = 755");
	expect_root("test $(readlink sbin/mount.fuse.jesfs) = "
		    "/usr/local/sbin/jesfs");
	expect_root("test $(stat -c %a sbin/umount.fuse.jesfs) = 755");
	expect_root("test $(stat -c %a etc/jesfs/jesfs.conf) = 644");
	expect_root("test $(stat -c %a usr/local/bin/jes) = 755");
	expect_root("test -s usr/local/share/man/man1/jes.1");
	expect_root("test -s usr/local/share/man/man5/jesfs.conf.5");
	expect_root("test -s usr/local/share/man/man7/jes-spool.7");
	expect_root("test -s usr/local/share/doc/jesfs/CSSMTP.conf");
	expect_root("test $(stat -c %a etc/jesfs/writers/MAIL.conf) = 644");
	expect_root("grep -q '^ExecStart=/usr/local/sbin/jesfs -f -c "
		    "/etc/jesfs/jesfs.conf /mnt/jes$' "
		    "usr/local/lib/systemd/system/jesfs.service");
	expect_root("! grep -rq @ etc usr/local/lib");
	install_below("uninstall");
	expect_root("test \"$(find . -type f | sort | tr '\\n' ' ')\" = "
		    "'./etc/jesfs/jesfs.conf ./etc/jesfs/writers/MAIL.conf '");
	expect_root("test ! -L sbin/mount.fuse.jesfs");
}
END_TEST

/* On a merged /usr, /sbin is /usr/sbin. */
START_TEST(install_is_right_where_both_places_are_one)
{
	char variables[4 * MOUNT_PATH_MAX];

	text_format(variables, sizeof variables,
		"PREFIX=%s/root HELPERDIR=%s/root/sbin SYSCONFDIR=%s/root/etc",
		m.scratch, m.scratch, m.scratch);
	install("install", variables);
	install("install", variables);
	expect_root("./sbin/jesfs --version >/dev/null");
	expect_root("./sbin/mount.fuse.jesfs --version >/dev/null");
	expect_root("./sbin/umount.fuse.jesfs --help >/dev/null");
	expect_root("./sbin/jesfs --check -c etc/jesfs/jesfs.conf >/dev/null");
}
END_TEST

START_TEST(a_configuration_is_not_overwritten)
{
	ck_assert_int_eq(shell("mkdir -p %s/root/etc/jesfs/writers && "
			       "echo mine >%s/root/etc/jesfs/jesfs.conf",
				 m.scratch, m.scratch),
		0);
	install_below("install");
	expect_root("test \"$(cat etc/jesfs/jesfs.conf)\" = mine");
	/* A sample would be a writer nobody asked for. */
	expect_root("test ! -e etc/jesfs/writers/MAIL.conf");
	expect_root("rm etc/jesfs/jesfs.conf && "
		    "echo too >etc/jesfs/writers/MAIL.conf");
	install_below("install");
	expect_root("test \"$(cat etc/jesfs/writers/MAIL.conf)\" = too");
	expect_root("grep -q WriterConfig etc/jesfs/jesfs.conf");
}
END_TEST

/* ---- mount(8) and umount(8) ---------------------------------------------- */

/*
 * Installs into the scratch folder and puts its sbin in the place of /sbin,
 * for this process and what it starts.
 */
static void install_for_mount8(void)
{
	char variables[4 * MOUNT_PATH_MAX], sbin[2 * MOUNT_PATH_MAX];

	text_format(variables, sizeof variables,
		"PREFIX=%s/usr HELPERDIR=%s/sbin SYSCONFDIR=%s/etc", m.scratch,
		m.scratch, m.scratch);
	install("install", variables);
	text_format(sbin, sizeof sbin, "%s/sbin", m.scratch);
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount(sbin, "/sbin", NULL, MS_BIND, NULL), 0);
	/* mount_start() writes the configuration. */
	mount_start(&m);
	ck_assert_int_eq(mount_stop(&m), 0);
}

static void put_fstab(const char *options)
{
	char text[4 * MOUNT_PATH_MAX], path[MOUNT_PATH_MAX];

	text_format(path, sizeof path, "%.400s/fstab", m.scratch);
	text_format(text, sizeof text, "%s %s fuse.jesfs %s 0 0\n", m.conf,
		m.point, options);
	ck_assert_int_eq(file_puts(path, text), 0);
}

/* mount(8) or umount(8); its exit status. */
static int run(const char *command, const char *what)
{
	return shell(
		"%s -T %s/fstab %s >%s 2>&1", command, m.scratch, what, said);
}

static int unmount(void)
{
	return shell("umount %s >%s 2>&1", m.point, said);
}

/* When umount returned. */
static void expect_ended(void)
{
	daemon_expect_ended(daemon_find(), &m);
}

START_TEST(a_line_of_fstab_works)
{
	install_for_mount8();
	put_fstab("defaults");
	ck_assert_int_eq(run("mount", m.point), 0);
	ck_assert(mount_is_there(m.point));
	ck_assert_int_eq(mount_put_mail(&m, "one"), 0);
	wait_for_mails(&m, 1);
	/* mount -a knows that it is there; a second mount is refused. */
	ck_assert_int_eq(run("mount -a", ""), 0);
	ck_assert_int_eq(run("mount", m.point), 1);
	expect_said("mounted there already");
	ck_assert_int_eq(unmount(), 0);
	expect_ended();
	ck_assert_int_eq(run("mount -a", ""), 0);
	ck_assert(mount_is_there(m.point));
	ck_assert_int_eq(shell("umount %s", m.conf), 0);
	expect_ended();
}
END_TEST

START_TEST(umount_of_a_busy_mount_names_the_process)
{
	char line[MOUNT_PATH_MAX + 64];
	int fd;

	install_for_mount8();
	put_fstab("defaults");
	ck_assert_int_eq(run("mount", m.point), 0);
	fd = open(mount_queue(&m), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(unmount(), 0);
	text_format(line, sizeof line,
		"pid %d test_e2e_instal, user 0 (root): "
		"open file %s\n",
		(int)getpid(), mount_queue(&m));
	expect_said(line);
	close(fd);
	ck_assert_int_eq(unmount(), 0);
	expect_ended();
}
END_TEST

/* How many notes mount(8) has that name our helper. */
static int count_notes(void)
{
	return shell("exit $(grep -c helper=fuse.jesfs /run/mount/utab)");
}

START_TEST(umount_finds_its_helper_however_often_it_was_mounted)
{
	char line[3 * MOUNT_PATH_MAX];
	int i;

	install_for_mount8();
	for (i = 0; i < 3; i++) {
		mount_start(&m);
		ck_assert_int_eq(mount_stop(&m), 0);
		ck_assert_int_eq(count_notes(), 1);
	}
	/* Not by mount(8). */
	text_format(line, sizeof line, "%s/jesfs -c %s %s", program_folder(),
		m.conf, m.point);
	ck_assert_int_eq(shell("%s >%s 2>&1", line, said), 0);
	ck_assert_int_eq(unmount(), 0);
	expect_ended();
	ck_assert_int_eq(count_notes(), 0);
}
END_TEST

START_TEST(the_usual_options_are_taken)
{
	install_for_mount8();
	put_fstab("nosuid,nodev,noexec,noatime,nodiratime,sync,dirsync,noauto,"
		  "nofail,_netdev,user,x-systemd.requires=a.service,"
		  "x-gvfs-hide,comment=x,allow_other,default_permissions,"
		  "lazytime,nostrictatime,relatime,max_read=65536");
	ck_assert_int_eq(run("mount", m.point), 0);
	ck_assert_int_eq(run("mount -a", ""), 0);
	ck_assert_int_eq(shell("grep -q ' %s .*nosuid,nodev,noexec,noatime "
			       ".*fuse.jesfs %s ' "
			       "/proc/self/mountinfo",
				 m.point, m.conf),
		0);
	ck_assert_int_eq(mount_put_mail(&m, "one"), 0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(unmount(), 0);
	expect_ended();
	put_fstab("rw,suid,dev,exec,async");
	ck_assert_int_eq(run("mount", m.point), 0);
	ck_assert_int_eq(unmount(), 0);
	expect_ended();
}
END_TEST

START_TEST(a_read_only_mount_can_be_looked_at)
{
	install_for_mount8();
	put_fstab("ro");
	ck_assert_int_eq(run("mount", m.point), 0);
	ck_assert_int_eq(mount_put_mail(&m, "one"), -EROFS);
	ck_assert_int_eq(shell("cat %s/status/targets >%s", m.point, said), 0);
	ck_assert_int_eq(unmount(), 0);
	expect_ended();
}
END_TEST

static const char *const refused[] = { "nonsense", "uid=0", "allow_root" };

START_TEST(an_unknown_option_is_refused)
{
	install_for_mount8();
	put_fstab(refused[_i]);
	ck_assert_int_eq(run("mount", m.point), 2);
	expect_said("unknown mount option");
	expect_said(refused[_i]);
	ck_assert(!mount_is_there(m.point));
}
END_TEST

/* ---- a manager of services ------------------------------------------------
 */

/* A socket as systemd has one: a path, or a name that is in no directory. */
static int open_notify(bool is_abstract)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char name[sizeof at.sun_path];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len;

	ck_assert_int_ge(fd, 0);
	text_format(name, sizeof name, "%s%s/notify", is_abstract ? "@" : "",
		m.scratch);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path)
		+ strlen(name));
	memcpy(at.sun_path, name, strlen(name));
	if (is_abstract)
		at.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

START_TEST(the_manager_is_told_when_the_mount_works)
{
	char word[32] = "";
	int fd = open_notify(_i == 1);

	m.mount_statements = "Nonsense\n";
	ck_assert_int_eq(mount_start_fails(&m), 2);
	ck_assert_int_eq(recv(fd, word, sizeof word - 1, MSG_DONTWAIT), -1);
	m.mount_statements = NULL;
	mount_start(&m);
	ck_assert_int_eq(recv(fd, word, sizeof word - 1, 0), 7);
	ck_assert_str_eq(word, "READY=1");
	close(fd);
}
END_TEST

START_TEST(a_manager_that_is_not_there_is_logged)
{
	static const char *const names[] = { "/none/there", "word", "/", "" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_int_eq(unlink(m.log) == 0 || errno == ENOENT, 1);
		ck_assert_int_eq(setenv("NOTIFY_SOCKET", names[i], 1), 0);
		mount_start(&m);
		wait_for_text("JESF059W", m.log);
		ck_assert_int_eq(mount_stop(&m), 0);
	}
}
END_TEST

/* With what systemd would leave to it, by the words of the unit. */
START_TEST(it_works_with_the_capabilities_of_the_unit)
{
	char line[4 * MOUNT_PATH_MAX];

	mount_start(&m);
	ck_assert_int_eq(mount_stop(&m), 0);
	text_format(line, sizeof line,
		"set -- $(sed -n 's/^CapabilityBoundingSet=//p' "
		"docs/examples/jesfs.service); for c; do "
		"set=$set,+$(echo ${c#CAP_} | tr A-Z a-z); done; "
		"exec setpriv --no-new-privs --inh-caps -all "
		"--bounding-set -all$set %s/jesfs -c %s %s",
		program_folder(), m.conf, m.point);
	ck_assert_int_eq(shell("%s >%s 2>&1", line, said), 0);
	ck_assert_int_eq(mount_put_mail(&m, "one"), 0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(shell("lsattr -d %s/.. >/dev/null; "
			       "%s/umount.fuse.jesfs %s",
				 m.point, program_folder(), m.point),
		0);
	expect_ended();
}
END_TEST

/* systemd's own judgement, where it is installed. */
START_TEST(the_unit_is_valid)
{
	char variables[4 * MOUNT_PATH_MAX];

	if (shell("command -v systemd-analyze >/dev/null") != 0) {
		printf("not run: there is no systemd-analyze\n");
		return;
	}
	text_format(variables, sizeof variables,
		"PREFIX=%s/root HELPERDIR=%s/root/sbin SYSCONFDIR=%s/root/etc",
		m.scratch, m.scratch, m.scratch);
	install("install", variables);
	ck_assert_int_eq(
		shell("systemd-analyze verify "
		      "%s/root/lib/systemd/system/jesfs.service >%s 2>&1",
			m.scratch, said),
		0);
	ck_assert_int_eq(shell("grep -q jesfs %s", said), 1);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, install_puts_everything_in_place);
	tcase_add_test(t, install_is_right_where_both_places_are_one);
	tcase_add_test(t, a_configuration_is_not_overwritten);
	tcase_add_test(t, a_line_of_fstab_works);
	tcase_add_test(t, umount_of_a_busy_mount_names_the_process);
	tcase_add_test(t, umount_finds_its_helper_however_often_it_was_mounted);
	tcase_add_test(t, the_usual_options_are_taken);
	tcase_add_test(t, a_read_only_mount_can_be_looked_at);
	tcase_add_loop_test(t, an_unknown_option_is_refused, 0,
		(int)(sizeof refused / sizeof refused[0]));
	tcase_add_loop_test(t, the_manager_is_told_when_the_mount_works, 0, 2);
	tcase_add_test(t, a_manager_that_is_not_there_is_logged);
	tcase_add_test(t, it_works_with_the_capabilities_of_the_unit);
	tcase_add_test(t, the_unit_is_valid);
}

int main(void)
{
	Suite *s = suite_create("e2e_install");
	TCase *t = suite_case(s, "install", TEST_S, begin, finish);

	tcase_add_unchecked_fixture(t, daemon_adopt, daemon_end_all);
	add_tests(t);
	return mount_main(s);
}
