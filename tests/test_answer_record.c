/* Replies that wait for a completion. FUSE is taken over: see below. */
#include "../fs/answer.h"
#include "../fs/ops.h"
#include "support_run.h"
#include "support_spool.h"

#include <check.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_YET = -1, REPLIES = 4 };

static struct witness *witness;
static struct tasks *tasks;
static struct answers *answers;
static struct handles *handles;
static struct handle *handle;
static uint64_t number;
static int replies[REPLIES]; /* by request */
static bool was_waited_for;  /* while the last reply was given */
static struct fs fs;
static bool lacks_memory;

/* ---- calls taken over ------------------------------------------------ */

static fuse_req_t request(size_t n)
{
	return (fuse_req_t)(n + 1);
}

int fuse_reply_err(fuse_req_t req, int err)
{
	size_t n = (size_t)req - 1;

	ck_assert_int_eq(replies[n], NOT_YET);
	replies[n] = err;
	was_waited_for = !answers_wait(answers, clock_monotonic_ns());
	return 0;
}

void *fuse_req_userdata(fuse_req_t req)
{
	(void)req;
	return &fs;
}

/* Who closes; of requests that ask for the witness. */
static struct fuse_ctx who;

const struct fuse_ctx *fuse_req_ctx(fuse_req_t req)
{
	(void)req;
	return &who;
}

void *__real_calloc(size_t count, size_t len);
void *__wrap_calloc(size_t count, size_t len);

void *__wrap_calloc(size_t count, size_t len)
{
	return lacks_memory ? NULL : __real_calloc(count, len);
}

/* ---- fixture --------------------------------------------------------- */

static void set_up(void)
{
	struct spool_file *f;
	size_t i;

	spool_set_up();
	for (i = 0; i < REPLIES; i++)
		replies[i] = NOT_YET;
	ck_assert_int_eq(witness_start(&witness), 0);
	ck_assert_int_eq(tasks_open(&tasks), 0);
	ck_assert_int_eq(answers_open(witness, tasks, &answers), 0);
	fs.answers = answers;
	ck_assert_int_eq(handles_open(&handles), 0);
	f = dataset_create(test_spool, "mail", &alice);
	dataset_write(f, "a mail");
	ck_assert_int_eq(dataset_flush(f), 0);
	number = spool_file_number(f);
	handle = handle_new_writer(handles, f, number);
	ck_assert_ptr_nonnull(handle);
}

static void tear_down(void)
{
	witness_stop(witness);
	answers_close(answers);
	tasks_close(tasks);
	handles_close(handles);
	spool_tear_down();
}

static struct answer *ask(size_t n)
{
	struct answer *a = answer_new(answers, request(n), handle);

	ck_assert_ptr_nonnull(a);
	return a;
}

/* ---- tests ----------------------------------------------------------- */

START_TEST(the_completion_answers)
{
	struct answer *a = ask(0);

	ck_assert_int_eq(replies[0], NOT_YET);
	answer_done(a, _i == 0 ? 0 : STORE_FULL);
	ck_assert_int_eq(replies[0], _i == 0 ? 0 : ENOSPC);
	handle_release(handle);
	if (_i == 0)
		wait_for_state(test_spool, number, DATASET_READY);
	else
		wait_until_gone(test_spool, number);
}
END_TEST

START_TEST(who_waits_for_the_answers_waits_for_the_replies)
{
	struct answer *a = ask(0);

	handle_release(handle);
	answer_done(a, 0);
	ck_assert(was_waited_for);
	ck_assert(answers_wait(answers, clock_monotonic_ns()));
	wait_for_state(test_spool, number, DATASET_READY);
}
END_TEST

/* Two processes share the handle: what one was told holds for both. */
START_TEST(after_a_close_that_failed_no_other_succeeds)
{
	struct answer *late = ask(0);
	struct answer *next;

	(void)answers_sweep(
		answers, clock_monotonic_ns() + ANSWER_TIMEOUT_NS + 1);
	ck_assert_int_eq(replies[0], EIO);
	next = ask(1);
	answer_done(late, 0);
	answer_done(next, 0);
	ck_assert_int_eq(replies[1], EIO);
	handle_release(handle);
	wait_until_gone(test_spool, number);
}
END_TEST

START_TEST(a_close_that_failed_for_want_of_memory_sends_nothing)
{
	struct fuse_file_info fi = { .fh = (uintptr_t)handle };

	lacks_memory = true;
	ops_flush(request(0), 0, &fi);
	lacks_memory = false;
	ck_assert_int_eq(replies[0], ENOMEM);
	handle_release(handle);
	wait_until_gone(test_spool, number);
}
END_TEST

static pid_t start_killed(void)
{
	siginfo_t info;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		raise(SIGKILL);
		_exit(1);
	}
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

static sem_t may_go_on;

static void stop_here(struct witness_question *q, enum witness_verdict verdict)
{
	(void)q;
	(void)verdict;
	sem_wait(&may_go_on);
}

/* Keeps the witness busy until may_go_on is posted. */
static void stop_witness(void)
{
	static struct witness_question question = { .done = stop_here };

	ck_assert_int_eq(sem_init(&may_go_on, 0, 0), 0);
	witness_ask(witness, &question);
}

static struct answer *ask_with_witness(size_t n, pid_t pid)
{
	struct answer *a = ask(n);

	who.pid = pid;
	answer_ask_witness(a);
	answer_done(a, 0);
	return a;
}

START_TEST(who_lives_waits_for_no_witness)
{
	stop_witness();
	ask_with_witness(0, getpid());
	ck_assert_int_eq(replies[0], 0);
	handle_release(handle);
	wait_for_state(test_spool, number, DATASET_READY);
	sem_post(&may_go_on);
}
END_TEST

/* Two processes share the handle, one of them killed. */
START_TEST(who_closes_last_has_the_last_word)
{
	stop_witness();
	ask_with_witness(0, start_killed());
	ask_with_witness(1, getpid());
	ck_assert_int_eq(replies[0], NOT_YET);
	ck_assert_int_eq(replies[1], NOT_YET);
	sem_post(&may_go_on);
	ck_assert(answers_wait(answers, clock_monotonic_ns() + 20 * NS_PER_S));
	ck_assert_int_eq(replies[0], 0);
	ck_assert_int_eq(replies[1], 0);
	handle_release(handle);
	wait_for_state(test_spool, number, DATASET_READY);
}
END_TEST

START_TEST(who_was_killed_leaves_nothing_to_send)
{
	ask_with_witness(0, start_killed());
	handle_release(handle);
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_int_eq(replies[0], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("answers by themselves");
	TCase *tc = tcase_create("records");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, the_completion_answers, 0, 2);
	tcase_add_test(tc, who_waits_for_the_answers_waits_for_the_replies);
	tcase_add_test(tc, after_a_close_that_failed_no_other_succeeds);
	tcase_add_test(
		tc, a_close_that_failed_for_want_of_memory_sends_nothing);
	tcase_add_test(tc, who_lives_waits_for_no_witness);
	tcase_add_test(tc, who_closes_last_has_the_last_word);
	tcase_add_test(tc, who_was_killed_leaves_nothing_to_send);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
