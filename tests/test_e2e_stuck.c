/*
 * A disk that does not answer any more: the program ends all the same, and
 * the next one finds everything that was promised.
 */
#include "support_files.h"
#include "support_mount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_S = 180 };

static struct mount m;
static char stuck[PATH_MAX];

static const char *const hanging[] = { "-x", "data=hang:1", NULL };

static void begin(void)
{
	mount_init(&m);
	m.statements = "TimeOut\n{\n  ConnectRetry 1\n}\n";
	snprintf(stuck, sizeof stuck, "%s/stuck", m.scratch);
	setenv("STUCKDISK_WHEN", stuck, 1);
	mount_add_target(&m, hanging);
	mount_start_over(&m, "stuckdisk.so");
}

static void finish(void)
{
	mount_fini(&m);
}

/* Its close is told how it failed, before the program has ended. */
static pid_t start_close(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(mount_put_mail(&m, "late") == -EIO ? 0 : 1);
	return pid;
}

static bool is_written(const void *name)
{
	return shell("test -s %s/%s", m.drop, (const char *)name) == 0;
}

static void expect_left_open(void)
{
	ck_assert_int_eq(mount_stop(&m), 1);
	ck_assert(text_is_in("JESF055E", m.log));
	ck_assert(!text_is_in("JESF003I", m.log));
	ck_assert_int_eq(unlink(stuck), 0);
}

START_TEST(a_close_without_an_answer_does_not_keep_the_program)
{
	pid_t pid;
	int status;

	ck_assert_int_eq(file_puts(stuck, ""), 0);
	pid = start_close();
	wait_until(is_written, "late", "the mail to be written");
	expect_left_open();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	mount_start(&m);
}
END_TEST

/* What is known of the failed try may have got as far as the log. */
static bool waits_or_arrived(const void *name)
{
	return shell("grep -qs 'waiting.*connection lost' %s || "
		     "grep -qs '^rcpt <%s@' %s/target0/*.env",
		       mount_queue(&m), (const char *)name, m.scratch)
		== 0;
}

/* The forwarder cannot record what became of the mail. */
START_TEST(what_is_being_sent_does_not_keep_it_and_is_not_lost)
{
	ck_assert_int_eq(mount_put_mail(&m, "promised"), 0);
	wait_for_text(" active ", mount_queue(&m));
	ck_assert_int_eq(file_puts(stuck, ""), 0);
	mount_target_down(&m, 0);
	expect_left_open();
	mount_target_up(&m, 0, NULL);
	mount_start(&m);
	wait_until(waits_or_arrived, "promised", "the mail");
}
END_TEST

START_TEST(a_spool_that_cannot_be_closed_does_not_keep_it)
{
	mount_target_down(&m, 0);
	ck_assert_int_eq(mount_put_mail(&m, "promised"), 0);
	wait_for_text("refused", mount_queue(&m));
	ck_assert_int_eq(file_puts(stuck, ""), 0);
	expect_left_open();
	mount_target_up(&m, 0, NULL);
	mount_start(&m);
	wait_for_mails(&m, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e stuck");
	TCase *c = tcase_create("stuck");

	tcase_set_timeout(c, TEST_S);
	tcase_add_checked_fixture(c, begin, finish);
	tcase_add_test(c, a_close_without_an_answer_does_not_keep_the_program);
	tcase_add_test(c, what_is_being_sent_does_not_keep_it_and_is_not_lost);
	tcase_add_test(c, a_spool_that_cannot_be_closed_does_not_keep_it);
	suite_add_tcase(s, c);
	return mount_main(s);
}
