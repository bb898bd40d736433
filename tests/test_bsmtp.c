#include "../forwarder/bsmtp.h"
#include "buf.h"
#include "support_run.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void tell_mail(struct buf *told, struct mail *m)
{
	size_t i;

	ck_assert_ptr_nonnull(m);
	buf_printf(
		told, "mail %" PRIu32 " from <%s>", m->number, m->reverse_path);
	for (i = 0; i < m->recipient_count; i++)
		buf_printf(told, " to <%s>", m->recipients[i]);
	buf_printf(told, " at %" PRIu64 "+%" PRIu64 " sent %" PRIu64 "%s\n",
		m->offset, m->length, m->size_octets,
		m->has_8bit ? " 8-bit" : "");
	mail_free(m);
}

static void tell(
	struct buf *told, struct bsmtp *p, const struct bsmtp_event *event)
{
	if (event->kind == BSMTP_MAIL) {
		tell_mail(told, bsmtp_take_mail(p));
		ck_assert_ptr_null(bsmtp_take_mail(p));
	} else if (event->kind == BSMTP_ERROR) {
		buf_printf(
			told, "%" PRIu64 ": %s\n", event->record, event->reply);
	} else if (event->kind == BSMTP_QUIT) {
		buf_puts(told, "quit\n");
	}
}

/* Feeds pieces from memory of their own, so that a step too far is found. */
static bool feed_piece(
	struct bsmtp *p, const char *octets, size_t len, struct buf *told)
{
	struct bsmtp_event event = { .kind = BSMTP_MORE };
	char *piece = malloc(len);
	size_t used = 0;

	memcpy(piece, octets, len);
	while (used < len && event.kind != BSMTP_QUIT) {
		used += bsmtp_feed(p, piece + used, len - used, &event);
		ck_assert_uint_le(used, len);
		tell(told, p, &event);
	}
	free(piece);
	return event.kind != BSMTP_QUIT;
}

/* Returns what happens, a line for each event; the caller frees it. */
static char *read_all(const char *octets, size_t len, size_t step)
{
	struct bsmtp *p = bsmtp_new();
	struct bsmtp_event event;
	struct buf told;
	size_t used, n;
	bool goes_on = true;

	buf_init(&told);
	buf_puts(&told, "");
	for (used = 0; used < len && goes_on; used += n) {
		n = len - used < step ? len - used : step;
		goes_on = feed_piece(p, octets + used, n, &told);
	}
	do {
		bsmtp_finish(p, &event);
		tell(&told, p, &event);
	} while (event.kind == BSMTP_MAIL || event.kind == BSMTP_ERROR);
	bsmtp_free(p);
	return buf_steal(&told, &n);
}

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

static const struct story errors[] = {
	/* The texts that are attested. */
	{ TEXT("BCC: x\nHELO N\nfoo\nQUIT\n"),
		"1: 500 5.5.1 JES Unknown command, 'BCC:'\n"
		"3: 500 5.5.1 JES Unknown command, 'foo'\nquit\n" },
	{ TEXT("HELO N 12MAR\n"),
		"1: 501 5.5.4 JES Syntax error. "
		"Too many args after 'HELO' command\nquit\n" },
	{ TEXT("helo\nEHLO \xff\n"),
		"1: 501 5.5.4 JES Syntax error. "
		"Too few args after 'HELO' command\n"
		"2: 501 5.5.4 JES Syntax error in domain, '\\xff'\nquit\n" },
	{ TEXT("NOOP\nexpn x\nHELP\nQUEU\nTICK\nVERB\nVRFY a\n"),
		"1: 502 5.5.1 JES Command not implemented, 'NOOP'\n"
		"2: 502 5.5.1 JES Command not implemented, 'EXPN'\n"
		"3: 502 5.5.1 JES Command not implemented, 'HELP'\n"
		"4: 502 5.5.1 JES Command not implemented, 'QUEU'\n"
		"5: 502 5.5.1 JES Command not implemented, 'TICK'\n"
		"6: 502 5.5.1 JES Command not implemented, 'VERB'\n"
		"7: 502 5.5.1 JES Command not implemented, 'VRFY'\nquit\n" },
	{ TEXT("QUIT now\nRSET it\n"),
		"1: 501 5.5.4 JES Syntax error. Too many args after 'QUIT'\n"
		"2: 501 5.5.4 JES Syntax error. Too many args after 'RSET'\n"
		"quit\n" },
	/* What a session shows is escaped. */
	{ TEXT("\x1b[2J\\\n"),
		"1: 500 5.5.1 JES Unknown command, '\\x1b[2J\\x5c'\nquit\n" },
	/* Too many args after DATA: the text is skipped, not read. */
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA x\n"
	       "MAIL FROM:<x@y>\n.\nQUIT\n"),
		"4: 501 5.5.4 JES Syntax error. Too many args after 'DATA'\n"
		"quit\n" },
	/* A command out of place. */
	{ TEXT("MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\nx\n.\nQUIT\n"),
		"1: 503 5.5.1 JES Bad sequence of commands, 'MAIL'\nquit\n" },
	{ TEXT("HELO N\nRCPT TO:<c@d>\nDATA\nQUIT\n.\n"),
		"2: 503 5.5.1 JES Bad sequence of commands, 'RCPT'\n"
		"3: 503 5.5.1 JES Bad sequence of commands, 'DATA'\nquit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nDATA\nRCPT TO:<c@d>\n.\nQUIT\n"),
		"3: 503 5.5.1 JES Bad sequence of commands, 'DATA'\nquit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nMAIL FROM:<e@f>\nRCPT TO:<c@d>\n"
	       "DATA\n.\nQUIT\n"),
		"3: 503 5.5.1 JES Bad sequence of commands, 'MAIL'\nquit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nEHLO N\nMAIL FROM:<e@f>\n"
	       "RCPT TO:<c@d>\nDATA\n.\nQUIT\n"),
		"3: 503 5.5.1 JES Bad sequence of commands, 'EHLO'\n"
		"mail 1 from <e@f> to <c@d> at 65+0 sent 0\nquit\n" },
	/* An envelope whose text never came is told, and not sent. */
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nQUIT\nx\n"),
		"4: 503 5.5.1 JES Bad sequence of commands, 'QUIT'\nquit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nQUIT"),
		"4: 503 5.5.1 JES Bad sequence of commands, 'QUIT'\nquit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>\n"),
		"3: 503 5.5.1 JES Bad sequence of commands, "
		"'end of data set'\nquit\n" },
	/* Addresses. One error, and the other mails go on. */
	{ TEXT("HELO N\nMAIL FROM:a@b\nRCPT TO:<c@d>\nDATA\nQUIT\n.\n"
	       "MAIL FROM:<>\nRCPT TO:<c@d>\nDATA\n.\n"),
		"2: 501 5.1.7 JES Syntax error in sender address, 'a@b'\n"
		"mail 1 from <> to <c@d> at 79+0 sent 0\nquit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>x\nRCPT TO:<c@d>\nDATA\n.\n"),
		"2: 501 5.1.7 JES Syntax error in sender address, '<a@b>x'\n"
		"quit\n" },
	{ TEXT("HELO N\nMAIL TO:<a@b>\nRCPT <c@d>\nDATA\n.\n"),
		"2: 501 5.5.4 JES Syntax error. 'FROM:' expected after 'MAIL'\n"
		"3: 501 5.5.4 JES Syntax error. 'TO:' expected after 'RCPT'\n"
		"quit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nRCPT TO:<>\nRCPT TO:<e@f>\nDATA\n.\n"),
		"3: 501 5.1.3 JES Syntax error in recipient address, '<>'\n"
		"quit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d\0>\nDATA\n.\n"),
		"3: 501 5.1.3 JES Syntax error in recipient address, "
		"'<c@d\\x00>'\n"
		"4: 554 5.5.1 JES No valid recipients\nquit\n" },
	/* Parameters. */
	{ TEXT("HELO N\nMAIL FROM:<a@b> SIZE=1 RET=HDRS\nRCPT TO:<c@d>\n"
	       "DATA\n.\n"),
		"2: 555 5.5.4 JES Parameter not implemented, 'RET=HDRS'\n"
		"quit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b> SIZE=x\nRSET\n"
	       "MAIL FROM:<a@b> BODY=BINARYMIME\nRSET\n"
	       "MAIL FROM:<a@b> SIZE\nRSET\n"),
		"2: 555 5.5.4 JES Parameter not implemented, 'SIZE=x'\n"
		"4: 555 5.5.4 JES Parameter not implemented, "
		"'BODY=BINARYMIME'\n"
		"6: 555 5.5.4 JES Parameter not implemented, 'SIZE'\nquit\n" },
	{ TEXT("HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d> NOTIFY=NEVER\n"
	       "DATA\n.\n"),
		"3: 555 5.5.4 JES Parameter not implemented, 'NOTIFY=NEVER'\n"
		"4: 554 5.5.1 JES No valid recipients\nquit\n" },
	/* A mail that asks for TLS never comes out, till the next HELO. */
	{ TEXT("EHLO N\nSTARTTLS\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n.\n"
	       "RSET\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n.\nHELO N\n"
	       "MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n.\n"),
		"2: 502 5.5.1 JES Command not implemented, 'STARTTLS'\n"
		"mail 1 from <a@b> to <c@d> at 137+0 sent 0\nquit\n" },
	{ TEXT("EHLO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nSTARTTLS\nDATA\n.\n"),
		"4: 502 5.5.1 JES Command not implemented, 'STARTTLS'\n"
		"quit\n" },
};

static void check_story(const struct story *s)
{
	size_t steps[] = { SIZE_MAX, 1, 2, 3, 5, 7, 16, 41, 43 };
	char *told;
	size_t i;

	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		told = read_all(s->octets, s->len, steps[i]);
		ck_assert_str_eq(told, s->told);
		free(told);
	}
}

START_TEST(mails_are_found_in_pieces_of_any_size)
{
	check_story(&mails[_i]);
}
END_TEST

START_TEST(an_error_is_told_and_its_mail_not_produced)
{
	check_story(&errors[_i]);
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
	told = read_all(octets.data, octets.len, 100);
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
		"5: 500 5.6.0 JES Data line too long\nquit\n" },
	{ HEAD, 'x', 100000, "",
		"5: 500 5.6.0 JES Data line too long\n"
		"quit\n" },
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
		"3: 500 5.2.5 JES Command line too long\nquit\n" },
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

START_TEST(recipients_over_2000_are_one_error)
{
	struct buf octets;
	char *told;
	int i;

	buf_init(&octets);
	buf_puts(&octets, "HELO N\nMAIL FROM:<a@b>\n");
	for (i = 0; i < 2002; i++)
		buf_printf(&octets, "RCPT TO:<u%d@b>\n", i);
	buf_puts(&octets, "DATA\nx\n.\nQUIT\n");
	told = read_all(octets.data, octets.len, 4096);
	ck_assert_str_eq(
		told, "2003: 552 5.5.3 JES Too many recipients\nquit\n");
	free(told);
	buf_fini(&octets);
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

START_TEST(only_what_says_its_end_is_complete)
{
	const char *octets = ends[_i].octets;
	size_t len = strlen(octets);
	struct bsmtp *p = bsmtp_new();
	struct buf told;
	size_t i;

	buf_init(&told);
	for (i = 0; i < len; i++)
		if (!feed_piece(p, octets + i, 1, &told))
			break;
	ck_assert_int_eq(bsmtp_is_complete(p), ends[_i].is_complete);
	buf_fini(&told);
	bsmtp_free(p);
}
END_TEST

START_TEST(what_follows_quit_is_consumed_unread)
{
	struct bsmtp *p = bsmtp_new();
	struct bsmtp_event event;

	ck_assert_uint_eq(bsmtp_feed(p, "QUIT\nfoo\n", 9, &event), 5);
	ck_assert_int_eq(event.kind, BSMTP_QUIT);
	ck_assert_uint_eq(bsmtp_feed(p, "foo\n", 4, &event), 4);
	ck_assert_int_eq(event.kind, BSMTP_QUIT);
	bsmtp_finish(p, &event);
	ck_assert_int_eq(event.kind, BSMTP_MORE);
	bsmtp_free(p);
}
END_TEST

START_TEST(a_mail_nobody_took_is_freed)
{
	struct bsmtp *p = bsmtp_new();
	struct bsmtp_event event;

	ck_assert_uint_eq(bsmtp_feed(p, HEAD ".\n", 44, &event), 44);
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
	tcase_add_loop_test(tests, an_error_is_told_and_its_mail_not_produced,
		0, COUNT(errors));
	tcase_add_loop_test(
		tests, lines_have_their_limits, 0, COUNT(long_lines));
	tcase_add_test(tests, recipients_over_2000_are_one_error);
	tcase_add_loop_test(
		tests, only_what_says_its_end_is_complete, 0, COUNT(ends));
	tcase_add_test(tests, what_follows_quit_is_consumed_unread);
	tcase_add_test(tests, a_mail_nobody_took_is_freed);
	return suite_run(suite);
}
