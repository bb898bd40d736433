#include "../forwarder/mail.h"

#include "support_clock.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEST_S = 60 }; /* under valgrind */

START_TEST(a_new_mail_has_a_reverse_path_and_nobody_to_go_to)
{
	struct mail *m = mail_new("ann@example.org");

	ck_assert_ptr_nonnull(m);
	ck_assert_str_eq(m->reverse_path, "ann@example.org");
	ck_assert_uint_eq(m->recipient_count, 0);
	mail_free(m);
}
END_TEST

START_TEST(recipients_keep_their_order)
{
	struct mail *m = mail_new("");
	char path[32];
	size_t i;

	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof path, "u%zu@example.org", i);
		ck_assert_int_eq(mail_add_recipient(m, path), 0);
	}
	ck_assert_uint_eq(m->recipient_count, 100);
	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof path, "u%zu@example.org", i);
		ck_assert_str_eq(m->recipients[i], path);
	}
	mail_free(m);
}
END_TEST

START_TEST(a_recipient_named_twice_gets_the_mail_once)
{
	struct mail *m = mail_new("");

	ck_assert_int_eq(mail_add_recipient(m, "ann@example.org"), 0);
	ck_assert_int_eq(mail_add_recipient(m, "bob@example.org"), 0);
	ck_assert_int_eq(mail_add_recipient(m, "ann@example.org"), 0);
	/* A local part may tell case apart: RFC 5321 section 2.4. */
	ck_assert_int_eq(mail_add_recipient(m, "Ann@example.org"), 0);
	ck_assert_uint_eq(m->recipient_count, 3);
	mail_free(m);
}
END_TEST

START_TEST(a_mail_has_100000_recipients_at_most)
{
	struct mail *m = mail_new("");
	char path[32];
	size_t i;

	/* A claim for each would take longer than they do. */
	for (i = 0; i < MAIL_RECIPIENTS_MAX; i++) {
		snprintf(path, sizeof path, "u%zu@example.org", i);
		if (mail_add_recipient(m, path) != 0)
			abort();
	}
	ck_assert_int_eq(mail_add_recipient(m, "one@too.many"), -ENOSPC);
	ck_assert_int_eq(mail_add_recipient(m, "u7@example.org"), 0);
	ck_assert_uint_eq(m->recipient_count, 100000);
	ck_assert_str_eq(m->recipients[99999], "u99999@example.org");
	mail_free(m);
}
END_TEST

/* Returns the processor's time that so many recipients take. */
static int64_t time_recipients(size_t count)
{
	struct mail *m = mail_new("");
	int64_t began_ns = clock_processor_ns();
	char path[32];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof path, "u%zu@example.org", i);
		if (mail_add_recipient(m, path) != 0)
			abort();
	}
	mail_free(m);
	return clock_processor_ns() - began_ns;
}

static int64_t least_time(size_t count)
{
	int64_t least_ns = INT64_MAX;
	int64_t took_ns;
	int i;

	for (i = 0; i < 5; i++) {
		took_ns = time_recipients(count);
		if (took_ns < least_ns)
			least_ns = took_ns;
	}
	return least_ns;
}

/* Were each compared with all others it would be 1600 times as long. */
START_TEST(what_a_recipient_costs_does_not_grow_with_their_number)
{
	ck_assert_int_lt(least_time(MAIL_RECIPIENTS_MAX),
		400 * least_time(MAIL_RECIPIENTS_MAX / 40));
}
END_TEST

/* Adds recipients until one cannot be; returns how many there are. */
static size_t fill(struct mail *m, int *err)
{
	char path[256];
	size_t i = 0;

	do {
		snprintf(path, sizeof path, "%0200zu@example.org", i++);
		*err = mail_add_recipient(m, path);
	} while (*err == 0);
	return m->recipient_count;
}

START_TEST(large_mails_are_in_want_of_memory_before_there_are_many)
{
	enum { MANY = 32 };
	struct mail *large[MANY];
	struct mail *small;
	size_t count = 0;
	int err;

	do {
		large[count] = mail_new("");
		fill(large[count++], &err);
	} while (err == -ENOSPC && count < MANY);
	ck_assert_int_eq(err, -ENOMEM);
	ck_assert_uint_ge(count, 8);

	/* One of usual size is not; and what is freed is there again. */
	small = mail_new("a@b");
	ck_assert_ptr_nonnull(small);
	ck_assert_int_eq(mail_add_recipient(small, "c@d"), 0);
	mail_free(small);
	mail_free(large[0]);
	mail_free(large[--count]);
	large[0] = mail_new("");
	ck_assert_uint_eq(fill(large[0], &err), MAIL_RECIPIENTS_MAX);
	while (count > 0)
		mail_free(large[--count]);
}
END_TEST

START_TEST(what_was_said_of_a_recipient_stays_with_it)
{
	const struct mail_dsn never = { .notify = DSN_NEVER };
	const struct mail_dsn both = { .notify = DSN_DELAY,
		.orcpt = "rfc822;c" };
	struct mail *m = mail_new("");
	char path[32];
	size_t i;

	ck_assert_int_eq(mail_add_recipient(m, "a@b"), 0);
	ck_assert_ptr_null(m->dsn);
	ck_assert_int_eq(mail_add_recipient_dsn(m, "b@b", &never), 0);
	ck_assert_int_eq(mail_add_recipient_dsn(m, "a@b", &both), 0);
	ck_assert_int_eq(mail_add_recipient_dsn(m, "c@b", &both), 0);
	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof path, "u%zu@example.org", i);
		ck_assert_int_eq(mail_add_recipient(m, path), 0);
	}
	mail_end_recipients(m);
	ck_assert_uint_eq(m->recipient_count, 103);
	ck_assert_uint_eq(m->dsn[0].notify, 0);
	ck_assert_uint_eq(m->dsn[1].notify, DSN_NEVER);
	ck_assert_ptr_null(m->dsn[1].orcpt);
	ck_assert_uint_eq(m->dsn[2].notify, DSN_DELAY);
	ck_assert_str_eq(m->dsn[2].orcpt, "rfc822;c");
	for (i = 3; i < 103; i++)
		ck_assert(m->dsn[i].notify == 0 && m->dsn[i].orcpt == NULL);
	mail_free(m);
}
END_TEST

START_TEST(freeing_no_mail_does_nothing)
{
	mail_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mail");
	TCase *tests = tcase_create("mail");

	tcase_set_timeout(tests, TEST_S);
	suite_add_tcase(suite, tests);
	tcase_add_test(
		tests, a_new_mail_has_a_reverse_path_and_nobody_to_go_to);
	tcase_add_test(tests, recipients_keep_their_order);
	tcase_add_test(tests, a_recipient_named_twice_gets_the_mail_once);
	tcase_add_test(tests, a_mail_has_100000_recipients_at_most);
	tcase_add_test(
		tests, what_a_recipient_costs_does_not_grow_with_their_number);
	tcase_add_test(
		tests, large_mails_are_in_want_of_memory_before_there_are_many);
	tcase_add_test(tests, what_was_said_of_a_recipient_stays_with_it);
	tcase_add_test(tests, freeing_no_mail_does_nothing);
	return suite_run(suite);
}
