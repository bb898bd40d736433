/*
 * Calls that programs make on the names and attributes of files: each works
 * on a data set as it does on a plain file, or gives the errno that
 * jes-spool(7) says.
 */
#include "support_calls.h"
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static int make_without_name(const struct call_place *p)
{
	int fd = open(p->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? errno : call_closed(fd, 0);
}

static int make_again(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(fd,
		call_answer(open(p->path,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)));
}

static int open_as_directory(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(fd,
		call_answer(open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
}

static int link_it(const struct call_place *p)
{
	char name[2 * MOUNTED_PATH_MAX];
	int fd = call_file(p, 0);

	snprintf(name, sizeof name, "%s.link", p->path);
	return call_closed(fd, call_answer(link(p->path, name)));
}

static int link_to_it(const struct call_place *p)
{
	return call_answer(symlink("target", p->path));
}

static int make_fifo(const struct call_place *p)
{
	return call_answer(mkfifo(p->path, 0600));
}

static int make_directory(const struct call_place *p)
{
	return call_answer(mkdir(p->path, 0700));
}

static int exchange(const struct call_place *p)
{
	char name[2 * MOUNTED_PATH_MAX];
	const struct call_place second = { p->folder, name };
	int fd = call_file(p, 0);

	snprintf(name, sizeof name, "%s.2", p->path);
	ck_assert_int_eq(close(call_file(&second, 0)), 0);
	return call_closed(fd,
		call_answer(renameat2(
			AT_FDCWD, p->path, AT_FDCWD, name, RENAME_EXCHANGE)));
}

static int truncate_submitted(const struct call_place *p)
{
	ck_assert_int_eq(close(call_file(p, 0)), 0);
	return call_answer(truncate(p->path, 1));
}

static int change_owner(const struct call_place *p)
{
	int fd = call_file(p, 0);

	ck_assert_int_eq(fchown(fd, geteuid(), getegid()), 0);
	return call_closed(fd, call_answer(fchown(fd, USER_A, (gid_t)-1)));
}

static int change_mode(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int err = call_answer(fchmod(fd, 0400));
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0400);
	return call_closed(fd, err);
}

static int get_flags(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int flags;

	return call_closed(fd, call_answer(ioctl(fd, FS_IOC_GETFLAGS, &flags)));
}

static int get_other_attribute(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(
		fd, call_answer(fgetxattr(fd, "user.other", NULL, 0)));
}

static int get_attribute_of_others(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(
		fd, call_answer(fgetxattr(fd, "trusted.other", NULL, 0)));
}

static int set_attribute(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(
		fd, call_answer(fsetxattr(fd, "user.other", "x", 1, 0)));
}

static int remove_attribute(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(fd, call_answer(fremovexattr(fd, "user.jes.jobid")));
}

static const struct call calls[] = {
	{ "O_TMPFILE", make_without_name, EOPNOTSUPP, false },
	{ "O_EXCL", make_again, EEXIST, false },
	{ "O_DIRECTORY", open_as_directory, ENOTDIR, false },
	{ "link", link_it, EPERM, false },
	{ "symlink", link_to_it, EPERM, false },
	{ "mkfifo", make_fifo, EPERM, false },
	{ "mkdir", make_directory, EPERM, false },
	{ "RENAME_EXCHANGE", exchange, EINVAL, false },
	{ "truncate", truncate_submitted, EPERM, false },
	{ "fchown", change_owner, EPERM, false },
	{ "fchmod", change_mode, 0, true },
	{ "FS_IOC_GETFLAGS", get_flags, ENOTTY, false },
	{ "getxattr user.", get_other_attribute, ENODATA, false },
	{ "getxattr trusted.", get_attribute_of_others, EOPNOTSUPP, false },
	{ "setxattr", set_attribute, EOPNOTSUPP, false },
	{ "removexattr", remove_attribute, EOPNOTSUPP, false },
};

START_TEST(a_call_gives_what_its_row_says)
{
	call_check(&calls[_i]);
}
END_TEST

/* ---- what stat(2) says --------------------------------------------------- */

START_TEST(stat_says_what_there_is)
{
	const struct call_place drop = { mounted.drop,
		in_mount("spool/MAIL/f") };
	int fd = call_file(&drop, 0);
	struct stat open_one, st;
	struct statx born;

	ck_assert_int_eq(fstat(fd, &open_one), 0);
	ck_assert_uint_eq(open_one.st_ino, 1);
	ck_assert_uint_eq(open_one.st_nlink, 1);
	ck_assert_int_eq(open_one.st_size, CALL_TEXT_LEN);
	ck_assert_int_eq(open_one.st_blocks, 1);
	ck_assert_int_ge(open_one.st_blksize, 512);
	ck_assert_int_eq(close(fd), 0);
	expect_state(1, DATASET_READY);
	ck_assert_int_eq(stat(drop.path, &st), 0);
	ck_assert_uint_eq(st.st_ino, 1);
	ck_assert_int_eq(st.st_size, CALL_TEXT_LEN);
	ck_assert_int_eq(st.st_mtim.tv_sec, open_one.st_mtim.tv_sec);
	ck_assert_int_eq(st.st_mtim.tv_nsec, open_one.st_mtim.tv_nsec);
	ck_assert_int_eq(statx(AT_FDCWD, drop.path, 0, STATX_ALL, &born), 0);
	ck_assert_uint_eq(born.stx_mask & STATX_BTIME, 0);
}
END_TEST

START_TEST(mode_and_time_go_with_the_data_set)
{
	const struct call_place drop = { mounted.drop,
		in_mount("spool/MAIL/f") };
	const struct timespec times[] = { { 5, 0 }, { 1000000000, 7 } };
	int fd = call_file(&drop, 0);
	struct dataset d;
	struct stat st;

	ck_assert_int_eq(fsync(fd), 0);
	ck_assert_int_eq(fchmod(fd, 0444), 0);
	ck_assert_int_eq(futimens(fd, times), 0);
	ck_assert_int_eq(close(fd), 0);
	expect_state(1, DATASET_READY);
	ck_assert_int_eq(stat(drop.path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0400);
	ck_assert_int_eq(st.st_mtim.tv_sec, 1000000000);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 7);
	/* It was made after that, and that is when its inode changed. */
	ck_assert_int_gt(st.st_ctim.tv_sec, 1000000000);
	ck_assert_int_eq(store_lookup(mounted.store, 1, &d), 0);
	ck_assert_uint_eq(d.mode, 0400);
	ck_assert_int_eq(d.changed_ns, INT64_C(1000000000000000007));
}
END_TEST

/* ---- what is gone -------------------------------------------------------- */

START_TEST(what_was_purged_is_stale_to_its_reader)
{
	const struct call_place drop = { mounted.drop,
		in_mount("spool/MAIL/f") };
	const char *job = in_mount("spool/MAIL/JOB00001.f");
	char octet;
	int fd;

	ck_assert_int_eq(close(call_file(&drop, 0)), 0);
	expect_state(1, DATASET_READY);
	fd = open(job, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(job), 0);
	ck_assert_int_eq(put_text(drop.path, "another"), 0);
	ck_assert_int_eq(pread(fd, &octet, 1, 0), -1);
	ck_assert_int_eq(errno, ESTALE);
	close(fd);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(
		tc, a_call_gives_what_its_row_says, 0, COUNT(calls));
	tcase_add_test(tc, stat_says_what_there_is);
	tcase_add_test(tc, mode_and_time_go_with_the_data_set);
	tcase_add_test(tc, what_was_purged_is_stale_to_its_reader);
}

int main(void)
{
	return mounted_run("fs_attributes", add_tests);
}
