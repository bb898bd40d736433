#include "support_fs.h"

#include "clock.h"
#include "support_run.h"
#include "support_scratch.h"
#include "support_spool.h"
#include "text.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	TEST_S = 60,
	PATIENCE_S = 20,
	POLL_MS = 2,
	CONTENT_MAX = 4096,
	READ_MAX = 16384
};

struct mounted mounted;

static void give_status(void *forwarder, struct forwarder_status *out)
{
	mutex_lock(&mounted.lock);
	*out = *(const struct forwarder_status *)forwarder;
	mutex_unlock(&mounted.lock);
}

void show_status(const struct forwarder_status *status)
{
	mutex_lock(&mounted.lock);
	mounted.mail = *status;
	mutex_unlock(&mounted.lock);
}

static void start_fs(void)
{
	struct operator_ops operators[] = {
		{ &mounted.mail, give_status },
		{ &mounted.batch, give_status },
	};
	struct fs_settings settings = {
		.spool = mounted.spool,
		.writers = mounted.writers,
		.writer_count = mounted.writer_count,
		.operators = operators,
		.operator_count = 2,
		.has_operator_gid = true,
		.operator_gid = OPERATORS,
	};
	char why[FS_WHY_MAX];
	int err = fs_mount_open(mounted.point, NULL, &mounted.mount, why);

	ck_assert_msg(err == 0, "%s", why);
	settings.device = fs_mount_device(mounted.mount);
	err = fs_start(&settings, &mounted.fs, why);
	ck_assert_msg(err == 0, "%s", why);
}

static void set_status(struct forwarder_status *f, const char *writer)
{
	memset(f, 0, sizeof *f);
	text_copy(f->writer, sizeof f->writer, writer);
	f->has_usable_target = true;
}

/* Shared with the process that watches, and closed when life is locked. */
static pthread_mutex_t *life;
static int locked[2];

/* Its own thread holds it: the main one may be waiting for the mount. */
static void *hold_life(void *arg)
{
	if (pthread_mutex_lock(life) == 0)
		close(locked[1]);
	for (;;)
		pause();
	return arg;
}

static void make_life(void)
{
	pthread_mutexattr_t attributes;

	life = mmap(NULL, sizeof *life, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(life, MAP_FAILED);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	ck_assert_int_eq(pthread_mutex_init(life, &attributes), 0);
}

/*
 * A test that fails leaves its files to the kernel to close, which asks the
 * file system, which is the same process and no longer there: that waits for
 * ever. So another process waits for a mutex the test never gives back: the
 * kernel does so as the test ends, before it closes files. Then the mount is
 * broken.
 */
static void watch_over_mount(void)
{
	pthread_t thread;
	char octet;
	pid_t pid;

	/* A core image would wait for the thread that waits for the mount. */
	prctl(PR_SET_DUMPABLE, 0);
	make_life();
	ck_assert_int_eq(pipe2(locked, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid != 0) {
		ck_assert_int_eq(
			pthread_create(&thread, NULL, hold_life, NULL), 0);
		pthread_detach(thread);
		close(locked[0]);
		return;
	}
	setsid(); /* Check kills the whole group of a test that hangs */
	close(locked[1]);
	if (read(locked[0], &octet, 1) == 0
		&& pthread_mutex_lock(life) == EOWNERDEAD) {
		umount2(mounted.point, MNT_FORCE);
		umount2(mounted.point, MNT_DETACH);
	}
	_exit(0);
}

void mounted_setup(void)
{
	ck_assert_ptr_null(scratch_lacks());
	scratch_make(mounted.point, sizeof mounted.point);
	watch_over_mount();
	text_format(mounted.drop, sizeof mounted.drop, "%s/spool/MAIL",
		mounted.point);
	mutex_init(&mounted.lock, RANK_LEAF);
	set_status(&mounted.mail, "MAIL");
	set_status(&mounted.batch, "BATCH");
	ck_assert_int_eq(store_memory_open(&mounted.store), 0);
	ck_assert_int_eq(
		spool_open(mounted.store, judge_by_dot, NULL, &mounted.spool),
		0);
	ck_assert_int_eq(spool_add_writer(mounted.spool, "MAIL"), 0);
	ck_assert_int_eq(spool_add_writer(mounted.spool, "BATCH"), 0);
	if (mounted.change_store != NULL)
		mounted.change_store(mounted.store);
	start_fs();
}

bool mounted_stop(void)
{
	bool is_over = fs_stop(mounted.fs);

	fs_mount_close(mounted.mount);
	mounted.mount = NULL;
	mounted.fs = NULL;
	return is_over;
}

void mounted_teardown(void)
{
	spool_quiesce(mounted.spool);
	if (mounted.fs != NULL)
		ck_assert(mounted_stop());
	spool_close(mounted.spool);
	store_close(mounted.store);
	mutex_fini(&mounted.lock);
}

int mounted_main(Suite *suite)
{
	int status;

	scratch_open();
	status = suite_run(suite);
	scratch_close();
	return status;
}

int mounted_run(const char *name, void (*add_tests)(TCase *tests))
{
	Suite *suite = suite_create(name);

	add_tests(suite_case(
		suite, "mounted", TEST_S, mounted_setup, mounted_teardown));
	return mounted_main(suite);
}

const char *in_mount(const char *format, ...)
{
	static _Thread_local char paths[2][2 * MOUNTED_PATH_MAX];
	static _Thread_local int next;
	char rest[MOUNTED_PATH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(rest, sizeof rest, format, args);
	va_end(args);
	next = !next;
	text_format(
		paths[next], sizeof paths[next], "%s/%s", mounted.point, rest);
	return paths[next];
}

pid_t process_start(int (*act)(const void *arg), const void *arg)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(act(arg));
	return pid;
}

int process_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		ck_assert_int_eq(errno, EINTR);
	return status;
}

struct user {
	uid_t uid;
	gid_t group;
	int (*act)(void);
};

static int become(const void *arg)
{
	const struct user *u = arg;

	if (setgroups(1, &u->group) != 0 || setgid(u->uid) != 0
		|| setuid(u->uid) != 0)
		return 255;
	return u->act();
}

void as_user(uid_t uid, gid_t group, int (*act)(void))
{
	struct user u = { uid, group, act };

	/* What fails is told by its line; 255 at most. */
	ck_assert_int_eq(process_wait(process_start(become, &u)), 0);
}

int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err = -errno;
	if (close(fd) != 0 && err == 0)
		err = -errno;
	return err;
}

static int run_shell(const void *command)
{
	if (chdir(mounted.drop) != 0)
		return 255;
	execl("/bin/sh", "sh", "-c", (const char *)command, (char *)NULL);
	return 254;
}

int shell_in_drop(const char *command)
{
	return process_wait(process_start(run_shell, command));
}

uint64_t inode_of(const char *path)
{
	struct stat st;

	ck_assert_msg(stat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st.st_ino;
}

uint64_t inode_of_fd(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

void expect_text(uint64_t number, const char *text)
{
	char octets[CONTENT_MAX];
	ssize_t len =
		spool_read(mounted.spool, number, 0, octets, sizeof octets - 1);

	ck_assert_int_ge(len, 0);
	octets[len] = '\0';
	ck_assert_str_eq(octets, text);
}

const char *read_text(const char *path)
{
	static char text[READ_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	while ((n = read(fd, text + len, sizeof text - len - 1)) > 0)
		len += (size_t)n;
	ck_assert_int_eq(n, 0);
	text[len] = '\0';
	close(fd);
	return text;
}

const char *list(const char *path)
{
	static char names[READ_MAX];
	DIR *dir = opendir(path);
	const struct dirent *e;
	size_t len = 0;

	ck_assert_msg(dir != NULL, "%s: %s", path, strerror(errno));
	names[0] = '\0';
	while ((e = readdir(dir)) != NULL)
		len += (size_t)snprintf(
			names + len, sizeof names - len, "%s ", e->d_name);
	closedir(dir);
	return names;
}

static void wait_a_little(int64_t deadline_ns, const char *what)
{
	const struct timespec span = { 0, POLL_MS * NS_PER_MS };

	ck_assert_msg(
		clock_monotonic_ns() < deadline_ns, "waited in vain: %s", what);
	nanosleep(&span, NULL);
}

static int64_t deadline(void)
{
	return clock_monotonic_ns() + PATIENCE_S * NS_PER_S;
}

void expect_state(uint64_t number, enum dataset_state state)
{
	int64_t until_ns = deadline();
	struct dataset d;

	while (spool_stat(mounted.spool, number, &d) != 0 || d.state != state)
		wait_a_little(until_ns, dataset_state_name(state));
}

void expect_size(uint64_t number, uint64_t size_octets)
{
	int64_t until_ns = deadline();
	struct dataset d;

	while (spool_stat(mounted.spool, number, &d) != 0
		|| d.size_octets != size_octets)
		wait_a_little(until_ns, "size");
}

void expect_gone(uint64_t number)
{
	int64_t until_ns = deadline();
	struct dataset d;

	while (spool_stat(mounted.spool, number, &d) == 0)
		wait_a_little(until_ns, "gone");
}

size_t count_datasets(int state)
{
	const struct spool_caller operator= { .is_operator = true };
	struct dataset d;
	uint64_t *numbers;
	size_t count, i;
	size_t found = 0;

	ck_assert_int_eq(spool_numbers(mounted.spool, NULL,
				 &operator, & numbers, &count),
		0);
	for (i = 0; i < count; i++)
		if (spool_stat(mounted.spool, numbers[i], &d) == 0
			&& (state < 0 || d.state == (enum dataset_state)state))
			found++;
	free(numbers);
	return found;
}

void expect_count(int state, size_t count)
{
	int64_t until_ns = deadline();

	while (count_datasets(state) != count)
		wait_a_little(until_ns, "a number of data sets");
}

void expect_ready(const char *const *texts, size_t max, size_t held)
{
	size_t count = 0;
	uint64_t number;
	struct dataset d;

	while (count < max && texts[count] != NULL)
		count++;
	expect_count(DATASET_READY, count);
	expect_count(DATASET_HELD, held);
	expect_count(-1, count + held);
	for (number = 1; count > 0; number++)
		if (spool_stat(mounted.spool, number, &d) == 0
			&& d.state == DATASET_READY) {
			expect_text(number, *texts++);
			count--;
		}
}
