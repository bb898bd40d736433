/*
 * From a file to a mail: what cp, printf and programs write arrives at the
 * target servers, octet by octet.
 */
#include "support_files.h"
#include "support_mount.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEST_S = 120 };

#define ENVELOPE(to)                                                           \
	"HELO A\nMAIL FROM:<ops@a.example>\nRCPT TO:<" to ">\nDATA\n"

static struct mount m;

static void begin(void)
{
	mount_start_simple(&m);
}

static void finish(void)
{
	mount_fini(&m);
}

/* The n-th mail of the first target is exactly this, fields added on top. */
static void assert_mail(size_t n, const char *expected, size_t expected_len)
{
	size_t len;
	char *octets = mail_get(&m, 0, n, &len);

	ck_assert_msg(len > expected_len
			&& strncmp(octets, "Received: ", 10) == 0
			&& memcmp(octets + len - expected_len, expected,
				   expected_len)
				== 0,
		"mail %zu of %zu octets: %s", n, len, octets);
	free(octets);
}

static void assert_envelope(size_t n, const char *needle)
{
	char *envelope = envelope_get(&m, 0, n);

	ck_assert_msg(strstr(envelope, needle) != NULL, "%s is not in: %s",
		needle, envelope);
	free(envelope);
}

START_TEST(a_file_copied_in_arrives)
{
	static const char source[] =
		ENVELOPE("ann@b.example") "Subject: first\n\nHello.\n.\nQUIT\n";
	static const char expected[] = "Subject: first\r\n\r\nHello.\r\n";
	char path[MOUNT_PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/letter", m.scratch);
	ck_assert_int_eq(file_puts(path, source), 0);
	ck_assert_int_eq(shell("cp %s %s/letter", path, m.drop), 0);
	wait_for_mails(&m, 1);
	assert_mail(1, expected, sizeof expected - 1);
	assert_envelope(1, "from <ops@a.example>");
	assert_envelope(1, "rcpt <ann@b.example>\n");
}
END_TEST

START_TEST(a_file_printed_in_arrives)
{
	static const char expected[] = "Subject: second\r\n\r\nHello.\r\n";

	ck_assert_int_eq(
		shell("printf 'HELO A\\nMAIL FROM:<o@a.example>\\n"
		      "RCPT TO:<bob@b.example>\\nDATA\\n"
		      "Subject: second\\n\\nHello.\\n.\\n' > %s/second",
			m.drop),
		0);
	wait_for_mails(&m, 1);
	assert_mail(1, expected, sizeof expected - 1);
}
END_TEST

START_TEST(every_mail_of_a_data_set_arrives)
{
	enum { MAILS = 50 };
	char dataset[8192] = "HELO A\n";
	size_t used = strlen(dataset);
	int i;

	for (i = 1; i <= MAILS; i++)
		used += (size_t)snprintf(dataset + used, sizeof dataset - used,
			"MAIL FROM:<o@a.example>\nRCPT TO:<r%d@b.example>\n"
			"DATA\nSubject: %d\n\n%d\n.\n",
			i, i, i);
	ck_assert_int_eq(
		shell("cat > %s/many <<'END'\n%sQUIT\nEND", m.drop, dataset),
		0);
	wait_for_mails(&m, MAILS);
	ck_assert_int_eq(shell("cat %s/*.env | grep '^rcpt' | sort -u | "
			       "wc -l | grep -qx %d",
				 m.targets[0].directory, MAILS),
		0);
}
END_TEST

/* Both line ends, the end of file as the end of data, dots, and octets. */
static const struct {
	const char *written;
	const char *sent;
} forms[] = {
	{ "Subject: lf\n\nx\n.\n", "Subject: lf\r\n\r\nx\r\n" },
	{ "Subject: eof\n\nx\n", "Subject: eof\r\n\r\nx\r\n" },
	{ "Subject: no end\n\nx", "Subject: no end\r\n\r\nx\r\n" },
	{ "Subject: dots\n\n..\n...a\n..b\n.\n",
		"Subject: dots\r\n\r\n.\r\n..a\r\n.b\r\n" },
	{ "Subject: octets\n\n\303\244 \377 \t x\n.\n",
		"Subject: octets\r\n\r\n\303\244 \377 \t x\r\n" },
};

START_TEST(the_octets_of_a_mail_are_kept)
{
	char path[MOUNT_PATH_MAX + 16], dataset[1024];

	snprintf(path, sizeof path, "%s/form", m.drop);
	snprintf(dataset, sizeof dataset, ENVELOPE("a@b.example") "%s",
		forms[_i].written);
	ck_assert_int_eq(file_puts(path, dataset), 0);
	wait_for_mails(&m, 1);
	assert_mail(1, forms[_i].sent, strlen(forms[_i].sent));
}
END_TEST

START_TEST(lines_that_end_in_crlf_arrive_as_they_are)
{
	static const char dataset[] =
		"HELO A\r\nMAIL FROM:<o@a.example>\r\n"
		"RCPT TO:<a@b.example>\r\nDATA\r\n"
		"Subject: crlf\r\n\r\n..x\r\n.\r\nQUIT\r\n";
	static const char sent[] = "Subject: crlf\r\n\r\n.x\r\n";
	char path[MOUNT_PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/crlf", m.drop);
	ck_assert_int_eq(file_puts(path, dataset), 0);
	wait_for_mails(&m, 1);
	assert_mail(1, sent, sizeof sent - 1);
}
END_TEST

/* 4 MiB: more than a segment's record, more than any buffer. */
START_TEST(a_large_mail_arrives_whole)
{
	ck_assert_int_eq(
		shell("{ printf 'HELO A\\nMAIL FROM:<o@a.example>\\n"
		      "RCPT TO:<a@b.example>\\nDATA\\nSubject: large\\n\\n'; "
		      "seq 600000; } > %s/large; cp %s/large %s/large",
			m.scratch, m.scratch, m.drop),
		0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(
		shell("sed 1,6d %s/large | sed 's/$/\\r/' > %s/expected; "
		      "sed '1,/^\\r$/d' %s/000001.mail | cmp - %s/expected",
			m.scratch, m.scratch, m.targets[0].directory,
			m.scratch),
		0);
}
END_TEST

START_TEST(two_writes_to_one_name_are_two_data_sets)
{
	int i;

	for (i = 0; i < 10; i++)
		ck_assert_int_eq(
			shell("printf 'HELO A\\nMAIL FROM:<o@a.example>\\n"
			      "RCPT TO:<r%d@b.example>\\nDATA\\n\\nx\\n' "
			      "> %s/same",
				i, m.drop),
			0);
	wait_for_mails(&m, 10);
}
END_TEST

START_TEST(an_empty_file_is_no_mail)
{
	ck_assert_int_eq(shell("touch %s/empty", m.drop), 0);
	ck_assert_int_eq(
		shell("printf 'HELO A\\nMAIL FROM:<o@a.example>\\n"
		      "RCPT TO:<a@b.example>\\nDATA\\n\\nx\\n' > %s/mail",
			m.drop),
		0);
	wait_for_mails(&m, 1);
	ck_assert_int_ne(shell("ls %s | grep -q empty", m.drop), 0);
	ck_assert_int_ne(shell("grep -q held %s/status/queue", m.point), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("e2e mail");
	TCase *c = tcase_create("mail");

	tcase_set_timeout(c, TEST_S);
	tcase_add_checked_fixture(c, begin, finish);
	tcase_add_test(c, a_file_copied_in_arrives);
	tcase_add_test(c, a_file_printed_in_arrives);
	tcase_add_test(c, every_mail_of_a_data_set_arrives);
	tcase_add_loop_test(c, the_octets_of_a_mail_are_kept, 0,
		sizeof forms / sizeof forms[0]);
	tcase_add_test(c, lines_that_end_in_crlf_arrive_as_they_are);
	tcase_add_test(c, a_large_mail_arrives_whole);
	tcase_add_test(c, two_writes_to_one_name_are_two_data_sets);
	tcase_add_test(c, an_empty_file_is_no_mail);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	return mount_main(suite());
}
