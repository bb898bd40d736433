#include "support_run.h"
#include "support_spool.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_writer_is_added_once)
{
	ck_assert_int_eq(spool_add_writer(test_spool, "mail"), -EEXIST);
	ck_assert_int_eq(spool_add_writer(test_spool, "INTRDR"), -EPERM);
	ck_assert_int_eq(
		spool_add_writer(test_spool, "much too long"), -EINVAL);
	ck_assert_int_eq(spool_add_writer(test_spool, "other"), 0);
	ck_assert_str_eq(spool_writer(test_spool, 0), "MAIL");
	ck_assert_str_eq(spool_writer(test_spool, 1), "OTHER");
	ck_assert_ptr_null(spool_writer(test_spool, 2));
}
END_TEST

START_TEST(there_are_at_most_64_writers)
{
	char name[] = "W0";
	int i;

	for (i = 1; i < DATASET_WRITERS_MAX; i++) {
		name[0] = (char)('A' + i / 10);
		name[1] = (char)('0' + i % 10);
		ck_assert_int_eq(spool_add_writer(test_spool, name), 0);
	}
	ck_assert_int_eq(spool_add_writer(test_spool, "LAST"), -ENOSPC);
}
END_TEST

START_TEST(a_data_set_is_listed_from_create_on)
{
	struct spool_file *f = dataset_create(test_spool, "mail.txt", &alice);
	struct dataset d;

	ck_assert_int_eq(
		spool_find(test_spool, "mail", "mail.txt", &alice, &d), 0);
	ck_assert_uint_eq(d.number, spool_file_number(f));
	ck_assert_int_eq(d.state, DATASET_OPEN);
	ck_assert_uint_eq(d.uid, alice.uid);
	ck_assert_uint_eq(d.gid, alice.gid);
	ck_assert_uint_eq(d.mode, 0600);
	ck_assert(d.has_label);
	ck_assert_str_eq(d.writer, "MAIL");
	ck_assert_str_eq(d.job_name, "MAIL");
	ck_assert_uint_eq(d.size_octets, 0);
	ck_assert_uint_eq(listed(&alice), 1);

	dataset_write(f, "12345");
	ck_assert_int_eq(spool_stat(test_spool, d.number, &d), 0);
	ck_assert_uint_eq(d.size_octets, 5);
	spool_file_release(f, false);
	wait_for_state(test_spool, d.number, DATASET_READY);
	ck_assert_int_eq(spool_stat(test_spool, d.number, &d), 0);
	ck_assert_uint_eq(d.size_octets, 5);
}
END_TEST

static const struct {
	const char *writer, *label;
	int result;
} refusals[] = {
	{ "MAIL", "", -EINVAL },
	{ "MAIL", "..", -EINVAL },
	{ "MAIL", "JOB00001.x", -EINVAL },
	{ "NONE", "x", -ENOENT },
};

START_TEST(a_create_that_cannot_be_is_refused)
{
	struct spool_file *f;

	ck_assert_int_eq(
		spool_create(test_spool, refusals[_i].writer,
			refusals[_i].label, &alice, 0600, "x", false, &f),
		refusals[_i].result);
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

START_TEST(labels_of_two_owners_never_meet)
{
	uint64_t first = dataset_put(test_spool, "mail", "a", &alice);
	uint64_t second = dataset_put(test_spool, "mail", "b", &bob);

	ck_assert_uint_eq(number_of("mail", &alice), first);
	ck_assert_uint_eq(number_of("mail", &bob), second);
	ck_assert_uint_eq(listed(&alice), 1);
	ck_assert_uint_eq(listed(&bob), 1);
	ck_assert_uint_eq(number_of("mail", &operator_caller), 0);
}
END_TEST

START_TEST(a_second_create_takes_the_label)
{
	uint64_t first = dataset_put(test_spool, "mail", "a", &alice);
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t second = spool_file_number(f);
	uint64_t third;

	ck_assert_uint_eq(number_of("mail", &alice), second);
	ck_assert_uint_eq(listed(&alice), 2);
	check_name(first, &alice, job_name_of(test_spool, first));
	check_name(second, &alice, "mail");

	third = dataset_put(test_spool, "mail", "c", &alice);
	check_name(second, &alice, job_name_of(test_spool, second));
	check_name(third, &alice, "mail");
	dataset_write(f, "b");
	spool_file_release(f, false);
	wait_for_state(test_spool, second, DATASET_READY);
	check_name(second, &alice, job_name_of(test_spool, second));
}
END_TEST

START_TEST(an_exclusive_create_refuses_a_listed_name)
{
	struct spool_file *f;

	dataset_put(test_spool, "mail", "a", &alice);
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "mail", &alice, 0600,
				 "x", true, &f),
		-EEXIST);
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "mail", &bob, 0600,
				 "x", true, &f),
		0);
	spool_file_release(f, false);
	ck_assert_int_eq(dataset_unlink(test_spool, "mail", &alice), 0);
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "mail", &alice, 0600,
				 "x", true, &f),
		0);
	spool_file_release(f, false);
}
END_TEST

START_TEST(everybody_reaches_what_he_may_by_job_id)
{
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);
	const char *name = job_name_of(test_spool, number);
	char lower[64];

	strcpy(lower, name);
	memcpy(lower, "job", 3);
	ck_assert_uint_eq(number_of(name, &alice), number);
	ck_assert_uint_eq(number_of(lower, &alice), number);
	ck_assert_uint_eq(number_of(name, &operator_caller), number);
	ck_assert_uint_eq(number_of(name, &bob), 0);
	lower[9] = 'M';
	ck_assert_uint_eq(number_of(lower, &alice), 0);

	ck_assert_uint_eq(listed(&operator_caller), 1);
	ck_assert_uint_eq(listed(&bob), 0);
	check_name(number, &operator_caller, name);
	check_name(number, &alice, "mail");
	ck_assert_int_eq(
		spool_name(test_spool, number, &bob, lower, sizeof lower),
		-ENOENT);
	ck_assert_int_eq(spool_name(test_spool, number, &alice, lower, 4),
		-ENAMETOOLONG);
}
END_TEST

START_TEST(a_list_names_every_data_set_in_order)
{
	enum { MANY = 1100 };
	uint64_t *numbers;
	struct spool_row rows[3];
	size_t count, i;

	for (i = 0; i < MANY; i++)
		dataset_put(test_spool, "mail", "a", &alice);
	ck_assert_int_eq(
		spool_numbers(test_spool, NULL, &alice, &numbers, &count), 0);
	ck_assert_uint_eq(count, MANY);
	for (i = 1; i < count; i++)
		ck_assert_uint_gt(numbers[i], numbers[i - 1]);
	ck_assert_int_eq(spool_rows(test_spool, "MAIL", &alice,
				 numbers[MANY - 3], 3, rows, &count),
		0);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(rows[1].dataset.number, numbers[MANY - 1]);
	free(numbers);
	ck_assert_int_eq(
		spool_numbers(test_spool, "NONE", &alice, &numbers, &count),
		-ENOENT);
}
END_TEST

START_TEST(a_list_finds_what_stands_behind_many_of_others)
{
	enum { MANY = 5000 };
	struct spool_row row;
	uint64_t number;
	size_t count;
	int i;

	for (i = 0; i < MANY; i++)
		dataset_put(test_spool, "mail", "b", &bob);
	number = dataset_put(test_spool, "mail", "a", &alice);
	ck_assert_uint_eq(listed(&alice), 1);
	ck_assert_int_eq(
		spool_rows(test_spool, "MAIL", &alice, 0, 1, &row, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(row.dataset.number, number);
	ck_assert_int_eq(
		spool_rows(test_spool, "MAIL", &alice, number, 1, &row, &count),
		0);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_row_says_who_has_the_data_set_open)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);
	struct spool_row row;
	size_t count;

	dataset_write(f, "abc");
	ck_assert_int_eq(spool_rows(test_spool, NULL, &operator_caller, 0, 1,
				 &row, &count),
		0);
	ck_assert_uint_eq(count, 1);
	ck_assert(row.is_open);
	ck_assert_int_eq(row.pid, alice.pid);
	ck_assert_str_eq(row.program, "mail");
	ck_assert_int_eq(row.opened_ns, row.dataset.created_ns);
	ck_assert_uint_eq(row.dataset.size_octets, 3);

	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_READY);
	ck_assert_int_eq(spool_rows(test_spool, NULL, &operator_caller, 0, 1,
				 &row, &count),
		0);
	ck_assert(!row.is_open);
	ck_assert_str_eq(row.program, "");
}
END_TEST

START_TEST(attributes_are_changed_by_owner_and_operator)
{
	uint64_t number = dataset_put(test_spool, "mail", "a", &alice);
	struct dataset d;

	ck_assert_int_eq(
		spool_set_attributes(test_spool, number, &bob, 0400, 5),
		-EPERM);
	ck_assert_int_eq(
		spool_set_attributes(test_spool, number, &alice, 0444, 5), 0);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_uint_eq(d.mode, 0400);
	ck_assert_int_eq(d.changed_ns, 5);
	ck_assert_int_eq(spool_set_attributes(test_spool, number,
				 &operator_caller, (mode_t)-1, -1),
		0);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_uint_eq(d.mode, 0400);
	ck_assert_int_eq(d.changed_ns, 5);
	ck_assert_int_eq(spool_set_attributes(test_spool, 999, &alice, 0600, 5),
		-ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool_names");
	TCase *tc = tcase_create("spool_names");

	tcase_add_checked_fixture(tc, spool_set_up, spool_tear_down);
	tcase_add_test(tc, a_writer_is_added_once);
	tcase_add_test(tc, there_are_at_most_64_writers);
	tcase_add_test(tc, a_data_set_is_listed_from_create_on);
	tcase_add_loop_test(tc, a_create_that_cannot_be_is_refused, 0,
		sizeof refusals / sizeof *refusals);
	tcase_add_test(tc, labels_of_two_owners_never_meet);
	tcase_add_test(tc, a_second_create_takes_the_label);
	tcase_add_test(tc, an_exclusive_create_refuses_a_listed_name);
	tcase_add_test(tc, everybody_reaches_what_he_may_by_job_id);
	tcase_add_test(tc, a_list_names_every_data_set_in_order);
	tcase_add_test(tc, a_list_finds_what_stands_behind_many_of_others);
	tcase_add_test(tc, a_row_says_who_has_the_data_set_open);
	tcase_add_test(tc, attributes_are_changed_by_owner_and_operator);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
