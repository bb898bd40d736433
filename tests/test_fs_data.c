/* What a data set, its names and the virtual files show. */
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

/* ---- a data set ---------------------------------------------------------- */

START_TEST(attributes_change_within_bounds)
{
	const char *path = in_mount("spool/MAIL/attributes");
	const struct timespec times[] = { { 5, 0 }, { 1000000000, 7 } };
	struct stat st;

	ck_assert_int_eq(put_text(path, "x"), 0);
	ck_assert_int_eq(chmod(path, 0444), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0400);
	ck_assert_int_eq(st.st_mtim.tv_sec, 1000000000);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 7);
	ck_assert_int_eq(chown(path, 0, 0), 0);
	ck_assert_int_eq(chown(path, USER_A, (gid_t)-1), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

static const char *attribute(const char *path, const char *name)
{
	static char value[REASON_MAX + 1];
	ssize_t len = getxattr(path, name, value, sizeof value - 1);

	if (len < 0)
		return strerrorname_np(errno);
	value[len] = '\0';
	return value;
}

START_TEST(a_data_set_says_of_itself)
{
	const char *path = in_mount("spool/MAIL/said");
	struct forwarder_status waiting = { .writer = "MAIL",
		.waits_because = "all down" };
	char names[256];

	ck_assert_int_eq(put_text(path, "x"), 0);
	expect_state(1, DATASET_READY);
	ck_assert_str_eq(attribute(path, "user.jes.jobid"), "JOB00001");
	ck_assert_str_eq(attribute(path, "user.jes.writer"), "MAIL");
	ck_assert_str_eq(attribute(path, "user.jes.state"), "ready");
	ck_assert_str_eq(attribute(path, "user.jes.reason"), "ENODATA");
	ck_assert_str_eq(attribute(path, "user.jes.result"), "ENODATA");
	ck_assert_str_eq(attribute(path, "user.other"), "ENODATA");
	ck_assert_int_eq(getxattr(path, "user.jes.jobid", names, 3), -1);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_int_eq(listxattr(path, NULL, 0), 46);
	ck_assert_int_eq(listxattr(path, names, sizeof names), 46);
	ck_assert_str_eq(names, "user.jes.jobid");
	ck_assert_int_eq(setxattr(path, "user.jes.state", "x", 1, 0), -1);
	ck_assert_int_eq(errno, ENOTSUP);
	ck_assert_int_eq(removexattr(path, "user.jes.state"), -1);
	ck_assert_int_eq(errno, ENOTSUP);

	show_status(&waiting);
	ck_assert_str_eq(attribute(path, "user.jes.reason"), "all down");
}
END_TEST

START_TEST(unlink_takes_the_label_and_the_job_id_purges)
{
	const char *path = in_mount("spool/MAIL/gone");
	int fd;

	ck_assert_int_eq(put_text(path, "mail"), 0);
	expect_state(1, DATASET_READY);
	ck_assert_int_eq(unlink(path), 0);
	expect_state(1, DATASET_READY);
	ck_assert_str_eq(list(mounted.drop), ". .. JOB00001.gone ");
	ck_assert_int_eq(unlink(in_mount("spool/MAIL/JOB00001.gone")), 0);
	expect_gone(1);
	ck_assert_int_eq(unlink(path), -1);
	ck_assert_int_eq(errno, ENOENT);

	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, "open", 4), 4);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(close(fd), 0);
	expect_count(-1, 0);
}
END_TEST

static const struct {
	const char *name;
	int err;
} names[] = {
	{ "JOB00001.mine", EINVAL },
	{ "j0000001.mine", EINVAL },
	{ "JOB00001", 0 },
	{ "new\nline \x01\x7f", 0 },
	{ ".draft", 0 },
};

START_TEST(a_name_is_a_label)
{
	ck_assert_int_eq(
		-put_text(in_mount("spool/MAIL/%s", names[_i].name), "x"),
		names[_i].err);
}
END_TEST

START_TEST(a_name_is_240_octets_at_most)
{
	char name[LABEL_MAX + 2];

	memset(name, 'n', sizeof name);
	name[LABEL_MAX + 1] = '\0';
	ck_assert_int_eq(
		put_text(in_mount("spool/MAIL/%s", name), "x"), -ENAMETOOLONG);
	name[LABEL_MAX] = '\0';
	ck_assert_int_eq(put_text(in_mount("spool/MAIL/%s", name), "x"), 0);
	ck_assert_int_eq(put_text(in_mount("spool/MAIL/%s", name), "x"), 0);
	ck_assert_ptr_nonnull(strstr(list(mounted.drop), "JOB00001.nnn"));
}
END_TEST

START_TEST(statfs_counts)
{
	struct statvfs before, after;

	ck_assert_int_eq(statvfs(mounted.point, &before), 0);
	ck_assert_uint_eq(before.f_namemax, LABEL_MAX);
	ck_assert_int_eq(put_text(in_mount("spool/MAIL/x"), "x"), 0);
	expect_state(1, DATASET_READY);
	ck_assert_int_eq(statvfs(mounted.point, &after), 0);
	ck_assert_uint_eq(after.f_files, before.f_files);
	ck_assert_uint_ge(after.f_ffree, before.f_ffree - 1);
}
END_TEST

/* ---- virtual files ------------------------------------------------------- */

START_TEST(virtual_files_show_one_moment)
{
	const struct forwarder_status sent = { .writer = "MAIL",
		.mail_sent = 42 };
	const char *path = in_mount("status/targets");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char octets[16];

	ck_assert_int_eq(read(fd, octets, 8), 8);
	ck_assert_int_eq(memcmp(octets, "EZD1831I", 8), 0);
	show_status(&sent);
	ck_assert_ptr_nonnull(strstr(read_text(path), "MAIL SENT : 42"));
	ck_assert_int_eq(pread(fd, octets, 1, 1 << 20), 0);
	close(fd);
	ck_assert_ptr_nonnull(
		strstr(read_text(in_mount("README")), "spool/MAIL"));
}
END_TEST

static int see_own_queue(void)
{
	const char *text = read_text(in_mount("status/queue"));

	MUST(strstr(text, "JOB00001") == NULL);
	MUST(strstr(text, "JOB00002 MAIL     4712 ") != NULL);
	MUST(strncmp(read_text(in_mount("status/targets")), "EZD", 3) == 0);
	MUST(read_text(in_mount("README"))[0] != '\0');
	return 0;
}

static int put_and_see(void)
{
	MUST(put_text(in_mount("spool/MAIL/q"), "of b") == 0);
	return see_own_queue();
}

START_TEST(the_queue_shows_each_caller_his_own)
{
	int fd = open(in_mount("spool/BATCH/q"), O_WRONLY | O_CREAT | O_CLOEXEC,
		0600);
	const char *text;
	char opener[64];

	ck_assert_int_ge(fd, 0);
	as_user(USER_B, USER_B, put_and_see);
	expect_state(2, DATASET_READY);
	text = read_text(in_mount("status/queue"));
	ck_assert_ptr_nonnull(strstr(text, "JOB00001 BATCH    0 "));
	ck_assert_ptr_nonnull(strstr(text, "JOB00002 MAIL     4712 "));
	snprintf(opener, sizeof opener, " by test_fs_data[%d]", (int)getpid());
	ck_assert_ptr_nonnull(strstr(text, opener));
	close(fd);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, attributes_change_within_bounds);
	tcase_add_test(tc, a_data_set_says_of_itself);
	tcase_add_test(tc, unlink_takes_the_label_and_the_job_id_purges);
	tcase_add_loop_test(tc, a_name_is_a_label, 0, COUNT(names));
	tcase_add_test(tc, a_name_is_240_octets_at_most);
	tcase_add_test(tc, statfs_counts);
	tcase_add_test(tc, virtual_files_show_one_moment);
	tcase_add_test(tc, the_queue_shows_each_caller_his_own);
}

int main(void)
{
	return mounted_run("fs_data", add_tests);
}
