/*
 * Completions that come late, or the wrong way round.
 */
#include "../fs/store_ops.h"
#include "support_run.h"
#include "support_spool.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

/* ---- a store that answers when the test says so ----------------------- */

enum { ANSWERS_MAX = 8 };

static struct late {
	store_done *done;
	void *arg;
	int err;
} late[ANSWERS_MAX];
static size_t late_count;
static struct store_ops real, ops;

static void keep_answer(void *arg, int err)
{
	((struct late *)arg)->err = err;
}

static struct late *keep(store_done *done, void *arg)
{
	ck_assert_uint_lt(late_count, ANSWERS_MAX);
	late[late_count] = (struct late){ done, arg, 0 };
	return &late[late_count++];
}

static void give_answers(void)
{
	size_t i, count = late_count;

	late_count = 0;
	for (i = 0; i < count; i++)
		late[i].done(late[i].arg, late[i].err);
}

static void late_submit(struct store *s, uint64_t number, enum dataset_state to,
	const char *reason, store_done *done, void *arg)
{
	real.submit(s, number, to, reason, keep_answer, keep(done, arg));
}

static void late_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg)
{
	real.finish(s, number, token, how, keep_answer, keep(done, arg));
}

static void late_sync(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	real.sync(s, number, keep_answer, keep(done, arg));
}

static void set_up(void)
{
	spool_set_up();
	real = *test_store->ops;
	ops = real;
	test_store->ops = &ops;
	late_count = 0;
}

static void tear_down(void)
{
	give_answers();
	spool_tear_down();
}

/* ---- the forwarder is faster than the answer -------------------------- */

static uint64_t release_late(const char *text)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, text);
	ops.submit = late_submit;
	spool_file_release(f, false);
	ops.submit = real.submit;
	return number;
}

static void check_state(uint64_t number, enum dataset_state state)
{
	struct dataset d;

	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_str_eq(
		dataset_state_name(d.state), dataset_state_name(state));
}

START_TEST(a_claim_may_be_told_before_the_submission)
{
	uint64_t number = release_late("a");
	struct store_claim claim;
	int64_t due_ns;
	size_t count;

	check_state(number, DATASET_OPEN);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	check_state(number, DATASET_ACTIVE);
	give_answers();
	check_state(number, DATASET_ACTIVE);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 0);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

START_TEST(a_data_set_may_be_gone_before_its_submission_is_told)
{
	struct store_claim claim;
	size_t count;

	release_late("a");
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
	ck_assert_uint_eq(listed(&alice), 0);
	give_answers();
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

START_TEST(the_next_claim_may_be_told_before_the_end_of_the_last)
{
	static const enum dataset_state ends[] = { DATASET_READY,
		DATASET_WAITING };
	struct store_finish how = { .to = ends[_i], .next_try_ns = 1 };
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);
	struct store_claim first, second;
	struct awaited a;
	int64_t due_ns;
	size_t count;

	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &first, &count), 0);
	ops.finish = late_finish;
	awaited_init(&a);
	spool_finish(test_spool, number, first.token, &how, awaited_set, &a);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &second, &count), 0);
	ck_assert_uint_eq(count, 1);
	give_answers();
	ck_assert_int_eq(awaited_wait(&a), 0);
	check_state(number, DATASET_ACTIVE);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 0);
	ck_assert_int_eq(due_ns, INT64_MAX);
}
END_TEST

/* Another create of the same name is between the look and the store. */
static int begin_late(struct store *s, const struct dataset *attributes,
	uint64_t key, uint64_t *number, uint32_t *job)
{
	ops.begin = real.begin;
	dataset_put(test_spool, "mail", "first", &alice);
	return real.begin(s, attributes, key, number, job);
}

START_TEST(one_of_two_exclusive_creates_is_refused)
{
	struct spool_file *f;
	struct store_stats stats;

	ops.begin = begin_late;
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "mail", &alice, 0600,
				 "x", true, &f),
		-EEXIST);
	ck_assert_uint_eq(listed(&alice), 1);
	spool_stats(test_spool, &stats);
	ck_assert_uint_eq(stats.count[DATASET_OPEN], 0);
}
END_TEST

/* ---- unlink meets a data set on its way ------------------------------- */

START_TEST(unlink_waits_for_the_submission)
{
	uint64_t number = release_late("a");
	struct awaited label, again, job, late_one;
	char name[64];
	struct dataset d;

	strcpy(name, job_name_of(test_spool, number));
	awaited_init(&label);
	awaited_init(&again);
	awaited_init(&job);
	awaited_init(&late_one);
	spool_unlink(test_spool, "MAIL", "mail", &alice, awaited_set, &label);
	spool_unlink(test_spool, "MAIL", "mail", &alice, awaited_set, &again);
	spool_unlink(test_spool, "MAIL", name, &alice, awaited_set, &job);
	spool_unlink(test_spool, "MAIL", name, &alice, awaited_set, &late_one);
	ck_assert(!awaited_is_set(&label));
	ck_assert(!awaited_is_set(&job));
	give_answers();
	awaited_wait(&label);
	awaited_wait(&again);
	/* Which comes first does not matter: one of them purges. */
	ck_assert_int_eq(awaited_wait(&job) + awaited_wait(&late_one), -ENOENT);
	ck_assert_int_eq(store_lookup(test_store, number, &d), STORE_NONE);
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

START_TEST(unlink_is_answered_when_the_data_set_is_sent_meanwhile)
{
	uint64_t number = release_late("a");
	struct awaited label, job;
	struct store_claim claim;
	char name[64];
	size_t count;

	strcpy(name, job_name_of(test_spool, number));
	awaited_init(&label);
	awaited_init(&job);
	spool_unlink(test_spool, "MAIL", "mail", &alice, awaited_set, &label);
	spool_unlink(test_spool, "MAIL", name, &alice, awaited_set, &job);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
	give_answers();
	ck_assert_int_eq(awaited_wait(&label), 0);
	ck_assert_int_eq(awaited_wait(&job), -ENOENT);
}
END_TEST

/* Each is what a forwarder does between our look and the store's. */
static void take_claim(bool is_told)
{
	struct store_claim claim;
	size_t count;

	ops.move = real.move;
	if (is_told)
		ck_assert_int_eq(
			spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	else
		ck_assert_int_eq(
			store_claim(test_store, "MAIL", 1, 1, &claim, &count),
			0);
	ck_assert_uint_eq(count, 1);
}

static void move_claimed(struct store *s, uint64_t number,
	enum dataset_state from, enum dataset_state to, const char *reason,
	store_done *done, void *arg)
{
	take_claim(true);
	real.move(s, number, from, to, reason, done, arg);
}

static void move_claimed_untold(struct store *s, uint64_t number,
	enum dataset_state from, enum dataset_state to, const char *reason,
	store_done *done, void *arg)
{
	take_claim(false);
	real.move(s, number, from, to, reason, done, arg);
}

static void move_held(struct store *s, uint64_t number, enum dataset_state from,
	enum dataset_state to, const char *reason, store_done *done, void *arg)
{
	struct store_claim claim;
	size_t count;

	ops.move = real.move;
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_HELD, 0, "bad"), 0);
	real.move(s, number, from, to, reason, done, arg);
}

START_TEST(unlink_by_job_id_is_busy_when_a_claim_was_faster)
{
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);

	ops.move = _i == 0 ? move_claimed : move_claimed_untold;
	ck_assert_int_eq(dataset_unlink(test_spool,
				 job_name_of(test_spool, number), &alice),
		-EBUSY);
	ck_assert_uint_eq(listed(&alice), 1);
}
END_TEST

START_TEST(unlink_by_job_id_looks_again)
{
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);

	ops.move = move_held;
	ck_assert_int_eq(dataset_unlink(test_spool,
				 job_name_of(test_spool, number), &alice),
		0);
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

/* ---- flush and close -------------------------------------------------- */

START_TEST(a_flush_covers_what_was_there_when_it_was_asked_for)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	struct awaited first, second;

	dataset_write(f, "a");
	awaited_init(&first);
	awaited_init(&second);
	ops.sync = late_sync;
	spool_file_flush(f, awaited_set, &first);
	dataset_write(f, "b");
	spool_file_flush(f, awaited_set, &second);
	ck_assert_uint_eq(late_count, 2);
	give_answers();
	ck_assert_int_eq(awaited_wait(&first), 0);
	ck_assert_int_eq(awaited_wait(&second), 0);
	ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_uint_eq(late_count, 0);
	spool_file_release(f, false);
}
END_TEST

START_TEST(a_flush_under_way_does_not_fail_by_an_unlink)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct awaited flush;

	dataset_write(f, "a");
	awaited_init(&flush);
	ops.sync = late_sync;
	spool_file_flush(f, awaited_set, &flush);
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), 0);
	late[0].err = STORE_NONE;
	spool_file_release(f, false);
	give_answers();
	ck_assert_int_eq(awaited_wait(&flush), 0);
	wait_until_gone(test_spool, number);
	ck_assert_int_eq(log_count("JESF"), 0);
}
END_TEST

static void *close_spool(void *arg)
{
	spool_close(test_spool);
	return arg;
}

START_TEST(close_waits_for_what_is_under_way)
{
	pthread_t thread;

	release_late("a");
	ck_assert_int_eq(pthread_create(&thread, NULL, close_spool, NULL), 0);
	give_answers();
	pthread_join(thread, NULL);
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
	ck_assert_uint_eq(listed(&alice), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool_order");
	TCase *tc = tcase_create("spool_order");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_claim_may_be_told_before_the_submission);
	tcase_add_test(
		tc, a_data_set_may_be_gone_before_its_submission_is_told);
	tcase_add_loop_test(tc,
		the_next_claim_may_be_told_before_the_end_of_the_last, 0, 2);
	tcase_add_test(tc, unlink_waits_for_the_submission);
	tcase_add_test(
		tc, unlink_is_answered_when_the_data_set_is_sent_meanwhile);
	tcase_add_loop_test(
		tc, unlink_by_job_id_is_busy_when_a_claim_was_faster, 0, 2);
	tcase_add_test(tc, unlink_by_job_id_looks_again);
	tcase_add_test(tc, one_of_two_exclusive_creates_is_refused);
	tcase_add_test(tc, a_flush_covers_what_was_there_when_it_was_asked_for);
	tcase_add_test(tc, a_flush_under_way_does_not_fail_by_an_unlink);
	tcase_add_test(tc, close_waits_for_what_is_under_way);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
