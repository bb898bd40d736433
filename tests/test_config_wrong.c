/*
 * What is said about wrong configuration files, word for word, and that
 * hostile ones give messages and nothing else.
 */
#include "support_config.h"
#include "support_run.h"

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

/* ---- wrong writers' files ----------------------------------------------- */

#define SUBMITTERS                                                             \
	", expected names of users, and of groups with @ before them, commas " \
	"between, at most 64\n"

static const struct {
	const char *text;
	const char *messages;
} wrong_writers[] = {
	{ "", "W: no TargetServer, expected at least one\n" },
	{ "# nothing here\n", "W: no TargetServer, expected at least one\n" },
	{ TARGET "TargetSever\n{\n TargetIP 1.2.3.4\n}\n",
		"W:5:1: unknown statement \"TargetSever\", expected "
		"TargetServer, RetryLimit, TimeOut, ExtWrtName, "
		"JESJobSize or Submitters\n" },
	{ "TargetServer\n{\n  TargetIPs 1.2.3.4\n}\n",
		"W:3:3: \"TargetIPs\" in TargetServer, expected }, TargetIP, "
		"ConnectPort, ConnectLimit, MaxMsgSent or MessageSize\n"
		"W:1:1: TargetServer without TargetIP, expected one\n" },
	{ "TargetServer\n{\n  ConnectPort 25\n}\n",
		"W:1:1: TargetServer without TargetIP, expected one\n" },
	{ "TargetServer\n{\n TargetIP mail.example.com\n}\n",
		"W:3:11: TargetIP \"mail.example.com\" is not an address, "
		"expected an IPv4 or IPv6 address\n" },
	{ "TargetServer\n{\n TargetIP 127.0.0.256\n}\n",
		"W:3:11: TargetIP \"127.0.0.256\" is not an address, expected "
		"an IPv4 or IPv6 address\n" },
	{ "TargetServer\n{\n TargetIP 127.1\n}\n",
		"W:3:11: TargetIP \"127.1\" is not an address, expected an "
		"IPv4 or IPv6 address\n" },
	{ "TargetServer\n{\n TargetIP 1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:"
	  "17:18\n}\n",
		"W:3:11: TargetIP "
		"\"1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18\" is not an "
		"address, expected an IPv4 or IPv6 address\n" },
	{ "TargetServer\n{\n TargetIP 1.2.3.4\n TargetIP 1.2.3.5\n}\n",
		"W:4:2: a second TargetIP, expected one\n" },
	{ "TargetServer\n{\n TargetIP\n}\n",
		"W:3:10: TargetIP has no value, expected an IPv4 or IPv6 "
		"address\n"
		"W:1:1: TargetServer without TargetIP, expected one\n" },
	{ "TargetServer {\n TargetIP 1.2.3.4\n ConnectPort 0\n}\n",
		"W:3:14: ConnectPort \"0\" is out of range, expected a number "
		"from 1 to 65535\n" },
	{ "TargetServer {\n TargetIP 1.2.3.4\n ConnectPort 65536\n}\n",
		"W:3:14: ConnectPort \"65536\" is out of range, expected a "
		"number from 1 to 65535\n" },
	{ "TargetServer {\n TargetIP 1.2.3.4\n ConnectPort -1\n}\n",
		"W:3:14: ConnectPort \"-1\" is not a number, expected a number "
		"from 1 to 65535\n" },
	{ "TargetServer {\n TargetIP 1.2.3.4\n ConnectPort 25x\n}\n",
		"W:3:14: ConnectPort \"25x\" is not a number, expected a "
		"number from 1 to 65535\n" },
	{ "TargetServer {\n TargetIP 1.2.3.4\n ConnectLimit 0\n}\n",
		"W:3:15: ConnectLimit \"0\" is out of range, expected a number "
		"from 1 to 500\n" },
	{ "TargetServer {\n TargetIP 1.2.3.4\n MaxMsgSent 1000001\n}\n",
		"W:3:13: MaxMsgSent \"1000001\" is out of range, expected a "
		"number from 0 to 1000000\n" },
	{ "TargetServer {\n TargetIP 1.2.3.4\n MessageSize "
	  "99999999999999999999999999\n}\n",
		"W:3:14: MessageSize \"99999999999999999999999999\" is out of "
		"range, expected a number from 0 to 9223372036854775807\n" },
	/* One statement a line; only braces may share it. */
	{ "TargetServer {\n TargetIP 1.2.3.4 ConnectPort 25\n}\n",
		"W:2:19: \"ConnectPort\" after the value of TargetIP, expected "
		"the end of the line\n" },
	{ TARGET "RetryLimit 5\n",
		"W:5:12: \"5\" after RetryLimit, expected {\n"
		"W:5:12: unknown statement \"5\", expected TargetServer, "
		"RetryLimit, TimeOut, ExtWrtName, "
		"JESJobSize or Submitters\n" },
	{ TARGET "RetryLimit\n{\n Count 100\n Interval 73\n}\n",
		"W:5:1: Count times Interval is 7300 minutes, expected at most "
		"7200\n" },
	{ TARGET "RetryLimit\n{\n Count 7201\n}\n",
		"W:7:8: Count \"7201\" is out of range, expected a number from "
		"0 to 7200\n" },
	{ TARGET "TimeOut\n{\n AnyCmd 0\n DATACmd 1201\n ConnectIdle 1201\n}\n",
		"W:7:9: AnyCmd \"0\" is out of range, expected a number from "
		"1 to 1200\n"
		"W:8:10: DATACmd \"1201\" is out of range, expected a number "
		"from 1 to 1200\n"
		"W:9:14: ConnectIdle \"1201\" is out of range, expected a "
		"number from 0 to 1200\n" },
	{ TARGET "Submitters\n", "W:5:11: Submitters has no value" SUBMITTERS },
	{ TARGET "Submitters a,,b\n",
		"W:5:12: Submitters \"a,,b\" has an empty name" SUBMITTERS },
	{ TARGET "Submitters a,@\n",
		"W:5:12: Submitters \"a,@\" has an empty name" SUBMITTERS },
	{ TARGET "Submitters a b\n",
		"W:5:14: \"b\" after the value of Submitters, expected the "
		"end of the line\n" },
	{ TARGET "Submitters "
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "xxxx\n",
		"W:5:12: Submitters "
		"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxx\" has a name that is too long" SUBMITTERS },
	{ TARGET "ExtWrtName TOOLONGNAME\n",
		"W:5:12: ExtWrtName \"TOOLONGNAME\" is not a writer name, "
		"expected 1 to 8 of A-Z 0-9 $ # @, not INTRDR, STDWTR or "
		"NJERDR\n" },
	{ TARGET "ExtWrtName intrdr\n",
		"W:5:12: ExtWrtName \"intrdr\" is reserved by JES, expected 1 "
		"to 8 of A-Z 0-9 $ # @, not INTRDR, STDWTR or NJERDR\n" },
	/* Where "#" starts a word it starts a comment. */
	{ TARGET "ExtWrtName #MAIL\n",
		"W:5:17: ExtWrtName has no value, expected 1 to 8 of A-Z 0-9 $ "
		"# @, not INTRDR, STDWTR or NJERDR\n" },
	/* Braces. */
	{ "TargetServer\n{\n TargetIP 127.0.0.1\n",
		"W:1:1: TargetServer is not closed, expected } before the end "
		"of the file\n" },
	{ "TargetServer\n TargetIP 127.0.0.1\n ConnectPort x\n}\n",
		"W:2:2: \"TargetIP\" after TargetServer, expected {\n"
		"W:3:14: ConnectPort \"x\" is not a number, expected a number "
		"from 1 to 65535\n" },
	{ TARGET "TargetServer",
		"W:5:13: end of the file after TargetServer, expected {\n" },
	{ TARGET "TargetServer }\n",
		"W:5:14: \"}\" after TargetServer, expected {\n"
		"W:5:14: \"}\" without \"{\", expected a statement\n" },
	{ TARGET "}\n", "W:5:1: \"}\" without \"{\", expected a statement\n" },
	{ TARGET "{ TargetIP 1.2.3.4 }\n",
		"W:5:1: \"{\" out of place, expected a statement\n" },
	{ "TargetServer\n{\n {\n TargetIP x\n }\n TargetIP 1.2.3.4\n}\n",
		"W:3:2: \"{\" out of place, expected a statement\n" },
	{ TARGET "Unknown { One { Two } } ExtWrtName INTRDR\n",
		"W:5:1: unknown statement \"Unknown\", expected TargetServer, "
		"RetryLimit, TimeOut, ExtWrtName, "
		"JESJobSize or Submitters\n"
		"W:5:36: ExtWrtName \"INTRDR\" is reserved by JES, expected 1 "
		"to 8 of A-Z 0-9 $ # @, not INTRDR, STDWTR or NJERDR\n" },
	{ TARGET "Unknown {",
		"W:5:1: unknown statement \"Unknown\", expected TargetServer, "
		"RetryLimit, TimeOut, ExtWrtName, "
		"JESJobSize or Submitters\n" },
	{ "TargetServer {\n TargetIP {\n 1.2.3.4 } }\n",
		"W:2:11: TargetIP has no value, expected an IPv4 or IPv6 "
		"address\n"
		"W:1:1: TargetServer without TargetIP, expected one\n" },
	/* What is shown is escaped and cut. */
	{ TARGET "\x1b[2J 1\n",
		"W:5:1: unknown statement \"\\x1b[2J\", expected TargetServer, "
		"RetryLimit, TimeOut, ExtWrtName, "
		"JESJobSize or Submitters\n" },
	{ TARGET "ExtWrtName A\x01\n",
		"W:5:12: ExtWrtName \"A\\x01\" has a control character, "
		"expected 1 to 8 of A-Z 0-9 $ # @, not INTRDR, STDWTR or "
		"NJERDR\n" },
	{ TARGET "\xc3\x84 1\n",
		"W:5:1: unknown statement \"\\xc3\\x84\", expected "
		"TargetServer, RetryLimit, TimeOut, ExtWrtName, "
		"JESJobSize or Submitters\n" },
	{ TARGET "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "xxxxyz\n",
		"W:5:1: unknown statement "
		"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxx...\", expected TargetServer, RetryLimit, TimeOut, "
		"ExtWrtName, "
		"JESJobSize or Submitters\n" },
	{ TARGET "JESJobSize 1000001\nJESJobSize -1\nJESJobSize 1K\n",
		"W:5:12: JESJobSize \"1000001\" is out of range, expected a "
		"number from 0 to 1000000\n"
		"W:6:12: JESJobSize \"-1\" is not a number, expected a number "
		"from 0 to 1000000\n"
		"W:7:12: JESJobSize \"1K\" is not a number, expected a number "
		"from 0 to 1000000\n" },
	/* A carriage return is a blank before a line feed only. */
	{ TARGET "Ext\rWrtName A\r\n",
		"W:5:1: unknown statement \"Ext\\x0dWrtName\", expected "
		"TargetServer, RetryLimit, TimeOut, ExtWrtName, "
		"JESJobSize or Submitters\n" },
};

START_TEST(a_wrong_writer_file_is_told_what_was_expected)
{
	size_t errors;
	char *messages = read_writer(wrong_writers[_i].text,
		strlen(wrong_writers[_i].text), &errors);

	ck_assert_str_eq(messages, wrong_writers[_i].messages);
	ck_assert_uint_gt(errors, 0);
	free(messages);
}
END_TEST

/* ---- wrong jesfs.conf ---------------------------------------------------- */

static const struct {
	const char *text;
	const char *messages;
} wrong_mounts[] = {
	{ "SpoolDirectory spool\n",
		"J:1:16: SpoolDirectory \"spool\" is not an absolute path, "
		"expected an absolute path\n" },
	{ "SpoolDirectory /a b\n",
		"J:1:19: \"b\" after the value of SpoolDirectory, expected the "
		"end of the line\n" },
	{ "WriterConfig *.conf\n",
		"J:1:14: WriterConfig \"*.conf\" is not an absolute path, "
		"expected an absolute path, which may hold * and ?, in at most "
		"16 statements\n" },
	{ "TargetServer\n{\n TargetIP 1.2.3.4\n}\nHeloName a_b\n",
		"J:1:1: unknown statement \"TargetServer\", expected "
		"SpoolDirectory, WriterConfig, OperatorGroup, User, HeloName, "
		"SpoolLimit, UserLimit, UserDataSets, DraftNames or Linger\n"
		"J:5:10: HeloName \"a_b\" is not a host name, expected a "
		"domain name or an address literal\n" },
	{ "SpoolLimit 1048575\nSpoolLimit 1023K\nSpoolLimit K\n"
	  "SpoolLimit 8388608T\nSpoolLimit 1MB\nSpoolLimit 1k\n",
		"J:1:12: SpoolLimit \"1048575\" is out of range, expected a "
		"number from 1048576 to 9223372036854775807\n"
		"J:2:12: SpoolLimit \"1023K\" is out of range, expected a "
		"number from 1048576 to 9223372036854775807\n"
		"J:3:12: SpoolLimit \"K\" is not a number, expected a number "
		"from 1048576 to 9223372036854775807\n"
		"J:4:12: SpoolLimit \"8388608T\" is out of range, expected a "
		"number from 1048576 to 9223372036854775807\n"
		"J:5:12: SpoolLimit \"1MB\" is not a number, expected a number "
		"from 1048576 to 9223372036854775807\n"
		"J:6:12: SpoolLimit \"1k\" is not a number, expected a number "
		"from 1048576 to 9223372036854775807\n" },
	{ "UserLimit 9223372036854775808\nUserDataSets 10000000\n"
	  "UserDataSets 1K\n",
		"J:1:11: UserLimit \"9223372036854775808\" is out of range, "
		"expected a number from 0 to 9223372036854775807\n"
		"J:2:14: UserDataSets \"10000000\" is out of range, expected a "
		"number from 0 to 9999999\n"
		"J:3:14: UserDataSets \"1K\" is not a number, expected a "
		"number from 0 to 9999999\n" },
	{ "DraftNames a,,b\nDraftNames a/b\nLinger 3601\nLinger 5s\n",
		"J:1:12: DraftNames \"a,,b\" has a pattern that is empty, too "
		"long or with a /, expected patterns of at most 64 octets with "
		"commas between them, at most 32 in all\n"
		"J:2:12: DraftNames \"a/b\" has a pattern that is empty, too "
		"long or with a /, expected patterns of at most 64 octets with "
		"commas between them, at most 32 in all\n"
		"J:3:8: Linger \"3601\" is out of range, expected a number "
		"from 0 to 3600\n"
		"J:4:8: Linger \"5s\" is not a number, expected a number from "
		"0 to 3600\n" },
	{ "DraftNames a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x\n"
	  "DraftNames 1,2,3,4,5,6,7,8,9\n",
		"J:2:12: DraftNames \"1,2,3,4,5,6,7,8,9\" is one too many, "
		"expected patterns of at most 64 octets with commas between "
		"them, at most 32 in all\n" },
	{ "HeloName a..b\n",
		"J:1:10: HeloName \"a..b\" is not a host name, expected a "
		"domain name or an address literal\n" },
	{ "HeloName -a.example\n",
		"J:1:10: HeloName \"-a.example\" is not a host name, expected "
		"a domain name or an address literal\n" },
	{ "HeloName [127.0.0]\n",
		"J:1:10: HeloName \"[127.0.0]\" is not a host name, expected a "
		"domain name or an address literal\n" },
};

START_TEST(a_wrong_jesfs_conf_is_told_what_was_expected)
{
	size_t errors;
	char *messages = read_mount(
		wrong_mounts[_i].text, strlen(wrong_mounts[_i].text), &errors);

	ck_assert_str_eq(messages, wrong_mounts[_i].messages);
	ck_assert_uint_gt(errors, 0);
	free(messages);
}
END_TEST

START_TEST(a_seventeenth_writer_config_is_one_too_many)
{
	struct buf text;
	size_t errors, i;
	char *messages;

	buf_init(&text);
	for (i = 0; i <= CONFIG_PATTERNS_MAX; i++)
		buf_puts(&text, "WriterConfig /a\n");
	messages = read_mount(text.data, text.len, &errors);
	ck_assert_ptr_nonnull(strstr(messages, "J:17:14: WriterConfig"));
	ck_assert_uint_eq(errors, 1);
	ck_assert_uint_eq(mount.pattern_count, CONFIG_PATTERNS_MAX);
	free(messages);
	buf_fini(&text);
}
END_TEST

START_TEST(a_sixty_fifth_submitter_is_one_too_many)
{
	struct buf text;
	size_t errors, i;
	char *messages;

	buf_init(&text);
	buf_puts(&text, TARGET);
	for (i = 0; i <= CONFIG_SUBMITTERS_MAX; i++)
		buf_puts(&text, i % 2 ? "Submitters a\n" : "Submitters @b\n");
	messages = read_writer(text.data, text.len, &errors);
	ck_assert_ptr_nonnull(
		strstr(messages, "W:69:12: Submitters \"@b\" is"));
	ck_assert_uint_eq(errors, 1);
	ck_assert_uint_eq(writer.submitter_count, CONFIG_SUBMITTERS_MAX);
	free(messages);
	buf_fini(&text);
}
END_TEST

/* ---- hostile files ------------------------------------------------------- */

START_TEST(octets_of_any_value_give_messages)
{
	static const char text[] = TARGET "Ext\0Name A\nExtWrtName \0\n\0";
	size_t errors;
	char *messages = read_writer(text, sizeof text - 1, &errors);

	ck_assert_uint_eq(errors, 3);
	ck_assert_ptr_nonnull(strstr(messages,
		"W:5:1: unknown statement "
		"\"Ext\\x00Name\""));
	ck_assert_ptr_nonnull(strstr(messages,
		"W:6:12: ExtWrtName \"\\x00\" "
		"has a control character"));
	free(messages);
}
END_TEST

static void fill(struct buf *text, const char *piece, size_t times)
{
	buf_init(text);
	while (times-- > 0)
		buf_puts(text, piece);
	ck_assert_int_eq(buf_error(text), 0);
}

START_TEST(a_line_of_a_megabyte_gives_a_short_message)
{
	struct buf text;
	size_t errors;
	char *messages;

	fill(&text, "xxxxxxxx", 1 << 17);
	messages = read_writer(text.data, text.len, &errors);
	ck_assert_uint_eq(errors, 2);
	ck_assert_uint_lt(strlen(messages), 400);
	free(messages);
	buf_fini(&text);
}
END_TEST

START_TEST(a_hundred_thousand_errors_are_counted_and_some_shown)
{
	struct buf text;
	size_t errors, lines = 0;
	char *messages, *c;

	fill(&text, "x 1\n", 100000);
	messages = read_writer(text.data, text.len, &errors);
	for (c = messages; *c != '\0'; c++)
		lines += *c == '\n';
	ck_assert_uint_eq(errors, 100001);
	ck_assert_uint_eq(lines, CONFIG_ERRORS_SHOWN + 1);
	ck_assert_ptr_nonnull(strstr(
		messages, "W: more than 1000 messages, the rest is not shown"));
	free(messages);
	buf_fini(&text);
}
END_TEST

START_TEST(a_hundred_thousand_targets_leave_four)
{
	struct buf text;
	size_t errors;

	fill(&text, "TargetServer{TargetIP 1.2.3.4\n}\n", 100000);
	free(read_writer(text.data, text.len, &errors));
	ck_assert_uint_eq(errors, 0);
	ck_assert_uint_eq(writer.config.target_count, 1);
	buf_fini(&text);
}
END_TEST

START_TEST(braces_without_end_give_messages)
{
	struct buf text;
	size_t errors;

	fill(&text, "{", 1 << 20);
	free(read_writer(text.data, text.len, &errors));
	ck_assert_uint_eq(errors, 2);
	buf_fini(&text);
	fill(&text, "}", 1 << 20);
	free(read_writer(text.data, text.len, &errors));
	ck_assert_uint_eq(errors, (1 << 20) + 1);
	buf_fini(&text);
}
END_TEST

/* Cut anywhere, a file is read to its end without reading past it. */
START_TEST(a_file_cut_anywhere_is_read_to_its_end)
{
	static const char text[] =
		"ExtWrtName A#1 # x\r\nTargetServer {\n TargetIP ::1\n}\n"
		"RetryLimit\n{\nCount 5 }\nTimeOut{AnyCmd 30\n}";
	size_t len, errors;
	char *copy;

	for (len = 0; len < sizeof text; len++) {
		copy = malloc(len + 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, len);
		free(read_writer(copy, len, &errors));
		free(copy);
	}
	ck_assert_uint_eq(writer.config.target_count, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_wrong");
	TCase *t = tcase_create("config_wrong");

	tcase_add_loop_test(t, a_wrong_writer_file_is_told_what_was_expected, 0,
		COUNT(wrong_writers));
	tcase_add_loop_test(t, a_wrong_jesfs_conf_is_told_what_was_expected, 0,
		COUNT(wrong_mounts));
	tcase_add_test(t, a_seventeenth_writer_config_is_one_too_many);
	tcase_add_test(t, a_sixty_fifth_submitter_is_one_too_many);
	tcase_add_test(t, octets_of_any_value_give_messages);
	tcase_add_test(t, a_line_of_a_megabyte_gives_a_short_message);
	tcase_add_test(t, a_hundred_thousand_errors_are_counted_and_some_shown);
	tcase_add_test(t, a_hundred_thousand_targets_leave_four);
	tcase_add_test(t, braces_without_end_give_messages);
	tcase_add_test(t, a_file_cut_anywhere_is_read_to_its_end);
	suite_add_tcase(s, t);
	return suite_run(s);
}
