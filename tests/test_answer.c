/* A store that does not answer: every request is answered all the same. */
#include "../fs/store_ops.h"
#include "clock.h"
#include "support_clock.h"
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { AHEAD_S = 31, PARKED_MAX = 8 };

/* The store in memory, but a sync is answered when the test says so. */
static struct store_ops slow_ops;

struct parked {
	uint64_t number;
	store_done *done;
	void *arg;
};

static struct parked parked[PARKED_MAX];
static atomic_int parked_count;

static void park(struct store *s, uint64_t number, store_done *done, void *arg)
{
	int at = atomic_load(&parked_count);

	(void)s;
	parked[at] = (struct parked){ number, done, arg };
	atomic_store(&parked_count, at + 1);
}

static void answer_all(int err)
{
	int i;

	for (i = 0; i < atomic_load(&parked_count); i++)
		parked[i].done(parked[i].arg, err);
	atomic_store(&parked_count, 0);
}

static void make_slow(struct store *s)
{
	slow_ops = *s->ops;
	slow_ops.sync = park;
	s->ops = &slow_ops;
}

static void setup(void)
{
	clock_take_over();
	mounted.change_store = make_slow;
	mounted_setup();
}

static int write_and_close(const void *arg)
{
	int fd = open(in_mount("spool/MAIL/late"),
		O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)arg;
	if (fd < 0 || write(fd, "mail", 4) != 4)
		return 1;
	return close(fd) == 0 ? 0 : errno;
}

static void wait_until_parked(void)
{
	const struct timespec span = { 0, NS_PER_MS };
	int64_t until_ns = clock_monotonic_ns() + 20 * NS_PER_S;

	while (atomic_load(&parked_count) == 0) {
		ck_assert_int_lt(clock_monotonic_ns(), until_ns);
		nanosleep(&span, NULL);
	}
}

static pid_t start_close(void)
{
	pid_t pid = process_start(write_and_close, NULL);

	wait_until_parked();
	return pid;
}

START_TEST(a_close_waits_for_its_commit)
{
	pid_t pid = start_close();

	expect_state(1, DATASET_OPEN);
	answer_all(0);
	ck_assert_int_eq(process_wait(pid), 0);
	expect_state(1, DATASET_READY);
}
END_TEST

START_TEST(an_error_of_the_commit_is_that_of_close)
{
	pid_t pid = start_close();

	answer_all(-ENOSPC);
	ck_assert_int_eq(process_wait(pid), ENOSPC << 8);
	expect_gone(1);
}
END_TEST

START_TEST(a_damaged_store_is_an_input_error)
{
	pid_t pid = start_close();

	answer_all(STORE_DAMAGED);
	ck_assert_int_eq(process_wait(pid), EIO << 8);
	expect_gone(1);
}
END_TEST

START_TEST(without_an_answer_close_fails_and_nothing_is_sent)
{
	pid_t pid = start_close();

	clock_forward(AHEAD_S * NS_PER_S);
	ck_assert_int_eq(process_wait(pid), EIO << 8);
	expect_state(1, DATASET_OPEN);
	/* It comes late: its writer was told that it failed. */
	answer_all(0);
	expect_gone(1);
}
END_TEST

static atomic_bool is_stopped;

static void *stop(void *was_over)
{
	*(bool *)was_over = mounted_stop();
	atomic_store(&is_stopped, true);
	return NULL;
}

/* What is stopped so may not be taken down: this test has no teardown. */
START_TEST(a_stop_does_not_wait_for_ever_and_leaves_what_is_still_in_use)
{
	const struct timespec span = { 0, NS_PER_MS };
	pid_t pid = start_close();
	bool was_over = true;
	pthread_t thread;

	spool_quiesce(mounted.spool);
	ck_assert_int_eq(pthread_create(&thread, NULL, stop, &was_over), 0);
	while (!atomic_load(&is_stopped)) {
		clock_forward(NS_PER_S);
		nanosleep(&span, NULL);
	}
	pthread_join(thread, NULL);
	ck_assert(!was_over);
	ck_assert_int_eq(process_wait(pid), EIO << 8);
	ck_assert_int_eq(access(in_mount("README"), F_OK), -1);
	/* It comes late, and finds all it needs. */
	answer_all(0);
	expect_gone(1);
}
END_TEST

static Suite *new_suite(void)
{
	Suite *suite = suite_create("answer");
	TCase *tc = suite_case(suite, "late", 60, setup, mounted_teardown);

	tcase_add_test(tc, a_close_waits_for_its_commit);
	tcase_add_test(tc, an_error_of_the_commit_is_that_of_close);
	tcase_add_test(tc, a_damaged_store_is_an_input_error);
	tcase_add_test(tc, without_an_answer_close_fails_and_nothing_is_sent);
	tc = suite_case(suite, "never", 60, setup, NULL);
	tcase_add_test(tc,
		a_stop_does_not_wait_for_ever_and_leaves_what_is_still_in_use);
	return suite;
}

int main(void)
{
	return mounted_main(new_suite());
}
