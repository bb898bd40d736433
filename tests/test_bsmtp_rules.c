/*
 * What a writer's file says about batch SMTP: for each statement two values,
 * and what each makes of the same octets.
 */
#include "../forwarder/bsmtp.h"
#include "buf.h"
#include "support_batch.h"
#include "support_clock.h"
#include "support_run.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELO "HELO N\n"
#define ENVELOPE "MAIL FROM:<a@b>\nRCPT TO:<c@d>\n"
#define HEAD HELO ENVELOPE "DATA\n" /* 42 octets */
#define MAIL_1 "mail 1 from <a@b> to <c@d> at 42"

static struct input_config config;

static void set_up(void)
{
	input_config_init(&config);
}

static void check(const char *octets, const char *told)
{
	batch_check(&config, octets, strlen(octets), told);
}

/* Returns before, len times fill, and after; the caller frees it. */
static char *long_text(
	const char *before, char fill, size_t len, const char *after)
{
	struct buf octets;
	size_t i;

	buf_init(&octets);
	buf_puts(&octets, before);
	for (i = 0; i < len; i++)
		buf_append(&octets, &fill, 1);
	buf_puts(&octets, after);
	return buf_steal(&octets, &i);
}

static void check_long(const char *before, char fill, size_t len,
	const char *after, const char *told)
{
	char *octets = long_text(before, fill, len, after);

	check(octets, told);
	free(octets);
}

/* ---- commands ----------------------------------------------------- */

START_TEST(an_at_sign_of_its_own_stands_in_paths)
{
	static const char octets[] = "HELO N\xc2\xa7\nMAIL FROM:<a\xc2\xa7"
				     "b>\nRCPT TO:<c\xc2\xa7"
				     "d> ORCPT=rfc822;c\xc2\xa7"
				     "d\nDATA\nx\xc2\xa7\n.\n";

	memcpy(config.at_sign, "\xc2\xa7", sizeof "\xc2\xa7");
	check(octets,
		"1: 501 5.5.4 JES Syntax error in domain, 'N\\xc2\\xa7'\n"
		"2: 503 5.5.1 JES Bad sequence of commands, 'MAIL'\n"
		"mail 1 from <a@b> to <c@d> orcpt rfc822;c@d at 64+4 sent 5 "
		"8-bit refused, line 2: "
		"503 5.5.1 JES Bad sequence of commands, 'MAIL'\nquit\n");
	config.at_sign[0] = '@';
	config.at_sign[1] = '\0';
	check("HELO N\nMAIL FROM:<a#b>\nRSET\n",
		"2: 501 5.1.7 JES Syntax error in sender address, '<a#b>'\n"
		"quit\n");
	config.at_sign[0] = '#';
	check("HELO N\nMAIL FROM:<a#b>\nRCPT TO:<c@d>\nDATA\n.\n",
		"mail 1 from <a@b> to <c@d> at 42+0 sent 0\nquit\n");
}
END_TEST

/* 510 octets count; nulls at the end do, unless they are cut off. */
START_TEST(nulls_that_pad_a_command_count_unless_cut_off)
{
	static const char too_long[] =
		"1: 500 5.2.5 JES Command line too long\nquit\n";
	struct buf octets;
	int i;

	buf_init(&octets);
	buf_puts(&octets, "HELO N");
	for (i = 0; i < 505; i++)
		buf_append(&octets, "", 1);
	buf_puts(&octets, " \n");
	batch_check(&config, octets.data, octets.len, too_long);
	config.trims_nulls = true;
	batch_check(&config, octets.data, octets.len, "quit\n");
	buf_fini(&octets);
}
END_TEST

/* Reads records of 80 octets; where one ends in '<' that is its last. */
static void check_records(const char *const *texts, const char *told)
{
	struct buf octets;
	size_t len;

	buf_init(&octets);
	for (; *texts != NULL; texts++) {
		len = strlen(*texts);
		if ((*texts)[len - 1] == '<')
			buf_printf(&octets, "%-79.*s<", (int)len - 1, *texts);
		else
			buf_printf(&octets, "%-80s", *texts);
	}
	batch_check(&config, octets.data, octets.len, told);
	buf_fini(&octets);
}

/* The text begins at 400. */
#define HEAD_RECORDS "HELO N", "MAIL FROM:<a@b>", "RCPT TO:<", "c@d>", "DATA"

START_TEST(a_command_goes_on_behind_80_octets_that_end_in_less)
{
	static const char *const mail[] = { HEAD_RECORDS, "x<", "y<", ".",
		NULL };
	static const char *const wrong[] = { "HELO N", "MAIL FROM:<a@b>",
		"RCPT TO:<", "HELO N", NULL };
	static const char *const last[] = { "HELO N", "MAIL FROM:<a@b>",
		"RCPT TO:<", NULL };

	config.records = INPUT_FIXED;
	check_records(
		mail, "mail 1 from <a@b> to <c@d> at 400+160 sent 164\nquit\n");
	/* The error of a line bears the number of its first record. */
	check_records(wrong,
		"3, uncounted: 501 5.1.3 JES Syntax error in recipient "
		"address, '<HELO N'\n"
		"5: 503 5.5.1 JES Bad sequence of commands, "
		"'end of data set'\nquit\n");
	/* There is nothing it could go on in. */
	check_records(last,
		"3, uncounted: 501 5.1.3 JES Syntax error in recipient "
		"address, '<'\n"
		"4: 503 5.5.1 JES Bad sequence of commands, "
		"'end of data set'\nquit\n");
}
END_TEST

START_TEST(text_goes_on_so_only_by_the_strict_rule)
{
	static const char *const twice[] = { HEAD_RECORDS, "x<", "y<", ".",
		NULL };
	static const char *const last[] = { HEAD_RECORDS, "x<", NULL };
	static const char *const once[] = { HEAD_RECORDS, "x<", "HELO N", ".",
		NULL };

	config.records = INPUT_FIXED;
	check_records(
		once, "mail 1 from <a@b> to <c@d> at 400+160 sent 90\nquit\n");
	config.continuation = CONTINUATION_ALL;
	check_records(
		once, "mail 1 from <a@b> to <c@d> at 400+160 sent 88\nquit\n");
	/* As IBM warns: the dot belongs to the line and ends nothing. */
	check_records(twice,
		"mail 1 from <a@b> to <c@d> at 400+240 sent 163\nquit\n");
	/* But what it is the last of is not lost. */
	check_records(
		last, "mail 1 from <a@b> to <c@d> at 400+80 sent 82\nquit\n");
}
END_TEST

/* ---- text --------------------------------------------------------- */

START_TEST(a_long_line_is_an_error_or_cut_or_left_to_the_sender)
{
	check_long(HEAD, 'x', 999, "\n.\n",
		"5: 500 5.6.0 JES Data line too long\n" MAIL_1
		"+1000 sent 1001 long refused, "
		"line 5: 500 5.6.0 JES Data line too long\nquit\n");
	config.long_line = LONG_LINE_TRUNCATE;
	check_long(
		HEAD, 'x', 999, "\n.\n", MAIL_1 "+1000 sent 1000 long\nquit\n");
	check_long(HEAD, 'x', 998, "\n.\n", MAIL_1 "+999 sent 1000\nquit\n");
	config.long_line = LONG_LINE_ENCODE;
	check_long(
		HEAD, 'x', 999, "\n.\n", MAIL_1 "+1000 sent 1001 long\nquit\n");
}
END_TEST

START_TEST(a_mail_over_its_limit_is_refused_and_the_next_is_not)
{
	static const char next[] = "\n.\n" ENVELOPE "DATA\nx\n.\n";
	char *told;
	char *octets = long_text(HEAD, 'x', 998, "\n");
	char *both;

	check_long(HEAD, 'x', 998, "\n\n.\n", MAIL_1 "+1000 sent 1002\nquit\n");
	config.message_size_kb = 1;
	check_long(HEAD, 'x', 998, "\n.\n", MAIL_1 "+999 sent 1000\nquit\n");
	both = long_text(octets, 'y', 1, next);
	told = batch_read(&config, both, strlen(both), 100);
	ck_assert_str_eq(told,
		"6, uncounted: 552 5.3.4 JES Message size exceeds "
		"limit\n" MAIL_1 "+1001 sent 1003 refused, line 6: "
		"552 5.3.4 JES Message size exceeds limit\n"
		"mail 2 from <a@b> to <c@d> at 1080+2 sent 3\nquit\n");
	free(told);
	free(both);
	free(octets);
}
END_TEST

START_TEST(a_cr_within_a_line_is_a_blank_or_an_error)
{
	static const char *const record[] = { HEAD_RECORDS, "x\ry", ".", NULL };

	check(HEAD "x\ry\n.\n", MAIL_1 "+4 sent 5\nquit\n");
	config.bare_cr = BARE_CR_REJECT;
	check(HEAD "x\ry\r\nz\r\n.\n",
		"5: 500 5.6.0 JES Bare CR in data line\n" MAIL_1
		"+8 sent 8 refused, "
		"line 5: 500 5.6.0 JES Bare CR in data line\nquit\n");
	check(HEAD "x\r\ny\n.\n", MAIL_1 "+5 sent 6\nquit\n");
	config.records = INPUT_FIXED;
	check_records(
		record, "mail 1 from <a@b> to <c@d> at 400+80 sent 5\nquit\n");
}
END_TEST

/* ---- notifications and recipients --------------------------------- */

START_TEST(what_is_asked_about_notifications_is_kept)
{
	check("EHLO N\nMAIL FROM:<a@b> RET=FULL SIZE=10 ENVID=x+3D\n"
	      "RCPT TO:<c@d> NOTIFY=failure,delay\n"
	      "RCPT TO:<e@f>\n"
	      "RCPT TO:<g@h> ORCPT=rfc822;i@j NOTIFY=NEVER\nDATA\n.\n",
		"mail 1 from <a@b> ret FULL envid x+3D to <c@d> notify "
		"FAILURE,DELAY to <e@f> to <g@h> notify NEVER orcpt "
		"rfc822;i@j at 149+0 sent 0\nquit\n");
}
END_TEST

/* Reads a mail to count recipients; returns how long that took. */
static int64_t time_mail(size_t count, struct bsmtp *p)
{
	int64_t began_ns = clock_processor_ns();
	struct bsmtp_event event;
	struct line line = { .is_start = true, .is_end = true };
	char text[64];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(text, sizeof text, "RCPT TO:<u%zu@example.org>", i);
		line.text = text;
		line.len = strlen(text);
		line.number++;
		bsmtp_line(p, &line, &event);
		if (event.kind == BSMTP_ERROR) {
			ck_assert_uint_eq(i, MAIL_RECIPIENTS_MAX);
			ck_assert_str_eq(event.reply,
				"552 5.5.3 JES Too many recipients");
			ck_assert(!event.counts);
		}
	}
	return clock_processor_ns() - began_ns;
}

static void read_line(struct bsmtp *p, const char *text)
{
	const struct line line = { .text = text,
		.len = strlen(text),
		.is_start = true,
		.is_end = true };
	struct bsmtp_event event;

	bsmtp_line(p, &line, &event);
}

/* Returns the mail of an envelope of so many. */
static struct mail *read_mail(size_t count, int64_t *took_ns)
{
	struct bsmtp *p = bsmtp_new(NULL);
	struct mail *m;

	read_line(p, "HELO N");
	read_line(p, "MAIL FROM:<>");
	*took_ns = time_mail(count, p);
	read_line(p, "DATA");
	read_line(p, ".");
	m = bsmtp_take_mail(p);
	bsmtp_free(p);
	ck_assert_ptr_nonnull(m);
	return m;
}

START_TEST(a_mail_to_100000_is_read_in_time_and_one_more_is_too_many)
{
	int64_t few_ns = INT64_MAX;
	int64_t took_ns;
	struct mail *m;
	int i;

	for (i = 0; i < 5; i++) {
		m = read_mail(MAIL_RECIPIENTS_MAX / 40, &took_ns);
		mail_free(m);
		if (took_ns < few_ns)
			few_ns = took_ns;
	}
	m = read_mail(MAIL_RECIPIENTS_MAX, &took_ns);
	ck_assert_uint_eq(m->recipient_count, 100000);
	ck_assert_ptr_null(m->refusal);
	ck_assert_int_lt(took_ns, 400 * few_ns);
	mail_free(m);
	m = read_mail(MAIL_RECIPIENTS_MAX + 1, &took_ns);
	ck_assert_str_eq(
		m->refusal, "line 100001: 552 5.5.3 JES Too many recipients");
	mail_free(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bsmtp rules");
	TCase *tests = tcase_create("bsmtp rules");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, an_at_sign_of_its_own_stands_in_paths);
	tcase_add_test(tests, nulls_that_pad_a_command_count_unless_cut_off);
	tcase_add_test(
		tests, a_command_goes_on_behind_80_octets_that_end_in_less);
	tcase_add_test(tests, text_goes_on_so_only_by_the_strict_rule);
	tcase_add_test(
		tests, a_long_line_is_an_error_or_cut_or_left_to_the_sender);
	tcase_add_test(
		tests, a_mail_over_its_limit_is_refused_and_the_next_is_not);
	tcase_add_test(tests, a_cr_within_a_line_is_a_blank_or_an_error);
	tcase_add_test(tests, what_is_asked_about_notifications_is_kept);
	tcase_add_test(tests,
		a_mail_to_100000_is_read_in_time_and_one_more_is_too_many);
	return suite_run(suite);
}
