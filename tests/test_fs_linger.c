#include "clock.h"
#include "spool_open.h"
#include "support_clock.h"
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void set_up(void)
{
	clock_take_over(); /* before any thread reads it */
	mounted_setup();
	ck_assert_int_eq(spool_linger(mounted.spool, 5 * NS_PER_S), 0);
}

static void ignore(void *arg, int err)
{
	(void)arg;
	ck_assert_int_eq(err, 0);
}

/* Sends what is ready, as a quick forwarder would; how many that were. */
static size_t send_all(void)
{
	const struct store_finish sent = { .to = DATASET_PURGED, .reason = "" };
	struct store_claim claims[4];
	size_t total = 0;
	size_t count, i;

	do {
		ck_assert_int_eq(
			spool_select(mounted.spool, "MAIL", 4, claims, &count),
			0);
		for (i = 0; i < count; i++)
			spool_finish(mounted.spool, claims[i].dataset.number,
				claims[i].token, &sent, ignore, NULL);
		total += count;
	} while (count > 0);
	return total;
}

static uint64_t put_sent(const char *name)
{
	const char *path = in_mount("spool/MAIL/%s", name);
	uint64_t number;

	ck_assert_int_eq(put_text(path, "hello"), 0);
	number = inode_of(path);
	expect_state(number, DATASET_READY);
	ck_assert_uint_eq(send_all(), 1);
	return number;
}

START_TEST(what_was_sent_is_still_touched_and_not_listed)
{
	const char *path = in_mount("spool/MAIL/x");
	uint64_t number = put_sent("x");
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_ino, number);
	ck_assert_int_eq(st.st_size, 5);
	ck_assert_int_eq(access(path, R_OK | W_OK), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(chown(path, 0, 0), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, NULL, 0), 0);
	ck_assert_int_eq(setxattr(path, "user.x", "y", 1, 0), 0);
	ck_assert_int_eq(truncate(path, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(open(path, O_RDONLY | O_CLOEXEC), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_str_eq(list(in_mount("spool/MAIL")), ". .. ");
	path = in_mount("spool/MAIL/x");
	ck_assert_msg(unlink(path) == 0, "%s", strerror(errno));
	ck_assert_int_eq(unlink(path), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(stat(path, &st), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(an_open_for_writing_makes_a_new_one)
{
	static const int flags[] = { O_WRONLY | O_CREAT | O_TRUNC,
		O_WRONLY | O_APPEND, O_RDWR };
	const char *path = in_mount("spool/MAIL/x");
	uint64_t number = put_sent("x");
	struct stat st;
	int fd = open(path, flags[_i] | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_gt(st.st_ino, number);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_int_eq(write(fd, "new", 3), 3);
	ck_assert_int_eq(close(fd), 0);
	expect_count(DATASET_READY, 1);
	expect_text(st.st_ino, "new");
	ck_assert_uint_eq(inode_of(path), st.st_ino);
}
END_TEST

START_TEST(a_rename_that_comes_after_the_mail_went_succeeds)
{
	uint64_t number = put_sent("tmpa1b2c3d4");
	const char *path = in_mount("spool/MAIL/tmpa1b2c3d4");
	const char *to = in_mount("spool/MAIL/x");

	ck_assert_int_eq(rename(path, to), 0);
	ck_assert_uint_eq(inode_of(to), number);
	ck_assert_int_eq(access(path, F_OK), -1);
	expect_count(-1, 0);
}
END_TEST

START_TEST(a_name_lingers_for_as_long_as_was_said)
{
	const char *path = in_mount("spool/MAIL/x");

	put_sent("x");
	ck_assert_int_eq(access(path, F_OK), 0);
	clock_forward(5 * NS_PER_S);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static int is_not_there(void)
{
	MUST(access(in_mount("spool/MAIL/x"), F_OK) == -1 && errno == ENOENT);
	return 0;
}

START_TEST(it_lingers_for_nobody_else)
{
	put_sent("x");
	as_user(USER_A, USER_A, is_not_there);
	ck_assert_int_eq(access(in_mount("spool/MAIL/x"), F_OK), 0);
}
END_TEST

/* ---- what programs do, while all is sent at once ------------------------- */

enum { ROUNDS = 40 };

/* $s is a file with one line. */
static const char *const commands[] = {
	"cp $s f",
	"cp -p $s f",
	"cp --remove-destination $s f",
	"install -m 644 $s f",
	"cp $s .f; mv .f f",
	"cp $s g; mv g f",
	"cp $s f; chmod 644 f; chown 0 f",
	"tar -C /tmp -cf - ${s#/tmp/} | tar --transform s/.*/f/ -xf -",
};

static int run_command(const void *arg)
{
	char command[512];

	snprintf(command, sizeof command,
		"set -e; s=/tmp/jesfs-linger-$$; echo a > $s; "
		"trap 'rm -f $s' EXIT; i=0; "
		"while [ $i -lt %d ]; do %s; i=$((i + 1)); done",
		ROUNDS, (const char *)arg);
	return shell_in_drop(command);
}

START_TEST(a_command_succeeds_and_sends_once_each_time)
{
	size_t sent = 0;
	int status;
	pid_t pid = process_start(run_command, commands[_i]);

	while (waitpid(pid, &status, WNOHANG) == 0)
		sent += send_all();
	ck_assert_msg(status == 0, "%s: %x", commands[_i], (unsigned)status);
	while (count_datasets(-1) > 0)
		sent += send_all();
	ck_assert_msg(sent == ROUNDS, "%s: %zu", commands[_i], sent);
	expect_count(-1, 0);
}
END_TEST

static Suite *new_suite(void)
{
	Suite *suite = suite_create("fs_linger");
	TCase *tc = suite_case(suite, "mounted", 60, set_up, mounted_teardown);

	tcase_add_test(tc, what_was_sent_is_still_touched_and_not_listed);
	tcase_add_loop_test(tc, an_open_for_writing_makes_a_new_one, 0, 3);
	tcase_add_test(tc, a_rename_that_comes_after_the_mail_went_succeeds);
	tcase_add_test(tc, a_name_lingers_for_as_long_as_was_said);
	tcase_add_test(tc, it_lingers_for_nobody_else);
	tcase_add_loop_test(tc, a_command_succeeds_and_sends_once_each_time, 0,
		COUNT(commands));
	return suite;
}

int main(void)
{
	return mounted_main(new_suite());
}
