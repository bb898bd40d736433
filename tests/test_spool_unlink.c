#include "support_spool.h"

#include <check.h>
#include <string.h>

START_TEST(unlink_of_a_submitted_label_keeps_the_data_set)
{
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);
	struct dataset d;

	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &bob), -ENOENT);
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), 0);
	ck_assert_uint_eq(number_of("mail", &alice), 0);
	check_name(number, &alice, job_name_of(test_spool, number));
	ck_assert_int_eq(store_lookup(test_store, number, &d), 0);
	ck_assert(!d.has_label);
	ck_assert_str_eq(d.label, "mail");
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), -ENOENT);
}
END_TEST

START_TEST(unlink_by_job_id_purges)
{
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);
	char name[64];
	struct dataset d;

	strcpy(name, job_name_of(test_spool, number));
	ck_assert_int_eq(dataset_unlink(test_spool, name, &bob), -EPERM);
	ck_assert_int_eq(dataset_unlink(test_spool, name, &operator_caller), 0);
	ck_assert_int_eq(store_lookup(test_store, number, &d), STORE_NONE);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), -ENOENT);
	ck_assert_int_eq(dataset_unlink(test_spool, name, &alice), -ENOENT);
	ck_assert_uint_eq(listed(&operator_caller), 0);
}
END_TEST

START_TEST(unlink_by_job_id_is_busy_while_mail_is_sent)
{
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);
	struct store_claim claim;
	char name[64];
	size_t count;

	strcpy(name, job_name_of(test_spool, number));
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_int_eq(dataset_unlink(test_spool, name, &alice), -EBUSY);
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), 0);
	ck_assert_uint_eq(number_of(name, &alice), number);

	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_HELD, 0, "bad"), 0);
	ck_assert_int_eq(dataset_unlink(test_spool, name, &alice), 0);
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

START_TEST(unlink_of_an_open_data_set_purges_it_at_release)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct dataset d;

	dataset_write(f, "a\n.\n");
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), 0);
	ck_assert_uint_eq(number_of("mail", &alice), 0);
	ck_assert_uint_eq(listed(&operator_caller), 0);
	dataset_write(f, "b\n.\n");
	ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_uint_eq(d.size_octets, 8);
	ck_assert_int_eq(store_lookup(test_store, number, &d), 0);

	spool_file_release(f, false);
	wait_until_gone(test_spool, number);
	wait_until_purged(number);
}
END_TEST

START_TEST(unlink_of_a_flushed_open_data_set_purges_it_at_once)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct dataset d;

	dataset_write(f, "a\n.\n");
	ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), 0);
	ck_assert_int_eq(store_lookup(test_store, number, &d), STORE_NONE);

	dataset_write(f, "more");
	ck_assert_int_eq(spool_file_truncate(f, 2), 0);
	ck_assert_int_eq(dataset_flush(f), 0);
	spool_file_release(f, false);
	wait_until_gone(test_spool, number);
}
END_TEST

/* RELEASE may still be on its way when `mv a d/x; mv b d/x` unlinks x. */
START_TEST(unlink_of_a_data_set_that_is_being_closed_keeps_it)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, "a\n.\n");
	spool_file_closing(f);
	ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), 0);
	check_name(number, &alice, job_name_of(test_spool, number));
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_READY);

	f = dataset_create(test_spool, "mail", &alice);
	number = spool_file_number(f);
	dataset_write(f, "a");
	spool_file_closing(f);
	dataset_write(f, "b");
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), 0);
	spool_file_release(f, false);
	wait_until_gone(test_spool, number);

	f = dataset_create(test_spool, "mail", &alice);
	number = spool_file_number(f);
	dataset_write(f, "a");
	spool_file_closing(f);
	ck_assert_int_eq(dataset_unlink(test_spool,
				 job_name_of(test_spool, number), &alice),
		0);
	spool_file_release(f, false);
	wait_until_gone(test_spool, number);
	ck_assert_uint_eq(listed(&alice), 1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, unlink_of_a_submitted_label_keeps_the_data_set);
	tcase_add_test(tc, unlink_by_job_id_purges);
	tcase_add_test(tc, unlink_by_job_id_is_busy_while_mail_is_sent);
	tcase_add_test(tc, unlink_of_an_open_data_set_purges_it_at_release);
	tcase_add_test(tc, unlink_of_a_flushed_open_data_set_purges_it_at_once);
	tcase_add_test(tc, unlink_of_a_data_set_that_is_being_closed_keeps_it);
}

int main(void)
{
	return spool_run_on_stores("spool_unlink", add_tests);
}
