/*
 * The mount point: found, guarded, told from one that is in use, on file
 * systems with an immutable attribute (ext4) and without one (ramfs).
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"
#include "support_scratch.h"

#include "../mount/mount_point.h"
#include "../mount/mount_table.h"
#include "clock.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char scratch[MOUNT_PATH_MAX];
static char point[PATH_MAX];
static struct mount_point found;
static char why[MOUNT_POINT_WHY_MAX];

static void begin(void)
{
	scratch_make(scratch, sizeof scratch);
	text_format(point, sizeof point, "%s/mnt", scratch);
	ck_assert_int_eq(mkdir(point, 0755), 0);
}

static void finish(void)
{
	scratch_remove(scratch);
}

/* Makes the mount point anew, as a directory of another file system. */
static void put_on_ramfs(void)
{
	ck_assert_int_eq(mount("ramfs", point, "ramfs", 0, NULL), 0);
	text_format(point, sizeof point, "%s/mnt/on", scratch);
	ck_assert_int_eq(mkdir(point, 0755), 0);
}

/* The loop device goes when the file system goes. False where there is none. */
static bool put_on_ext4(void)
{
	if (access("/dev/loop-control", R_OK | W_OK) != 0)
		return false;
	ck_assert_int_eq(shell("truncate -s 8M %s/img && "
			       "mkfs.ext4 -q %s/img && "
			       "mount -o loop %s/img %s",
				 scratch, scratch, scratch, point),
		0);
	text_format(point, sizeof point, "%s/mnt/on", scratch);
	ck_assert_int_eq(mkdir(point, 0755), 0);
	return true;
}

static bool has_capability(int which)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	return (data[0].effective & (1U << which)) != 0;
}

static void drop_capability(int which)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	data[0].effective &= ~(1U << which);
	data[0].permitted &= ~(1U << which);
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

static bool is_immutable(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int flags = 0;

	ck_assert_int_ge(fd, 0);
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		flags = 0;
	close(fd);
	return (flags & FS_IMMUTABLE_FL) != 0;
}

/* What root gets who writes there. */
static int write_there(void)
{
	char path[PATH_MAX + 8];

	text_format(path, sizeof path, "%s/mail", point);
	return file_puts(path, "HELO A\n");
}

static void find(void)
{
	int err = mount_point_find(point, false, &found, why);

	ck_assert_msg(err == 0, "%s: %s", point, why);
}

static void guard(void)
{
	find();
	ck_assert_int_eq(mount_point_guard(&found, why), 0);
}

static void expect_refused(const char *path, int err, const char *text)
{
	ck_assert_int_eq(mount_point_find(path, false, &found, why), err);
	ck_assert_msg(strstr(why, text) != NULL, "%s", why);
}

/* A mount whose daemon this is: it says nothing, and dies by close(). */
static int mount_fuse(const char *type)
{
	char options[128];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	text_format(options, sizeof options,
		"fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	ck_assert_int_eq(mount("test", point, type, 0, options), 0);
	return fd;
}

/* ---- the table of mounts ------------------------------------------------- */

START_TEST(the_mount_on_top_is_found)
{
	struct mount_entry top;

	ck_assert_int_eq(mount_table_top(point, &top), -ENOENT);
	ck_assert_int_eq(mount("first", point, "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mount("second one", point, "ramfs", 0, NULL), 0);
	ck_assert_int_eq(mount_table_top(point, &top), 0);
	ck_assert_str_eq(top.type, "ramfs");
	ck_assert_str_eq(top.source, "second one");
	ck_assert_int_eq(umount2(point, 0), 0);
	ck_assert_int_eq(mount_table_top(point, &top), 0);
	ck_assert_str_eq(top.source, "first");
}
END_TEST

START_TEST(a_mount_with_a_strange_name_is_found)
{
	struct mount_entry top;

	text_format(point, sizeof point, "%s/a b\tc\nd\\040 - fuse.jesfs x",
		scratch);
	ck_assert_int_eq(mkdir(point, 0755), 0);
	ck_assert_int_eq(mount("x", point, "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mount_table_top(point, &top), 0);
	ck_assert_str_eq(top.point, point);
	ck_assert_str_eq(top.type, "tmpfs");
	ck_assert(!mount_table_is_jesfs(&top));
	ck_assert_int_eq(umount2(point, 0), 0);
}
END_TEST

static const struct {
	const char *path, *above;
	bool is_within;
} places[] = {
	{ "/mnt/jes", "/mnt/jes", true },
	{ "/mnt/jes/spool", "/mnt/jes", true },
	{ "/mnt/jes2", "/mnt/jes", false },
	{ "/mnt", "/mnt/jes", false },
	{ "", "/mnt/jes", false },
};

START_TEST(a_path_is_within_a_directory_or_not)
{
	ck_assert(mount_table_is_within(places[_i].path, places[_i].above)
		== places[_i].is_within);
}
END_TEST

/* ---- the guard ----------------------------------------------------------- */

START_TEST(on_ext4_the_bare_directory_is_immutable)
{
	struct stat st;

	if (!has_capability(CAP_LINUX_IMMUTABLE) || !put_on_ext4())
		return;
	ck_assert_int_eq(chown(point, 4711, 4711), 0);
	ck_assert_int_eq(chmod(point, 0777), 0);
	guard();
	ck_assert_int_eq(found.guard, MOUNT_GUARD_IMMUTABLE);
	ck_assert_int_eq(stat(point, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 0555);
	ck_assert_uint_eq(st.st_uid, 0);
	ck_assert_uint_eq(st.st_gid, 0);
	ck_assert_int_eq(write_there(), -EPERM);
	ck_assert_int_eq(rmdir(point), -1);
	/* Again, and after somebody tampered with it. */
	guard();
	ck_assert_int_eq(found.guard, MOUNT_GUARD_IMMUTABLE);
	ck_assert_int_eq(shell("chattr -i %s && chmod 777 %s && "
			       "chattr +i %s",
				 point, point, point),
		0);
	guard();
	ck_assert_int_eq(stat(point, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 0555);
	ck_assert(is_immutable(point));

	ck_assert_int_eq(mount_point_unprotect(point, why), 1);
	ck_assert(!is_immutable(point));
	ck_assert_int_eq(write_there(), 0);
	ck_assert_int_eq(mount_point_unprotect(point, why), 0);
}
END_TEST

START_TEST(without_the_attribute_a_tmpfs_lies_there)
{
	struct mount_entry top;

	put_on_ramfs();
	guard();
	ck_assert_int_eq(found.guard, MOUNT_GUARD_TMPFS);
	ck_assert_int_eq(mount_table_top(point, &top), 0);
	ck_assert_str_eq(top.type, "tmpfs");
	ck_assert_int_eq(
		shell("test $(stat -c %%a:%%u:%%g %s) = 555:0:0", point), 0);
	ck_assert_int_eq(write_there(), -EROFS);
	/* Should somebody make it writable, it has no room for a file. */
	ck_assert_int_eq(
		mount(NULL, point, NULL, MS_REMOUNT, "size=1,nr_inodes=1"), 0);
	ck_assert_int_eq(write_there(), -ENOSPC);
	/* Once is enough. */
	guard();
	ck_assert_int_eq(found.guard, MOUNT_GUARD_TMPFS);
	ck_assert_int_eq(mount_point_unprotect(point, why), 1);
	ck_assert_int_eq(mount_table_top(point, &top), -ENOENT);
	ck_assert_int_eq(write_there(), 0);
}
END_TEST

START_TEST(without_the_capability_a_tmpfs_lies_there)
{
	struct mount_entry top;

	if (!put_on_ext4())
		return;
	drop_capability(CAP_LINUX_IMMUTABLE);
	guard();
	ck_assert_int_eq(found.guard, MOUNT_GUARD_TMPFS);
	ck_assert_int_eq(mount_table_top(point, &top), 0);
	ck_assert_int_eq(write_there(), -EROFS);
}
END_TEST

START_TEST(both_guards_are_taken_away)
{
	if (!has_capability(CAP_LINUX_IMMUTABLE) || !put_on_ext4())
		return;
	ck_assert_int_eq(
		mount("jesfs-not-mounted", point, "tmpfs", MS_RDONLY, NULL), 0);
	guard();
	ck_assert_int_eq(found.guard, MOUNT_GUARD_TMPFS);
	ck_assert_int_eq(umount2(point, 0), 0);
	guard();
	ck_assert_int_eq(found.guard, MOUNT_GUARD_IMMUTABLE);
	ck_assert_int_eq(
		mount("jesfs-not-mounted", point, "tmpfs", MS_RDONLY, NULL), 0);
	ck_assert_int_eq(mount_point_unprotect(point, why), 2);
	ck_assert_int_eq(write_there(), 0);
}
END_TEST

START_TEST(a_tmpfs_in_use_is_not_taken_away)
{
	int fd;

	put_on_ramfs();
	guard();
	fd = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mount_point_unprotect(point, why), -EBUSY);
	close(fd);
	ck_assert_int_eq(mount_point_unprotect(point, why), 1);
}
END_TEST

/* ---- what is there already ----------------------------------------------- */

START_TEST(a_link_is_followed)
{
	char link[PATH_MAX];

	text_format(link, sizeof link, "%s/link", scratch);
	ck_assert_int_eq(symlink(point, link), 0);
	ck_assert_int_eq(mount_point_find(link, false, &found, why), 0);
	ck_assert_str_eq(found.path, point);
	ck_assert(!found.was_dead);
}
END_TEST

START_TEST(what_is_no_mount_point_is_told)
{
	char file[PATH_MAX];

	text_format(file, sizeof file, "%s/file", scratch);
	ck_assert_int_eq(file_puts(file, "x"), 0);
	expect_refused(file, -ENOTDIR, "Not a directory");
	expect_refused("/none/there", -ENOENT, "No such file");
	expect_refused("/", -EINVAL, "root");
	expect_refused("/..//.", -EINVAL, "root");
	ck_assert_int_eq(mount_point_unprotect("/none/there", why), -ENOENT);
	ck_assert_int_eq(mount_point_unprotect(file, why), -ENOTDIR);
	ck_assert_int_eq(mount_point_unprotect("/", why), -EINVAL);
}
END_TEST

/* What lies there would be neither seen nor sent. */
START_TEST(a_directory_with_files_is_refused)
{
	ck_assert_int_eq(write_there(), 0);
	expect_refused(point, -ENOTEMPTY, "nonempty");
	ck_assert_int_eq(mount_point_find(point, true, &found, why), 0);
}
END_TEST

static const char *const types[] = { "fuse.jesfs", "fuse", "fuse.other" };

START_TEST(dead_mounts_are_taken_away)
{
	struct mount_entry top;

	close(mount_fuse(types[_i]));
	close(mount_fuse("fuse.jesfs"));
	ck_assert_int_eq(write_there(), -ENOTCONN);
	find();
	ck_assert(found.was_dead);
	ck_assert_int_eq(mount_table_top(point, &top), -ENOENT);
	ck_assert_int_eq(mount_point_guard(&found, why), 0);
	close(mount_fuse("fuse.jesfs"));
	ck_assert_int_ge(mount_point_unprotect(point, why), 1);
	ck_assert_int_eq(write_there(), 0);
}
END_TEST

/* Each look at the clock takes it further. */
static int64_t hurried_ns(void)
{
	static _Atomic int64_t now_ns;

	return atomic_fetch_add(&now_ns, 100 * NS_PER_MS);
}

START_TEST(a_mount_that_does_not_answer_is_left_alone)
{
	const struct clock_source hurried = {
		.monotonic_ns = hurried_ns,
		.wall_ns = hurried_ns,
	};
	struct mount_entry top;
	int fd = mount_fuse(types[_i]);

	clock_set_source(&hurried);
	expect_refused(point, -EBUSY, "does not answer");
	strcat(point, "/.");
	expect_refused(point, -EBUSY, "does not answer");
	*strrchr(point, '/') = '\0';
	ck_assert_int_eq(mount_point_unprotect(point, why), -EBUSY);
	clock_set_source(NULL);
	ck_assert_int_eq(mount_table_top(point, &top), 0);
	close(fd);
}
END_TEST

START_TEST(a_path_that_lies_in_it_is_known)
{
	char path[PATH_MAX];

	find();
	text_format(path, sizeof path, "%s/not/there", point);
	ck_assert(mount_point_holds(&found, path));
	ck_assert(mount_point_holds(&found, point));
	text_format(path, sizeof path, "%s/mnt2", scratch);
	ck_assert(!mount_point_holds(&found, path));
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, the_mount_on_top_is_found);
	tcase_add_test(t, a_mount_with_a_strange_name_is_found);
	tcase_add_loop_test(
		t, a_path_is_within_a_directory_or_not, 0, COUNT(places));
	tcase_add_test(t, on_ext4_the_bare_directory_is_immutable);
	tcase_add_test(t, without_the_attribute_a_tmpfs_lies_there);
	tcase_add_test(t, without_the_capability_a_tmpfs_lies_there);
	tcase_add_test(t, both_guards_are_taken_away);
	tcase_add_test(t, a_tmpfs_in_use_is_not_taken_away);
	tcase_add_test(t, a_link_is_followed);
	tcase_add_test(t, what_is_no_mount_point_is_told);
	tcase_add_test(t, a_directory_with_files_is_refused);
	tcase_add_loop_test(t, dead_mounts_are_taken_away, 0, COUNT(types));
	tcase_add_loop_test(
		t, a_mount_that_does_not_answer_is_left_alone, 0, COUNT(types));
	tcase_add_test(t, a_path_that_lies_in_it_is_known);
}

int main(void)
{
	Suite *s = suite_create("mount_point");

	add_tests(suite_case(s, "mount_point", 60, begin, finish));
	return mount_main(s);
}
