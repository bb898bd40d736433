/* Replies that wait for a completion. FUSE is taken over: see below. */
#include "../fs/answer.h"
#include "../fs/ops.h"
#include "support_spool.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

enum { NOT_YET = -1, REPLIES = 4 };

static struct witness *witness;
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
	ck_assert_int_eq(answers_open(witness, &answers), 0);
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

int main(void)
{
	Suite *suite = suite_create("answers by themselves");
	TCase *tc = tcase_create("records");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, the_completion_answers, 0, 2);
	tcase_add_test(tc, who_waits_for_the_answers_waits_for_the_replies);
	tcase_add_test(tc, after_a_close_that_failed_no_other_succeeds);
	tcase_add_test(
		tc, a_close_that_failed_for_want_of_memory_sends_nothing);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
