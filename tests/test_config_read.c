/*
 * Configuration files as they lie on a disk: which are read, which are
 * refused, and that one run names every error of every file.
 */
#include "config_read.h"

#include "../fs/config_file.h"
#include "../fs/config_host.h"
#include "buf.h"
#include "support_config.h"
#include "support_folder.h"
#include "support_run.h"
#include "text.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEST_S = 4 };

static char dir[512];
static char main_file[sizeof dir + 16];
static struct config *config;
static char *messages;

static const char *path(const char *name)
{
	return folder_path(dir, name);
}

/* jesfs.conf with a pattern in the scratch directory, and more text. */
static void put_main(const char *pattern, const char *more)
{
	char text[2 * PATH_MAX];

	ck_assert(text_format(text, sizeof text,
		"SpoolDirectory /var/spool/x\nWriterConfig %s/%s\n%s", dir,
		pattern, more));
	folder_put(dir, "jesfs.conf", text);
}

static int read_all(void)
{
	struct buf report;
	size_t len;
	int err;

	buf_init(&report);
	err = config_read(main_file, &config, &report);
	messages = buf_steal(&report, &len);
	ck_assert_ptr_nonnull(messages);
	return err;
}

/* The messages, with "@" where the scratch directory stands. */
static void expect_messages(const char *expected)
{
	char *at;
	size_t len = strlen(dir);

	while ((at = strstr(messages, dir)) != NULL) {
		*at = '@';
		memmove(at + 1, at + len, strlen(at + len) + 1);
	}
	ck_assert_str_eq(messages, expected);
}

static void set_up(void)
{
	folder_make(dir, sizeof dir);
	text_copy(main_file, sizeof main_file, path("jesfs.conf"));
	config = NULL;
	messages = NULL;
}

static void tear_down(void)
{
	config_free(config);
	free(messages);
	folder_remove(dir);
}

START_TEST(the_smallest_configuration_works)
{
	put_main("*.cnf", "");
	folder_put(dir, "MAIL.cnf", TARGET "ExtWrtName MAIL\n");
	ck_assert_int_eq(read_all(), 0);
	expect_messages("");
	ck_assert_str_eq(config->spool_directory, "/var/spool/x");
	ck_assert_uint_eq(config->writer_count, 1);
	ck_assert_str_eq(config->writers[0].name, "MAIL");
	ck_assert_str_eq(config->writers[0].file, path("MAIL.cnf"));
	ck_assert(!config->has_operator_gid);
	ck_assert_str_ne(config->helo_name, "");
}
END_TEST

START_TEST(a_writer_is_named_as_its_file_or_as_it_says)
{
	put_main("w*.conf", "HeloName relay.example\n");
	folder_put(dir, "w#1.conf", TARGET);
	folder_put(dir, "w-2-is-no-name.conf", "ExtWrtName mail@2\n" TARGET);
	ck_assert_int_eq(read_all(), 0);
	expect_messages("");
	ck_assert_uint_eq(config->writer_count, 2);
	ck_assert_str_eq(config->writers[0].name, "W#1");
	ck_assert_str_eq(config->writers[1].name, "MAIL@2");
	ck_assert_str_eq(config->helo_name, "relay.example");
}
END_TEST

/* Accounts that every host has. */
START_TEST(accounts_are_looked_up)
{
	const struct submitters *s;

	put_main("MAIL.conf", "User root\nOperatorGroup root\n");
	folder_put(dir, "MAIL.conf",
		TARGET "Submitters root,@root\nSubmitters nobody\n");
	ck_assert_int_eq(read_all(), 0);
	expect_messages("");
	ck_assert(config->has_user);
	ck_assert_uint_eq(config->user_uid, 0);
	ck_assert_uint_eq(config->user_gid, 0);
	ck_assert(config->has_operator_gid);
	s = &config->writers[0].submitters;
	ck_assert_uint_eq(s->count, 3);
	ck_assert(!s->all[0].is_group && s->all[0].id == 0);
	ck_assert(s->all[1].is_group && s->all[1].id == 0);
	ck_assert(!s->all[2].is_group && s->all[2].id != 0);
}
END_TEST

START_TEST(each_account_that_is_unknown_is_told_with_its_place)
{
	put_main("MAIL.conf", "User no-such-user\n");
	folder_put(dir, "MAIL.conf",
		TARGET "Submitters root,nosuch,@root,@no-such,@\x7f\n"
		       "Submitters @nosuch\nSubmitters nosuch,root\n");
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages(
		"@/jesfs.conf:3:6: User \"no-such-user\": no such user, "
		"expected the name of a user\n"
		"@/MAIL.conf:5:12: Submitters \"root,nosuch,@root,@no-such,"
		"@\\x7f\" has a control character, expected names of users, "
		"and of groups with @ before them, commas between, at most "
		"64\n"
		"@/MAIL.conf:6:12: Submitters \"@nosuch\": no such group, "
		"expected the name of a group\n"
		"@/MAIL.conf:7:12: Submitters \"nosuch\": no such user, "
		"expected the name of a user\n");
}
END_TEST

START_TEST(each_name_of_a_list_has_its_own_column)
{
	put_main("MAIL.conf", "");
	folder_put(dir, "MAIL.conf",
		TARGET "Submitters root,nosuch,@root,@no-such\n");
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages("@/MAIL.conf:5:17: Submitters \"nosuch\": no such "
			"user, expected the name of a user\n"
			"@/MAIL.conf:5:30: Submitters \"@no-such\": no such "
			"group, expected the name of a group\n");
}
END_TEST

START_TEST(every_error_of_every_file_is_told_in_one_run)
{
	put_main("w?.conf", "LogLevl 7\nOperatorGroup no-such-group\n");
	folder_put(dir, "w1.conf", "TargetServer {\n TargetIP x\n}\n");
	folder_put(dir, "w2.conf", "# empty\n");
	folder_put(dir, "w3.conf", TARGET "RetryLimit { Count 9999\n}\n");
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages(
		"@/jesfs.conf:3:1: unknown statement \"LogLevl\", expected "
		"SpoolDirectory, WriterConfig, OperatorGroup, User, HeloName, "
		"SpoolLimit, UserLimit, UserDataSets, DraftNames or "
		"Linger\n"
		"@/jesfs.conf:4:15: OperatorGroup \"no-such-group\": no such "
		"group, expected the name of a group\n"
		"@/w1.conf:2:11: TargetIP \"x\" is not an address, expected an "
		"IPv4 or IPv6 address\n"
		"@/w2.conf: no TargetServer, expected at least one\n"
		"@/w3.conf:5:20: Count \"9999\" is out of range, expected a "
		"number from 0 to 7200\n");
	ck_assert_ptr_null(config);
}
END_TEST

START_TEST(a_missing_configuration_is_named)
{
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages("@/jesfs.conf: No such file or directory, expected a "
			"readable configuration file\n");
}
END_TEST

START_TEST(an_empty_configuration_says_what_it_needs)
{
	folder_put(dir, "jesfs.conf", "");
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages(
		"@/jesfs.conf: no valid SpoolDirectory, expected one\n"
		"@/jesfs.conf: no valid WriterConfig, expected at least one\n");
}
END_TEST

START_TEST(a_pattern_without_a_file_is_named)
{
	char expected[2 * PATH_MAX];

	put_main("w*", "");
	text_format(expected, sizeof expected,
		"%s:2:14: WriterConfig \"%s/w*\" matches no file, expected at "
		"least one file\n",
		main_file, dir);
	ck_assert_int_eq(read_all(), -EINVAL);
	ck_assert_str_eq(messages, expected);
}
END_TEST

START_TEST(two_files_of_one_writer_name_are_an_error)
{
	put_main("w*", "");
	folder_put(dir, "w1.conf", TARGET "ExtWrtName A\n");
	folder_put(dir, "w2.conf", TARGET "ExtWrtName a\n");
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages("@/w2.conf:5:12: writer name A is taken by @/w1.conf, "
			"expected one file for each name\n");
}
END_TEST

START_TEST(a_file_name_that_is_no_writer_name_needs_extwrtname)
{
	put_main("*l.conf", "");
	folder_put(dir, "batch-mail.conf", TARGET);
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages(
		"@/batch-mail.conf: the name of the file is not a writer name, "
		"expected 1 to 8 of A-Z 0-9 $ # @ and .conf, or ExtWrtName in "
		"it\n");
}
END_TEST

START_TEST(a_sixty_fifth_writer_is_an_error)
{
	char name[32];
	int i;

	put_main("w*", "");
	for (i = 0; i <= DATASET_WRITERS_MAX; i++) {
		text_format(name, sizeof name, "w%02d.conf", i);
		folder_put(dir, name, TARGET);
	}
	ck_assert_int_eq(read_all(), -EINVAL);
	ck_assert_ptr_nonnull(strstr(messages, "gives more than 64 writers"));
}
END_TEST

START_TEST(a_fifth_target_does_not_keep_a_mount_from_starting)
{
	put_main("w*", "");
	folder_put(dir, "w.conf", TARGET TARGET);
	ck_assert_int_eq(read_all(), 0);
	expect_messages("@/w.conf:5:1: warning: target server 127.0.0.1 port "
			"25 is there already, this one is ignored\n");
}
END_TEST

START_TEST(the_operator_group_is_looked_up)
{
	const struct group *entry = getgrgid(0);
	char statement[128];

	ck_assert_ptr_nonnull(entry);
	text_format(statement, sizeof statement, "OperatorGroup %s\n",
		entry->gr_name);
	put_main("w*", statement);
	folder_put(dir, "w.conf", TARGET);
	ck_assert_int_eq(read_all(), 0);
	ck_assert(config->has_operator_gid);
	ck_assert_uint_eq(config->operator_gid, 0);
}
END_TEST

/* ---- UserExit EXEC --------------------------------------------------------
 */

/* Reads a configuration with that program; what is said about it. */
static const char *said_of_exit(const char *program)
{
	char text[2 * PATH_MAX];
	const char *said;

	put_main("MAIL.conf", "");
	text_format(
		text, sizeof text, TARGET "UserExit EXEC %s\n", path(program));
	folder_put(dir, "MAIL.conf", text);
	if (read_all() == 0)
		return messages;
	said = strstr(messages, "MAIL.conf:5:10: UserExit \"EXEC /");
	ck_assert_ptr_nonnull(said);
	said = strstr(said, "\": ");
	ck_assert_ptr_nonnull(said);
	return said + strlen("\": ");
}

START_TEST(a_program_is_asked_only_when_it_may_be_trusted)
{
	static const struct {
		mode_t mode;
		const char *said;
	} cases[] = {
		{ 0755, "" },
		{ 0500, "" },
		{ 0644, "not a file that may be executed, expected one\n" },
		{ 0775,
			"its group or others may write it (mode 0775), "
			"expected mode 0755 or less\n" },
		{ 0757,
			"its group or others may write it (mode 0757), "
			"expected mode 0755 or less\n" },
	};

	folder_put(dir, "judge", "#!/bin/sh\n");
	ck_assert_int_eq(chmod(path("judge"), cases[_i].mode), 0);
	ck_assert_str_eq(said_of_exit("judge"), cases[_i].said);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_an_error)
{
	ck_assert_str_eq(said_of_exit("judge"),
		"No such file or directory, expected a program\n");
}
END_TEST

START_TEST(a_program_of_somebody_else_is_an_error)
{
	if (geteuid() != 0)
		return; /* only root can give a file away */
	folder_put(dir, "judge", "#!/bin/sh\n");
	ck_assert_int_eq(chmod(path("judge"), 0755), 0);
	ck_assert_int_eq(chown(path("judge"), 12345, (gid_t)-1), 0);
	ck_assert_str_eq(said_of_exit("judge"),
		"owned by uid 12345, expected root or the user who runs "
		"jesfs\n");
}
END_TEST

/* ---- files that are refused ---------------------------------------------- */

START_TEST(a_file_that_others_may_write_is_refused)
{
	put_main("w*", "");
	folder_put(dir, "w.conf", TARGET);
	ck_assert_int_eq(chmod(path("w.conf"), 0664), 0);
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages("@/w.conf: its group or others may write it (mode "
			"0664), expected mode 0644 or less\n");
	ck_assert_int_eq(chmod(path("w.conf"), 0602), 0);
	free(messages);
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages("@/w.conf: its group or others may write it (mode "
			"0602), expected mode 0644 or less\n");
}
END_TEST

START_TEST(a_file_of_somebody_else_is_refused)
{
	if (geteuid() != 0)
		return; /* only root can give a file away */
	put_main("w*", "");
	folder_put(dir, "w.conf", TARGET);
	ck_assert_int_eq(chown(path("w.conf"), 12345, (gid_t)-1), 0);
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages("@/w.conf: owned by uid 12345, expected root\n");
}
END_TEST

START_TEST(what_is_not_a_file_is_refused_at_once)
{
	put_main("w*", "");
	ck_assert_int_eq(mkfifo(path("w1"), 0600), 0);
	ck_assert_int_eq(mkdir(path("w2"), 0700), 0);
	ck_assert_int_eq(symlink("nowhere", path("w3")), 0);
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages("@/w1: not a regular file, expected one\n"
			"@/w2: not a regular file, expected one\n"
			"@/w3: No such file or directory, expected a readable "
			"configuration file\n");
}
END_TEST

START_TEST(a_file_over_a_megabyte_is_refused)
{
	put_main("w*", "");
	folder_put(dir, "w.conf", TARGET);
	ck_assert_int_eq(
		truncate(path("w.conf"), CONFIG_FILE_OCTETS_MAX + 1), 0);
	ck_assert_int_eq(read_all(), -EINVAL);
	expect_messages("@/w.conf: 1048577 octets long, expected at most "
			"1048576\n");
}
END_TEST

/* ---- HeloName's default -------------------------------------------------- */

START_TEST(a_host_is_named_by_a_name_or_a_literal)
{
	struct target_config target = { .port = 25 };
	struct sockaddr_in *in4 = (struct sockaddr_in *)&target.address;
	char helo[CONFIG_HELO_MAX + 1] = "";
	char host[256] = "";

	in4->sin_family = AF_INET;
	in4->sin_port = htons(25);
	in4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	config_host_helo(&target, helo);
	ck_assert_int_eq(gethostname(host, sizeof host - 1), 0);
	ck_assert_str_eq(
		helo, strchr(host, '.') != NULL ? host : "[127.0.0.1]");
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, the_smallest_configuration_works);
	tcase_add_test(t, a_writer_is_named_as_its_file_or_as_it_says);
	tcase_add_test(t, every_error_of_every_file_is_told_in_one_run);
	tcase_add_test(t, accounts_are_looked_up);
	tcase_add_test(t, each_account_that_is_unknown_is_told_with_its_place);
	tcase_add_test(t, each_name_of_a_list_has_its_own_column);
	tcase_add_test(t, a_missing_configuration_is_named);
	tcase_add_test(t, an_empty_configuration_says_what_it_needs);
	tcase_add_test(t, a_pattern_without_a_file_is_named);
	tcase_add_test(t, two_files_of_one_writer_name_are_an_error);
	tcase_add_test(t, a_file_name_that_is_no_writer_name_needs_extwrtname);
	tcase_add_test(t, a_sixty_fifth_writer_is_an_error);
	tcase_add_test(t, a_fifth_target_does_not_keep_a_mount_from_starting);
	tcase_add_test(t, the_operator_group_is_looked_up);
	tcase_add_loop_test(
		t, a_program_is_asked_only_when_it_may_be_trusted, 0, 5);
	tcase_add_test(t, a_program_that_is_not_there_is_an_error);
	tcase_add_test(t, a_program_of_somebody_else_is_an_error);
	tcase_add_test(t, a_file_that_others_may_write_is_refused);
	tcase_add_test(t, a_file_of_somebody_else_is_refused);
	tcase_add_test(t, what_is_not_a_file_is_refused_at_once);
	tcase_add_test(t, a_file_over_a_megabyte_is_refused);
	tcase_add_test(t, a_host_is_named_by_a_name_or_a_literal);
}

int main(void)
{
	Suite *s = suite_create("config_read");

	add_tests(suite_case(s, "files", TEST_S, set_up, tear_down));
	return suite_run(s);
}
