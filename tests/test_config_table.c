/*
 * What the statements of a writer's file and of jesfs.conf mean.
 */
#include "support_config.h"
#include "support_run.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct config_writer writer;
static struct config_mount mount;

static char *read_writer(const char *text, size_t len, size_t *errors)
{
	return config_read_writer_text(text, len, &writer, errors);
}

static char *read_mount(const char *text, size_t len, size_t *errors)
{
	return config_read_mount_text(text, len, &mount, errors);
}

static void read_good_writer(const char *text)
{
	size_t errors;
	char *messages = read_writer(text, strlen(text), &errors);

	ck_assert_str_eq(messages, "");
	ck_assert_uint_eq(errors, 0);
	free(messages);
}

/* ---- right files --------------------------------------------------------- */

START_TEST(every_statement_of_a_writer_file_is_kept)
{
	const struct target_config *t = writer.config.targets;
	const struct timeout_config *o = &writer.config.timeout;

	read_good_writer("# all of them\n"
			 "extwrtname  mail$1   # folded\n"
			 "TARGETSERVER\n{\n"
			 "\tTargetIP\t192.0.2.25\n"
			 "  connectport 2525\n  ConnectLimit 20\n"
			 "  MaxMsgSent 100\n  MessageSize 1000\n}\n"
			 "RetryLimit\n{\n Count 12\n Interval 600\n}\n"
			 "TimeOut\n{\n AnyCmd 30\n ConnectIdle 31\n"
			 " ConnectRetry 32\n DataBlock 33\n DATACmd 34\n"
			 " DataTerm 35\n InitialMsg 36\n MAILCmd 37\n"
			 " RCPTCmd 1200\n}\n"
			 "JESJobSize 1000000\n");
	ck_assert_str_eq(writer.config.name, "MAIL$1");
	ck_assert_uint_eq(writer.config.target_count, 1);
	ck_assert_str_eq(t->address_text, "192.0.2.25");
	ck_assert_uint_eq(t->port, 2525);
	ck_assert_uint_eq(((const struct sockaddr_in *)&t->address)->sin_port,
		htons(2525));
	ck_assert_uint_eq(t->connect_limit, 20);
	ck_assert_uint_eq(t->max_msg_sent, 100);
	ck_assert_uint_eq(t->message_size, 1000);
	ck_assert_uint_eq(writer.config.retry_count, 12);
	ck_assert_uint_eq(writer.config.retry_interval_min, 600);
	ck_assert_uint_eq(o->any_cmd_s, 30);
	ck_assert_uint_eq(o->connect_idle_s, 31);
	ck_assert_uint_eq(o->connect_retry_s, 32);
	ck_assert_uint_eq(o->data_block_s, 33);
	ck_assert_uint_eq(o->data_cmd_s, 34);
	ck_assert_uint_eq(o->data_term_s, 35);
	ck_assert_uint_eq(o->initial_msg_s, 36);
	ck_assert_uint_eq(o->mail_cmd_s, 37);
	ck_assert_uint_eq(o->rcpt_cmd_s, 1200);
	ck_assert_uint_eq(writer.config.job_size_kb, 1000000);
}
END_TEST

START_TEST(what_a_writer_file_does_not_say_has_the_default)
{
	const struct target_config *t = writer.config.targets;
	const struct timeout_config *o = &writer.config.timeout;

	read_good_writer(TARGET);
	ck_assert_str_eq(writer.config.name, "");
	ck_assert_uint_eq(t->port, 25);
	ck_assert_uint_eq(t->connect_limit, 5);
	ck_assert_uint_eq(t->max_msg_sent, 0);
	ck_assert_uint_eq(t->message_size, 524288);
	ck_assert_uint_eq(writer.config.retry_count, 5);
	ck_assert_uint_eq(writer.config.retry_interval_min, 1);
	ck_assert_uint_eq(o->any_cmd_s, 300);
	ck_assert_uint_eq(o->connect_idle_s, 0);
	ck_assert_uint_eq(o->connect_retry_s, 120);
	ck_assert_uint_eq(o->data_block_s, 180);
	ck_assert_uint_eq(o->data_cmd_s, 120);
	ck_assert_uint_eq(o->data_term_s, 600);
	ck_assert_uint_eq(o->initial_msg_s, 300);
	ck_assert_uint_eq(o->mail_cmd_s, 300);
	ck_assert_uint_eq(o->rcpt_cmd_s, 300);
	ck_assert_uint_eq(writer.config.job_size_kb, 0);
}
END_TEST

START_TEST(ipv6_targets_are_kept_with_their_port)
{
	const struct target_config *t = writer.config.targets;
	const struct sockaddr_in6 *in6 =
		(const struct sockaddr_in6 *)&t->address;

	read_good_writer("TargetServer\n{\n TargetIP 2001:DB8:0::1\n}\n");
	ck_assert_str_eq(t->address_text, "2001:db8::1");
	ck_assert_int_eq(in6->sin6_family, AF_INET6);
	ck_assert_uint_eq(in6->sin6_port, htons(25));
}
END_TEST

START_TEST(a_brace_may_share_a_line)
{
	static const char *const texts[] = {
		"TargetServer { TargetIP 127.0.0.1 }",
		"TargetServer {\nTargetIP 127.0.0.1\n}\n",
		"TargetServer{\nTargetIP 127.0.0.1 }\n",
		"TargetServer\n{TargetIP 127.0.0.1\n}\n",
		"TargetServer\n\n# c\n\n{ # c\n\nTargetIP 127.0.0.1 # c\n} # c",
		"TargetServer\r\n{\r\nTargetIP 127.0.0.1\r\n}\r\n",
	};

	read_good_writer(texts[_i]);
	ck_assert_uint_eq(writer.config.target_count, 1);
	ck_assert_str_eq(writer.config.targets[0].address_text, "127.0.0.1");
}
END_TEST

START_TEST(of_a_statement_given_twice_the_last_counts)
{
	static const char text[] = TARGET "ExtWrtName A\nExtWrtName B\n"
					  "RetryLimit\n{\nCount 7\nCount 8\n}\n"
					  "RetryLimit\n{\nInterval 3\n}\n";
	size_t errors;
	char *messages = read_writer(text, sizeof text - 1, &errors);

	ck_assert_str_eq(messages,
		"W:6:1: warning: a second ExtWrtName, the last one counts\n"
		"W:10:1: warning: a second Count, the last one counts\n"
		"W:12:1: warning: a second RetryLimit, the last one counts\n");
	ck_assert_uint_eq(errors, 0);
	ck_assert_str_eq(writer.config.name, "B");
	ck_assert_uint_eq(writer.config.retry_count, 5);
	ck_assert_uint_eq(writer.config.retry_interval_min, 3);
	free(messages);
}
END_TEST

START_TEST(seven_thousand_two_hundred_minutes_are_allowed)
{
	read_good_writer(TARGET "RetryLimit\n{\nCount 7200\nInterval 1\n}\n");
	read_good_writer(TARGET "RetryLimit\n{\nInterval 7200\nCount 0\n}\n");
	ck_assert_uint_eq(writer.config.retry_count, 0);
}
END_TEST

START_TEST(a_hash_inside_a_word_is_no_comment)
{
	read_good_writer(TARGET "ExtWrtName MAIL#1 # but this is\n");
	ck_assert_str_eq(writer.config.name, "MAIL#1");
}
END_TEST

#define TARGET_AT(address) "TargetServer {\n TargetIP " address "\n}\n"

START_TEST(a_fifth_target_is_a_warning)
{
	static const char text[] = TARGET_AT("10.0.0.1") TARGET_AT("10.0.0.2")
		TARGET_AT("10.0.0.3") TARGET_AT("::4") TARGET_AT("10.0.0.5");
	size_t errors;
	char *messages = read_writer(text, sizeof text - 1, &errors);

	ck_assert_str_eq(messages,
		"W:13:1: warning: more than four target servers, 10.0.0.5 port "
		"25 is not used\n");
	ck_assert_uint_eq(errors, 0);
	ck_assert_uint_eq(writer.config.target_count, 4);
	ck_assert_str_eq(writer.config.targets[3].address_text, "::4");
	free(messages);
}
END_TEST

START_TEST(a_target_that_is_there_already_is_a_warning)
{
	static const char text[] = TARGET_AT("::1") TARGET_AT("0:0:0::1")
		TARGET_AT("::1\nConnectPort 26");
	size_t errors;
	char *messages = read_writer(text, sizeof text - 1, &errors);

	ck_assert_str_eq(messages,
		"W:4:1: warning: target server ::1 port 25 is there already, "
		"this one is ignored\n");
	ck_assert_uint_eq(errors, 0);
	ck_assert_uint_eq(writer.config.target_count, 2);
	ck_assert_uint_eq(writer.config.targets[1].port, 26);
	free(messages);
}
END_TEST

START_TEST(a_time_shorter_than_cssmtp_takes_is_a_warning)
{
	static const char text[] = TARGET "TimeOut {\n AnyCmd 29\n"
					  " DATACmd 30\n ConnectIdle 1\n}\n";
	size_t errors;
	char *messages = read_writer(text, sizeof text - 1, &errors);

	ck_assert_str_eq(messages,
		"W:6:9: warning: AnyCmd 29 is less than CSSMTP takes, expected "
		"a number from 30 to 1200\n");
	ck_assert_uint_eq(errors, 0);
	ck_assert_uint_eq(writer.config.timeout.any_cmd_s, 29);
	free(messages);
}
END_TEST

START_TEST(every_statement_of_jesfs_conf_is_kept)
{
	static const char text[] = "SpoolDirectory /var/lib/jesfs/spool\n"
				   "WriterConfig /etc/jesfs/writers/*.conf\n"
				   "WriterConfig /etc/jesfs/more.conf # two\n"
				   "OperatorGroup operators\n"
				   "HeloName [IPv6:2001:db8::1]\n"
				   "SpoolLimit 40G\n"
				   "UserLimit 1048577\n"
				   "UserDataSets 20000\n"
				   "DraftNames *.new,#*# # two\n"
				   "DraftNames .*\n"
				   "Linger 3600\n";
	size_t errors;
	char *messages = read_mount(text, sizeof text - 1, &errors);

	ck_assert_str_eq(messages, "");
	ck_assert_str_eq(mount.config.spool_directory, "/var/lib/jesfs/spool");
	ck_assert_uint_eq(mount.pattern_count, 2);
	ck_assert_uint_eq(mount.patterns[1].line, 3);
	ck_assert_uint_eq(mount.patterns[1].column, 14);
	ck_assert_str_eq(mount.config.operator_group, "operators");
	ck_assert_str_eq(mount.config.helo_name, "[IPv6:2001:db8::1]");
	ck_assert_uint_eq(mount.config.spool_limit, UINT64_C(40) << 30);
	ck_assert_uint_eq(mount.config.user_limit, 1048577);
	ck_assert_uint_eq(mount.config.user_datasets, 20000);
	ck_assert_uint_eq(mount.config.draft_names.count, 3);
	ck_assert_str_eq(mount.config.draft_names.patterns[0], "*.new");
	ck_assert_str_eq(mount.config.draft_names.patterns[1], "#*#");
	ck_assert_str_eq(mount.config.draft_names.patterns[2], ".*");
	ck_assert_uint_eq(mount.config.linger_s, 3600);
	free(messages);
}
END_TEST

START_TEST(what_jesfs_conf_does_not_say_has_the_default)
{
	size_t errors;
	char *messages = read_mount("", 0, &errors);

	ck_assert_str_eq(messages, "");
	ck_assert_uint_eq(mount.config.linger_s, 5);
	ck_assert(draft_names_match(&mount.config.draft_names, "#mail#"));
	ck_assert(!draft_names_match(&mount.config.draft_names, "mail"));
	free(messages);
}
END_TEST

START_TEST(octets_may_be_said_in_powers_of_1024)
{
	static const struct {
		const char *text;
		uint64_t octets;
	} cases[] = {
		{ "UserLimit 0\n", 0 },
		{ "UserLimit 0K\n", 0 },
		{ "UserLimit 3K\n", 3 << 10 },
		{ "UserLimit 3M\n", 3 << 20 },
		{ "UserLimit 3T\n", UINT64_C(3) << 40 },
		{ "UserLimit 8388607T\n", UINT64_C(8388607) << 40 },
	};
	size_t errors;
	char *messages;

	messages = read_mount(cases[_i].text, strlen(cases[_i].text), &errors);
	ck_assert_str_eq(messages, "");
	ck_assert_uint_eq(mount.config.user_limit, cases[_i].octets);
	free(messages);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_table");
	TCase *t = tcase_create("config_table");

	tcase_add_test(t, every_statement_of_a_writer_file_is_kept);
	tcase_add_test(t, what_a_writer_file_does_not_say_has_the_default);
	tcase_add_test(t, ipv6_targets_are_kept_with_their_port);
	tcase_add_loop_test(t, a_brace_may_share_a_line, 0, 6);
	tcase_add_test(t, of_a_statement_given_twice_the_last_counts);
	tcase_add_test(t, seven_thousand_two_hundred_minutes_are_allowed);
	tcase_add_test(t, a_hash_inside_a_word_is_no_comment);
	tcase_add_test(t, a_fifth_target_is_a_warning);
	tcase_add_test(t, a_target_that_is_there_already_is_a_warning);
	tcase_add_test(t, a_time_shorter_than_cssmtp_takes_is_a_warning);
	tcase_add_test(t, every_statement_of_jesfs_conf_is_kept);
	tcase_add_test(t, what_jesfs_conf_does_not_say_has_the_default);
	tcase_add_loop_test(t, octets_may_be_said_in_powers_of_1024, 0, 6);
	suite_add_tcase(s, t);
	return suite_run(s);
}
