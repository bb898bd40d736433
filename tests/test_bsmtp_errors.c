#include "config_input.h"
#include "support_batch.h"
#include "support_run.h"

#include <check.h>
#include <string.h>

#define HELO "HELO N\n"
#define SENDER "MAIL FROM:<a@b>\n"
#define RECIPIENT "RCPT TO:<c@d>\n"
#define MAIL SENDER RECIPIENT "DATA\n.\n" /* 37 octets */
#define TEXT(text) text, sizeof(text) - 1

struct story {
	const char *octets;
	size_t len;
	const char *told;
};

static void check_story(const struct story *s)
{
	struct input_config config;

	input_config_init(&config);
	config.syntax_error_limit = 0;
	batch_check(&config, s->octets, s->len, s->told);
}

static const struct story commands[] = {
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
		"1: 502 5.5.1 JES Command is not implemented, 'NOOP'\n"
		"2: 502 5.5.1 JES Command is not implemented, 'EXPN'\n"
		"3: 502 5.5.1 JES Command is not implemented, 'HELP'\n"
		"4: 502 5.5.1 JES Command is not implemented, 'QUEU'\n"
		"5: 502 5.5.1 JES Command is not implemented, 'TICK'\n"
		"6: 502 5.5.1 JES Command is not implemented, 'VERB'\n"
		"7: 502 5.5.1 JES Command is not implemented, 'VRFY'\nquit\n" },
	{ TEXT("QUIT now\nRSET it\n"),
		"1: 501 5.5.4 JES Syntax error. Too many args after 'QUIT'\n"
		"2: 501 5.5.4 JES Syntax error. Too many args after 'RSET'\n"
		"quit\n" },
	/* Control characters but white space: the command is not looked at.
	 * What is shown is escaped. */
	{ TEXT("\x1b[2J\\\nHELO\tN\x7f\nHELO N\0\r\nRSET\v\n"),
		"1: 500 5.5.2 JES Control character in command, '\\x1b'\n"
		"2: 500 5.5.2 JES Control character in command, '\\x7f'\n"
		"4: 500 5.5.2 JES Control character in command, '\\x0b'\n"
		"quit\n" },
	{ TEXT("\\\xc3\xa4\n"),
		"1: 500 5.5.1 JES Unknown command, '\\x5c\\xc3\\xa4'\nquit\n" },
	/* An envelope whose text never came is told, and not sent. */
	{ TEXT(HELO SENDER RECIPIENT "QUIT\nx\n"),
		"4: 503 5.5.1 JES Bad sequence of commands, 'QUIT'\nquit\n" },
	{ TEXT(HELO SENDER RECIPIENT "QUIT"),
		"4: 503 5.5.1 JES Bad sequence of commands, 'QUIT'\nquit\n" },
	{ TEXT(HELO SENDER),
		"3: 503 5.5.1 JES Bad sequence of commands, "
		"'end of data set'\nquit\n" },
	/* Parameters of MAIL. */
	{ TEXT(HELO "MAIL FROM:<a@b> SIZE=x\nRSET\n"
		    "MAIL FROM:<a@b> BODY=BINARYMIME\nRSET\n"
		    "MAIL FROM:<a@b> SIZE\nRSET\n"
		    "MAIL FROM:<a@b> SIZE=1 size=1\nRSET\n"
		    "MAIL FROM:<a@b> AUTH=<>\nRSET\n"
		    "MAIL FROM:<a@b> NOTIFY=NEVER\nRSET\n"
		    "MAIL FROM:<a@b> RET=BODY\nRSET\n"
		    "MAIL FROM:<a@b> ENVID=a=b\nRSET\n"),
		"2: 501 5.5.4 JES Syntax error in parameter, 'SIZE=x'\n"
		"4: 501 5.5.4 JES Syntax error in parameter, "
		"'BODY=BINARYMIME'\n"
		"6: 501 5.5.4 JES Syntax error in parameter, 'SIZE'\n"
		"8: 501 5.5.4 JES Syntax error in parameter, 'size=1'\n"
		"10: 555 5.5.4 JES Parameter not implemented, 'AUTH=<>'\n"
		"12: 555 5.5.4 JES Parameter not implemented, 'NOTIFY=NEVER'\n"
		"14: 501 5.5.4 JES Syntax error in parameter, 'RET=BODY'\n"
		"16: 501 5.5.4 JES Syntax error in parameter, 'ENVID=a=b'\n"
		"quit\n" },
};

START_TEST(a_command_with_an_error_is_told_with_its_record)
{
	check_story(&commands[_i]);
}
END_TEST

static const struct story refused[] = {
	/* Too many args after DATA: the text is skipped, not read. */
	{ TEXT(HELO SENDER RECIPIENT "DATA x\nMAIL FROM:<x@y>\n.\n" MAIL),
		"4: 501 5.5.4 JES Syntax error. Too many args after 'DATA'\n"
		"mail 1 from <a@b> to <c@d> at 44+16 sent 17 refused, line 4: "
		"501 5.5.4 JES Syntax error. Too many args after 'DATA'\n"
		"mail 2 from <a@b> to <c@d> at 97+0 sent 0\nquit\n" },
	/* A command out of place. */
	{ TEXT(MAIL HELO MAIL),
		"1: 503 5.5.1 JES Bad sequence of commands, 'MAIL'\n"
		"mail 1 from <a@b> to <c@d> at 35+0 sent 0 refused, line 1: "
		"503 5.5.1 JES Bad sequence of commands, 'MAIL'\n"
		"mail 2 from <a@b> to <c@d> at 79+0 sent 0\nquit\n" },
	{ TEXT(HELO RECIPIENT "DATA\nQUIT\n.\n" MAIL),
		"2: 503 5.5.1 JES Bad sequence of commands, 'RCPT'\n"
		"3: 503 5.5.1 JES Bad sequence of commands, 'DATA'\n"
		"mail 1 from <> at 26+5 sent 6 refused, line 3: "
		"503 5.5.1 JES Bad sequence of commands, 'DATA'\n"
		"mail 2 from <a@b> to <c@d> at 68+0 sent 0\nquit\n" },
	{ TEXT(HELO SENDER "DATA\n" RECIPIENT ".\nQUIT\n"),
		"3: 503 5.5.1 JES Bad sequence of commands, 'DATA'\n"
		"mail 1 from <a@b> at 28+14 sent 15 refused, line 3: "
		"503 5.5.1 JES Bad sequence of commands, 'DATA'\nquit\n" },
	{ TEXT(HELO SENDER "MAIL FROM:<e@f>\n" RECIPIENT "DATA\n.\n" MAIL),
		"3: 503 5.5.1 JES Bad sequence of commands, 'MAIL'\n"
		"mail 1 from <a@b> to <c@d> at 58+0 sent 0 refused, line 3: "
		"503 5.5.1 JES Bad sequence of commands, 'MAIL'\n"
		"mail 2 from <a@b> to <c@d> at 95+0 sent 0\nquit\n" },
	/* An unknown one may be a RCPT that was meant otherwise. */
	{ TEXT(HELO SENDER RECIPIENT "RCTP TO:<e@f>\nDATA\n.\n" MAIL),
		"4: 500 5.5.1 JES Unknown command, 'RCTP'\n"
		"mail 1 from <a@b> to <c@d> at 56+0 sent 0 refused, line 4: "
		"500 5.5.1 JES Unknown command, 'RCTP'\n"
		"mail 2 from <a@b> to <c@d> at 93+0 sent 0\nquit\n" },
	/* A new session ends an envelope that has no text. */
	{ TEXT(HELO SENDER "EHLO N\n" MAIL),
		"3: 503 5.5.1 JES Bad sequence of commands, 'EHLO'\n"
		"mail 1 from <a@b> to <c@d> at 65+0 sent 0\nquit\n" },
	/* Senders. */
	{ TEXT(HELO "MAIL FROM:a@b\n" RECIPIENT "DATA\nQUIT\n.\n" MAIL),
		"2: 501 5.1.7 JES Syntax error in sender address, 'a@b'\n"
		"mail 1 from <> to <c@d> at 40+5 sent 6 refused, line 2: "
		"501 5.1.7 JES Syntax error in sender address, 'a@b'\n"
		"mail 2 from <a@b> to <c@d> at 82+0 sent 0\nquit\n" },
	{ TEXT(HELO "MAIL FROM:<a@b>x\n" RECIPIENT "DATA\n.\n"),
		"2: 501 5.1.7 JES Syntax error in sender address, '<a@b>x'\n"
		"mail 1 from <> to <c@d> at 43+0 sent 0 refused, line 2: "
		"501 5.1.7 JES Syntax error in sender address, '<a@b>x'\n"
		"quit\n" },
	{ TEXT(HELO "MAIL TO:<a@b>\n" RECIPIENT "DATA\n.\n"),
		"2: 501 5.5.4 JES Syntax error. 'FROM:' expected after 'MAIL'\n"
		"mail 1 from <> to <c@d> at 40+0 sent 0 refused, line 2: "
		"501 5.5.4 JES Syntax error. 'FROM:' expected after 'MAIL'\n"
		"quit\n" },
	/* The first error is what the refusal says. */
	{ TEXT(HELO SENDER "foo\nbar\n" RECIPIENT "DATA\n.\n"),
		"3: 500 5.5.1 JES Unknown command, 'foo'\n"
		"4: 500 5.5.1 JES Unknown command, 'bar'\n"
		"mail 1 from <a@b> to <c@d> at 50+0 sent 0 refused, line 3: "
		"500 5.5.1 JES Unknown command, 'foo'\nquit\n" },
};

START_TEST(a_mail_with_an_error_is_refused_and_the_next_one_read)
{
	check_story(&refused[_i]);
}
END_TEST

static const struct story recipients[] = {
	{ TEXT(HELO SENDER "RCPT TO:<>\nRCPT <c@d>\nRCPT TO:<e@f>\n"
			   "DATA\n.\n"),
		"3, uncounted: 501 5.1.3 JES Syntax error in recipient "
		"address, '<>'\n"
		"4, uncounted: 501 5.5.4 JES Syntax error. "
		"'TO:' expected after 'RCPT'\n"
		"mail 1 from <a@b> to <e@f> at 64+0 sent 0\nquit\n" },
	{ TEXT(HELO SENDER "RCPT TO:<c\x01@d>\n" RECIPIENT "DATA\n.\n"),
		"3, uncounted: 500 5.5.2 JES Control character in command, "
		"'\\x01'\n"
		"mail 1 from <a@b> to <c@d> at 57+0 sent 0\nquit\n" },
	{ TEXT(HELO SENDER RECIPIENT "RCPT TO:<e@f> SIZE=1\n"
				     "RCPT TO:<e@f> NOTIFY=ALWAYS\n"
				     "RCPT TO:<e@f> ORCPT=x@y\nDATA\n.\n"),
		"4, uncounted: 555 5.5.4 JES Parameter not implemented, "
		"'SIZE=1'\n"
		"5, uncounted: 501 5.5.4 JES Syntax error in parameter, "
		"'NOTIFY=ALWAYS'\n"
		"6, uncounted: 501 5.5.4 JES Syntax error in parameter, "
		"'ORCPT=x@y'\n"
		"mail 1 from <a@b> to <c@d> at 115+0 sent 0\nquit\n" },
	/* With none that is good there is nobody to send it to. */
	{ TEXT(HELO SENDER "RCPT TO:<c@d\0>\nDATA\n.\n" MAIL),
		"3, uncounted: 501 5.1.3 JES Syntax error in recipient "
		"address, '<c@d\\x00>'\n"
		"4, uncounted: 554 5.5.1 JES No valid recipients\n"
		"mail 1 from <a@b> at 43+0 sent 0 refused, line 4: "
		"554 5.5.1 JES No valid recipients\n"
		"mail 2 from <a@b> to <c@d> at 80+0 sent 0\nquit\n" },
};

START_TEST(a_recipient_with_an_error_is_not_counted_and_costs_no_other)
{
	check_story(&recipients[_i]);
}
END_TEST

START_TEST(a_command_not_implemented_costs_no_mail)
{
	static const struct story story = {
		TEXT(HELO SENDER "NOOP\n" RECIPIENT "VRFY c\nDATA\n.\n"),
		"3: 502 5.5.1 JES Command is not implemented, 'NOOP'\n"
		"5: 502 5.5.1 JES Command is not implemented, 'VRFY'\n"
		"mail 1 from <a@b> to <c@d> at 54+0 sent 0\nquit\n"
	};

	check_story(&story);
}
END_TEST

static const struct story hellos[] = {
	{ TEXT("HELO N 12MAR\n" MAIL),
		"1: 501 5.5.4 JES Syntax error. "
		"Too many args after 'HELO' command\n"
		"2: 503 5.5.1 JES Bad sequence of commands, 'MAIL'\n"
		"mail 1 from <a@b> to <c@d> at 48+0 sent 0 refused, line 2: "
		"503 5.5.1 JES Bad sequence of commands, 'MAIL'\nquit\n" },
	{ TEXT("HELO N\nHELO N 12MAR\n" MAIL "EHLO N 13MAR\n" MAIL),
		"2: 501 5.5.4 JES Syntax error. "
		"Too many args after 'HELO' command\n"
		"mail 1 from <a@b> to <c@d> at 55+0 sent 0\n"
		"7: 501 5.5.4 JES Syntax error. "
		"Too many args after 'EHLO' command\n"
		"mail 2 from <a@b> to <c@d> at 105+0 sent 0\nquit\n" },
};

START_TEST(a_wrong_hello_is_told_and_an_earlier_one_still_counts)
{
	check_story(&hellos[_i]);
}
END_TEST

static const struct story secrets[] = {
	/* For all mails that follow, till the next HELO or EHLO. */
	{ TEXT("EHLO N\nSTARTTLS\n" MAIL "RSET\n" MAIL HELO MAIL),
		"mail 1 from <a@b> to <c@d> at 51+0 sent 0 tls\n"
		"mail 2 from <a@b> to <c@d> at 93+0 sent 0 tls\n"
		"mail 3 from <a@b> to <c@d> at 137+0 sent 0\nquit\n" },
	{ TEXT("EHLO N\nstarttls \n" MAIL "EHLO N\n" MAIL),
		"mail 1 from <a@b> to <c@d> at 52+0 sent 0 tls\n"
		"mail 2 from <a@b> to <c@d> at 96+0 sent 0\nquit\n" },
	/* However wrong it is, what follows was not meant for the clear. */
	{ TEXT(HELO "STARTTLS\n" MAIL),
		"2: 503 5.5.1 JES Bad sequence of commands, 'STARTTLS'\n"
		"mail 1 from <a@b> to <c@d> at 51+0 sent 0 tls\nquit\n" },
	{ TEXT("EHLO N\nSTARTTLS now\n" MAIL "HELO N now\n" MAIL),
		"2: 501 5.5.4 JES Syntax error. "
		"Too many args after 'STARTTLS'\n"
		"mail 1 from <a@b> to <c@d> at 55+0 sent 0 tls\n"
		"7: 501 5.5.4 JES Syntax error. "
		"Too many args after 'HELO' command\n"
		"mail 2 from <a@b> to <c@d> at 103+0 sent 0 tls\nquit\n" },
	{ TEXT("EHLO N\n" SENDER RECIPIENT "STARTTLS\nDATA\n.\n" MAIL),
		"4: 503 5.5.1 JES Bad sequence of commands, 'STARTTLS'\n"
		"mail 1 from <a@b> to <c@d> at 51+0 sent 0 tls refused, "
		"line 4: 503 5.5.1 JES Bad sequence of commands, 'STARTTLS'\n"
		"mail 2 from <a@b> to <c@d> at 88+0 sent 0 tls\nquit\n" },
};

START_TEST(starttls_holds_until_the_next_hello)
{
	check_story(&secrets[_i]);
}
END_TEST

static const struct {
	uint32_t limit;
	const char *octets;
	const char *told;
} limits[] = {
	/* A mail before the limit is sent; what follows it is not read. */
	{ 1, HELO MAIL "a\nb\n" MAIL,
		"mail 1 from <a@b> to <c@d> at 42+0 sent 0\n"
		"6: 500 5.5.1 JES Unknown command, 'a'\n"
		"7: 500 5.5.1 JES Unknown command, 'b' [end]\n"
		"7, uncounted: Exceeded maximum errors(1) allowed [end]\n"
		"7, uncounted: Maximum errors reached in Jes file. "
		"Quit Command generated [end]\nquit\n" },
	{ 5, "a\nb\nc\nd\ne\nHELO N\n" MAIL,
		"1: 500 5.5.1 JES Unknown command, 'a'\n"
		"2: 500 5.5.1 JES Unknown command, 'b'\n"
		"3: 500 5.5.1 JES Unknown command, 'c'\n"
		"4: 500 5.5.1 JES Unknown command, 'd'\n"
		"5: 500 5.5.1 JES Unknown command, 'e'\n"
		"mail 1 from <a@b> to <c@d> at 52+0 sent 0\nquit\n" },
	{ 0, "a\nb\nc\nd\ne\nf\ng\n",
		"1: 500 5.5.1 JES Unknown command, 'a'\n"
		"2: 500 5.5.1 JES Unknown command, 'b'\n"
		"3: 500 5.5.1 JES Unknown command, 'c'\n"
		"4: 500 5.5.1 JES Unknown command, 'd'\n"
		"5: 500 5.5.1 JES Unknown command, 'e'\n"
		"6: 500 5.5.1 JES Unknown command, 'f'\n"
		"7: 500 5.5.1 JES Unknown command, 'g'\nquit\n" },
	/* Passed in the midst of a mail, and by the end of the data set. */
	{ 1, HELO SENDER "a\nb\n" RECIPIENT "DATA\n.\n",
		"3: 500 5.5.1 JES Unknown command, 'a'\n"
		"4: 500 5.5.1 JES Unknown command, 'b' [end]\n"
		"4, uncounted: Exceeded maximum errors(1) allowed [end]\n"
		"4, uncounted: Maximum errors reached in Jes file. "
		"Quit Command generated [end]\nquit\n" },
	{ 1, "a\n" HELO SENDER,
		"1: 500 5.5.1 JES Unknown command, 'a'\n"
		"4: 503 5.5.1 JES Bad sequence of commands, "
		"'end of data set' [end]\n"
		"4, uncounted: Exceeded maximum errors(1) allowed [end]\n"
		"4, uncounted: Maximum errors reached in Jes file. "
		"Quit Command generated [end]\nquit\n" },
	/* Errors of RCPT do not bring it nearer. */
	{ 1, HELO SENDER "RCPT\nRCPT\nRCPT\n" RECIPIENT "DATA\n.\n",
		"3, uncounted: 501 5.5.4 JES Syntax error. "
		"'TO:' expected after 'RCPT'\n"
		"4, uncounted: 501 5.5.4 JES Syntax error. "
		"'TO:' expected after 'RCPT'\n"
		"5, uncounted: 501 5.5.4 JES Syntax error. "
		"'TO:' expected after 'RCPT'\n"
		"mail 1 from <a@b> to <c@d> at 57+0 sent 0\nquit\n" },
};

START_TEST(past_the_limit_of_errors_nothing_is_read)
{
	struct input_config config;

	input_config_init(&config);
	config.syntax_error_limit = limits[_i].limit;
	batch_check(&config, limits[_i].octets, strlen(limits[_i].octets),
		limits[_i].told);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bsmtp errors");
	TCase *tests = tcase_create("bsmtp errors");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests,
		a_command_with_an_error_is_told_with_its_record, 0,
		COUNT(commands));
	tcase_add_loop_test(tests,
		a_mail_with_an_error_is_refused_and_the_next_one_read, 0,
		COUNT(refused));
	tcase_add_loop_test(tests,
		a_recipient_with_an_error_is_not_counted_and_costs_no_other, 0,
		COUNT(recipients));
	tcase_add_test(tests, a_command_not_implemented_costs_no_mail);
	tcase_add_loop_test(tests,
		a_wrong_hello_is_told_and_an_earlier_one_still_counts, 0,
		COUNT(hellos));
	tcase_add_loop_test(
		tests, starttls_holds_until_the_next_hello, 0, COUNT(secrets));
	tcase_add_loop_test(tests, past_the_limit_of_errors_nothing_is_read, 0,
		COUNT(limits));
	return suite_run(suite);
}
