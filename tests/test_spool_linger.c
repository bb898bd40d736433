#include "../fs/store_ops.h"
#include "clock.h"
#include "support_clock.h"
#include "support_spool.h"

#include <check.h>
#include <string.h>

static void linger(void)
{
	ck_assert_int_eq(spool_linger(test_spool, 5 * NS_PER_S), 0);
}

/* Puts a data set of alice, which is sent at once. */
static uint64_t put_sent(const char *label)
{
	uint64_t number = dataset_put(test_spool, label, "a", &alice);
	struct store_claim claim;
	size_t count;

	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
	return number;
}

static int rename_in_mail(
	const char *name, const char *new_name, const struct spool_caller *who)
{
	const struct spool_path from = { "MAIL", name };
	const struct spool_path to = { "MAIL", new_name };
	struct awaited a;

	awaited_init(&a);
	spool_rename(test_spool, &from, &to, false, who, awaited_set, &a);
	return awaited_wait(&a);
}

START_TEST(what_was_sent_can_still_be_touched_by_its_owner)
{
	uint64_t number;
	struct dataset d;

	linger();
	number = put_sent("x");
	ck_assert_int_eq(spool_find(test_spool, "MAIL", "x", &alice, &d), 0);
	ck_assert_uint_eq(d.number, number);
	ck_assert_int_eq(d.state, DATASET_PURGED);
	ck_assert_uint_eq(d.size_octets, 1);
	ck_assert_int_eq(spool_stat_lingering(test_spool, number, &d), 0);
	ck_assert_int_eq(
		spool_set_attributes(test_spool, number, &alice, 0400, 1), 0);
	ck_assert_int_eq(
		spool_set_attributes(test_spool, number, &bob, 0400, 1),
		-EPERM);
	ck_assert_int_eq(
		spool_find(test_spool, "MAIL", "x", &bob, &d), -ENOENT);
	ck_assert_int_eq(
		spool_find(test_spool, "MAIL", "x", &operator_caller, &d),
		-ENOENT);
	ck_assert_int_eq(dataset_unlink(test_spool, "x", &bob), -ENOENT);
	ck_assert_uint_eq(listed(&alice), 0);
	ck_assert_uint_eq(listed(&operator_caller), 0);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), -ENOENT);

	clock_forward(5 * NS_PER_S);
	ck_assert_int_eq(
		spool_find(test_spool, "MAIL", "x", &alice, &d), -ENOENT);
	ck_assert_int_eq(spool_stat_lingering(test_spool, number, &d), -ENOENT);
	ck_assert_int_eq(
		spool_set_attributes(test_spool, number, &alice, 0400, 1),
		-ENOENT);
	ck_assert_int_eq(dataset_unlink(test_spool, "x", &alice), -ENOENT);
}
END_TEST

START_TEST(unlink_of_a_name_that_lingers_ends_it)
{
	struct spool_file *f;

	linger();
	put_sent("x");
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "x", &alice, 0600,
				 "test", true, &f),
		-EEXIST);
	ck_assert_int_eq(dataset_unlink(test_spool, "x", &alice), 0);
	ck_assert_int_eq(dataset_unlink(test_spool, "x", &alice), -ENOENT);
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "x", &alice, 0600,
				 "test", true, &f),
		0);
	spool_file_release(f, false);
}
END_TEST

START_TEST(a_new_data_set_takes_a_name_that_lingers)
{
	struct spool_file *f;
	struct dataset d;

	linger();
	put_sent("x");
	f = dataset_create(test_spool, "x", &alice);
	ck_assert_uint_eq(number_of("x", &alice), spool_file_number(f));
	/* Its user purges it: nothing lingers of that, nor of before. */
	ck_assert_int_eq(dataset_unlink(test_spool, "x", &alice), 0);
	ck_assert_int_eq(
		spool_find(test_spool, "MAIL", "x", &alice, &d), -ENOENT);
	spool_file_release(f, false);

	put_sent("y");
	dataset_put(test_spool, "z", "a", &alice);
	ck_assert_int_eq(rename_in_mail("z", "y", &alice), 0);
	ck_assert_int_eq(dataset_unlink(test_spool, "y", &alice), 0);
	ck_assert_int_eq(
		spool_find(test_spool, "MAIL", "y", &alice, &d), -ENOENT);
}
END_TEST

START_TEST(nothing_lingers_of_what_a_user_purged)
{
	uint64_t number;
	struct dataset d;

	linger();
	number = dataset_put(test_spool, "x", "a", &alice);
	ck_assert_int_eq(dataset_unlink(test_spool,
				 job_name_of(test_spool, number), &alice),
		0);
	ck_assert_int_eq(
		spool_find(test_spool, "MAIL", "x", &alice, &d), -ENOENT);
	ck_assert_int_eq(spool_stat_lingering(test_spool, number, &d), -ENOENT);
}
END_TEST

/* A program that renames what it has closed may come too late for it. */
START_TEST(a_name_that_lingers_is_renamed_without_effect)
{
	uint64_t number;
	uint64_t queued;
	struct dataset d;

	linger();
	number = put_sent("tmpa1b2c3d4");
	queued = dataset_put(test_spool, "x", "a", &alice);
	ck_assert_int_eq(rename_in_mail("tmpa1b2c3d4", "y", &bob), -ENOENT);
	ck_assert_int_eq(
		rename_in_mail("tmpa1b2c3d4", "JOB00001.y", &alice), -EINVAL);
	ck_assert_int_eq(rename_in_mail("tmpa1b2c3d4", "y", &alice), 0);
	ck_assert_int_eq(rename_in_mail("tmpa1b2c3d4", "y", &alice), -ENOENT);
	ck_assert_uint_eq(number_of("y", &alice), number);
	ck_assert_int_eq(rename_in_mail("y", "x", &alice), 0);
	ck_assert_uint_eq(number_of("x", &alice), queued);
	ck_assert_int_eq(spool_stat(test_spool, queued, &d), 0);
	ck_assert_int_eq(d.state, DATASET_READY);
}
END_TEST

START_TEST(who_comes_too_late_to_hold_it_hears_that_it_is_gone)
{
	struct spool_file *f;

	linger();
	put_sent("x");
	ck_assert_int_eq(rename_in_mail("x", "x~", &alice), -ENOENT);
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "x", &alice, 0600,
				 "test", true, &f),
		0);
	spool_file_release(f, false);
}
END_TEST

START_TEST(without_its_label_nothing_lingers)
{
	uint64_t number = dataset_put(test_spool, "x", "a", &alice);
	struct store_claim claim;
	struct dataset d;
	size_t count;

	linger();
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &claim, &count), 0);
	ck_assert_int_eq(dataset_unlink(test_spool, "x", &alice), 0);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
	ck_assert_int_eq(
		spool_find(test_spool, "MAIL", "x", &alice, &d), -ENOENT);
	ck_assert_int_eq(spool_stat_lingering(test_spool, number, &d), -ENOENT);
}
END_TEST

static const struct store_ops *real;
static struct store_claim sending;

/* The mail is sent right before its data set loses its label. */
static void send_then_unlabel(
	struct store *s, uint64_t number, store_done *done, void *arg)
{
	ck_assert_int_eq(
		dataset_finish(test_spool, &sending, DATASET_PURGED, 0, ""), 0);
	s->ops = real;
	store_unlabel(s, number, done, arg);
}

START_TEST(a_name_unlinked_while_its_mail_is_sent_is_free)
{
	struct store_ops ops;
	struct spool_file *f;
	size_t count;

	linger();
	dataset_put(test_spool, "x", "a", &alice);
	ck_assert_int_eq(
		spool_select(test_spool, "MAIL", 1, &sending, &count), 0);
	real = test_store->ops;
	ops = *real;
	ops.unlabel = send_then_unlabel;
	test_store->ops = &ops;
	ck_assert_int_eq(dataset_unlink(test_spool, "x", &alice), 0);
	ck_assert_ptr_eq(test_store->ops, real);
	ck_assert_int_eq(spool_create(test_spool, "MAIL", "x", &alice, 0600,
				 "test", true, &f),
		0);
	spool_file_release(f, false);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_was_sent_can_still_be_touched_by_its_owner);
	tcase_add_test(tc, unlink_of_a_name_that_lingers_ends_it);
	tcase_add_test(tc, a_new_data_set_takes_a_name_that_lingers);
	tcase_add_test(tc, nothing_lingers_of_what_a_user_purged);
	tcase_add_test(tc, a_name_that_lingers_is_renamed_without_effect);
	tcase_add_test(tc, who_comes_too_late_to_hold_it_hears_that_it_is_gone);
	tcase_add_test(tc, without_its_label_nothing_lingers);
	tcase_add_test(tc, a_name_unlinked_while_its_mail_is_sent_is_free);
}

int main(void)
{
	clock_take_over(); /* before any thread reads it */
	return spool_run_on_stores("spool_linger", add_tests);
}
