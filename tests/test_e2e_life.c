/*
 * Targets and programs that come and go: mail waits, and nothing is lost.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_S = 180 };

#define IMPATIENT "TimeOut\n{\n  ConnectRetry 1\n}\n"

static struct mount m;

static void begin(void)
{
	mount_init(&m);
	m.statements = IMPATIENT;
}

static void finish(void)
{
	mount_fini(&m);
}

static bool has_arrived(const char *name)
{
	return shell("grep -qs '^rcpt <%s@b.example>' %s/target*/*.env", name,
		       m.scratch)
		== 0;
}

/* ---- targets ------------------------------------------------------------ */

START_TEST(mail_waits_for_a_target_that_is_down)
{
	mount_add_silent_target(&m);
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "patient"), 0);
	wait_for_text("refused", mount_queue(&m));
	mount_target_up(&m, 0, NULL);
	wait_for_mails(&m, 1);
	ck_assert(has_arrived("patient"));
}
END_TEST

START_TEST(the_other_target_takes_the_mail_of_one_that_is_down)
{
	mount_add_silent_target(&m);
	mount_add_target(&m, NULL);
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "one"), 0);
	ck_assert_int_eq(mount_put_mail(&m, "two"), 0);
	wait_for_mails(&m, 2);
	ck_assert_uint_eq(mails_count(&m, 1), 2);
}
END_TEST

/* What was on the wire when the server died waits longer than a test does. */
static bool has_arrived_or_was_cut_off(const void *name)
{
	return has_arrived(name)
		|| shell("test -e %s/%s && grep -q 'waiting.*connection lost' "
			 "%s/status/queue",
			   m.drop, (const char *)name, m.point)
		== 0;
}

START_TEST(a_target_that_goes_and_comes_loses_nothing)
{
	enum { MAILS = 60 };
	char name[32];
	int i;

	mount_add_target(&m, NULL);
	mount_start(&m);
	for (i = 0; i < MAILS; i++) {
		if (i == MAILS / 3)
			mount_target_down(&m, 0);
		if (i == 2 * MAILS / 3)
			mount_target_up(&m, 0, NULL);
		snprintf(name, sizeof name, "m%d", i);
		ck_assert_int_eq(mount_put_mail(&m, name), 0);
	}
	for (i = 0; i < MAILS; i++) {
		snprintf(name, sizeof name, "m%d", i);
		wait_until(has_arrived_or_was_cut_off, name, name);
	}
}
END_TEST

#define SHORT                                                                  \
	"TimeOut\n{\n  ConnectRetry 1\n  InitialMsg 1\n  AnyCmd 1\n"           \
	"  DATACmd 1\n}\n"

/* Before a mail's fate is open, another target gets it at once. */
static const char *const early_faults[] = {
	"connect=421:1",
	"connect=554:1",
	"connect=close:1",
	"connect=garbage:1",
	"connect=hang:1",
	"helo=421:1",
	"helo=garbage:1",
	"helo=close:1",
	"mail=421:1",
	"quit=close",
};

START_TEST(another_target_takes_what_a_broken_one_does_not)
{
	const char *const options[] = { "-x", early_faults[_i], NULL };

	m.statements = SHORT;
	mount_add_target(&m, options);
	mount_add_target(&m, NULL);
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "survivor"), 0);
	wait_for_mails(&m, 1);
	ck_assert(has_arrived("survivor"));
}
END_TEST

/* Later, the mail waits for its next try, and says why. */
static const struct {
	const char *fault;
	const char *reason;
} late_faults[] = {
	{ "rcpt=garbage:1", "reply" },
	{ "rcpt=451:1", "451" },
	{ "data=451:1", "451" },
	{ "dot=451:1", "451" },
	{ "dot=close:1", "lost" },
	{ "dot=garbage:1", "reply" },
};

START_TEST(mail_that_met_a_fault_waits_with_its_reason)
{
	const char *const options[] = { "-x", late_faults[_i].fault, NULL };

	m.statements = SHORT;
	mount_add_target(&m, options);
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "survivor"), 0);
	wait_for_text("waiting", mount_queue(&m));
	ck_assert_msg(text_is_in(late_faults[_i].reason, mount_queue(&m)), "%s",
		file_text("%s", mount_queue(&m)));
}
END_TEST

/* ---- the program -------------------------------------------------------- */

START_TEST(a_file_open_at_the_end_gets_an_error)
{
	char path[PATH_MAX];
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int fd;

	sigaction(SIGPIPE, &ignore, NULL);
	mount_add_target(&m, NULL);
	mount_start(&m);
	snprintf(path, sizeof path, "%s/open", m.drop);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "HELO A\n", 7), 7);
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_eq(write(fd, "QUIT\n", 5), -1);
	close(fd);
}
END_TEST

/* Writes until told to stop; exits with how many closes returned 0. */
static pid_t start_writer(int log, const char *prefix)
{
	char name[64];
	pid_t pid = fork();
	int i, err = 0;

	if (pid != 0)
		return pid;
	for (i = 0; err == 0 && i < 100000; i++) {
		snprintf(name, sizeof name, "%s%d", prefix, i);
		err = mount_put_mail(&m, name);
		if (err == 0)
			dprintf(log, "%s\n", name);
	}
	_exit(0);
}

static bool log_has_lines(const void *path)
{
	return shell("[ $(wc -l < %s) -ge 200 ]", (const char *)path) == 0;
}

static bool all_arrived(const void *path)
{
	return shell("sed -n 's/^rcpt <\\(.*\\)@b.example>/\\1/p' "
		     "%s/target0/*.env | sort -u > %s/have; "
		     "sort %s | comm -23 - %s/have | grep -q . && exit 1; "
		     "exit 0",
		       m.scratch, m.scratch, (const char *)path, m.scratch)
		== 0;
}

START_TEST(a_stop_in_the_middle_of_traffic_loses_nothing)
{
	char log[PATH_MAX];
	pid_t writers[2];
	int fd, i;

	mount_add_target(&m, NULL);
	mount_start(&m);
	snprintf(log, sizeof log, "%s/promised", m.scratch);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	writers[0] = start_writer(fd, "a");
	writers[1] = start_writer(fd, "b");
	wait_until(log_has_lines, log, "writers to write");
	ck_assert_int_eq(mount_stop(&m), 0);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(waitpid(writers[i], NULL, 0), writers[i]);
	mount_start(&m);
	wait_until(all_arrived, log, "every mail that was promised");
	close(fd);
}
END_TEST

START_TEST(what_waits_outlives_a_crash)
{
	mount_add_silent_target(&m);
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "before"), 0);
	mount_kill(&m);
	mount_target_up(&m, 0, NULL);
	mount_start(&m);
	wait_for_mails(&m, 1);
	ck_assert(has_arrived("before"));
}
END_TEST

START_TEST(one_spool_has_one_program)
{
	struct mount other;

	mount_add_target(&m, NULL);
	mount_start(&m);
	other = m;
	snprintf(other.point, sizeof other.point, "%.400s/other", m.scratch);
	snprintf(other.log, sizeof other.log, "%.400s/other.log", m.scratch);
	ck_assert_int_eq(mkdir(other.point, 0755), 0);
	ck_assert_int_eq(mount_start_fails(&other), 1);
	ck_assert(text_is_in("spool", other.log));
	ck_assert(!mount_is_there(other.point));
	ck_assert_int_eq(mount_put_mail(&m, "still"), 0);
	wait_for_mails(&m, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e life");
	TCase *c = suite_case(s, "targets", TEST_S, begin, finish);

	tcase_add_test(c, mail_waits_for_a_target_that_is_down);
	tcase_add_test(c, the_other_target_takes_the_mail_of_one_that_is_down);
	tcase_add_test(c, a_target_that_goes_and_comes_loses_nothing);
	tcase_add_loop_test(c, another_target_takes_what_a_broken_one_does_not,
		0, sizeof early_faults / sizeof early_faults[0]);
	tcase_add_loop_test(c, mail_that_met_a_fault_waits_with_its_reason, 0,
		sizeof late_faults / sizeof late_faults[0]);
	c = suite_case(s, "program", TEST_S, begin, finish);
	tcase_add_test(c, a_file_open_at_the_end_gets_an_error);
	tcase_add_test(c, a_stop_in_the_middle_of_traffic_loses_nothing);
	tcase_add_test(c, what_waits_outlives_a_crash);
	tcase_add_test(c, one_spool_has_one_program);
	return mount_main(s);
}
