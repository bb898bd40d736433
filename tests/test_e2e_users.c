/*
 * Many users of one mount: equal names that never meet, who may write, and
 * who may make a writer.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"

#include "text.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TEST_S = 120,
	USERS = 8,
	MAILS = 25, /* of each */
	FIRST_UID = 4711,
	TEXT_MAX = 512,
};

static struct mount m;

static void begin(void)
{
	mount_init(&m);
	m.mount_statements = "User nobody\n";
	mount_add_target(&m, NULL);
}

static void finish(void)
{
	mount_fini(&m);
}

struct who {
	uid_t uid;
	gid_t group; /* not the first one, and the only other one */
};

/* Starts act(arg) in a process of that user. */
static pid_t start_as(
	const struct who *who, int (*act)(unsigned int arg), unsigned int arg)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	if (setgroups(1, &who->group) != 0 || setgid(who->uid) != 0
		|| setuid(who->uid) != 0)
		_exit(255);
	_exit(act(arg));
}

static int wait_for(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int put_mail(unsigned int user, unsigned int number)
{
	char path[PATH_MAX], text[TEXT_MAX];

	text_format(path, sizeof path, "%s/mail.txt", m.drop);
	text_format(text, sizeof text,
		"HELO A\nMAIL FROM:<u%u@a.example>\n"
		"RCPT TO:<u%un%u@b.example>\nDATA\n"
		"Subject: u%un%u\n\nof user %u\n.\nQUIT\n",
		user, user, number, user, number, user);
	return file_puts(path, text);
}

static int put_mails(unsigned int user)
{
	unsigned int i;

	for (i = 0; i < MAILS; i++)
		if (put_mail(user, i) != 0)
			return 1;
	return 0;
}

/* The n-th mail belongs to whom its envelope says, in every part of it. */
static void see(size_t n, bool seen[static USERS * MAILS])
{
	char expected[TEXT_MAX];
	char *envelope = envelope_get(&m, 0, n);
	const char *rcpt = strstr(envelope, "rcpt <u");
	unsigned int user, number;
	size_t len;
	char *text = mail_get(&m, 0, n, &len);

	ck_assert_ptr_nonnull(rcpt);
	ck_assert_int_eq(
		sscanf(rcpt, "rcpt <u%un%u@b.example>", &user, &number), 2);
	ck_assert_uint_lt(user, USERS);
	ck_assert_uint_lt(number, MAILS);
	ck_assert_msg(!seen[user * MAILS + number], "%s came twice", rcpt);
	seen[user * MAILS + number] = true;
	text_format(expected, sizeof expected, "<u%u@a.example>", user);
	ck_assert_ptr_nonnull(strstr(envelope, expected));
	text_format(expected, sizeof expected,
		"Subject: u%un%u\r\n\r\nof user %u\r\n", user, number, user);
	ck_assert_ptr_nonnull(strstr(text, expected));
	free(envelope);
	free(text);
}

START_TEST(eight_users_with_one_name_get_each_his_mails_through)
{
	bool seen[USERS * MAILS] = { false };
	pid_t pids[USERS];
	unsigned int user;
	size_t n;

	mount_start(&m);
	for (user = 0; user < USERS; user++)
		pids[user] = start_as(
			&(struct who){ FIRST_UID + user, FIRST_UID + user },
			put_mails, user);
	for (user = 0; user < USERS; user++)
		ck_assert_int_eq(wait_for(pids[user]), 0);
	wait_for_mails(&m, USERS * MAILS);
	/* As many, each once: so all of them. */
	for (n = 1; n <= USERS * MAILS; n++)
		see(n, seen);
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_uint_eq(mails_count(&m, 0), USERS * MAILS);
}
END_TEST

/* ---- who may write ------------------------------------------------------- */

static int put_one(unsigned int user)
{
	return -put_mail(user, 0);
}

/* Accounts that every host has; users of other numbers need none. */
START_TEST(submitters_are_found_by_name_and_others_refused)
{
	const struct passwd *nobody = getpwnam("nobody");
	const struct group *mail = getgrnam("mail");

	ck_assert_ptr_nonnull(nobody);
	ck_assert_ptr_nonnull(mail);
	m.statements = "Submitters nobody,@mail\n";
	mount_start(&m);
	ck_assert_int_eq(
		wait_for(start_as(
			&(struct who){ FIRST_UID, FIRST_UID }, put_one, 0)),
		EACCES);
	ck_assert_int_eq(
		wait_for(start_as(&(struct who){ nobody->pw_uid, FIRST_UID },
			put_one, 1)),
		0);
	ck_assert_int_eq(
		wait_for(start_as(
			&(struct who){ FIRST_UID, mail->gr_gid }, put_one, 2)),
		0);
	ck_assert_int_eq(put_mail(3, 0), 0);
	wait_for_mails(&m, 3);
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_uint_eq(mails_count(&m, 0), 3);
}
END_TEST

/* ---- writers of an operator ---------------------------------------------- */

static const char *const made[] = { "other", "#TEST$@1", "OTHER", "intrdr",
	"much2long", "a.b", "\xc3\xa4", "status/x", "spool/MAIL/x" };
static const int as_operator[] = { 0, 0, EEXIST, EPERM, EINVAL, EINVAL, EINVAL,
	EPERM, EPERM };

static int make_writer(unsigned int i)
{
	char path[PATH_MAX];

	text_format(path, sizeof path, "%s/%s%s", m.point,
		strchr(made[i], '/') != NULL ? "" : "spool/", made[i]);
	return mkdir(path, 0755) == 0 ? 0 : errno;
}

/* A data set of what no writer selects waits, over a restart too. */
START_TEST(operators_make_writers_that_nothing_is_attached_to)
{
	const struct group *mail = getgrnam("mail");
	const struct who user = { FIRST_UID, FIRST_UID };
	const struct who operator= { FIRST_UID, mail->gr_gid };
	char path[PATH_MAX];
	unsigned int i;

	m.mount_statements = "User nobody\nOperatorGroup mail\n";
	mount_start(&m);
	ck_assert_int_eq(wait_for(start_as(&user, make_writer, 0)), EPERM);
	for (i = 0; i < COUNT(made); i++)
		ck_assert_int_eq(wait_for(start_as(&operator, make_writer, i)),
			as_operator[i]);
	text_format(path, sizeof path, "%s/spool/OTHER/f", m.point);
	ck_assert_int_eq(file_puts(path, "HELO A\n"), 0);
	ck_assert_int_eq(mount_stop(&m), 0);
	mount_start(&m);
	ck_assert_int_eq(access(path, F_OK), 0);
	text_format(path, sizeof path, "%s/spool/#TEST$@1", m.point);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(mount_stop(&m), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e_users");
	TCase *t = tcase_create("users");

	tcase_set_timeout(t, TEST_S);
	tcase_add_checked_fixture(t, begin, finish);
	tcase_add_test(t, eight_users_with_one_name_get_each_his_mails_through);
	tcase_add_test(t, submitters_are_found_by_name_and_others_refused);
	tcase_add_test(t, operators_make_writers_that_nothing_is_attached_to);
	suite_add_tcase(s, t);
	return mount_main(s);
}
