#include "../forwarder/mail.h"

#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

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

START_TEST(a_mail_has_2000_recipients_at_most)
{
	struct mail *m = mail_new("");
	char path[32];
	size_t i;

	for (i = 0; i < MAIL_RECIPIENTS_MAX; i++) {
		snprintf(path, sizeof path, "u%zu@example.org", i);
		ck_assert_int_eq(mail_add_recipient(m, path), 0);
	}
	ck_assert_int_eq(mail_add_recipient(m, "one@too.many"), -ENOSPC);
	ck_assert_int_eq(mail_add_recipient(m, "u7@example.org"), 0);
	ck_assert_uint_eq(m->recipient_count, MAIL_RECIPIENTS_MAX);
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

	suite_add_tcase(suite, tests);
	tcase_add_test(
		tests, a_new_mail_has_a_reverse_path_and_nobody_to_go_to);
	tcase_add_test(tests, recipients_keep_their_order);
	tcase_add_test(tests, a_recipient_named_twice_gets_the_mail_once);
	tcase_add_test(tests, a_mail_has_2000_recipients_at_most);
	tcase_add_test(tests, freeing_no_mail_does_nothing);
	return suite_run(suite);
}
