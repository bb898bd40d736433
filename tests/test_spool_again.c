/*
 * A store that takes no submission for a while: what was closed is submitted
 * once it does.
 */
#include "../fs/store_ops.h"
#include "clock.h"
#include "support_clock.h"
#include "support_run.h"
#include "support_spool.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct store_ops real, ops;

static atomic_bool is_disk_full;

/* The dynamic linker sends SQLite's calls here too. */
ssize_t pwrite64(int fd, const void *octets, size_t len, off64_t offset)
{
	if (atomic_load(&is_disk_full)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, octets, len, offset);
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t offset)
{
	if (atomic_load(&is_disk_full)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwritev, fd, pieces, count, offset, 0L);
}

/* Submissions while a store has no room: refused, and counted. */
static atomic_int refusal; /* an error; 0: they are taken */
static atomic_int refused;

static void refuse_submit(struct store *s, uint64_t number,
	enum dataset_state to, const char *reason, store_done *done, void *arg)
{
	int err = atomic_load(&refusal);

	if (err == 0) {
		real.submit(s, number, to, reason, done, arg);
		return;
	}
	atomic_fetch_add(&refused, 1);
	done(arg, err);
}

static void begin_refusing(void)
{
	real = *test_store->ops;
	ops = real;
	ops.submit = refuse_submit;
	test_store->ops = &ops;
	atomic_store(&refusal, STORE_FULL);
	atomic_store(&refused, 0);
}

static void set_up(void)
{
	clock_take_over();
	spool_set_up();
	begin_refusing();
}

static void set_up_disk(void)
{
	clock_take_over();
	spool_set_up_disk();
	begin_refusing();
}

static const int shortages[] = { STORE_FULL, -ENOMEM, -EDQUOT };

/* A data set whose close has returned 0. */
static struct spool_file *closed(const char *name)
{
	struct spool_file *f = dataset_create(test_spool, name, &alice);

	dataset_write(f, "a\n.\n");
	ck_assert_int_eq(dataset_flush(f), 0);
	return f;
}

static bool was_refused_more(void *times)
{
	return atomic_load(&refused) > *(const int *)times;
}

/* Lets so much time pass that it is tried once more, in vain. */
static void let_it_fail_again(void)
{
	int times = atomic_load(&refused);

	clock_forward(8 * NS_PER_S);
	ck_assert(clock_wait_until(was_refused_more, &times));
}

static void let_it_work(void)
{
	atomic_store(&refusal, 0);
	clock_forward(8 * NS_PER_S);
}

static size_t claim_all(struct store_claim *claims, size_t max)
{
	size_t claimed = 0, count;

	do {
		ck_assert_int_eq(spool_select(test_spool, "MAIL", max - claimed,
					 claims + claimed, &count),
			0);
		claimed += count;
	} while (count > 0 && claimed < max);
	return claimed;
}

START_TEST(what_the_store_had_no_room_for_is_submitted_when_it_has)
{
	struct spool_file *f = closed("mail");
	uint64_t number = spool_file_number(f);
	struct store_claim claims[2];
	struct dataset d;

	atomic_store(&refusal, shortages[_i % COUNT(shortages)]);
	spool_file_release(f, _i >= COUNT(shortages));
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_ptr_nonnull(strstr(d.reason, "not submitted yet: "));
	let_it_fail_again();
	let_it_fail_again();
	ck_assert_uint_eq(claim_all(claims, 2), 0);
	let_it_work();
	wait_for_state(test_spool, number, DATASET_READY);
	wait_for_log("JESF015I JOB00001 submitted after all");
	ck_assert_int_eq(log_count("JESF012E JOB00001 not submitted"), 1);

	ck_assert_uint_eq(claim_all(claims, 2), 1);
	ck_assert_uint_eq(claims[0].dataset.number, number);
	ck_assert_int_eq(
		dataset_finish(test_spool, claims, DATASET_PURGED, 0, ""), 0);
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

static void finish_held(const struct store_claim *claim)
{
	ck_assert_int_eq(
		dataset_finish(test_spool, claim, DATASET_HELD, 0, "bad"), 0);
}

/* The forwarder is quicker than the answer: what it says is not undone. */
static void submit_and_process(struct store *s, uint64_t number,
	enum dataset_state to, const char *reason, store_done *done, void *arg)
{
	struct store_claim claim;
	struct awaited a;

	if (atomic_load(&refusal) != 0) {
		refuse_submit(s, number, to, reason, done, arg);
		return;
	}
	awaited_init(&a);
	real.submit(s, number, to, reason, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
	ck_assert_uint_eq(claim_all(&claim, 1), 1);
	finish_held(&claim);
	done(arg, 0);
}

START_TEST(what_became_of_it_since_stays)
{
	struct spool_file *f = closed("mail");
	uint64_t number = spool_file_number(f);
	struct dataset d;

	ops.submit = submit_and_process;
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_HELD);
	let_it_work();
	wait_for_log("JESF015I JOB00001");
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_HELD);
	ck_assert_str_eq(d.reason, "bad");
}
END_TEST

START_TEST(what_could_not_be_purged_is_purged_later)
{
	struct spool_file *f = closed("mail");
	uint64_t number = spool_file_number(f);

	ck_assert_int_eq(spool_file_truncate(f, 0), 0);
	spool_file_release(f, false);
	wait_for_log("JESF013E JOB00001 not purged");
	let_it_work();
	wait_until_purged(number);
	wait_for_log("JESF016I JOB00001 purged after all");
}
END_TEST

/* One that the store will not have keeps no other. */
static void refuse_first(struct store *s, uint64_t number,
	enum dataset_state to, const char *reason, store_done *done, void *arg)
{
	if (number == 1 && atomic_load(&refusal) == 0) {
		atomic_fetch_add(&refused, 1);
		done(arg, -ENOMEM);
	} else {
		refuse_submit(s, number, to, reason, done, arg);
	}
}

START_TEST(one_that_fails_on_keeps_no_other)
{
	enum { FILES = 5 };
	int i;

	ops.submit = refuse_first;
	for (i = 0; i < FILES; i++)
		spool_file_release(closed("mail"), false);
	for (i = 1; i <= FILES; i++)
		wait_for_state(test_spool, (uint64_t)i, DATASET_HELD);
	let_it_work();
	let_it_fail_again();
	let_it_fail_again();
	for (i = 2; i <= FILES; i++)
		wait_for_state(test_spool, (uint64_t)i, DATASET_READY);
	wait_for_state(test_spool, 1, DATASET_HELD);
}
END_TEST

/* Its storage failed: nothing is believed before a restart. */
START_TEST(a_store_that_breaks_meanwhile_is_not_asked_again)
{
	struct spool_file *f = closed("mail");
	uint64_t number = spool_file_number(f);
	struct dataset d;

	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_HELD);
	atomic_store(&refusal, -EIO);
	clock_forward(8 * NS_PER_S);
	wait_for_log("JESF012E JOB00001 not submitted: Input/output error");
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_str_eq(d.reason, "not submitted: Input/output error");
}
END_TEST

static void open_again(void)
{
	spool_close(test_spool);
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
	ck_assert_int_eq(spool_add_writer(test_spool, "MAIL"), 0);
}

START_TEST(a_spool_that_closes_asks_a_last_time)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, "no dot");
	ck_assert_int_eq(dataset_flush(f), 0);
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_HELD);
	atomic_store(&refusal, 0);
	open_again();
	wait_for_state(test_spool, number, DATASET_READY);
}
END_TEST

/* Nor is the roster wrong about what the next start does. */
START_TEST(what_cannot_be_submitted_at_the_end_is_at_the_next_start)
{
	struct spool_file *f = closed("mail");
	uint64_t number = spool_file_number(f);

	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_HELD);
	open_again();
	wait_for_state(test_spool, number, DATASET_HELD);
	let_it_work();
	wait_for_state(test_spool, number, DATASET_READY);
}
END_TEST

/* ---- many at once ---------------------------------------------------- */

enum { WRITERS = 4, EACH = 50 };

static void *write_many(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < EACH; i++)
		spool_file_release(closed("mail"), false);
	return NULL;
}

START_TEST(of_many_none_is_lost_and_none_submitted_twice)
{
	static struct store_claim claims[WRITERS * EACH + 1];
	bool is_claimed[WRITERS * EACH + 1] = { false };
	pthread_t threads[WRITERS];
	size_t i;

	for (i = 0; i < WRITERS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, write_many, NULL), 0);
	let_it_fail_again();
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	let_it_work();
	for (i = 1; i <= WRITERS * EACH; i++)
		wait_for_state(test_spool, i, DATASET_READY);
	ck_assert_uint_eq(
		claim_all(claims, WRITERS * EACH + 1), WRITERS * EACH);
	for (i = 0; i < WRITERS * EACH; i++) {
		ck_assert(!is_claimed[claims[i].dataset.number]);
		is_claimed[claims[i].dataset.number] = true;
	}
}
END_TEST

/* ---- a disk that is full --------------------------------------------- */

START_TEST(what_is_closed_on_a_full_disk_is_submitted_when_it_is_not)
{
	struct spool_file *f = closed("mail");
	uint64_t number = spool_file_number(f);
	struct dataset d;

	atomic_store(&refusal, 0);
	atomic_store(&is_disk_full, true);
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_str_eq(
		d.reason, "not submitted yet: No space left on device");
	atomic_store(&is_disk_full, false);
	clock_forward(8 * NS_PER_S);
	wait_for_state(test_spool, number, DATASET_READY);
	ck_assert_int_eq(store_lookup(test_store, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_READY);
}
END_TEST

static void add_all(Suite *suite, const char *name, SFun set)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set, spool_tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc,
		what_the_store_had_no_room_for_is_submitted_when_it_has, 0,
		2 * COUNT(shortages));
	tcase_add_test(tc, what_became_of_it_since_stays);
	tcase_add_test(tc, what_could_not_be_purged_is_purged_later);
	tcase_add_test(tc, one_that_fails_on_keeps_no_other);
	tcase_add_test(tc, a_store_that_breaks_meanwhile_is_not_asked_again);
	tcase_add_test(tc, a_spool_that_closes_asks_a_last_time);
	tcase_add_test(
		tc, what_cannot_be_submitted_at_the_end_is_at_the_next_start);
	tcase_add_test(tc, of_many_none_is_lost_and_none_submitted_twice);
	suite_add_tcase(suite, tc);
}

int main(void)
{
	Suite *suite = suite_create("spool_again");
	TCase *full = tcase_create("full");

	add_all(suite, "in memory", set_up);
	add_all(suite, "on disk", set_up_disk);
	tcase_add_checked_fixture(full, set_up_disk, spool_tear_down);
	tcase_add_test(full,
		what_is_closed_on_a_full_disk_is_submitted_when_it_is_not);
	suite_add_tcase(suite, full);
	return suite_run(suite);
}
