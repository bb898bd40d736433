/*
 * Plain messages through a mount: as programs, cron and mail(1) write them.
 */
#include "support_files.h"
#include "support_mount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

/* What stands on both sides of the mount is one message: Python says so. */
static void assert_same(const char *written, size_t n)
{
	ck_assert_int_eq(
		shell("python3 tests/judge_message.py %s %s/%06zu.mail",
			written, m.targets[0].directory, n),
		0);
}

static void assert_envelope(size_t n, const char *from, const char *rcpts)
{
	char *envelope = envelope_get(&m, 0, n);
	const char *rcpt = strstr(envelope, "\nrcpt ");

	ck_assert_msg(strstr(envelope, from) != NULL, "%s is not in %s", from,
		envelope);
	ck_assert_ptr_nonnull(rcpt);
	ck_assert_str_eq(rcpt + 1, rcpts);
	free(envelope);
}

static const struct {
	const char *text, *from, *rcpts;
} messages[] = {
	{ "From: Ann <ann@a.example>\nTo: \"B, b\" <b@b.example>,\n "
	  "c@b.example\n"
	  "Cc: Team: d@b.example, e@b.example;\nBcc: f@b.example\n"
	  "Subject: x\n\nHello\n.\n..\n\nEnd\n",
		"from <ann@a.example>",
		"rcpt <b@b.example>\nrcpt <c@b.example>\nrcpt <d@b.example>\n"
		"rcpt <e@b.example>\nrcpt <f@b.example>\n" },
	{ "From: root (Cron Daemon)\nTo: root\n"
	  "Subject: Cron <root@here> run-parts\nMIME-Version: 1.0\n"
	  "Content-Type: text/plain; charset=UTF-8\n"
	  "Content-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\n\n"
	  "/etc/cron.daily/x:\n\303\244\n",
		"from <root@[127.0.0.1]>", "rcpt <root@[127.0.0.1]>\n" },
	{ "From ann@x Mon Nov 23 10:00:00 2026\nReturn-Path: <>\n"
	  "Date: Mon, 23 Nov 2026 10:00:00 +0100\nTo: b@b.example\n"
	  "Message-ID: <1@x>\nFrom: =?utf-8?q?J=C3=B6rg?= <j@a.example>\n\n"
	  "From here on\n",
		"from <>", "rcpt <b@b.example>\n" },
	{ "Resent-From: r@a.example\nResent-To: b@b.example\n"
	  "Resent-Bcc: c@b.example\nFrom: f@x.example\nTo: no@x.example\n"
	  "Subject: x\n\nHello",
		"from <r@a.example>",
		"rcpt <b@b.example>\nrcpt <c@b.example>\n" },
	{ "To: b@b\303\274cher.example\nSubject: \303\274\n\n\303\244\n",
		"from <", "rcpt <b@xn--bcher-kva.example>\n" },
};

START_TEST(a_message_goes_to_whom_it_names)
{
	char path[MOUNT_PATH_MAX + 16];

	mount_start_with(&m, NULL);
	snprintf(path, sizeof path, "%s/written", m.scratch);
	ck_assert_int_eq(file_puts(path, messages[_i].text), 0);
	ck_assert_int_eq(shell("cp %s %s/message", path, m.drop), 0);
	wait_for_mails(&m, 1);
	assert_envelope(1, messages[_i].from, messages[_i].rcpts);
	assert_same(path, 1);
}
END_TEST

START_TEST(a_hundred_lines_of_recipients_and_a_megabyte_arrive)
{
	mount_start_with(&m, NULL);
	ck_assert_int_eq(
		shell("{ echo 'To: r0@b.example'; for i in $(seq 100); do "
		      "echo \"Cc: r$i@b.example (comment)\"; done; "
		      "printf 'Subject: x\\n\\n'; seq 200000; } > %s/written",
			m.scratch),
		0);
	ck_assert_int_eq(shell("cp %s/written %s/large", m.scratch, m.drop), 0);
	wait_for_mails(&m, 2);
	ck_assert_int_eq(shell("cat %s/*.env | grep '^rcpt' | sort -u | "
			       "grep -c . | grep -qx 101",
				 m.targets[0].directory),
		0);
	ck_assert_int_eq(shell("sed '1,/^$/d' %s/written > %s/text; "
			       "tr -d '\\r' < %s/000001.mail | sed '1,/^$/d' | "
			       "cmp - %s/text",
				 m.scratch, m.scratch, m.targets[0].directory,
				 m.scratch),
		0);
}
END_TEST

START_TEST(a_message_may_be_records_in_ebcdic)
{
	char path[MOUNT_PATH_MAX + 16];

	mount_start_with(&m, "Translate IBM-037\nRecordFormat fixed\n");
	snprintf(path, sizeof path, "%s/written", m.scratch);
	ck_assert_int_eq(file_puts(path,
				 "From: o@a.example\nTo: b@b.example,\n"
				 " C <c@b.example>\nBcc: d@b.example\n"
				 "Subject: records\n\nHello\n.\n [x]\n"),
		0);
	ck_assert_int_eq(shell("dd conv=block cbs=80 status=none < %s | "
			       "iconv -f ASCII -t IBM037 > %s/records",
				 path, m.drop),
		0);
	wait_for_mails(&m, 1);
	assert_envelope(1, "from <o@a.example>",
		"rcpt <b@b.example>\nrcpt <c@b.example>\n"
		"rcpt <d@b.example>\n");
	assert_same(path, 1);
}
END_TEST

START_TEST(one_wrong_recipient_does_not_keep_the_mail_from_others)
{
	char path[MOUNT_PATH_MAX + 16];

	mount_start_with(&m, NULL);
	snprintf(path, sizeof path, "%s/some", m.drop);
	ck_assert_int_eq(
		file_puts(
			path, "To: a@b.example, J\303\266rg@b.example\n\nx\n"),
		0);
	wait_for_mails(&m, 1);
	assert_envelope(1, "from <", "rcpt <a@b.example>\n");
	wait_for_text(" held ", mount_queue(&m));
	ck_assert_int_eq(
		shell("grep -qF 'line 1: 553 5.6.7' %s", mount_queue(&m)), 0);
}
END_TEST

/* Header statements, from the writer's file to the wire. */
static const struct {
	const char *statements, *has, *has_not;
} headers[] = {
	{ "", "^Date: ", "^Sender: \\|^X-JES-Origin: " },
	{ "Header\n{\n Date NO\n}\n", "^Received: ", "^Date: " },
	{ "Header\n{\n UserInfo NO\n}\n", "^ with spool id D", "uid=\\|JOB0" },
	{ "AddFrom NO\n", "^Message-ID: ", "^From: " },
	{ "AddMime NO\n", "^From: ", "^MIME-Version: " },
	{ "OriginHeader YES\n", "^X-JES-Origin: user=.*; uid=0; job=JOB",
		"@@" },
};

START_TEST(each_statement_of_headers_has_its_way)
{
	char path[MOUNT_PATH_MAX + 16];

	mount_start_with(&m, headers[_i].statements);
	snprintf(path, sizeof path, "%s/one", m.drop);
	ck_assert_int_eq(file_puts(path, "To: a@b.example\n\n\303\244\n"), 0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(shell("grep -q '%s' %s/000001.mail && "
			       "! grep -q '%s' %s/000001.mail",
				 headers[_i].has, m.targets[0].directory,
				 headers[_i].has_not, m.targets[0].directory),
		0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("e2e message");
	TCase *c = tcase_create("message");

	tcase_set_timeout(c, TEST_S);
	tcase_add_checked_fixture(c, begin, finish);
	tcase_add_loop_test(c, a_message_goes_to_whom_it_names, 0,
		sizeof messages / sizeof *messages);
	tcase_add_test(c, a_hundred_lines_of_recipients_and_a_megabyte_arrive);
	tcase_add_test(c, a_message_may_be_records_in_ebcdic);
	tcase_add_test(
		c, one_wrong_recipient_does_not_keep_the_mail_from_others);
	tcase_add_loop_test(c, each_statement_of_headers_has_its_way, 0,
		sizeof headers / sizeof *headers);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	return mount_main(suite());
}
