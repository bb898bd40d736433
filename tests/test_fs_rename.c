#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Paths in the drop directory of MAIL, in two buffers. */
static int rename_in_drop(const char *from, const char *to)
{
	const char *path = in_mount("spool/MAIL/%s", from);
	const char *new_path = in_mount("spool/MAIL/%s", to);

	return rename(path, new_path) == 0 ? 0 : -errno;
}

static int rename_with(const char *from, const char *to, unsigned int flags)
{
	const char *path = in_mount("%s", from);
	const char *new_path = in_mount("%s", to);

	return renameat2(AT_FDCWD, path, AT_FDCWD, new_path, flags) == 0
		? 0
		: -errno;
}

static uint64_t put_held(const char *name)
{
	const char *path = in_mount("spool/MAIL/%s", name);
	uint64_t number;

	ck_assert_int_eq(put_text(path, name), 0);
	number = inode_of(path);
	expect_state(number, DATASET_HELD);
	return number;
}

static uint64_t put_ready(const char *name)
{
	const char *path = in_mount("spool/MAIL/%s", name);
	uint64_t number;

	ck_assert_int_eq(put_text(path, name), 0);
	number = inode_of(path);
	expect_state(number, DATASET_READY);
	return number;
}

START_TEST(a_draft_is_mail_once_it_has_its_name)
{
	uint64_t number = put_held(".mail.Xa3f");

	ck_assert_str_eq(list(in_mount("spool/MAIL")), ". .. .mail.Xa3f ");
	ck_assert_int_eq(rename_in_drop(".mail.Xa3f", "mail"), 0);
	expect_state(number, DATASET_READY);
	ck_assert_uint_eq(inode_of(in_mount("spool/MAIL/mail")), number);
	ck_assert_str_eq(list(in_mount("spool/MAIL")), ". .. mail ");
	expect_text(number, ".mail.Xa3f");
	ck_assert_int_eq(rename_in_drop(".mail.Xa3f", "mail"), -ENOENT);
}
END_TEST

START_TEST(a_draft_that_is_opened_again_is_a_new_one)
{
	uint64_t first = put_held("mail.tmp");
	uint64_t second = put_held("mail.tmp");

	ck_assert_uint_ne(first, second);
	expect_count(DATASET_HELD, 2);
	ck_assert_int_eq(unlink(in_mount("spool/MAIL/mail.tmp")), 0);
	expect_gone(second);
	expect_state(first, DATASET_HELD);
}
END_TEST

START_TEST(the_last_close_goes_by_the_new_name)
{
	const char *path = in_mount("spool/MAIL/.x");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	uint64_t number = inode_of_fd(fd);

	ck_assert_int_eq(write(fd, "a", 1), 1);
	ck_assert_int_eq(rename_in_drop(".x", "x"), 0);
	expect_state(number, DATASET_OPEN);
	ck_assert_int_eq(write(fd, "b", 1), 1);
	ck_assert_uint_eq(inode_of_fd(fd), number);
	ck_assert_int_eq(close(fd), 0);
	expect_state(number, DATASET_READY);
	expect_text(number, "ab");
}
END_TEST

START_TEST(onto_a_name_that_is_taken_both_stay)
{
	uint64_t queued = put_ready("mail");
	uint64_t number = put_held(".mail");
	struct dataset d;

	ck_assert_int_eq(rename_with("spool/MAIL/.mail", "spool/MAIL/mail",
				 RENAME_NOREPLACE),
		-EEXIST);
	ck_assert_int_eq(rename_with("spool/MAIL/.mail", "spool/MAIL/mail",
				 RENAME_EXCHANGE),
		-EINVAL);
	ck_assert_int_eq(rename_in_drop(".mail", "mail"), 0);
	expect_count(DATASET_READY, 2);
	ck_assert_uint_eq(inode_of(in_mount("spool/MAIL/mail")), number);
	ck_assert_int_eq(spool_stat(mounted.spool, queued, &d), 0);
	ck_assert_uint_eq(
		inode_of(in_mount("spool/MAIL/JOB%05u.mail", d.job)), queued);
}
END_TEST

START_TEST(what_is_sent_is_busy)
{
	uint64_t number = put_ready("mail");
	struct store_claim claim;
	size_t count;

	ck_assert_int_eq(
		spool_select(mounted.spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(rename_in_drop("mail", "mail~"), -EBUSY);
	ck_assert_int_eq(
		rename_with("spool/MAIL/mail", "spool/BATCH/mail", 0), -EBUSY);
	ck_assert_int_eq(rename_in_drop("mail", "other"), 0);
	expect_state(number, DATASET_ACTIVE);
}
END_TEST

START_TEST(another_writer_directory_is_another_writer)
{
	uint64_t number = put_ready("mail");
	struct dataset d;

	ck_assert_int_eq(
		rename_with("spool/MAIL/mail", "spool/BATCH/mail", 0), 0);
	ck_assert_uint_eq(inode_of(in_mount("spool/BATCH/mail")), number);
	ck_assert_str_eq(list(in_mount("spool/MAIL")), ". .. ");
	ck_assert_int_eq(spool_stat(mounted.spool, number, &d), 0);
	ck_assert_str_eq(d.writer, "BATCH");
	ck_assert_int_eq(d.state, DATASET_READY);
}
END_TEST

static const struct {
	const char *from, *to;
	int result;
} elsewhere[] = {
	{ "spool/MAIL/mail", "mail", -EPERM },
	{ "spool/MAIL/mail", "status/mail", -EPERM },
	{ "spool/MAIL/mail", "spool/x", -EPERM },
	{ "status/queue", "spool/MAIL/queue", -EPERM },
	{ "spool/MAIL", "spool/OTHER", -EPERM },
	{ "spool/MAIL/none", "spool/MAIL/mail", -ENOENT },
	{ "spool/MAIL/mail", "spool/MAIL/JOB00077.mail", -EINVAL },
	{ "spool/MAIL/mail", "spool/MAIL/J0000077.mail", -EINVAL },
	{ "spool/MAIL/mail", "spool/MAIL/a\nb", 0 },
};

START_TEST(a_rename_that_makes_no_sense_has_its_error)
{
	char name[LABEL_MAX + 2];

	put_ready("mail");
	ck_assert_int_eq(rename_with(elsewhere[_i].from, elsewhere[_i].to, 0),
		elsewhere[_i].result);
	memset(name, 'x', sizeof name);
	name[LABEL_MAX + 1] = '\0';
	if (elsewhere[_i].result != 0)
		ck_assert_int_eq(rename_in_drop("mail", name), -ENAMETOOLONG);
	expect_count(DATASET_READY, 1);
}
END_TEST

static int act_of_a(void)
{
	const char *mine = in_mount("spool/MAIL/mine");
	const char *to = in_mount("spool/MAIL/mail");

	MUST(put_text(mine, "a") == 0);
	MUST(renameat2(AT_FDCWD, mine, AT_FDCWD, to, RENAME_NOREPLACE) == 0);
	mine = in_mount("spool/MAIL/JOB00001.mail");
	MUST(rename(mine, to) == -1 && errno == ENOENT);
	return 0;
}

START_TEST(another_users_names_are_his)
{
	uint64_t number = put_ready("mail");

	as_user(USER_A, USER_A, act_of_a);
	expect_count(DATASET_READY, 2);
	ck_assert_uint_eq(inode_of(in_mount("spool/MAIL/mail")), number);
}
END_TEST

static int put_three(void)
{
	MUST(put_text(in_mount("spool/MAIL/x"), "a") == 0);
	MUST(put_text(in_mount("spool/MAIL/y"), "b") == 0);
	MUST(put_text(in_mount("spool/MAIL/.z"), "c") == 0);
	return 0;
}

/* Not root: the kernel asks nobody's leave for it. */
static int act_as_operator(void)
{
	const char *name = in_mount("spool/MAIL/JOB00001.x");
	const char *to = in_mount("spool/BATCH/JOB00001.x");

	MUST(rename(name, to) == 0);
	MUST(access(to, F_OK) == 0);
	MUST(unlink(in_mount("spool/MAIL/JOB00002.y")) == 0);
	name = in_mount("spool/MAIL/JOB00003..z");
	MUST(rename(name, in_mount("spool/MAIL/z")) == 0);
	return 0;
}

static int act_as_stranger(void)
{
	const char *name = in_mount("spool/MAIL/JOB00001.x");

	MUST(unlink(name) == -1 && errno == ENOENT);
	MUST(rename(name, in_mount("spool/MAIL/y")) == -1 && errno == ENOENT);
	return 0;
}

START_TEST(operators_purge_requeue_and_release_what_is_anothers)
{
	struct dataset d;

	as_user(USER_A, USER_A, put_three);
	expect_count(DATASET_READY, 2);
	expect_count(DATASET_HELD, 1);
	as_user(USER_B, USER_B, act_as_stranger);
	as_user(USER_B, OPERATORS, act_as_operator);
	expect_count(DATASET_READY, 2);
	expect_count(-1, 2);
	ck_assert_int_eq(spool_stat(mounted.spool, 1, &d), 0);
	ck_assert_str_eq(d.writer, "BATCH");
	ck_assert(d.has_label);
	ck_assert_uint_eq(d.uid, USER_A);
}
END_TEST

/* ---- what programs do ---------------------------------------------------- */

/* A command in the drop directory, and what is ready then, in the order in
 * which it was made. */
static const struct {
	const char *command;
	const char *texts[3];
	int held;
} commands[] = {
	{ "echo one > .f; mv .f f", { "one\n" }, 0 },
	{ "echo one > f; echo two > .f; mv -f .f f", { "one\n", "two\n" }, 0 },
	{ "echo one > f; echo two > .f; mv -n .f f; test -e .f", { "one\n" },
		1 },
	{ "echo one > f; sed -i s/one/two/ f", { "one\n", "two\n" }, 0 },
	{ "echo one > /tmp/$$.s; mv /tmp/$$.s f", { "one\n" }, 0 },
	{ "echo one > f; echo two > /tmp/$$.s; mv /tmp/$$.s f",
		{ "one\n", "two\n" }, 0 },
	{ "echo one > f; echo two > /tmp/$$.s; "
	  "cp --remove-destination /tmp/$$.s f; r=$?; rm /tmp/$$.s; exit $r",
		{ "one\n", "two\n" }, 0 },
	{ "echo one > f; echo two > /tmp/$$.s; install -m 600 /tmp/$$.s f; "
	  "r=$?; rm /tmp/$$.s; exit $r",
		{ "one\n", "two\n" }, 0 },
	{ "echo one > .f; rm .f; echo two > f~; rm f~", { NULL }, 0 },
	{ "echo one > f; mv f f~; mv f~ g", { "one\n" }, 0 },
	{ "( echo one; mv .f f; echo two ) > .f", { "one\ntwo\n" }, 0 },
};

START_TEST(a_command_renames_as_it_means)
{
	ck_assert_msg(shell_in_drop(commands[_i].command) == 0, "%s",
		commands[_i].command);
	expect_ready(commands[_i].texts, COUNT(commands[_i].texts),
		(size_t)commands[_i].held);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_draft_is_mail_once_it_has_its_name);
	tcase_add_test(tc, a_draft_that_is_opened_again_is_a_new_one);
	tcase_add_test(tc, the_last_close_goes_by_the_new_name);
	tcase_add_test(tc, onto_a_name_that_is_taken_both_stay);
	tcase_add_test(tc, what_is_sent_is_busy);
	tcase_add_test(tc, another_writer_directory_is_another_writer);
	tcase_add_loop_test(tc, a_rename_that_makes_no_sense_has_its_error, 0,
		COUNT(elsewhere));
	tcase_add_test(tc, another_users_names_are_his);
	tcase_add_test(
		tc, operators_purge_requeue_and_release_what_is_anothers);
	tcase_add_loop_test(
		tc, a_command_renames_as_it_means, 0, COUNT(commands));
}

int main(void)
{
	return mounted_run("fs_rename", add_tests);
}
