/*
 * What the kernel keeps of data sets that are gone. Notifications are taken
 * over, to count them and to be an older kernel; FORGET is counted, which
 * the kernel sends for each node it lets go.
 */
#include "../fs/forget.h"
#include "../fs/fs_session.h"
#include "../fs/store_ops.h"
#include "../fs/tree.h"
#include "clock.h"
#include "support_clock.h"
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 3000, VERY_MANY = 65536 + 100, TEST_LIMIT_S = 60 };

#define LINGER_NS (5 * NS_PER_S)
#define OLD_NS (LINGER_NS + NS_PER_S)

/* ---- notifications --------------------------------------------------- */

static bool is_old_kernel;
static atomic_int calls;   /* that reached the kernel */
static atomic_int answers; /* that it answered */

ssize_t __real_write(int fd, const void *octets, size_t len);
ssize_t __wrap_write(int fd, const void *octets, size_t len);
int __real_fuse_lowlevel_notify_inval_entry(struct fuse_session *session,
	fuse_ino_t parent, const char *name, size_t len);
int __wrap_fuse_lowlevel_notify_inval_entry(struct fuse_session *session,
	fuse_ino_t parent, const char *name, size_t len);

static atomic_int trims;
int __real_malloc_trim(size_t pad);
int __wrap_malloc_trim(size_t pad);

int __wrap_malloc_trim(size_t pad)
{
	int result = __real_malloc_trim(pad);

	atomic_fetch_add(&trims, 1);
	return result;
}

/* A header of FUSE, that says it is a notification by number. */
static bool is_prune(const void *octets, size_t len)
{
	uint32_t header[4];

	if (len < sizeof header)
		return false;
	memcpy(header, octets, sizeof header);
	return header[0] == len && header[1] == 9 && header[2] == 0
		&& header[3] == 0;
}

ssize_t __wrap_write(int fd, const void *octets, size_t len)
{
	ssize_t n;

	if (!is_prune(octets, len))
		return __real_write(fd, octets, len);
	if (is_old_kernel) {
		errno = EINVAL;
		return -1;
	}
	atomic_fetch_add(&calls, 1);
	n = __real_write(fd, octets, len);
	atomic_fetch_add(&answers, 1);
	return n;
}

int __wrap_fuse_lowlevel_notify_inval_entry(struct fuse_session *session,
	fuse_ino_t parent, const char *name, size_t len)
{
	int err;

	atomic_fetch_add(&calls, 1);
	err = __real_fuse_lowlevel_notify_inval_entry(
		session, parent, name, len);
	atomic_fetch_add(&answers, 1);
	return err;
}

/* ---- what the kernel lets go ----------------------------------------- */

static atomic_int forgotten; /* nodes of data sets */

int __real_fs_session_new(const char *options,
	const struct fuse_lowlevel_ops *operations, void *arg,
	struct fuse_session **out, char why[static FS_WHY_MAX]);
int __wrap_fs_session_new(const char *options,
	const struct fuse_lowlevel_ops *operations, void *arg,
	struct fuse_session **out, char why[static FS_WHY_MAX]);

static void forget_multi(
	fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (tree_is_dataset(forgets[i].ino))
			atomic_fetch_add(&forgotten, 1);
	fuse_reply_none(req);
}

static void forget_one(fuse_req_t req, fuse_ino_t node, uint64_t lookups)
{
	struct fuse_forget_data one = { node, lookups };

	forget_multi(req, 1, &one);
}

int __wrap_fs_session_new(const char *options,
	const struct fuse_lowlevel_ops *operations, void *arg,
	struct fuse_session **out, char why[static FS_WHY_MAX])
{
	struct fuse_lowlevel_ops counting = *operations;

	counting.forget = forget_one;
	counting.forget_multi = forget_multi;
	return __real_fs_session_new(options, &counting, arg, out, why);
}

static bool has_forgotten(void *arg)
{
	return atomic_load(&forgotten) >= *(const int *)arg;
}

/* ---- time ------------------------------------------------------------ */

static bool is_over(void *arg)
{
	return atomic_load(&answers) > *(const int *)arg;
}

/* Whatever went by now grows old, and the kernel is told of it. */
static void let_grow_old(void)
{
	int before = atomic_load(&answers);

	clock_forward(OLD_NS);
	ck_assert(clock_wait_until(is_over, &before));
}

static void set_up(void)
{
	clock_take_over(); /* before any thread reads it */
	mounted_setup();
	ck_assert_int_eq(spool_linger(mounted.spool, LINGER_NS), 0);
}

static void set_up_old(void)
{
	is_old_kernel = true;
	set_up();
}

/* ---- data sets ------------------------------------------------------- */

/* Empty ones go when they are closed. */
static uint64_t make_empty(const char *name)
{
	int fd = open(in_mount("spool/MAIL/%s", name),
		O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	uint64_t number;

	ck_assert_int_ge(fd, 0);
	number = inode_of_fd(fd);
	ck_assert_int_eq(close(fd), 0);
	return number;
}

static void make_gone(const char *name)
{
	expect_gone(make_empty(name));
}

static uint64_t put(const char *name)
{
	const char *path = in_mount("spool/MAIL/%s", name);
	uint64_t number;

	ck_assert_int_eq(put_text(path, "hello"), 0);
	number = inode_of(path);
	expect_state(number, DATASET_READY);
	return number;
}

/* The name that purges it. */
static void get_job_path(uint64_t number, char *path, size_t cap)
{
	char job_id[JOB_ID_LEN + 1];
	struct dataset d;

	ck_assert_int_eq(spool_stat(mounted.spool, number, &d), 0);
	dataset_job_id(d.job, job_id);
	snprintf(
		path, cap, "%s", in_mount("spool/MAIL/%s.%s", job_id, d.label));
}

static void purge(uint64_t number)
{
	char path[2 * MOUNTED_PATH_MAX];

	get_job_path(number, path, sizeof path);
	ck_assert_msg(unlink(path) == 0, "%s: %s", path, strerror(errno));
	expect_gone(number);
}

static int open_to_read(const char *name)
{
	int fd = open(in_mount("spool/MAIL/%s", name), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static ssize_t read_again(int fd)
{
	char octets[16];
	ssize_t len = pread(fd, octets, sizeof octets, 0);

	return len >= 0 ? len : -errno;
}

static bool has_name(int fd)
{
	char path[64];
	char name[2 * MOUNTED_PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	len = readlink(path, name, sizeof name - 1);
	ck_assert_int_gt(len, 0);
	name[len] = '\0';
	return strstr(name, "(deleted)") == NULL;
}

/* ---- tests ----------------------------------------------------------- */

START_TEST(the_kernel_forgets_what_is_gone)
{
	int many = MANY;
	char name[16];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "%d", i);
		make_empty(name);
	}
	expect_count(-1, 0);
	ck_assert_int_lt(atomic_load(&forgotten), MANY / 2);
	clock_forward(OLD_NS);
	ck_assert_msg(clock_wait_until(has_forgotten, &many), "%d",
		atomic_load(&forgotten));
}
END_TEST

START_TEST(a_name_that_was_taken_anew_is_not_harmed)
{
	uint64_t first = put("x");
	int reader = open_to_read("x");
	ssize_t was_read;
	uint64_t second;
	int fd;

	purge(first);
	was_read = read_again(reader);
	fd = open(
		in_mount("spool/MAIL/x"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	second = inode_of_fd(fd);
	ck_assert_uint_gt(second, first);
	ck_assert_int_eq(write(fd, "new", 3), 3);
	make_gone("y"); /* told after x */
	let_grow_old();

	ck_assert(has_name(fd));
	ck_assert_uint_eq(inode_of(in_mount("spool/MAIL/x")), second);
	ck_assert_uint_eq(inode_of_fd(fd), second);
	ck_assert_int_eq(write(fd, "er", 2), 2);
	ck_assert_int_eq(read_again(reader), was_read);
	ck_assert_int_eq(close(reader), 0);
	ck_assert_int_eq(close(fd), 0);
	expect_state(second, DATASET_READY);
	expect_text(second, "newer");
	ck_assert_uint_eq(inode_of(in_mount("spool/MAIL/x")), second);
}
END_TEST

START_TEST(who_has_it_open_goes_on)
{
	uint64_t number = put("x");
	int reader = open_to_read("x");
	ssize_t was_read;
	struct stat st;

	ck_assert_int_eq(read_again(reader), 5);
	purge(number);
	was_read = read_again(reader);
	let_grow_old();
	ck_assert_int_eq(read_again(reader), was_read);
	ck_assert_int_eq(stat(in_mount("spool/MAIL/x"), &st), -1);
	ck_assert_int_eq(errno, ENOENT);
	put("x");
	ck_assert_int_eq(close(reader), 0);
	ck_assert_int_eq(read_again(open_to_read("x")), 5);
}
END_TEST

START_TEST(what_is_there_stays)
{
	uint64_t number = put("x");
	int reader = open_to_read("x");

	make_gone("y");
	let_grow_old();
	ck_assert(has_name(reader));
	ck_assert_int_eq(read_again(reader), 5);
	ck_assert_uint_eq(inode_of(in_mount("spool/MAIL/x")), number);
	ck_assert_int_eq(close(reader), 0);
}
END_TEST

START_TEST(it_ends_with_a_mount_that_is_gone)
{
	make_gone("x");
	ck_assert_int_eq(umount2(mounted.point, MNT_FORCE | MNT_DETACH), 0);
	let_grow_old();
}
END_TEST

static bool has_trimmed(void *arg)
{
	(void)arg;
	return atomic_load(&trims) > 0;
}

START_TEST(free_memory_is_given_back_after_very_many)
{
	const struct spool_caller owner = { .uid = USER_A };
	struct spool_file *file;
	int i;

	for (i = 0; i < VERY_MANY; i++) {
		ck_assert_int_eq(spool_create(mounted.spool, "MAIL", "x",
					 &owner, 0600, "test", false, &file),
			0);
		spool_file_release(file, false);
	}
	ck_assert_int_eq(atomic_load(&trims), 0);
	clock_forward(OLD_NS);
	ck_assert(clock_wait_until(has_trimmed, NULL));
	ck_assert_int_eq(atomic_load(&trims), 1);
}
END_TEST

/* ---- a disk that hangs ----------------------------------------------- */

static struct store_ops slow_ops;
static store_done *_Atomic parked;
static void *parked_arg;

static void park(struct store *s, uint64_t number, enum dataset_state from,
	enum dataset_state to, const char *reason, store_done *done, void *arg)
{
	(void)s;
	(void)number;
	(void)from;
	(void)to;
	(void)reason;
	parked_arg = arg;
	atomic_store(&parked, done);
}

static bool is_parked(void *arg)
{
	(void)arg;
	return atomic_load(&parked) != NULL;
}

static void make_slow(struct store *s)
{
	slow_ops = *s->ops;
	slow_ops.move = park;
	s->ops = &slow_ops;
}

static void set_up_slow(void)
{
	mounted.change_store = make_slow;
	set_up_old();
}

static int unlink_it(const void *path)
{
	return unlink(path) == 0 ? 0 : errno;
}

static void *stop(void *arg)
{
	spool_quiesce(mounted.spool);
	*(bool *)arg = mounted_stop();
	return NULL;
}

static bool is_waiting(void *arg)
{
	(void)arg;
	return atomic_load(&calls) > 0;
}

/* The directory's lock is held until the unlink is answered. */
START_TEST(a_hung_disk_holds_the_end_up_no_longer_than_its_answers)
{
	char path[2 * MOUNTED_PATH_MAX];
	bool is_stopped = false;
	pthread_t stopper;
	pid_t pid;

	get_job_path(put("x"), path, sizeof path);
	make_gone("y");
	pid = process_start(unlink_it, path);
	ck_assert(clock_wait_until(is_parked, NULL));
	clock_forward(OLD_NS);
	ck_assert(clock_wait_until(is_waiting, NULL));
	ck_assert_int_eq(atomic_load(&answers), 0);
	ck_assert_int_eq(pthread_create(&stopper, NULL, stop, &is_stopped), 0);
	clock_forward(30 * NS_PER_S - OLD_NS);
	ck_assert_int_eq(process_wait(pid), EIO << 8);
	atomic_load (&parked)(parked_arg, 0);
	pthread_join(stopper, NULL);
	ck_assert(is_stopped);
	ck_assert_int_eq(atomic_load(&answers), 1);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name, void (*fixture)(void))
{
	TCase *tc = suite_case(
		suite, name, TEST_LIMIT_S, fixture, mounted_teardown);

	tcase_add_test(tc, the_kernel_forgets_what_is_gone);
	tcase_add_test(tc, a_name_that_was_taken_anew_is_not_harmed);
	tcase_add_test(tc, who_has_it_open_goes_on);
	tcase_add_test(tc, what_is_there_stays);
	tcase_add_test(tc, it_ends_with_a_mount_that_is_gone);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("fs_forget");
	TCase *tc = add_case(suite, "by number", set_up);
	TCase *slow;

	tcase_add_test(tc, free_memory_is_given_back_after_very_many);
	add_case(suite, "by name", set_up_old);
	slow = suite_case(suite, "a slow store", TEST_LIMIT_S, set_up_slow,
		mounted_teardown);
	tcase_add_test(
		slow, a_hung_disk_holds_the_end_up_no_longer_than_its_answers);
	return mounted_main(suite);
}
