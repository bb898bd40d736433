#include "../forwarder/bsmtp.h"
#include "../forwarder/records.h"
#include "buf.h"
#include "support_batch.h"
#include "support_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n" /* 42 octets */
#define MAIL_1 "mail 1 from <a@b> to <c@d> at 42"
#define TEXT(text) text, sizeof(text) - 1

struct story {
	const char *octets;
	size_t len;
	const char *told;
};

static const struct story mails[] = {
	{ TEXT(HEAD "x\n.\nQUIT\n"), MAIL_1 "+2 sent 3\nquit\n" },
	/* Without QUIT, without the final dot, without the last line end. */
	{ TEXT(HEAD "x\n.\n"), MAIL_1 "+2 sent 3\nquit\n" },
	{ TEXT(HEAD "x\n."), MAIL_1 "+2 sent 3\nquit\n" },
	{ TEXT(HEAD "x\n.\r"), MAIL_1 "+2 sent 3\nquit\n" },
	{ TEXT(HEAD "x\n"), MAIL_1 "+2 sent 3\nquit\n" },
	{ TEXT(HEAD "x"), MAIL_1 "+1 sent 3\nquit\n" },
	{ TEXT(HEAD "x\r"), MAIL_1 "+2 sent 3\nquit\n" },
	{ TEXT(HEAD "x\n.\nQUIT"), MAIL_1 "+2 sent 3\nquit\n" },
	{ TEXT(HEAD), MAIL_1 "+0 sent 0\nquit\n" },
	{ TEXT(HEAD ".\n"), MAIL_1 "+0 sent 0\nquit\n" },
	{ TEXT(""), "quit\n" },
	{ TEXT("\n \n\r\n\t\nQUIT\nrubbish\n"), "quit\n" },
	/* Line ends: LF, CR LF, mixed. */
	{ TEXT("EHLO N\r\nMAIL FROM:<>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\ny\n"
	       "\r\n.\r\nQUIT\r\n"),
		"mail 1 from <> to <c@d> at 43+7 sent 8\nquit\n" },
	/* Upper and lower case, white space, blank records. */
	{ TEXT("helo  N  \n\nmail  from: <a@b> \n  rcpt\tTo:\t<c@d>\r\r\n"
	       "DaTa \t\0\r\nx\n.   \nquit   \n"),
		"mail 1 from <a@b> to <c@d> at 58+2 sent 3\nquit\n" },
	/* Parameters IBM's relatives take. */
	{ TEXT("HELO N\nMAIL FROM:<a@b> SIZE=1 BODY=8BITMIME\n"
	       "RCPT TO:<c@d>\nDATA\n.\n"),
		"mail 1 from <a@b> to <c@d> at 63+0 sent 0\nquit\n" },
	/* Dots: doubled ones count once, and a dot line is no other line. */
	{ TEXT(HEAD "..\n.x\n...\n .\n.\nQUIT\n"),
		MAIL_1 "+13 sent 14\nquit\n" },
	{ TEXT(HEAD "x\r.\ry\n.\n"), MAIL_1 "+6 sent 7\nquit\n" },
	{ TEXT(HEAD ".\r\r\n.\0\n.\n"), MAIL_1 "+7 sent 6\nquit\n" },
	{ TEXT(HEAD ". \r\n"), MAIL_1 "+0 sent 0\nquit\n" },
	{ TEXT(HEAD ". x\n.\n"), MAIL_1 "+4 sent 4\nquit\n" },
	{ TEXT(HEAD "\xc3\xa4\n.\n"), MAIL_1 "+3 sent 4 8-bit\nquit\n" },
	/* Commands in the text are text. */
	{ TEXT(HEAD "QUIT\nMAIL FROM:<x@y>\n.\n"),
		MAIL_1 "+21 sent 23\nquit\n" },
	/* Several mails; also in several sessions. */
	{ TEXT(HEAD "\xff\n.\nMAIL FROM:<>\nRCPT TO:<e@f>\nRCPT TO:<g@h>\n"
		    "RCPT TO:<e@f>\nDATA\nyy\n.\nHELO M\nMAIL FROM:<i@j>\n"
		    "RCPT TO:<k@l>\nDATA\n.\nQUIT\n"),
		MAIL_1 "+2 sent 3 8-bit\n"
		       "mail 2 from <> to <e@f> to <g@h> at 106+3 sent 4\n"
		       "mail 3 from <i@j> to <k@l> at 153+0 sent 0\nquit\n" },
	/* RSET forgets what is under construction. */
	{ TEXT("HELO N\nMAIL FROM:<x@y>\nRCPT TO:<z@z>\nRSET\n"
	       "MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n.\n"),
		"mail 1 from <a@b> to <c@d> at 77+0 sent 0\nquit\n" },
	{ TEXT("HELO N\nMAIL FROM:<x@y>\nRSET\nRSET\nQUIT\n"), "quit\n" },
	{ TEXT("RSET\nHELO N\nMAIL FROM:<@r:a@b>\nRCPT TO:<@q,@s:c@d>\n"
	       "DATA\n.\n"),
		"mail 1 from <a@b> to <c@d> at 56+0 sent 0\nquit\n" },
};

START_TEST(mails_are_found_in_pieces_of_any_size)
{
	batch_check(NULL, mails[_i].octets, mails[_i].len, mails[_i].told);
}
END_TEST

/* A line of len octets between two texts. */
static char *read_long(
	const char *before, char fill, size_t len, const char *after)
{
	struct buf octets;
	char *told;
	size_t i;

	buf_init(&octets);
	buf_puts(&octets, before);
	for (i = 0; i < len; i++)
		buf_append(&octets, &fill, 1);
	buf_puts(&octets, after);
	told = batch_read(NULL, octets.data, octets.len, 100);
	buf_fini(&octets);
	return told;
}

static const struct {
	const char *before;
	char fill;
	size_t len;
	const char *after;
	const char *told;
} long_lines[] = {
	{ HEAD, 'x', 998, "\n.\n", MAIL_1 "+999 sent 1000\nquit\n" },
	{ HEAD, 'x', 998, "\r\n.\n", MAIL_1 "+1000 sent 1000\nquit\n" },
	{ HEAD "..", 'x', 997, "\n.\n", MAIL_1 "+1000 sent 1000\nquit\n" },
	{ HEAD, 'x', 999, "\nMAIL FROM:<x@y>\n.\n",
		"5: 500 5.6.0 JES Data line too long\n" MAIL_1
		"+1016 sent 1018 long refused, "
		"line 5: 500 5.6.0 JES Data line too long\nquit\n" },
	{ HEAD, 'x', 100000, "",
		"5: 500 5.6.0 JES Data line too long\n" MAIL_1
		"+100000 sent 100002 long refused, "
		"line 5: 500 5.6.0 JES Data line too long\nquit\n" },
	{ HEAD ".", ' ', 100000, "\nQUIT\n", MAIL_1 "+0 sent 0\nquit\n" },
	/* 510 octets, blanks at the end cut off. */
	{ "HELO N\nMAIL", ' ', 495, "FROM:<a@b>\nRSET\n", "quit\n" },
	{ "HELO N\nMAIL", ' ', 496, "FROM:<a@b>\nRSET\n", "quit\n" },
	{ "HELO N\nMAIL", ' ', 497, "FROM:<a@b>\nRSET\n",
		"2: 500 5.2.5 JES Command line too long\nquit\n" },
	{ "HELO N", ' ', 100000, "\n", "quit\n" },
	{ "HELO N", ' ', 100000, "x\n",
		"1: 500 5.2.5 JES Command line too long\nquit\n" },
	{ "", 'x', 100000, "\nHELO N\n",
		"1: 500 5.2.5 JES Command line too long\nquit\n" },
	{ "HELO N\nMAIL FROM:<a@b>\n", 'x', 511, "\nRCPT TO:<c@d>\nDATA\n.\n",
		"3: 500 5.2.5 JES Command line too long\n"
		"mail 1 from <a@b> to <c@d> at 554+0 sent 0 refused, "
		"line 3: 500 5.2.5 JES Command line too long\nquit\n" },
	/* A DATA that is too long is one all the same: text follows. */
	{ "HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA ", 'x', 511,
		"\nQUIT\n.\n",
		"4: 500 5.2.5 JES Command line too long\n"
		"mail 1 from <a@b> to <c@d> at 554+5 sent 6 refused, "
		"line 4: 500 5.2.5 JES Command line too long\nquit\n" },
	/* So is a RCPT, which costs but that recipient. */
	{ "HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nRCPT TO:<", 'x', 511,
		">\nDATA\n.\n",
		"4, uncounted: 500 5.2.5 JES Command line too long\n"
		"mail 1 from <a@b> to <c@d> at 564+0 sent 0\nquit\n" },
	{ "HELO ", 'x', 256, "\n",
		"1: 501 5.5.4 JES Syntax error in domain, "
		"'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxx'\nquit\n" },
};

START_TEST(lines_have_their_limits)
{
	char *told = read_long(long_lines[_i].before, long_lines[_i].fill,
		long_lines[_i].len, long_lines[_i].after);

	ck_assert_str_eq(told, long_lines[_i].told);
	free(told);
}
END_TEST

static const struct {
	const char *octets;
	bool is_complete;
} ends[] = {
	{ "", false },
	{ "HELO N\n", false },
	{ "HELO N\nMAIL FROM:<a@b>\n", false },
	{ HEAD, false },
	{ HEAD "x\n", false },
	{ HEAD "x\n.", false },
	{ HEAD "x\n..\n", false },
	{ HEAD "x\n.\n", true },
	{ HEAD "x\n.\n\n \r\n", true },
	{ HEAD "x\n.\n  ", true },
	{ HEAD "x\n.\nHELO M\n", true },
	{ HEAD "x\n.\nHELO M", false },
	{ HEAD "x\n.\nMAIL FROM:<a@b>\n", false },
	{ HEAD "x\n.\nMAIL FROM:<a@b>\nRSET\n", true },
	{ HEAD "x\n.\nMAIL FR", false },
	{ HEAD "x\n.\nQUI", false },
	{ HEAD "x\n.\nQUIT", true },
	{ HEAD "x\n.\nquit \r", true },
	{ HEAD "x\n.\nQUITX", false },
	{ HEAD "x\n.\nQUIT x", false },
	{ HEAD "x\n.\nQUIT\nHELO", true },
	{ HEAD "x\nQUIT\n", false },
	{ "QUIT\n", true },
	{ "QUIT", true },
	{ "Dear Ann,\n", false },
};

/* The loose line, too, is handed in, and then asked. */
static bool is_complete(const char *octets, size_t step, bool ends_line)
{
	const struct record_format format = { .form = INPUT_STREAM };
	struct bsmtp *p = bsmtp_new(NULL);
	size_t len = strlen(octets);
	struct bsmtp_event event;
	bool has_line, answer;
	struct records r;
	struct line line;
	size_t used = 0;

	records_init(&r, &format, 0, 1);
	while (used < len) {
		used += records_feed(&r, octets + used,
			len - used < step ? len - used : step, &line,
			&has_line);
		if (has_line)
			bsmtp_line(p, &line, &event);
	}
	for (;;) {
		records_finish(&r, &line, &has_line);
		if (!has_line)
			break;
		line.is_end = line.is_end && ends_line;
		bsmtp_line(p, &line, &event);
	}
	answer = bsmtp_is_complete(p);
	bsmtp_free(p);
	return answer;
}

START_TEST(only_what_says_its_end_is_complete)
{
	const char *octets = ends[_i].octets;
	size_t step;

	for (step = 1; step < 60; step += 19) {
		ck_assert_int_eq(
			is_complete(octets, step, true), ends[_i].is_complete);
		ck_assert_int_eq(
			is_complete(octets, step, false), ends[_i].is_complete);
	}
}
END_TEST

static struct line whole_line(const char *text)
{
	return (struct line){ .text = text,
		.len = strlen(text),
		.number = 1,
		.is_start = true,
		.is_end = true };
}

START_TEST(what_follows_quit_is_not_read)
{
	struct bsmtp *p = bsmtp_new(NULL);
	const struct line quit = whole_line("QUIT");
	const struct line foo = whole_line("foo");
	struct bsmtp_event event;

	bsmtp_line(p, &quit, &event);
	ck_assert_int_eq(event.kind, BSMTP_QUIT);
	bsmtp_line(p, &foo, &event);
	ck_assert_int_eq(event.kind, BSMTP_QUIT);
	bsmtp_finish(p, &event);
	ck_assert_int_eq(event.kind, BSMTP_MORE);
	bsmtp_free(p);
}
END_TEST

START_TEST(a_mail_nobody_took_is_freed)
{
	static const char *const lines[] = { "HELO N", "MAIL FROM:<a@b>",
		"RCPT TO:<c@d>", "DATA", "." };
	struct bsmtp *p = bsmtp_new(NULL);
	struct bsmtp_event event;
	struct line line;
	size_t i;

	for (i = 0; i < COUNT(lines); i++) {
		ck_assert_int_eq(bsmtp_is_at_text(p), i == 4);
		line = whole_line(lines[i]);
		bsmtp_line(p, &line, &event);
	}
	ck_assert_int_eq(event.kind, BSMTP_MAIL);
	bsmtp_free(p);
	bsmtp_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bsmtp");
	TCase *tests = tcase_create("bsmtp");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(
		tests, mails_are_found_in_pieces_of_any_size, 0, COUNT(mails));
	tcase_add_loop_test(
		tests, lines_have_their_limits, 0, COUNT(long_lines));
	tcase_add_loop_test(
		tests, only_what_says_its_end_is_complete, 0, COUNT(ends));
	tcase_add_test(tests, what_follows_quit_is_not_read);
	tcase_add_test(tests, a_mail_nobody_took_is_freed);
	return suite_run(suite);
}
