/*
 * Memory that runs out at each place in turn: WRAP_test_bsmtp_memory in the
 * Makefile sends the calls here.
 */
#include "../forwarder/bsmtp.h"

#include "support_run.h"
#include "support_short_memory.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const char *const lines[] = { "HELO N", "MAIL FROM:<a@b> ENVID=x",
	"RCPT TO:<c@d>", "RCPT TO:<e@f> ORCPT=rfc822;e", "RCPT TO:<g@h>",
	"RCPT TO:<i@j>", "RCPT TO:<k@l>", "DATA", "x", "." };

/* Reads one mail; returns how many errors came, all for lack of memory. */
static int read_mail(struct bsmtp *p, struct mail **m)
{
	struct bsmtp_event event;
	struct line line;
	int errors = 0;
	size_t i;

	*m = NULL;
	for (i = 0; i < COUNT(lines); i++) {
		line = (struct line){ .text = lines[i],
			.len = strlen(lines[i]),
			.is_start = true,
			.is_end = true };
		bsmtp_line(p, &line, &event);
		if (event.kind == BSMTP_ERROR) {
			ck_assert_int_eq(event.err, -ENOMEM);
			errors++;
		}
		if (event.kind == BSMTP_MAIL)
			*m = bsmtp_take_mail(p);
	}
	return errors;
}

/* Lets the i-th call fail; returns whether one did. */
static bool fails_at(int i)
{
	struct bsmtp *p = bsmtp_new(NULL);
	struct mail *m;
	int errors;

	calls_left = i;
	errors = read_mail(p, &m);
	calls_left = -1;
	ck_assert_int_eq(errors, m == NULL);
	mail_free(m);

	/* The next mail is none the worse. */
	ck_assert_int_eq(read_mail(p, &m), 0);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->recipient_count, 5);
	mail_free(m);
	bsmtp_free(p);
	return errors > 0;
}

START_TEST(a_mail_comes_with_all_recipients_or_as_an_error)
{
	int i = 0;

	while (fails_at(i))
		i++;
	/* The mail, its texts, the recipients twice, what is said of them
	 * twice. */
	ck_assert_int_eq(i, 6);
}
END_TEST

START_TEST(a_parser_without_memory_is_none)
{
	calls_left = 0;
	ck_assert_ptr_null(bsmtp_new(NULL));
	calls_left = -1;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bsmtp memory");
	TCase *tests = tcase_create("bsmtp memory");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_mail_comes_with_all_recipients_or_as_an_error);
	tcase_add_test(tests, a_parser_without_memory_is_none);
	return suite_run(suite);
}
