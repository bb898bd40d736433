/*
 * What one user gets who asks for the data sets of another, by every
 * operation of the file system.
 */
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { HANDED = 100 };

/* Each returns 0 or an errno. */
typedef int operation(const char *path);

static int result(long n)
{
	return n < 0 ? errno : 0;
}

static int do_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int do_stat(const char *path)
{
	struct stat st;

	return result(stat(path, &st));
}

static int do_lstat(const char *path)
{
	struct stat st;

	return result(lstat(path, &st));
}

static int do_open_read(const char *path)
{
	return do_open(path, O_RDONLY);
}

static int do_open_write(const char *path)
{
	return do_open(path, O_WRONLY);
}

static int do_open_truncate(const char *path)
{
	return do_open(path, O_RDONLY | O_TRUNC);
}

static int do_open_path(const char *path)
{
	return do_open(path, O_PATH);
}

static int do_access(const char *path)
{
	return result(access(path, F_OK));
}

static int do_access_read(const char *path)
{
	return result(access(path, R_OK));
}

static int do_truncate(const char *path)
{
	return result(truncate(path, 0));
}

static int do_chmod(const char *path)
{
	return result(chmod(path, 0600));
}

static int do_chown(const char *path)
{
	return result(chown(path, USER_B, USER_B));
}

static int do_utimens(const char *path)
{
	return result(utimensat(AT_FDCWD, path, NULL, 0));
}

static int do_getxattr(const char *path)
{
	char value[64];

	return result(getxattr(path, "user.jes.jobid", value, sizeof value));
}

static int do_listxattr(const char *path)
{
	char names[256];
	ssize_t n = listxattr(path, names, sizeof names);

	return n > 0 ? 0 : n < 0 ? errno : ENODATA;
}

static int do_setxattr(const char *path)
{
	return result(setxattr(path, "user.x", "1", 1, 0));
}

static int do_removexattr(const char *path)
{
	return result(removexattr(path, "user.jes.jobid"));
}

static int do_readlink(const char *path)
{
	char target[64];

	return result(readlink(path, target, sizeof target));
}

static int do_statfs(const char *path)
{
	struct statvfs st;

	return result(statvfs(path, &st));
}

static int do_opendir(const char *path)
{
	return do_open(path, O_RDONLY | O_DIRECTORY);
}

static int do_unlink(const char *path)
{
	return result(unlink(path));
}

static int do_rmdir(const char *path)
{
	return result(rmdir(path));
}

static int do_rename(const char *path)
{
	return result(rename(path, in_mount("spool/MAIL/mine")));
}

static int do_requeue(const char *path)
{
	return result(rename(path, in_mount("spool/BATCH/mine")));
}

static int do_link(const char *path)
{
	return result(link(path, in_mount("spool/MAIL/mine")));
}

/* ---- by name: it is not there -------------------------------------------- */

static const struct {
	const char *what;
	operation *act;
} by_name[] = {
	{ "stat", do_stat },
	{ "lstat", do_lstat },
	{ "open for reading", do_open_read },
	{ "open for writing", do_open_write },
	{ "open that truncates", do_open_truncate },
	{ "open O_PATH", do_open_path },
	{ "open as a directory", do_opendir },
	{ "access", do_access },
	{ "access for reading", do_access_read },
	{ "truncate", do_truncate },
	{ "chmod", do_chmod },
	{ "chown", do_chown },
	{ "utimens", do_utimens },
	{ "getxattr", do_getxattr },
	{ "listxattr", do_listxattr },
	{ "setxattr", do_setxattr },
	{ "removexattr", do_removexattr },
	{ "readlink", do_readlink },
	{ "statvfs", do_statfs },
	{ "unlink", do_unlink },
	{ "rmdir", do_rmdir },
	{ "rename", do_rename },
	{ "rename to another writer", do_requeue },
	{ "link", do_link },
};

static int row; /* of the table at hand, for the process of the user */

static int put_both(void)
{
	MUST(put_text(in_mount("spool/MAIL/mail"), "of a\n") == 0);
	MUST(put_text(in_mount("spool/MAIL/.draft"), "of a\n") == 0);
	return 0;
}

/* User A has a data set and a draft; root's is still open. */
static void set_up(void)
{
	int fd;

	mounted_setup();
	as_user(USER_A, USER_A, put_both);
	fd = open(in_mount("spool/MAIL/of-root"), O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, "of root\n", 8), 8);
	ck_assert_int_eq(dup2(fd, HANDED), HANDED);
	close(fd);
	expect_state(1, DATASET_READY);
	expect_state(2, DATASET_HELD);
}

static void tear_down(void)
{
	close(HANDED);
	mounted_teardown();
}

static int meet_by_name(void)
{
	static const char *const names[] = { "mail", "JOB00001.mail", ".draft",
		"JOB00002..draft", "of-root", "JOB00003.of-root" };
	size_t i;
	int err;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		err = by_name[row].act(in_mount("spool/MAIL/%s", names[i]));
		if (err == ENOENT)
			continue;
		printf("%s of %s: %s\n", by_name[row].what, names[i],
			strerror(err));
		fflush(stdout);
		return 1;
	}
	return 0;
}

START_TEST(the_data_set_of_another_is_not_there)
{
	row = _i;
	as_user(USER_B, USER_B, meet_by_name);
	/* Nothing came of it. */
	ck_assert_str_eq(list(mounted.drop),
		". .. JOB00001.mail JOB00002..draft of-root ");
	expect_text(1, "of a\n");
	expect_text(2, "of a\n");
	ck_assert_uint_eq(count_datasets(-1), 3);
}
END_TEST

static int see_nothing(void)
{
	const char *queue = read_text(in_mount("status/queue"));

	MUST(strstr(queue, "JOB0") == NULL);
	MUST(strcmp(list(mounted.drop), ". .. ") == 0);
	MUST(strcmp(list(in_mount("spool/BATCH")), ". .. ") == 0);
	return 0;
}

START_TEST(others_data_sets_are_not_listed)
{
	as_user(USER_B, USER_B, see_nothing);
}
END_TEST

/* Names that are taken, but by others, are free. */
static int take_names(void)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL;
	int fd = open(in_mount("spool/MAIL/mail"), flags, 0600);

	MUST(fd >= 0);
	MUST(write(fd, "of b\n", 5) == 5 && close(fd) == 0);
	MUST(put_text(in_mount("spool/MAIL/x"), "of b\n") == 0);
	MUST(renameat2(AT_FDCWD, in_mount("spool/MAIL/x"), AT_FDCWD,
		     in_mount("spool/MAIL/.draft"), RENAME_NOREPLACE)
		== 0);
	MUST(open(in_mount("spool/MAIL/JOB00001.mail"), flags, 0600) < 0);
	MUST(errno == EINVAL);
	MUST(strcmp(list(mounted.drop), ". .. mail .draft ") == 0);
	return 0;
}

START_TEST(names_of_others_are_free)
{
	as_user(USER_B, USER_B, take_names);
	expect_text(1, "of a\n");
	expect_text(2, "of a\n");
	ck_assert_uint_eq(count_datasets(-1), 5);
}
END_TEST

/* ---- by a descriptor that was handed down -------------------------------- */

static int do_fstat(const char *path)
{
	struct stat st;

	(void)path;
	return result(fstat(HANDED, &st));
}

static int do_fchmod(const char *path)
{
	(void)path;
	return result(fchmod(HANDED, 0600));
}

static int do_fchown(const char *path)
{
	(void)path;
	return result(fchown(HANDED, USER_B, USER_B));
}

static int do_futimens(const char *path)
{
	(void)path;
	return result(futimens(HANDED, NULL));
}

static int do_read(const char *path)
{
	char octet;

	(void)path;
	return result(read(HANDED, &octet, 1));
}

/* Who handed it down lets him write, as with any file; but no more. */
static const struct {
	const char *what;
	operation *act;
	int err;
} by_descriptor[] = {
	{ "fstat", do_fstat, 0 }, { "fchmod", do_fchmod, EPERM },
	{ "fchown", do_fchown, EPERM }, { "futimens", do_futimens, EPERM },
	{ "read", do_read, EBADF },
	{ "open for reading", do_open_read, EACCES },
	{ "open that truncates", do_open_truncate, EACCES },
	{ "access for reading", do_access_read, EACCES },
	{ "truncate", do_truncate, EPERM }, { "chmod", do_chmod, EPERM },
	{ "chown", do_chown, EPERM }, { "utimens", do_utimens, EPERM },
	{ "getxattr", do_getxattr, EACCES },
	{ "listxattr", do_listxattr, ENODATA },
	{ "setxattr", do_setxattr, ENOTSUP },
	{ "removexattr", do_removexattr, ENOTSUP },
	{ "link", do_link, EXDEV }, /* of the link in /proc */
};

static int meet_by_descriptor(void)
{
	int err = by_descriptor[row].act("/proc/self/fd/100");

	if (err == by_descriptor[row].err)
		return 0;
	printf("%s: %s\n", by_descriptor[row].what, strerror(err));
	fflush(stdout);
	return 1;
}

START_TEST(a_descriptor_of_another_gives_what_it_was_opened_for)
{
	row = _i;
	as_user(USER_B, USER_B, meet_by_descriptor);
	expect_text(3, "of root\n");
	expect_state(3, DATASET_OPEN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("users");
	TCase *tc = tcase_create("others");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
		tc, the_data_set_of_another_is_not_there, 0, COUNT(by_name));
	tcase_add_test(tc, others_data_sets_are_not_listed);
	tcase_add_test(tc, names_of_others_are_free);
	tcase_add_loop_test(tc,
		a_descriptor_of_another_gives_what_it_was_opened_for, 0,
		COUNT(by_descriptor));
	suite_add_tcase(suite, tc);
	return mounted_main(suite);
}
