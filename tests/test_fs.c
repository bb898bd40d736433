/* The tree, who may do what in it, and the mount itself. */
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

static const struct {
	const char *path;
	mode_t mode;
} fixed[] = {
	{ "", S_IFDIR | 0755 },
	{ "README", S_IFREG | 0444 },
	{ "spool", S_IFDIR | 0755 },
	{ "spool/MAIL", S_IFDIR | 01777 },
	{ "spool/mail", S_IFDIR | 01777 },
	{ "spool/BATCH", S_IFDIR | 01777 },
	{ "status", S_IFDIR | 0755 },
	{ "status/targets", S_IFREG | 0444 },
	{ "status/queue", S_IFREG | 0444 },
	{ "status/events", S_IFREG | 0444 },
};

START_TEST(the_fixed_nodes_are_there)
{
	struct stat st;

	ck_assert_int_eq(stat(in_mount("%s", fixed[_i].path), &st), 0);
	ck_assert_uint_eq(st.st_mode, fixed[_i].mode);
	ck_assert_uint_eq(st.st_uid, 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_uint_gt(st.st_ino, UINT64_C(1) << 61);
}
END_TEST

static const char *const absent[] = { "spool/OTHER", "spool/TOOLONGNAME",
	"spool/IN*", "status/config", "deadletter", "console", "readme",
	"spool/MAIL/none" };

START_TEST(nothing_else_is_there)
{
	struct stat st;

	ck_assert_int_eq(stat(in_mount("%s", absent[_i]), &st), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(directories_list_what_is_in_them)
{
	struct dirent *e;
	DIR *dir;

	ck_assert_str_eq(list(mounted.point), ". .. README spool status ");
	ck_assert_str_eq(list(in_mount("spool")), ". .. MAIL BATCH ");
	ck_assert_str_eq(
		list(in_mount("status")), ". .. targets queue events ");
	ck_assert_int_eq(put_text(in_mount("spool/MAIL/b"), "b"), 0);
	ck_assert_int_eq(put_text(in_mount("spool/MAIL/a"), "a"), 0);
	ck_assert_str_eq(list(mounted.drop), ". .. b a ");
	ck_assert_int_eq(put_text(in_mount("spool/MAIL/b"), "b"), 0);
	ck_assert_str_eq(list(mounted.drop), ". .. JOB00001.b a b ");

	dir = opendir(mounted.drop);
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.') {
			ck_assert_uint_eq(e->d_type, DT_REG);
			ck_assert_uint_eq(e->d_ino,
				inode_of(in_mount("spool/MAIL/%s", e->d_name)));
		}
	closedir(dir);
}
END_TEST

/* What comes and goes meanwhile makes nothing appear twice or vanish. */
START_TEST(a_long_listing_is_of_one_moment)
{
	enum { FILES = 1500 };
	static unsigned char seen[FILES];
	const struct dirent *e;
	char name[32];
	int i, n;
	DIR *dir;

	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "long-name-of-file-%d", i);
		ck_assert_int_eq(
			put_text(in_mount("spool/MAIL/%s", name), "x"), 0);
	}
	dir = opendir(mounted.drop);
	for (i = 0; (e = readdir(dir)) != NULL; i++) {
		if (sscanf(e->d_name, "long-name-of-file-%d", &n) == 1)
			ck_assert_int_eq(seen[n]++, 0);
		if (i == 10)
			ck_assert_int_eq(
				put_text(in_mount("spool/MAIL/new"), "x"), 0);
	}
	closedir(dir);
	ck_assert_ptr_null(memchr(seen, 0, sizeof seen));
}
END_TEST

/* ---- users --------------------------------------------------------------- */

static int meet_another_user(void)
{
	const char *own = in_mount("spool/MAIL/mail.txt");
	const char *job = in_mount("spool/MAIL/JOB00001.mail.txt");
	struct stat st;
	DIR *dir;

	MUST(stat(own, &st) != 0 && errno == ENOENT);
	MUST(stat(job, &st) != 0 && errno == ENOENT);
	MUST(open(job, O_RDONLY) < 0 && errno == ENOENT);
	MUST(unlink(job) != 0 && errno == ENOENT);
	MUST(put_text(own, "of b") == 0);
	MUST(stat(own, &st) == 0);
	MUST(st.st_uid == USER_B && st.st_mode == (S_IFREG | 0600));
	MUST(access(own, R_OK | W_OK) == 0 && access(own, X_OK) != 0);
	dir = opendir(mounted.drop);
	MUST(dir != NULL);
	MUST(readdir(dir) != NULL && readdir(dir) != NULL);
	MUST(readdir(dir) != NULL && readdir(dir) == NULL);
	closedir(dir);
	return 0;
}

static int put_mail(void)
{
	return -put_text(in_mount("spool/MAIL/mail.txt"), "of a");
}

START_TEST(two_users_never_meet_and_operators_see_all)
{
	as_user(USER_A, USER_A, put_mail);
	as_user(USER_B, USER_B, meet_another_user);
	ck_assert_str_eq(list(mounted.drop),
		". .. JOB00001.mail.txt JOB00002.mail.txt ");
	ck_assert_str_eq(
		read_text(in_mount("spool/MAIL/JOB00001.mail.txt")), "of a");
	as_user(USER_B + 1, OPERATORS, put_mail);
	ck_assert_str_eq(list(mounted.drop),
		". .. JOB00001.mail.txt JOB00002.mail.txt JOB00003.mail.txt ");
}
END_TEST

static int see_as_operator(void)
{
	const char *job = in_mount("spool/MAIL/JOB00001.mail.txt");
	char state[16] = "";

	MUST(access(job, R_OK) == 0);
	MUST(strcmp(read_text(job), "of a") == 0);
	MUST(getxattr(job, "user.jes.state", state, sizeof state) > 0);
	MUST(chmod(job, 0400) == 0);
	MUST(strstr(read_text(in_mount("status/queue")), "JOB00001") != NULL);
	MUST(unlink(job) == 0);
	return 0;
}

START_TEST(members_of_the_operator_group_are_operators)
{
	as_user(USER_A, USER_A, put_mail);
	as_user(USER_B, OPERATORS, see_as_operator);
	expect_gone(1);
}
END_TEST

/* A descriptor that was handed down may be opened again, not read. */
static int open_of_another(void)
{
	MUST(open("/proc/self/fd/100", O_RDONLY) < 0);
	MUST(put_text("/proc/self/fd/100", "of b") == 0);
	return 0;
}

START_TEST(whoever_opens_owns_what_he_writes)
{
	int fd = open(in_mount("spool/MAIL/handed"), O_WRONLY | O_CREAT, 0600);
	struct dataset d;

	ck_assert_int_eq(dup2(fd, 100), 100);
	close(fd);
	as_user(USER_B, USER_B, open_of_another);
	expect_state(2, DATASET_READY);
	ck_assert_int_eq(spool_stat(mounted.spool, 2, &d), 0);
	ck_assert_uint_eq(d.uid, USER_B);
	expect_state(1, DATASET_OPEN);
	close(100);
}
END_TEST

static int be_refused(void)
{
	MUST(mkdir(in_mount("spool/MAIL/dir"), 0700) != 0 && errno == EPERM);
	MUST(rmdir(in_mount("spool/MAIL")) != 0 && errno == EPERM);
	MUST(symlink("x", in_mount("spool/MAIL/l")) != 0 && errno == EPERM);
	MUST(mkfifo(in_mount("spool/MAIL/p"), 0600) != 0 && errno == EPERM);
	MUST(link(in_mount("README"), in_mount("spool/MAIL/h")) != 0);
	MUST(errno == EPERM);
	MUST(unlink(in_mount("README")) != 0 && errno == EPERM);
	MUST(put_text(in_mount("new"), "") == -EACCES);
	MUST(put_text(in_mount("status/new"), "") == -EACCES);
	MUST(put_text(in_mount("README"), "") == -EACCES);
	MUST(put_text(in_mount("status/targets"), "") == -EACCES);
	MUST(chmod(in_mount("spool/MAIL"), 0700) != 0 && errno == EPERM);
	MUST(access(in_mount("status"), W_OK) != 0 && errno == EACCES);
	MUST(access(in_mount("status"), R_OK | X_OK) == 0);
	MUST(access(in_mount("spool/MAIL"), R_OK | W_OK | X_OK) == 0);
	return 0;
}

START_TEST(what_is_not_a_data_set_cannot_be_made_or_changed)
{
	as_user(USER_A, USER_A, be_refused);
}
END_TEST

/* ---- the mount itself ---------------------------------------------------- */

static void tell(void *fd)
{
	uint64_t one = 1;

	ck_assert_int_eq(write(*(int *)fd, &one, sizeof one), sizeof one);
}

START_TEST(an_unmount_from_outside_is_noticed)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	struct pollfd event = { .fd = fd, .events = POLLIN };
	struct fs_settings settings = {
		.spool = mounted.spool,
		.ended = tell,
		.ended_arg = &fd,
	};
	char why[FS_WHY_MAX];
	struct fs *fs;

	ck_assert(mounted_stop());
	ck_assert_int_eq(
		fs_mount_open(mounted.point, NULL, &mounted.mount, why), 0);
	settings.device = fs_mount_device(mounted.mount);
	ck_assert_int_eq(fs_start(&settings, &fs, why), 0);
	ck_assert(fs_is_mounted(fs));
	ck_assert_int_eq(put_text(in_mount("spool/MAIL/x"), "x"), 0);
	expect_state(1, DATASET_READY);
	ck_assert_int_eq(umount2(mounted.point, 0), 0);
	ck_assert_int_eq(poll(&event, 1, PATIENCE_MS), 1);
	ck_assert(!fs_is_mounted(fs));
	ck_assert(fs_stop(fs));
	fs_mount_close(mounted.mount);
	close(fd);
}
END_TEST

static const struct {
	const char *point;
	const char *options;
	int err;
	const char *words;
} wrong[] = {
	{ "/nowhere/at/all", NULL, -ENOENT, "/nowhere/at/all" },
	{ "/proc/self/exe", NULL, -ENOTDIR, "/proc/self/exe" },
	{ "/mnt", "no_such_option", -EINVAL, "no_such_option" },
};

START_TEST(what_cannot_be_mounted_says_why)
{
	struct fs_mount *mount;
	char why[FS_WHY_MAX] = "";

	ck_assert_int_eq(
		fs_mount_open(wrong[_i].point, wrong[_i].options, &mount, why),
		wrong[_i].err);
	ck_assert_ptr_nonnull(strstr(why, wrong[_i].words));
}
END_TEST

START_TEST(what_cannot_be_served_says_why)
{
	struct fs_settings settings = {
		.device = -1,
		.spool = mounted.spool,
	};
	char why[FS_WHY_MAX] = "";
	struct fs *fs;

	ck_assert_int_eq(fs_start(&settings, &fs, why), -EBADF);
	ck_assert_str_ne(why, "");
	settings.device = fs_mount_device(mounted.mount);
	settings.options = "no_such_option";
	ck_assert_int_eq(fs_start(&settings, &fs, why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "no_such_option"));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, the_fixed_nodes_are_there, 0, COUNT(fixed));
	tcase_add_loop_test(tc, nothing_else_is_there, 0, COUNT(absent));
	tcase_add_test(tc, directories_list_what_is_in_them);
	tcase_add_test(tc, a_long_listing_is_of_one_moment);
	tcase_add_test(tc, two_users_never_meet_and_operators_see_all);
	tcase_add_test(tc, members_of_the_operator_group_are_operators);
	tcase_add_test(tc, whoever_opens_owns_what_he_writes);
	tcase_add_test(tc, what_is_not_a_data_set_cannot_be_made_or_changed);
	tcase_add_test(tc, an_unmount_from_outside_is_noticed);
	tcase_add_loop_test(
		tc, what_cannot_be_mounted_says_why, 0, COUNT(wrong));
	tcase_add_test(tc, what_cannot_be_served_says_why);
}

int main(void)
{
	return mounted_run("fs", add_tests);
}
