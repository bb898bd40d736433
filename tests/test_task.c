#include "../fs/task.h"

#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NUMBERS = 300, ASKERS = 4, ROUNDS = 2000 };

static struct tasks *tasks;

static void set_up(void)
{
	ck_assert_int_eq(tasks_open(&tasks), 0);
}

static void tear_down(void)
{
	tasks_close(tasks);
}

static void expect_program(pid_t tid, const char *name)
{
	char program[SPOOL_PROGRAM_MAX] = "not written";

	task_program(tasks, tid, program);
	ck_assert_str_eq(program, name);
}

/* ---- what is seen ---------------------------------------------------- */

static const char *const names[] = { "a", "a b) c", "fifteen octets.", "" };

/* A task may change its name; its file is open by then. */
START_TEST(a_program_is_called_as_it_calls_itself)
{
	int i;

	for (i = 0; i < (int)(sizeof names / sizeof *names); i++) {
		ck_assert_int_eq(prctl(PR_SET_NAME, names[i]), 0);
		expect_program(getpid(), names[i]);
	}
}
END_TEST

START_TEST(who_cannot_be_seen_has_no_name_and_no_memory)
{
	expect_program(0, "");
	expect_program(-1, "");
	ck_assert(!task_has_memory(tasks, 0));
	ck_assert(!task_has_memory(tasks, -1));
}
END_TEST

static void sleep_until_killed(const char *name)
{
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

/* A process that sleeps until it is killed. */
static pid_t start(const char *name)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		sleep_until_killed(name);
	return pid;
}

/* One that gets the number of one before; false where that cannot be. */
static bool start_as(pid_t number, const char *name)
{
	struct clone_args how = { .exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&number,
		.set_tid_size = 1 };
	pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof how);

	if (pid < 0 && errno == ENOSYS)
		return false; /* valgrind */
	if (pid == 0)
		sleep_until_killed(name);
	ck_assert_int_eq(pid, number);
	return true;
}

static void wait_for_name(pid_t pid, const char *name)
{
	char program[SPOOL_PROGRAM_MAX] = "";

	while (strcmp(program, name) != 0) {
		sched_yield();
		task_program(tasks, pid, program);
	}
}

static void end(pid_t pid)
{
	siginfo_t info;

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

START_TEST(a_task_that_ends_has_no_memory)
{
	pid_t pid = start("ends");

	ck_assert(task_has_memory(tasks, pid));
	end(pid);
	ck_assert(!task_has_memory(tasks, pid));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(!task_has_memory(tasks, pid));
	expect_program(pid, "");
}
END_TEST

START_TEST(a_number_means_the_task_that_has_it_now)
{
	pid_t pid = start("first");

	wait_for_name(pid, "first");
	ck_assert(task_has_memory(tasks, pid));
	end(pid);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);

	if (!start_as(pid, "second"))
		return;
	wait_for_name(pid, "second");
	ck_assert(task_has_memory(tasks, pid));
	end(pid);
	ck_assert(!task_has_memory(tasks, pid));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* ---- many ------------------------------------------------------------ */

static size_t open_files(void)
{
	size_t count = 0;
	int fd;

	for (fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(files_stay_open_for_few_and_not_for_ever)
{
	size_t before = open_files();
	char program[SPOOL_PROGRAM_MAX];
	pid_t tid;

	for (tid = 1; tid <= NUMBERS; tid++) {
		task_program(tasks, tid, program);
		(void)task_has_memory(tasks, tid);
	}
	ck_assert_uint_le(open_files(), before + 2 * 64);
	ck_assert(task_has_memory(tasks, getpid()));
	tasks_close(tasks);
	tasks = NULL;
	ck_assert_uint_eq(open_files(), before);
}
END_TEST

/* Two numbers that share a place, each asked for by every thread. */
static void *ask(void *others)
{
	pid_t pid = *(pid_t *)others;
	intptr_t wrong = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		wrong += !task_has_memory(tasks, getpid());
		wrong += task_has_memory(tasks, pid);
	}
	return (void *)wrong;
}

START_TEST(threads_that_ask_at_once_are_told_the_same)
{
	pthread_t threads[ASKERS];
	pid_t pid = getpid() + 64 * 100000; /* beyond what there can be */
	void *wrong;
	int i;

	for (i = 0; i < ASKERS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, ask, &pid), 0);
	for (i = 0; i < ASKERS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
		ck_assert_ptr_null(wrong);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("task");
	TCase *tc = tcase_create("tasks");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_program_is_called_as_it_calls_itself);
	tcase_add_test(tc, who_cannot_be_seen_has_no_name_and_no_memory);
	tcase_add_test(tc, a_task_that_ends_has_no_memory);
	tcase_add_test(tc, a_number_means_the_task_that_has_it_now);
	tcase_add_test(tc, files_stay_open_for_few_and_not_for_ever);
	tcase_add_test(tc, threads_that_ask_at_once_are_told_the_same);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
