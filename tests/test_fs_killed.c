/* How the process ends that has a data set open, and what comes of it. */
#include "support_fs.h"
#include "support_run.h"
#include "support_tracing.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXECS = 1000, THREADS = 4, ROUNDS = 25, NEED_TRACING = 2 };

/* The data set a process writes: it shall end as this one process does. */
struct writing {
	const char *text;
	int signal_number; /* 0: exit without closing */
	bool syncs;
};

static int open_new(void)
{
	char path[MOUNTED_PATH_MAX * 2];

	snprintf(path, sizeof path, "%s/written", mounted.drop);
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int write_and_end(const void *arg)
{
	const struct writing *w = arg;
	size_t len = strlen(w->text);
	int fd = open_new();

	prctl(PR_SET_DUMPABLE, 0);
	if (fd < 0 || write(fd, w->text, len) != (ssize_t)len)
		return 1;
	if (w->syncs && fsync(fd) != 0)
		return 2;
	if (w->signal_number != 0) {
		signal(w->signal_number, SIG_DFL);
		kill(getpid(), w->signal_number);
	}
	return 0;
}

static const int deadly[] = { SIGKILL, SIGTERM, SIGSEGV, SIGINT, SIGABRT,
	SIGPIPE, SIGALRM };

static void expect_end(const struct writing *w, enum dataset_state state)
{
	int status = process_wait(process_start(write_and_end, w));

	if (w->signal_number != 0)
		ck_assert_int_eq(WTERMSIG(status), w->signal_number);
	else
		ck_assert_int_eq(status, 0);
	expect_state(1, state);
	expect_text(1, w->text);
}

START_TEST(a_data_set_whose_writer_was_killed_is_held)
{
	const struct writing w = { "part of a mail\n", deadly[_i], false };
	struct dataset d;

	expect_end(&w, DATASET_HELD);
	ck_assert_int_eq(spool_stat(mounted.spool, 1, &d), 0);
	ck_assert_ptr_nonnull(strstr(d.reason, "INCOMPLETE"));
}
END_TEST

/* Its last FLUSH brings nothing new, so no commit keeps the process. */
START_TEST(it_is_held_too_when_all_was_synced)
{
	const struct writing w = { "part of a mail\n", deadly[_i], true };

	expect_end(&w, DATASET_HELD);
}
END_TEST

START_TEST(a_complete_one_is_submitted_though_its_writer_was_killed)
{
	const struct writing w = { "a mail\n.\n", SIGKILL, false };

	expect_end(&w, DATASET_READY);
}
END_TEST

START_TEST(to_exit_without_closing_is_a_close)
{
	const struct writing w = { "a mail", 0, _i != 0 };

	expect_end(&w, DATASET_READY);
}
END_TEST

static pid_t fork_killed(int fd, const char *octets)
{
	size_t len = strlen(octets);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (len == 0 || write(fd, octets, len) == (ssize_t)len)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	return pid;
}

/* The parent opened the file and closes it: that is the last word. */
START_TEST(the_last_close_says_how_it_ended)
{
	int fd = open_new();

	ck_assert_int_eq(write(fd, "all\n", 4), 4);
	ck_assert_int_eq(process_wait(fork_killed(fd, "")), SIGKILL);
	expect_state(1, DATASET_OPEN);
	ck_assert_int_eq(close(fd), 0);
	expect_state(1, DATASET_READY);
}
END_TEST

/* As in ( one; two ) > file, with one killed in the middle of it. */
START_TEST(a_later_close_does_not_complete_what_a_killed_writer_left)
{
	int fd = open_new();

	ck_assert_int_eq(process_wait(fork_killed(fd, "part\n")), SIGKILL);
	expect_state(1, DATASET_OPEN);
	ck_assert_int_eq(write(fd, "more\n", 5), 5);
	ck_assert_int_eq(close(fd), 0);
	expect_state(1, DATASET_HELD);
}
END_TEST

START_TEST(a_child_killed_after_its_parent_closed_is_no_close)
{
	int fd = open_new();
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL); /* Check's handler ends the test */
		while (write(fd, "part\n", 5) == 5)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(close(fd), 0);
	expect_state(1, DATASET_OPEN);
	expect_size(1, 5);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(process_wait(pid), SIGTERM);
	expect_state(1, DATASET_HELD);
}
END_TEST

/* ---- programs with threads ----------------------------------------------- */

/* How a program with threads ends; it is this program, run anew. */
static int end_by_return(void)
{
	return 0;
}

static int end_by_kill(void)
{
	kill(getpid(), SIGKILL);
	return 1;
}

static int end_by_term(void)
{
	kill(getpid(), SIGTERM);
	pause();
	return 1;
}

static void *exit_here(void *arg)
{
	(void)arg;
	exit(0);
}

/* The main thread only waits, as that of a Java program does. */
static int end_from_another_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exit_here, NULL) == 0)
		pthread_join(thread, NULL);
	return 1;
}

static int end_main_thread_first(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exit_here, NULL) == 0)
		pthread_exit(NULL);
	return 1;
}

static int end_by_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return 1;
}

static const struct {
	const char *name;
	int (*end)(void);
	int status;
	enum dataset_state state;
} endings[] = {
	{ "return", end_by_return, 0, DATASET_READY },
	{ "exec", end_by_exec, 0, DATASET_READY },
	{ "kill", end_by_kill, SIGKILL, DATASET_HELD },
	{ "term", end_by_term, SIGTERM, DATASET_HELD },
	/* These are seen with the capability only. */
	{ "main-first", end_main_thread_first, 0, DATASET_READY },
	{ "other", end_from_another_thread, 0, DATASET_READY },
};

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* Another program: writes with threads about, and ends as it is told. */
static int threads_main(const char *path, const char *ending)
{
	pthread_t thread;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int i;

	signal(SIGTERM, SIG_DFL);
	if (fd < 0 || write(fd, "threads\n", 8) != 8)
		return 1;
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
			return 1;
	for (i = 0; i < COUNT(endings); i++)
		if (strcmp(endings[i].name, ending) == 0)
			return endings[i].end();
	return 1;
}

static int run_threads(const void *ending)
{
	char path[MOUNTED_PATH_MAX * 2];

	snprintf(path, sizeof path, "%s/threads", mounted.drop);
	/* The sanitizer would wait a second for its threads each time. */
	setenv("TSAN_OPTIONS", "atexit_sleep_ms=0", 1);
	execl("/proc/self/exe", "test_fs_killed", path, (const char *)ending,
		(char *)NULL);
	return 1;
}

START_TEST(a_program_with_threads_ends_as_one_without)
{
	uint64_t number;

	for (number = 1; number <= ROUNDS; number++) {
		ck_assert_int_eq(process_wait(process_start(
					 run_threads, endings[_i].name)),
			endings[_i].status);
		expect_state(number, endings[_i].state);
	}
}
END_TEST

static bool is_over(uint64_t number)
{
	struct dataset d;

	return spool_stat(mounted.spool, number, &d) == 0
		&& (d.state == DATASET_READY || d.state == DATASET_HELD);
}

/* On the safe side: what is complete is sent, and the rest is not lost. */
START_TEST(an_exit_from_another_thread_may_look_like_a_kill)
{
	ck_assert_int_eq(process_wait(process_start(run_threads, "other")), 0);
	while (!is_over(1))
		sched_yield();
	expect_text(1, "threads\n");
}
END_TEST

/* ---- execve -------------------------------------------------------------- */

static int write_and_exec(const void *arg)
{
	int fd = open_new();

	(void)arg;
	if (fd < 0 || write(fd, "before exec", 11) != 11)
		return 1;
	execl("/bin/true", "true", (char *)NULL);
	return 1;
}

/*
 * The FLUSH comes while the kernel holds what a reader of parts of /proc/PID
 * waits for: were one of our handlers such a reader, this would hang.
 */
START_TEST(exec_with_a_file_that_closes_on_exec_never_hangs)
{
	int i;

	for (i = 0; i < EXECS; i++)
		ck_assert_int_eq(
			process_wait(process_start(write_and_exec, NULL)), 0);
	expect_count(DATASET_READY, EXECS);
}
END_TEST

/* ---- the mount ends ------------------------------------------------------ */

START_TEST(writes_fail_when_the_mount_is_about_to_end)
{
	int fd = open_new();

	ck_assert_int_eq(write(fd, "part", 4), 4);
	spool_quiesce(mounted.spool);
	ck_assert_int_eq(write(fd, "more", 4), -1);
	ck_assert_int_eq(errno, EROFS);
	ck_assert_int_eq(open_new(), -1);
	ck_assert_int_eq(errno, EROFS);
	ck_assert(mounted_stop());
	ck_assert_int_eq(close(fd), -1);
	expect_gone(1);
}
END_TEST

START_TEST(a_file_open_when_the_mount_ends_is_held)
{
	int fd = open_new();

	ck_assert_int_eq(write(fd, "part", 4), 4);
	ck_assert_int_eq(fsync(fd), 0);
	spool_quiesce(mounted.spool);
	ck_assert(mounted_stop());
	ck_assert_int_eq(write(fd, "more", 4), -1);
	close(fd);
	expect_state(1, DATASET_HELD);
}
END_TEST

/* What the witness alone decides. */
static void add_endings(TCase *tc, int ending_count)
{
	tcase_add_loop_test(tc, a_data_set_whose_writer_was_killed_is_held, 0,
		COUNT(deadly));
	tcase_add_loop_test(
		tc, it_is_held_too_when_all_was_synced, 0, COUNT(deadly));
	tcase_add_test(
		tc, a_complete_one_is_submitted_though_its_writer_was_killed);
	tcase_add_loop_test(tc, to_exit_without_closing_is_a_close, 0, 2);
	tcase_add_test(tc, the_last_close_says_how_it_ended);
	tcase_add_test(
		tc, a_later_close_does_not_complete_what_a_killed_writer_left);
	tcase_add_test(tc, a_child_killed_after_its_parent_closed_is_no_close);
	tcase_add_loop_test(tc, a_program_with_threads_ends_as_one_without, 0,
		ending_count);
}

static void set_up_without_tracing(void)
{
	drop_tracing();
	mounted_setup();
}

/* As the program runs, which has no capability. */
static TCase *new_blind_case(void)
{
	TCase *tc = tcase_create("without tracing");

	tcase_add_checked_fixture(tc, set_up_without_tracing, mounted_teardown);
	tcase_set_timeout(tc, 60);
	add_endings(tc, COUNT(endings) - NEED_TRACING);
	tcase_add_test(tc, an_exit_from_another_thread_may_look_like_a_kill);
	return tc;
}

static Suite *new_suite(void)
{
	Suite *suite = suite_create("fs_killed");
	TCase *tc = tcase_create("mounted");

	tcase_add_checked_fixture(tc, mounted_setup, mounted_teardown);
	tcase_set_timeout(tc, 60);
	add_endings(tc, COUNT(endings));
	tcase_add_test(tc, exec_with_a_file_that_closes_on_exec_never_hangs);
	tcase_add_test(tc, writes_fail_when_the_mount_is_about_to_end);
	tcase_add_test(tc, a_file_open_when_the_mount_ends_is_held);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, new_blind_case());
	return suite;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return threads_main(argv[1], argv[2]);
	return mounted_main(new_suite());
}
