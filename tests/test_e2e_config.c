/*
 * What configuration statements do to a mount, where no other suite shows
 * it.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_S = 60, SOMEBODY = 12345 };

static struct mount m;

static void set_up(void)
{
	mount_init_one(&m);
}

static void tear_down(void)
{
	mount_fini(&m);
}

#define LETTER                                                                 \
	"HELO A\nMAIL FROM:<o@a.example>\nRCPT TO:<p@b.example>\n"             \
	"DATA\n\n1\n.\n"

/* Starts a mount with more for MAIL.conf and for jesfs.conf. */
static void start(const char *statements, const char *mount_statements)
{
	m.statements = statements;
	m.mount_statements = mount_statements;
	mount_start(&m);
}

static const char *at(const char *name)
{
	static char path[PATH_MAX];

	ck_assert(text_format(path, sizeof path, "%s/%s", m.drop, name));
	return path;
}

/* One mail through a mount with this LogLevel; what was logged. */
static char *log_of(const char *statement)
{
	start(statement, NULL);
	ck_assert_int_eq(file_puts(at("letter"), LETTER), 0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(mount_stop(&m), 0);
	return file_text("%s", m.log);
}

START_TEST(log_level_says_which_lines_are_logged)
{
	static const struct {
		const char *statement;
		bool has_events, has_information;
	} cases[] = {
		{ "LogLevel 3\n", false, false },
		{ "", true, false },
		{ "LogLevel 15\n", true, true },
	};
	char *log = log_of(cases[_i].statement);

	ck_assert(cases[_i].has_events == (strstr(log, "JESF001I") != NULL));
	ck_assert(cases[_i].has_information
		== (strstr(log, "rcpt=<p@b.example>") != NULL));
	free(log);
}
END_TEST

/* An address of loopback that nobody else uses, as the kernel lists it. */
START_TEST(mail_leaves_from_the_address_in_the_environment)
{
	char *connections;

	ck_assert_int_eq(
		setenv("_BPXK_SETIBMOPT_TRANSPORT", "127.81.23.9", 1), 0);
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "bob"), 0);
	wait_for_mails(&m, 1);
	connections = file_text("/proc/net/tcp");
	ck_assert_ptr_nonnull(strstr(connections, " 0917517F:"));
	free(connections);
	ck_assert_int_eq(mount_stop(&m), 0);
}
END_TEST

/* 1000 octets to a unit, and none is no limit. */
START_TEST(jes_job_size_says_how_large_a_data_set_may_be)
{
	static const struct {
		const char *statement;
		int err;
	} cases[] = {
		{ "JESJobSize 0\n", 0 },
		{ "JESJobSize 1\n", -EFBIG },
		{ "JESJobSize 2\n", 0 },
	};
	char text[2000];
	size_t start_len = sizeof LETTER - sizeof "1\n.\n";

	memset(text, 'x', sizeof text);
	memcpy(text, LETTER, start_len);
	memcpy(text + 1000, "\n", 1);
	memcpy(text + sizeof text - 3, "\n.\n", 3);
	start(cases[_i].statement, NULL);
	ck_assert_int_eq(
		file_put(at("letter"), text, sizeof text), cases[_i].err);
	if (cases[_i].err == 0)
		wait_for_mails(&m, 1);
}
END_TEST

/* ---- jesfs.conf ---------------------------------------------------------- */

START_TEST(helo_name_is_what_a_server_is_told)
{
	static const char *const names[] = { "a.example", "[192.0.2.7]" };
	char statement[64], expected[64];
	char *envelope;

	text_format(statement, sizeof statement, "HeloName %s\n", names[_i]);
	text_format(expected, sizeof expected, "helo %s\n", names[_i]);
	start("", statement);
	ck_assert_int_eq(file_puts(at("letter"), LETTER), 0);
	wait_for_mails(&m, 1);
	envelope = envelope_get(&m, 0, 1);
	ck_assert_ptr_nonnull(strstr(envelope, expected));
	free(envelope);
}
END_TEST

START_TEST(draft_names_say_what_is_not_sent)
{
	static const struct {
		const char *statement, *draft, *sent;
	} cases[] = {
		{ "", "letter.tmp", "letter.new" },
		{ "DraftNames *.new\n", "letter.new", "letter.tmp" },
	};

	start("", cases[_i].statement);
	ck_assert_int_eq(file_puts(at(cases[_i].draft), LETTER), 0);
	ck_assert_int_eq(file_puts(at(cases[_i].sent), LETTER), 0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(access(at(cases[_i].draft), F_OK), 0);
	ck_assert_uint_eq(mails_count(&m, 0), 1);
}
END_TEST

static bool is_not_queued(const void *arg)
{
	char *queue = file_text("%s/status/queue", m.point);
	bool is_gone = strstr(queue, "JOB0") == NULL;

	(void)arg;
	free(queue);
	return is_gone;
}

static bool is_nowhere(const void *path)
{
	return access(path, F_OK) != 0;
}

START_TEST(linger_says_how_long_a_name_answers)
{
	char path[PATH_MAX];

	start("", _i == 0 ? "Linger 0\n" : "Linger 3600\n");
	text_copy(path, sizeof path, at("letter"));
	ck_assert_int_eq(file_puts(path, LETTER), 0);
	wait_for_mails(&m, 1);
	wait_until(is_not_queued, NULL, "the data set is still there");
	if (_i == 0)
		wait_until(is_nowhere, path, "its name is still there");
	else
		ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* What do_it(name) returns to a user: 0 or the first -errno. */
static int as(
	uid_t uid, gid_t gid, int (*do_it)(const char *name), const char *name)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (setgroups(0, NULL) != 0 || setgid(gid) != 0
			|| setuid(uid) != 0)
			_exit(126);
		_exit(-do_it(name));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static int put_letter(const char *name)
{
	return file_puts(at(name), LETTER);
}

/* Limits are for users, not for operators. */
static int put_as_user(const char *name)
{
	return as(SOMEBODY, SOMEBODY, put_letter, name);
}

/* What a user has there already is a draft. */
START_TEST(limits_of_a_user_are_his)
{
	static const struct {
		const char *statement;
		int err;
	} cases[] = {
		{ "UserDataSets 1\n", -EDQUOT },
		{ "UserDataSets 2\n", 0 },
		{ "UserLimit 100\n", -EDQUOT },
		{ "UserLimit 1K\n", 0 },
	};

	start("", cases[_i].statement);
	ck_assert_int_eq(put_as_user(".draft"), 0);
	ck_assert_int_eq(put_as_user("letter"), cases[_i].err);
	if (cases[_i].err == 0)
		wait_for_mails(&m, 1);
}
END_TEST

enum { LARGE_OCTETS = 3 << 20 };

static int put_large(const char *name)
{
	static char text[LARGE_OCTETS];
	size_t i;

	memset(text, 'x', sizeof text);
	for (i = 79; i < sizeof text; i += 80)
		text[i] = '\n';
	memcpy(text, LETTER, sizeof LETTER - sizeof "1\n.\n");
	memcpy(text + sizeof text - 3, "\n.\n", 3);
	return file_put(at(name), text, sizeof text);
}

START_TEST(spool_limit_is_how_much_the_spool_takes)
{
	static const struct {
		const char *statement;
		int err;
	} cases[] = {
		{ "SpoolLimit 2M\n", -ENOSPC },
		{ "SpoolLimit 64M\n", 0 },
	};

	start("", cases[_i].statement);
	ck_assert_int_eq(
		as(SOMEBODY, SOMEBODY, put_large, "letter"), cases[_i].err);
	if (cases[_i].err == 0)
		wait_for_mails(&m, 1);
}
END_TEST

/* ---- who may what -------------------------------------------------------- */

/* Groups and a user that every host has. */
static gid_t group_of(const char *name)
{
	const struct group *group = getgrnam(name);

	ck_assert_ptr_nonnull(group);
	return group->gr_gid;
}

/* Whether another user's data set is listed. */
static int see(const char *name)
{
	DIR *folder = opendir(m.drop);
	const struct dirent *entry;
	int result = -ENOENT;

	if (folder == NULL)
		return -errno;
	while ((entry = readdir(folder)) != NULL)
		if (strstr(entry->d_name, name) != NULL)
			result = 0;
	closedir(folder);
	return result;
}

START_TEST(operator_group_says_who_is_an_operator)
{
	static const struct {
		const char *statement;
		int to_mail, to_daemon;
	} cases[] = {
		{ "OperatorGroup mail\n", 0, -ENOENT },
		{ "OperatorGroup daemon\n", -ENOENT, 0 },
		{ "", -ENOENT, -ENOENT },
	};

	start("", cases[_i].statement);
	ck_assert_int_eq(put_letter("other.tmp"), 0);
	ck_assert_int_eq(as(SOMEBODY, group_of("mail"), see, "other.tmp"),
		cases[_i].to_mail);
	ck_assert_int_eq(as(SOMEBODY, group_of("daemon"), see, "other.tmp"),
		cases[_i].to_daemon);
}
END_TEST

START_TEST(submitters_says_who_may_write)
{
	static const struct {
		const char *statement;
		int of_nobody, of_mail;
	} cases[] = {
		{ "Submitters nobody\n", 0, -EACCES },
		{ "Submitters @mail\n", -EACCES, 0 },
		{ "", 0, 0 },
	};
	const struct passwd *nobody = getpwnam("nobody");
	size_t mails = (cases[_i].of_nobody == 0) + (cases[_i].of_mail == 0);

	ck_assert_ptr_nonnull(nobody);
	start(cases[_i].statement, NULL);
	ck_assert_int_eq(as(nobody->pw_uid, SOMEBODY, put_letter, "one"),
		cases[_i].of_nobody);
	ck_assert_int_eq(as(SOMEBODY, group_of("mail"), put_letter, "two"),
		cases[_i].of_mail);
	wait_for_mails(&m, mails);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e_config");
	TCase *t = suite_case(s, "config", TEST_S, set_up, tear_down);

	tcase_add_loop_test(t, log_level_says_which_lines_are_logged, 0, 3);
	tcase_add_loop_test(
		t, jes_job_size_says_how_large_a_data_set_may_be, 0, 3);
	tcase_add_loop_test(t, helo_name_is_what_a_server_is_told, 0, 2);
	tcase_add_loop_test(t, draft_names_say_what_is_not_sent, 0, 2);
	tcase_add_loop_test(t, linger_says_how_long_a_name_answers, 0, 2);
	tcase_add_loop_test(t, limits_of_a_user_are_his, 0, 4);
	tcase_add_loop_test(t, spool_limit_is_how_much_the_spool_takes, 0, 2);
	tcase_add_loop_test(t, operator_group_says_who_is_an_operator, 0, 3);
	tcase_add_loop_test(t, submitters_says_who_may_write, 0, 3);
	tcase_add_test(t, mail_leaves_from_the_address_in_the_environment);
	return mount_main(s);
}
