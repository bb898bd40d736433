#include "../forwarder/delivery.h"

#include "clock.h"
#include "support_run.h"

#include <check.h>
#include <string.h>

#define NOW (1000 * NS_PER_S)
#define MINUTE (60 * NS_PER_S)

static struct writer_config config = { .retry_count = 2,
	.retry_interval_min = 1,
	.timeout = { .data_term_s = 600 } };

/* A mail to as many recipients as there are states. */
static struct delivery *make(const char *states)
{
	struct mail *m = mail_new("ann@example.org");
	char recipient[] = "a@example.org";
	struct delivery *d;

	ck_assert_ptr_nonnull(m);
	for (; recipient[0] < 'a' + (char)strlen(states); recipient[0]++)
		ck_assert_int_eq(mail_add_recipient(m, recipient), 0);
	m->number = 3;
	d = delivery_new(NULL, m, NULL);
	ck_assert_ptr_nonnull(d);
	memcpy(d->states, states, strlen(states));
	return d;
}

static const struct {
	const char *states;
	uint32_t tries;
	bool is_counted;
	enum store_mark_kind kind;
	const char *kept;
	uint32_t tries_then;
	bool entered;
} passes[] = {
	{ "DDD", 0, true, STORE_MARK_DELIVERED, "DDD", 0, false },
	{ "DDD", 2, true, STORE_MARK_DELIVERED, "DDD", 2, false },
	{ "DFD", 0, true, STORE_MARK_FAILED, "DFD", 0, false },
	{ "DrD", 0, true, STORE_MARK_FAILED, "DFD", 0, false },
	{ "DdF", 0, true, STORE_MARK_DEFERRED, "D.F", 1, true },
	{ "o.d", 0, true, STORE_MARK_DEFERRED, "...", 1, true },
	{ "o.d", 1, true, STORE_MARK_DEFERRED, "...", 2, false },
	{ "ood", 2, true, STORE_MARK_FAILED, "FFF", 3, false },
	{ "D.d", 2, true, STORE_MARK_FAILED, "DFF", 3, false },
	{ "ddd", 2, false, STORE_MARK_DEFERRED, "...", 2, false },
	{ "ddd", 0, false, STORE_MARK_DEFERRED, "...", 0, false },
};

START_TEST(a_pass_ends_in_what_the_recipients_have_come_to)
{
	struct delivery *d = make(passes[_i].states);
	struct delivery_verdict verdict;

	d->tries = passes[_i].tries;
	d->is_counted = passes[_i].is_counted;
	verdict = delivery_decide(d, &config, NOW, 0);
	ck_assert_int_eq(d->kind, passes[_i].kind);
	ck_assert_str_eq(d->states, passes[_i].kept);
	ck_assert_uint_eq(d->tries, passes[_i].tries_then);
	ck_assert_int_eq(verdict.entered_retry, passes[_i].entered);
	ck_assert_int_eq(d->next_try_ns,
		d->kind == STORE_MARK_DEFERRED ? NOW + MINUTE : 0);
	delivery_free(d);
}
END_TEST

static const struct {
	uint32_t count, interval_min;
} none[] = { { 0, 1 }, { 5, 0 } };

START_TEST(without_retries_the_first_pass_is_the_last)
{
	const struct writer_config once = { .retry_count = none[_i].count,
		.retry_interval_min = none[_i].interval_min };
	struct delivery *d = make("d");

	d->is_counted = true;
	delivery_explain(d, false, "a@example.org", "450 busy", "t, RCPT");
	(void)delivery_decide(d, &once, NOW, 0);
	ck_assert_int_eq(d->kind, STORE_MARK_FAILED);
	ck_assert_str_eq(delivery_mark(d).reason,
		"mail 3 <a@example.org>: 450 busy (t, RCPT)");
	delivery_free(d);
}
END_TEST

START_TEST(the_next_try_waits_for_the_server_and_for_the_target)
{
	struct delivery *d = make("d");

	d->is_counted = true;
	d->is_uncertain = true;
	(void)delivery_decide(d, &config, NOW, 0);
	ck_assert_int_eq(d->next_try_ns, NOW + 600 * NS_PER_S);
	(void)delivery_decide(d, &config, NOW, NOW + 20 * MINUTE);
	ck_assert_int_eq(d->next_try_ns, NOW + 20 * MINUTE);
	delivery_free(d);
}
END_TEST

START_TEST(the_first_failure_is_what_is_told)
{
	struct delivery *d = make("FF.");

	delivery_explain(d, true, "a\x1b@example.org", "550 no", "t, RCPT");
	delivery_explain(d, true, "b@example.org", "551 no", "t, RCPT");
	delivery_explain(d, false, NULL, "450 later", "t, DATA");
	ck_assert_str_eq(
		d->failure, "mail 3 <a\\x1b@example.org>: 550 no (t, RCPT)");
	ck_assert_str_eq(d->reason, "mail 3: 450 later (t, DATA)");
	(void)delivery_decide(d, &config, NOW, 0);
	ck_assert_str_eq(delivery_mark(d).reason, d->failure);
	ck_assert_str_eq(delivery_mark(d).recipients, "FF.");
	delivery_free(d);
}
END_TEST

START_TEST(a_mail_that_goes_back_is_as_it_was)
{
	struct delivery *d = make("od.");

	d->tries = 1;
	delivery_return(d, 77);
	ck_assert_int_eq(d->kind, STORE_MARK_DEFERRED);
	ck_assert_uint_eq(delivery_mark(d).tries, 1);
	ck_assert_int_eq(delivery_mark(d).next_try_ns, 77);
	ck_assert_str_eq(delivery_mark(d).recipients, "");
	delivery_free(d);
}
END_TEST

START_TEST(what_one_target_refuses_another_may_be_asked_for)
{
	struct delivery *d = make("orDFd.");

	ck_assert_uint_eq(delivery_undecided(d), 3);
	delivery_begin(d, 1);
	ck_assert_str_eq(d->states, "..DFd.");
	ck_assert_uint_eq(d->tried, 2);
	memcpy(d->states, "rr", 2);
	delivery_spare(d);
	(void)delivery_decide(d, &config, NOW, 0);
	ck_assert_str_eq(d->states, "..DF..");
	delivery_free(d);
}
END_TEST

START_TEST(marks_of_another_length_are_not_believed)
{
	static const char *const marks[] = { "D", "DDD", "" };
	struct mail *m = mail_new("");
	struct delivery *d;

	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(mail_add_recipient(m, "a@example.org"), 0);
	ck_assert_int_eq(mail_add_recipient(m, "b@example.org"), 0);
	d = delivery_new(NULL, m, marks[_i]);
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->states, "..");
	delivery_free(d);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery");
	TCase *tc = tcase_create("delivery");

	tcase_add_loop_test(tc, a_pass_ends_in_what_the_recipients_have_come_to,
		0, sizeof passes / sizeof *passes);
	tcase_add_loop_test(
		tc, without_retries_the_first_pass_is_the_last, 0, 2);
	tcase_add_test(
		tc, the_next_try_waits_for_the_server_and_for_the_target);
	tcase_add_test(tc, the_first_failure_is_what_is_told);
	tcase_add_test(tc, a_mail_that_goes_back_is_as_it_was);
	tcase_add_test(tc, what_one_target_refuses_another_may_be_asked_for);
	tcase_add_loop_test(tc, marks_of_another_length_are_not_believed, 0, 3);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
