#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(a_file_that_is_closed_is_submitted)
{
	const char *path = in_mount("spool/MAIL/one");
	uint64_t number;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	struct stat st;

	ck_assert_int_ge(fd, 0);
	number = inode_of_fd(fd);
	expect_state(number, DATASET_OPEN);
	ck_assert_int_eq(write(fd, "hello\n", 6), 6);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 6);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(close(fd), 0);
	expect_state(number, DATASET_READY);
	ck_assert_uint_eq(inode_of(path), number);
	expect_text(number, "hello\n");
}
END_TEST

START_TEST(every_open_for_writing_makes_a_new_data_set)
{
	static const int flags[] = {
		O_WRONLY | O_CREAT | O_TRUNC,  /* > */
		O_WRONLY | O_CREAT | O_APPEND, /* >> */
		O_WRONLY,                      /* dd conv=nocreat,notrunc */
		O_RDWR,
		O_RDWR | O_CREAT | O_TRUNC,
	};
	const char *path = in_mount("spool/MAIL/same");
	uint64_t last = 0;
	uint64_t number;
	struct stat st;
	size_t i;
	int fd;

	ck_assert_int_eq(put_text(path, "first"), 0);
	for (i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		fd = open(path, flags[i] | O_CLOEXEC, 0600);
		ck_assert_msg(fd >= 0, "%zu: %s", i, strerror(errno));
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_int_eq(st.st_size, 0);
		number = st.st_ino;
		ck_assert_uint_gt(number, last);
		last = number;
		ck_assert_int_eq(write(fd, "next", 4), 4);
		ck_assert_int_eq(close(fd), 0);
		expect_state(number, DATASET_READY);
		expect_text(number, "next");
	}
	ck_assert_uint_eq(count_datasets(-1), 6);
}
END_TEST

/* ---- many at once -------------------------------------------------------- */

enum { RACERS = 8, RACES = 600, TEXT_MAX = 64 };

struct racer {
	int id;
	uid_t uid;
	const char *path;
};

static int race(const void *arg)
{
	const struct racer *r = arg;
	char text[TEXT_MAX];
	int i, err;

	if (r->uid != 0 && (setgid(r->uid) != 0 || setuid(r->uid) != 0))
		return 255;
	for (i = 0; i < RACES; i++) {
		snprintf(text, sizeof text, "racer %d race %d\n", r->id, i);
		err = put_text(r->path, text);
		if (err != 0)
			return -err;
	}
	return 0;
}

/* Each text is there exactly once. */
static void expect_all_texts(void)
{
	static unsigned char seen[RACERS][RACES];
	uint64_t number;
	char text[TEXT_MAX];
	int id, i;
	struct dataset d;
	ssize_t len;

	for (number = 1; number < 3 * RACERS * RACES; number++) {
		if (spool_stat(mounted.spool, number, &d) != 0)
			continue;
		len = spool_read(
			mounted.spool, number, 0, text, sizeof text - 1);
		ck_assert_int_gt(len, 0);
		text[len] = '\0';
		ck_assert_int_eq(
			sscanf(text, "racer %d race %d\n", &id, &i), 2);
		ck_assert(id >= 0 && id < RACERS && i >= 0 && i < RACES);
		ck_assert_int_eq(seen[id][i]++, 0);
	}
}

static void run_races(struct racer racers[RACERS])
{
	pid_t pids[RACERS];
	int i;

	for (i = 0; i < RACERS; i++)
		pids[i] = process_start(race, &racers[i]);
	for (i = 0; i < RACERS; i++)
		ck_assert_int_eq(process_wait(pids[i]), 0);
	expect_count(DATASET_READY, RACERS * RACES);
	expect_count(-1, RACERS * RACES);
	expect_all_texts();
}

START_TEST(eight_racing_on_one_name_make_as_many_data_sets_as_opens)
{
	struct racer racers[RACERS];
	int i;

	for (i = 0; i < RACERS; i++)
		racers[i] = (struct racer){ i, 0, in_mount("spool/MAIL/one") };
	run_races(racers);
}
END_TEST

START_TEST(four_users_racing_on_one_name_each_have_their_own)
{
	struct racer racers[RACERS];
	int i;

	for (i = 0; i < RACERS; i++)
		racers[i] = (struct racer){ i, (uid_t)(USER_A + i / 2),
			in_mount("spool/MAIL/one") };
	run_races(racers);
}
END_TEST

static void ignore(void *arg, int err)
{
	(void)arg;
	ck_assert_int_eq(err, 0);
}

/* Takes every READY data set and purges it, as a quick forwarder would. */
static int consume(void)
{
	const struct store_finish purge = { .to = DATASET_PURGED,
		.reason = "" };
	struct store_claim claims[4];
	size_t count, i;

	if (spool_select(mounted.spool, "MAIL", 4, claims, &count) != 0)
		return -1;
	for (i = 0; i < count; i++)
		spool_finish(mounted.spool, claims[i].dataset.number,
			claims[i].token, &purge, ignore, NULL);
	return (int)count;
}

START_TEST(racing_while_all_is_sent_at_once_is_no_error)
{
	struct racer racer = { 0, 0, in_mount("spool/MAIL/one") };
	pid_t pids[RACERS];
	int i, status;
	int running = RACERS;
	int consumed = 0;

	for (i = 0; i < RACERS; i++)
		pids[i] = process_start(race, &racer);
	while (running > 0) {
		consumed += consume();
		for (i = 0; i < RACERS; i++)
			if (pids[i] != 0
				&& waitpid(pids[i], &status, WNOHANG)
					== pids[i]) {
				ck_assert_int_eq(status, 0);
				pids[i] = 0;
				running--;
			}
	}
	while (count_datasets(-1) > 0)
		consumed += consume();
	ck_assert_int_eq(consumed, RACERS * RACES);
}
END_TEST

/* ---- what programs do ---------------------------------------------------- */

START_TEST(a_child_appends_to_the_data_set_of_its_parent)
{
	int fd = open(in_mount("spool/MAIL/log"),
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	uint64_t number = inode_of_fd(fd);
	pid_t pid;

	ck_assert_int_eq(write(fd, "parent\n", 7), 7);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(write(fd, "child\n", 6) == 6 ? 0 : 1);
	ck_assert_int_eq(process_wait(pid), 0);
	/* The child's exit flushed, but the handle is still open. */
	expect_state(number, DATASET_OPEN);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(write(fd, "parent\n", 7), 7);
	ck_assert_int_eq(close(fd), 0);
	expect_state(number, DATASET_READY);
	expect_text(number, "parent\nchild\nparent\n");
}
END_TEST

/* A command in the drop directory, and what its data sets then are. */
static const struct {
	const char *command;
	const char *texts[3];
} commands[] = {
	{ "echo one > f", { "one\n" } },
	{ "echo one > f; echo two > f", { "one\n", "two\n" } },
	{ "echo one >> f; echo two >> f", { "one\n", "two\n" } },
	{ "( echo one; echo two ) > f", { "one\ntwo\n" } },
	{ "( /bin/echo one; /bin/echo two ) > f", { "one\ntwo\n" } },
	{ "{ echo one; cat; } <<-E > f\n two\nE\n", { "one\n two\n" } },
	{ "exec 3> f; echo one >&3; echo two >&3", { "one\ntwo\n" } },
	{ "echo one > f; : > f; echo two > f", { "one\n", "two\n" } },
	{ "touch f; touch f; touch g", { NULL } },
	{ "printf one > /tmp/$$.s; cp /tmp/$$.s f && cp /tmp/$$.s f;"
	  "r=$?; rm /tmp/$$.s; exit $r",
		{ "one", "one" } },
	{ "echo one > f; echo two | dd of=f conv=notrunc status=none",
		{ "one\n", "two\n" } },
	{ "echo one | dd of=f conv=fsync status=none", { "one\n" } },
	{ "echo one | tee f >/dev/null; echo two | tee -a f > /dev/null",
		{ "one\n", "two\n" } },
	{ "echo one > f; sh -c 'echo two > /dev/fd/3' 3> f",
		{ "one\n", "two\n" } },
	{ "echo one > mail; echo two > ../mail/mail", { "one\n", "two\n" } },
};

START_TEST(a_command_writes_what_it_means)
{
	ck_assert_msg(shell_in_drop(commands[_i].command) == 0, "%s",
		commands[_i].command);
	expect_ready(commands[_i].texts, COUNT(commands[_i].texts), 0);
}
END_TEST

START_TEST(only_an_open_handle_changes_the_size)
{
	const char *path = in_mount("spool/MAIL/cut");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	uint64_t number = inode_of_fd(fd);
	char octets[8];
	struct stat st;

	ck_assert_int_eq(write(fd, "123456", 6), 6);
	ck_assert_int_eq(ftruncate(fd, 3), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 3);
	ck_assert_int_eq(pread(fd, octets, sizeof octets, 1), 2);
	ck_assert_int_eq(memcmp(octets, "23", 2), 0);
	ck_assert_int_eq(truncate(path, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(close(fd), 0);
	expect_state(number, DATASET_READY);
	ck_assert_int_eq(truncate(path, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	expect_text(number, "123");
}
END_TEST

START_TEST(octets_may_come_in_any_order)
{
	int fd = open(in_mount("spool/MAIL/holes"),
		O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	uint64_t number = inode_of_fd(fd);

	ck_assert_int_eq(pwrite(fd, "tail", 4, 4), 4);
	ck_assert_int_eq(pwrite(fd, "head", 4, 0), 4);
	ck_assert_int_eq(fsync(fd), 0);
	ck_assert_int_eq(fdatasync(fd), 0);
	ck_assert_int_eq(close(fd), 0);
	expect_text(number, "headtail");
}
END_TEST

START_TEST(a_shared_mapping_is_refused)
{
	int fd = open(
		in_mount("spool/MAIL/map"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_ptr_eq(
		mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
		MAP_FAILED);
	ck_assert_int_eq(errno, ENODEV);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(o_excl_takes_no_name_that_is_listed)
{
	const char *path = in_mount("spool/MAIL/taken");
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = open(path, flags, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(open(path, flags, 0600), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(open(path, flags, 0600), -1);
	ck_assert_int_eq(errno, EEXIST);
}
END_TEST

START_TEST(two_handles_on_one_name_are_two_data_sets)
{
	const char *path = in_mount("spool/MAIL/two");
	int a = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int b = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	uint64_t first = inode_of_fd(a);
	uint64_t second = inode_of_fd(b);

	ck_assert_uint_ne(first, second);
	ck_assert_uint_eq(inode_of(path), second);
	ck_assert_int_eq(write(a, "a", 1), 1);
	ck_assert_int_eq(write(b, "b", 1), 1);
	ck_assert_int_eq(close(a), 0);
	ck_assert_int_eq(close(b), 0);
	expect_state(first, DATASET_READY);
	expect_state(second, DATASET_READY);
	expect_text(first, "a");
	expect_text(second, "b");
}
END_TEST

/* The kernel finds the same inode again, so only the handle is new. */
START_TEST(opening_a_descriptor_again_makes_a_data_set_too)
{
	const char *path = in_mount("spool/MAIL/fd");
	char again[32];
	int a = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	uint64_t first = inode_of_fd(a);
	int b;

	ck_assert_int_eq(write(a, "a", 1), 1);
	snprintf(again, sizeof again, "/proc/self/fd/%d", a);
	b = open(again, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(b, 0);
	ck_assert_int_eq(write(b, "b", 1), 1);
	ck_assert_int_eq(close(b), 0);
	expect_count(DATASET_READY, 1);
	expect_state(first, DATASET_OPEN);
	ck_assert_int_eq(close(a), 0);
	expect_count(DATASET_READY, 2);
	expect_text(first, "a");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_file_that_is_closed_is_submitted);
	tcase_add_test(tc, every_open_for_writing_makes_a_new_data_set);
	tcase_add_test(
		tc, eight_racing_on_one_name_make_as_many_data_sets_as_opens);
	tcase_add_test(tc, four_users_racing_on_one_name_each_have_their_own);
	tcase_add_test(tc, racing_while_all_is_sent_at_once_is_no_error);
	tcase_add_test(tc, a_child_appends_to_the_data_set_of_its_parent);
	tcase_add_loop_test(
		tc, a_command_writes_what_it_means, 0, COUNT(commands));
	tcase_add_test(tc, only_an_open_handle_changes_the_size);
	tcase_add_test(tc, octets_may_come_in_any_order);
	tcase_add_test(tc, a_shared_mapping_is_refused);
	tcase_add_test(tc, o_excl_takes_no_name_that_is_listed);
	tcase_add_test(tc, two_handles_on_one_name_are_two_data_sets);
	tcase_add_test(tc, opening_a_descriptor_again_makes_a_data_set_too);
}

int main(void)
{
	return mounted_run("fs_write", add_tests);
}
