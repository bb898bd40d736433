/*
 * A store whose calls fail.
 */
#include "../fs/store_ops.h"
#include "support_run.h"
#include "support_spool.h"

#include <check.h>

static struct store_ops real, ops;

static void set_up(void)
{
	spool_set_up();
	real = *test_store->ops;
	ops = real;
	test_store->ops = &ops;
}

static void fail_submit(struct store *s, uint64_t number, enum dataset_state to,
	const char *reason, store_done *done, void *arg)
{
	(void)s;
	(void)number;
	(void)to;
	(void)reason;
	done(arg, -EIO);
}

static void fail_unlabel(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	(void)s;
	(void)number;
	done(arg, -EIO);
}

static void fail_sync(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	(void)s;
	(void)number;
	done(arg, -EIO);
}

START_TEST(a_data_set_that_could_not_be_submitted_is_shown_as_held)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct dataset d;

	dataset_write(f, "a\n.\n");
	ops.submit = fail_submit;
	spool_file_release(f, _i == 1);
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_str_eq(d.reason, "not submitted: Input/output error");
	wait_for_log("JESF012E JOB00001 not submitted");
}
END_TEST

START_TEST(a_killed_writer_whose_octets_are_not_durable_is_held)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct dataset d;

	dataset_write(f, "a\n.\n");
	ops.sync = fail_sync;
	spool_file_release(f, true);
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_str_eq(d.reason, "INCOMPLETE: the writer was killed");
}
END_TEST

static ssize_t fail_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len)
{
	(void)s;
	(void)number;
	(void)offset;
	(void)octets;
	(void)len;
	return -EIO;
}

START_TEST(a_killed_writer_whose_octets_cannot_be_read_is_held)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct dataset d;

	dataset_write(f, "a\n.\n");
	ops.read = fail_read;
	spool_file_release(f, true);
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_str_eq(d.reason, "DAMAGED: it cannot be read");
}
END_TEST

START_TEST(what_could_not_be_purged_is_logged)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);

	ops.submit = fail_submit;
	spool_file_release(f, false);
	wait_for_log("JESF013E JOB00001 not purged: Input/output error");
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

START_TEST(an_unlink_that_failed_leaves_the_label)
{
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);

	ops.unlabel = fail_unlabel;
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), -EIO);
	ck_assert_uint_eq(number_of("mail", &alice), number);
}
END_TEST

START_TEST(a_failed_flush_is_final_and_discards)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, "a");
	ops.sync = fail_sync;
	ck_assert_int_eq(dataset_flush(f), -EIO);
	ops.sync = real.sync;
	ck_assert_int_eq(dataset_flush(f), -EIO);
	ck_assert_int_eq(spool_file_write(f, 0, true, "b", 1), -EIO);
	spool_file_release(f, false);
	wait_until_gone(test_spool, number);
	ck_assert_int_eq(log_count("JESF011W JOB00001 discarded"), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool_failing");
	TCase *tc = tcase_create("spool_failing");

	tcase_add_checked_fixture(tc, set_up, spool_tear_down);
	tcase_add_loop_test(tc,
		a_data_set_that_could_not_be_submitted_is_shown_as_held, 0, 2);
	tcase_add_test(
		tc, a_killed_writer_whose_octets_are_not_durable_is_held);
	tcase_add_test(tc, a_killed_writer_whose_octets_cannot_be_read_is_held);
	tcase_add_test(tc, what_could_not_be_purged_is_logged);
	tcase_add_test(tc, an_unlink_that_failed_leaves_the_label);
	tcase_add_test(tc, a_failed_flush_is_final_and_discards);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
