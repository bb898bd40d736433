/*
 * Batch SMTP as jobs write it, through a mount: long lists, errors, TestMode,
 * statements of a writer's file.
 */
#include "support_files.h"
#include "support_mount.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { TEST_S = 120 };

static struct mount m;

static void begin(void)
{
	mount_init_one(&m);
}

static void finish(void)
{
	mount_fini(&m);
}

static void put(const char *name, const char *text)
{
	char path[MOUNT_PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/%s", m.drop, name);
	ck_assert_int_eq(file_puts(path, text), 0);
}

static void assert_held(const char *reason)
{
	wait_for_text(" held ", mount_queue(&m));
	ck_assert_msg(shell("grep -qF \"%s\" %s", reason, mount_queue(&m)) == 0,
		"%s is not in the queue", reason);
}

START_TEST(five_thousand_recipients_all_get_the_mail_once)
{
	mount_start_with(&m, NULL);
	ck_assert_int_eq(
		shell("{ printf 'HELO A\\nMAIL FROM:<o@a.example>\\n'; "
		      "seq -f 'RCPT TO:<r%%g@b.example>' 5000; "
		      "printf 'DATA\\nSubject: all\\n\\nx\\n.\\n'; } > %s/all",
			m.drop),
		0);
	wait_for_mails(&m, 50);
	ck_assert_int_eq(shell("cat %s/*.env | grep '^rcpt' | sort | uniq -c | "
			       "grep -c '^ *1 ' | grep -qx 5000",
				 m.targets[0].directory),
		0);
}
END_TEST

#define MAIL_TO(rcpt)                                                          \
	"MAIL FROM:<o@a.example>\nRCPT TO:<" rcpt ">\nDATA\n"                  \
	"Subject: x\n\nx\n.\n"

START_TEST(good_mails_among_errors_arrive_and_the_rest_is_held)
{
	mount_start_with(&m, NULL);
	put("mixed",
		"HELO A 12MAR\nHELO A\n" MAIL_TO(
			"a@b.example") "foo\n"
				       "MAIL FROM:<o@a.example>\nRCPT "
				       "TO:b\nRCPT TO:<b@b.example>\n"
				       "DATA\nSubject: x\n\nx\n.\n"
				       "MAIL FROM:o\nRCPT "
				       "TO:<c@b.example>\nDATA\nx\n.\n" MAIL_TO(
					       "d@b.example"));
	wait_for_mails(&m, 3);
	assert_held("line 1: 501 5.5.4 JES Syntax error. "
		    "Too many args after 'HELO' command (and 3 more)");
	ck_assert_int_eq(shell("cat %s/*.env | grep '^rcpt' | sort | "
			       "tr -d '\\n' | grep -qx "
			       "'rcpt <a@b.example>rcpt <b@b.example>"
			       "rcpt <d@b.example>'",
				 m.targets[0].directory),
		0);
}
END_TEST

/* Who writes it hears so at once; what the reader does, unit tests show. */
START_TEST(past_the_limit_of_errors_nothing_more_is_taken)
{
	static const char text[] =
		"HELO A\n" MAIL_TO("a@b.example") "foo\nbar\n";
	char path[MOUNT_PATH_MAX + 16];

	mount_start_with(&m, "JESSyntaxErrLimit 1\n");
	snprintf(path, sizeof path, "%s/bad", m.drop);
	ck_assert_int_eq(file_puts(path, text), -EINVAL);
	put("good", "HELO A\n" MAIL_TO("b@b.example") "foo\n");
	assert_held("line 9: 500 5.5.1 JES Unknown command, 'foo'");
	ck_assert_uint_eq(mails_count(&m, 0), 1);
}
END_TEST

START_TEST(a_mail_over_jesmsgsize_is_not_sent_and_the_next_one_is)
{
	char text[8192];
	size_t used;
	int i;

	mount_start_with(&m, "JESMsgSize 1\n");
	used = (size_t)snprintf(text, sizeof text,
		"HELO A\nMAIL FROM:<>\nRCPT TO:<a@b.example>\nDATA\n");
	for (i = 0; i < 40; i++)
		used += (size_t)snprintf(
			text + used, sizeof text - used, "%060d\n", i);
	snprintf(text + used, sizeof text - used, ".\n%s",
		MAIL_TO("b@b.example"));
	put("large", text);
	wait_for_mails(&m, 1);
	assert_held("552 5.3.4 JES Message size exceeds limit");
	ck_assert_uint_eq(mails_count(&m, 0), 1);
}
END_TEST

/* Whether of all data sets only the one of this name is left. */
static bool is_alone(const void *arg)
{
	return shell("ls %s | grep -vx %s", m.drop, (const char *)arg) != 0;
}

START_TEST(in_test_mode_nothing_is_sent_and_only_errors_stay)
{
	mount_start_with(&m, "Options\n{\n TestMode YES\n}\n");
	put("good", "HELO A\n" MAIL_TO("a@b.example"));
	put("bad", "HELO A\n" MAIL_TO("a@b.example") "foo\n");
	assert_held("line 9: 500 5.5.1 JES Unknown command, 'foo'");
	wait_until(is_alone, "bad", "the good one gone");
	ck_assert_uint_eq(mails_count(&m, 0), 0);
}
END_TEST

START_TEST(another_at_sign_is_taken_in_commands)
{
	mount_start_with(&m, "Options\n{\n AtSign \302\247\n}\n");
	put("at",
		"HELO A\nMAIL FROM:<o\302\247a.example>\n"
		"RCPT TO:<b\302\247b.example>\n"
		"DATA\nSubject: x\n\n\302\247\n.\n");
	wait_for_mails(&m, 1);
	ck_assert_int_eq(
		shell("grep -q '^rcpt <b@b.example>' %s/*.env && "
		      "grep -q '^\302\247' %s/*.mail",
			m.targets[0].directory, m.targets[0].directory),
		0);
}
END_TEST

/* A record of 80 octets that ends in '<' goes on in the next one. */
static const struct {
	const char *statements;
	const char *sent;
} continued[] = {
	{ "RecordFormat fixed\n", "^y$" },
	{ "RecordFormat fixed\nContinuation all\n", "<y$" },
};

START_TEST(continued_records_are_one_line_in_commands_and_else_if_said)
{
	static const char *const records[] = { "HELO A",
		"MAIL FROM:<o@a.example>", "RCPT TO:", "a@b.example>", "DATA",
		"Subject: x", "", "x", "y", "." };
	char text[1024];
	size_t used = 0;
	size_t i;

	for (i = 0; i < sizeof records / sizeof *records; i++)
		used += (size_t)snprintf(text + used, sizeof text - used,
			"%-79s%c", records[i], i == 2 || i == 7 ? '<' : ' ');
	mount_start_with(&m, continued[_i].statements);
	put("fb80", text);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(shell("grep -q '^rcpt <a@b.example>' %s/*.env && "
			       "cat %s/*.mail | tr -d '\\r' | grep -q '%s'",
				 m.targets[0].directory, m.targets[0].directory,
				 continued[_i].sent),
		0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("e2e batch");
	TCase *c = tcase_create("batch");

	tcase_set_timeout(c, TEST_S);
	tcase_add_checked_fixture(c, begin, finish);
	tcase_add_test(c, five_thousand_recipients_all_get_the_mail_once);
	tcase_add_test(c, good_mails_among_errors_arrive_and_the_rest_is_held);
	tcase_add_test(c, past_the_limit_of_errors_nothing_more_is_taken);
	tcase_add_test(
		c, a_mail_over_jesmsgsize_is_not_sent_and_the_next_one_is);
	tcase_add_test(c, in_test_mode_nothing_is_sent_and_only_errors_stay);
	tcase_add_loop_test(c,
		continued_records_are_one_line_in_commands_and_else_if_said, 0,
		sizeof continued / sizeof *continued);
	tcase_add_test(c, another_at_sign_is_taken_in_commands);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	return mount_main(suite());
}
