/*
 * Who may write for a writer, where Submitters names them.
 */
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

enum {
	HANDED = 100, /* a descriptor that is handed down */
	MEMBERS = 4720,
	MEMBER = 4721,
	OPERATOR = 4722,
	STRANGER = 4730,
};

static struct writer_config writers[] = {
	{ .name = "BATCH" },
	{ .name = "MAIL",
		.submitters = { 2, { { false, USER_A }, { true, MEMBERS } } } },
};

static int put_as_before(void)
{
	MUST(put_text(in_mount("spool/MAIL/mail"), "x\n") == 0);
	return 0;
}

static void set_up_submitters(void)
{
	mounted.writers = writers;
	mounted.writer_count = sizeof writers / sizeof writers[0];
	mounted_setup();
}

static int submit(void)
{
	MUST(put_text(in_mount("spool/MAIL/mail"), "x\n") == 0);
	/* A second time it is an open of what is there. */
	MUST(put_text(in_mount("spool/MAIL/mail"), "x\n") == 0);
	MUST(access(mounted.drop, W_OK | X_OK) == 0);
	return 0;
}

static int be_refused(void)
{
	MUST(put_text(in_mount("spool/MAIL/mail"), "x\n") == -EACCES);
	MUST(put_text(in_mount("spool/MAIL/.draft"), "x\n") == -EACCES);
	MUST(open(in_mount("spool/MAIL/mail"), O_RDONLY) < 0);
	MUST(errno == ENOENT);
	MUST(access(mounted.drop, W_OK) != 0 && errno == EACCES);
	MUST(access(mounted.drop, R_OK | X_OK) == 0);
	/* Not in a roundabout way either. */
	MUST(put_text(in_mount("spool/BATCH/mail"), "x\n") == 0);
	MUST(rename(in_mount("spool/BATCH/mail"), in_mount("spool/MAIL/mail"))
		!= 0);
	MUST(errno == EACCES);
	MUST(put_text("/proc/self/fd/100", "x\n") == -EACCES);
	return 0;
}

/* A member by one of many groups, not by the first. */
static int submit_as_member(const void *unused)
{
	gid_t groups[100];
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof groups / sizeof groups[0]; i++)
		groups[i] = (gid_t)(5000 + i);
	groups[99] = MEMBERS;
	MUST(setgroups(100, groups) == 0);
	MUST(setgid(MEMBER) == 0 && setuid(MEMBER) == 0);
	return submit();
}

START_TEST(only_those_named_may_submit)
{
	int fd = open(in_mount("spool/MAIL/handed"), O_WRONLY | O_CREAT, 0600);

	ck_assert_int_eq(dup2(fd, HANDED), HANDED);
	close(fd);
	as_user(USER_A, USER_A, submit);      /* by name */
	as_user(USER_B, MEMBERS, submit);     /* by group */
	as_user(OPERATOR, OPERATORS, submit); /* an operator */
	ck_assert_int_eq(submit(), 0);        /* root */
	ck_assert_int_eq(
		process_wait(process_start(submit_as_member, NULL)), 0);
	as_user(STRANGER, STRANGER, be_refused);
	as_user(STRANGER, USER_A, be_refused); /* a group is no user */
	expect_count(DATASET_READY, 12);
	close(HANDED);
}
END_TEST

/* Its own labels of before make no difference once one is not named. */
static int be_refused_on_an_own_label(void)
{
	const char *path = in_mount("spool/MAIL/mail");

	MUST(access(path, R_OK) == 0);
	MUST(put_text(path, "x\n") == -EACCES);
	MUST(rename(path, in_mount("spool/MAIL/new")) != 0);
	MUST(errno == EACCES);
	MUST(unlink(in_mount("spool/MAIL/JOB00001.mail")) == 0);
	return 0;
}

START_TEST(who_is_no_longer_named_keeps_what_he_has)
{
	as_user(STRANGER, MEMBERS, put_as_before);
	as_user(STRANGER, STRANGER, be_refused_on_an_own_label);
	expect_gone(1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("submitters");
	TCase *tc = tcase_create("submitters");

	tcase_add_checked_fixture(tc, set_up_submitters, mounted_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, only_those_named_may_submit);
	tcase_add_test(tc, who_is_no_longer_named_keeps_what_he_has);
	suite_add_tcase(suite, tc);
	return mounted_main(suite);
}
