/*
 * Every statement and parameter: two values of it come to two results, and a
 * refresh from the one to the other changes it or leaves it alone.
 */
#include "../fs/config_rows.h"
#include "config_compare.h"
#include "support_config.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 640 };

/* What the member has to be after each of the two texts. */
struct statement {
	const char *keyword; /* "RetryLimit Count" */
	const char *texts[2];
	const char *values[2];
	size_t offset, size;
	bool is_fixed;    /* a refresh leaves it alone */
	const char *also; /* what changes with it */
};

#define IN_WRITER(member_)                                                     \
	offsetof(struct writer_config, member_),                               \
		sizeof(((struct writer_config *)NULL)->member_)
#define IN_MOUNT(member_)                                                      \
	offsetof(struct config, member_),                                      \
		sizeof(((struct config *)NULL)->member_)
#define BLOCK(name_, inner_) name_ "\n{\n " inner_ "\n}\n"
#define SERVER(inner_) BLOCK("TargetServer", "TargetIP 127.0.0.1\n " inner_)

/* ---- a writer's file ----------------------------------------------------- */

#define TARGET_CASE(keyword_, one_, other_, first_, second_, member_)          \
	{                                                                      \
		"TargetServer",                                                \
			{ SERVER(keyword_ " " one_),                           \
				SERVER(keyword_ " " other_) },                 \
			{ first_, second_ }, IN_WRITER(targets[0].member_),    \
			false, NULL                                            \
	}
#define IN_BLOCK(block_, keyword_, one_, other_, first_, second_, member_)     \
	{                                                                      \
		block_ " " keyword_,                                           \
			{ TARGET BLOCK(block_, keyword_ " " one_),             \
				TARGET BLOCK(block_, keyword_ " " other_) },   \
			{ first_, second_ }, IN_WRITER(member_), false, NULL   \
	}
#define FIXED_IN_BLOCK(                                                        \
	block_, keyword_, one_, other_, first_, second_, member_)              \
	{                                                                      \
		block_ " " keyword_,                                           \
			{ TARGET BLOCK(block_, keyword_ " " one_),             \
				TARGET BLOCK(block_, keyword_ " " other_) },   \
			{ first_, second_ }, IN_WRITER(member_), true, NULL    \
	}
#define SIMPLE(keyword_, one_, other_, first_, second_, member_)               \
	{                                                                      \
		keyword_,                                                      \
			{ TARGET keyword_ " " one_ "\n",                       \
				TARGET keyword_ " " other_ "\n" },             \
			{ first_, second_ }, IN_WRITER(member_), false, NULL   \
	}
#define FIXED(keyword_, one_, other_, first_, second_, member_)                \
	{                                                                      \
		keyword_,                                                      \
			{ TARGET keyword_ " " one_ "\n",                       \
				TARGET keyword_ " " other_ "\n" },             \
			{ first_, second_ }, IN_WRITER(member_), true, NULL    \
	}
#define YES_NO(keyword_, member_)                                              \
	SIMPLE(keyword_, "YES", "no", "1", "0", member_)

static const struct statement writer_statements[] = {
	{ "TargetServer",
		{ BLOCK("TargetServer", "TargetIP 192.0.2.1"),
			BLOCK("TargetServer", "TargetIP 2001:DB8::1") },
		{ "192.0.2.1", "2001:db8::1" },
		IN_WRITER(targets[0].address_text), false, NULL },
	{ "TargetServer",
		{ TARGET BLOCK("TargetServer", "TargetName a.example"),
			TARGET BLOCK("TargetServer", "TargetName b.example.") },
		{ "a.example", "b.example" }, IN_WRITER(unusable[0].name),
		false, NULL },
	{ "TargetServer",
		{ TARGET BLOCK("TargetServer", "TargetName a.example"),
			BLOCK("TargetServer", "TargetMx a.example") },
		{ "0", "1" }, IN_WRITER(unusable[0].is_mx), false, NULL },
	TARGET_CASE("ConnectPort", "1", "65535", "1", "65535", port),
	TARGET_CASE("ConnectLimit", "1", "500", "1", "500", connect_limit),
	TARGET_CASE("MaxMsgSent", "0", "1000000", "0", "1000000", max_msg_sent),
	TARGET_CASE("MessageSize", "0", "9223372036854775807", "0",
		"9223372036854775807", message_size),
	{ "TargetServer",
		{ SERVER("Secure No"),
			TARGET BLOCK("TargetServer",
				"TargetIP 127.0.0.2\n Secure Yes") },
		{ "0", "1" }, IN_WRITER(unusable[0].is_secure), false, NULL },
	TARGET_CASE(
		"Charset", "iso8859-1", "UTF-8", "ISO8859-1", "UTF-8", charset),
	TARGET_CASE(
		"Charset", "CP1252", "IBM-819", "CP1252", "ISO8859-1", charset),
	TARGET_CASE("MBCharset", "IBM-5054", "IBM-33722", "ISO-2022-JP",
		"EUC-JP", mbcharset),
	FIXED("ExtWrtName", "MAIL#1", "mail$2", "MAIL#1", "MAIL$2", name),
	IN_BLOCK("RetryLimit", "Count", "0", "7200", "0", "7200", retry_count),
	IN_BLOCK("RetryLimit", "Interval", "0", "1440", "0", "1440",
		retry_interval_min),
	IN_BLOCK("TimeOut", "AnyCmd", "30", "1200", "30", "1200",
		timeout.any_cmd_s),
	IN_BLOCK("TimeOut", "ConnectIdle", "0", "1200", "0", "1200",
		timeout.connect_idle_s),
	IN_BLOCK("TimeOut", "ConnectRetry", "30", "1200", "30", "1200",
		timeout.connect_retry_s),
	IN_BLOCK("TimeOut", "DataBlock", "30", "1200", "30", "1200",
		timeout.data_block_s),
	IN_BLOCK("TimeOut", "DATACmd", "30", "1200", "30", "1200",
		timeout.data_cmd_s),
	IN_BLOCK("TimeOut", "DataTerm", "30", "1200", "30", "1200",
		timeout.data_term_s),
	IN_BLOCK("TimeOut", "InitialMsg", "30", "1200", "30", "1200",
		timeout.initial_msg_s),
	IN_BLOCK("TimeOut", "MAILCmd", "30", "1200", "30", "1200",
		timeout.mail_cmd_s),
	IN_BLOCK("TimeOut", "RCPTCmd", "30", "1200", "30", "1200",
		timeout.rcpt_cmd_s),
	SIMPLE("JESJobSize", "0", "1000000", "0", "1000000", job_size_kb),
	SIMPLE("JESMsgSize", "0", "1000000", "0", "1000000",
		input.message_size_kb),
	SIMPLE("JESSyntaxErrLimit", "0", "999", "0", "999",
		input.syntax_error_limit),
	IN_BLOCK("Header", "Date", "YES", "NO", "1", "0", header.adds_date),
	IN_BLOCK("Header", "UserInfo", "YES", "NO", "1", "0",
		header.has_user_info),
	IN_BLOCK("Options", "NullTrnc", "YES", "NO", "1", "0",
		input.trims_nulls),
	FIXED_IN_BLOCK("Options", "TestMode", "YES", "NO", "1", "0", is_test),
	{ "Options DataLineTrunc",
		{ TARGET BLOCK("Options", "DataLineTrunc YES"),
			TARGET BLOCK("Options", "DataLineTrunc NO") },
		{ "1", "0" }, IN_WRITER(input.long_line), false,
		"W: LongLine changes\n" },
	IN_BLOCK("Options", "AtSign", "@", "\xc2\xa7", "@", "\xc2\xa7",
		input.at_sign),
	IN_BLOCK("Options", "TLSEhlo", "YES", "NO", "1", "0", says_ehlo_again),
	IN_BLOCK("Options", "ReplaceSubjectAtSign", "YES", "NO", "1", "0",
		input.is_at_sign_in_subject),
	FIXED("Translate", "IBM-1047", "IBM-037", "IBM1047", "IBM037",
		input.page),
	FIXED("Translate", "UTF-8", "1140", "", "IBM1140", input.page),
	{ "MBCS",
		{ SERVER("MBCharset EUC-JP") "Translate IBM-939\nMBCS YES\n",
			TARGET "MBCS NO\n" },
		{ "1", "0" }, IN_WRITER(input.is_mbcs), true,
		"W: TargetServer changes\n"
		"W: Translate stays as it was, it changes at the next "
		"start\n" },
	SIMPLE("UserExit", "NONE", "EXEC  /opt/judge", "0", "4", exit.kind),
	SIMPLE("UserExit", "EXEC\t/opt/a # one", "exec /opt/b", "/opt/a",
		"/opt/b", exit.path),
	SIMPLE("UserExit", "VERSION2", "VERSION3", "1", "2", exit.kind),
	SIMPLE("UserExit", "VERSION4", "NONE", "3", "0", exit.kind),
	SIMPLE("BadSpoolDisp", "Hold", "Delete", "0", "1", bad_spool_disp),
	IN_BLOCK("ExtendedRetry", "Age", "0", "30", "0", "30",
		extended_retry.age_days),
	IN_BLOCK("ExtendedRetry", "Interval", "0", "60", "0", "60",
		extended_retry.interval_min),
	FIXED_IN_BLOCK("ExtendedRetry", "MailDirectory", "/a/", "/b/c/", "/a/",
		"/b/c/", extended_retry.directory),
	IN_BLOCK("Undeliverable", "DeadLetterAction", "Store", "Delete", "0",
		"1", undeliverable.action),
	IN_BLOCK("Undeliverable", "ReturnToMailFrom", "Yes", "No", "1", "0",
		undeliverable.returns_to_sender),
	FIXED_IN_BLOCK("Undeliverable", "DeadLetterDirectory", "/", "/b/", "/",
		"/b/", undeliverable.directory),
	SIMPLE("Report", "Sysout", "None", "0", "2", report.kind),
	{ "Report",
		{ TARGET "MailAdministrator a@b.example\nReport Admin\n",
			TARGET "MailAdministrator a@b.example\n" },
		{ "1", "0" }, IN_WRITER(report.kind), false, NULL },
	SIMPLE("ReportMailFrom", "a@b.example", "A@b.example", "a@b.example",
		"A@b.example", report.mail_from),
	SIMPLE("MailAdministrator", "a@b.example", "A@b.example", "a@b.example",
		"A@b.example", report.administrators[0]),
	{ "MailAdministrator",
		{ TARGET "MailAdministrator a@b.example\n"
			 "MailAdministrator c@b.example\n",
			TARGET "MailAdministrator a@b.example\n" },
		{ "c@b.example", "" }, IN_WRITER(report.administrators[1]),
		false, NULL },
	SIMPLE("LogLevel", "0", "255", "0", "255", log_level),
	IN_BLOCK("SMF119", "CONFIG", "YES", "NO", "1", "0", smf.has_config),
	IN_BLOCK("SMF119", "CONNECT", "YES", "NO", "1", "0", smf.has_connect),
	IN_BLOCK("SMF119", "MAIL", "YES", "NO", "1", "0", smf.has_mail),
	IN_BLOCK("SMF119", "SPOOL", "YES", "NO", "1", "0", smf.has_spool),
	IN_BLOCK("SMF119", "STATS", "YES", "NO", "1", "0", smf.has_stats),
	FIXED("ChkPointSizeLimit", "64000", "512000", "64000", "512000",
		check_point_mails),

	/* Ours; Submitters needs accounts: test_config_read. */
	FIXED("InputFormat", "auto", "Batch", "0", "1", input.format),
	FIXED("InputFormat", "message", "auto", "2", "0", input.format),
	FIXED("RecordFormat", "stream", "fixed", "0", "1", input.records),
	FIXED("RecordFormat", "variable", "netdata", "2", "3", input.records),
	{ "RecordLength",
		{ TARGET "RecordFormat fixed\nRecordLength 1\n",
			TARGET "RecordFormat fixed\nRecordLength 32760\n" },
		{ "1", "32760" }, IN_WRITER(input.record_length), true, NULL },
	{ "SequenceNumbers",
		{ TARGET "RecordFormat fixed\nSequenceNumbers YES\n",
			TARGET "RecordFormat fixed\nSequenceNumbers NO\n" },
		{ "1", "0" }, IN_WRITER(input.has_sequence), true, NULL },
	FIXED("CarriageControl", "none", "asa", "0", "1", input.carriage),
	FIXED("CarriageControl", "machine", "none", "2", "0", input.carriage),
	FIXED("Continuation", "commands", "all", "0", "1", input.continuation),
	SIMPLE("BareCR", "space", "reject", "0", "1", input.bare_cr),
	SIMPLE("LongLine", "truncate", "error", "1", "0", input.long_line),
	SIMPLE("LongLine", "error", "encode", "0", "2", input.long_line),
	SIMPLE("Unconvertible", "replace", "error", "0", "1",
		input.unconvertible),
	YES_NO("AddMime", header.adds_mime),
	YES_NO("AddFrom", header.adds_from),
	YES_NO("AddSender", header.adds_sender),
	YES_NO("OriginHeader", header.adds_origin),
	YES_NO("StrictHeaders", header.is_strict),
	SIMPLE("HopLimit", "1", "1000", "1", "1000", header.hop_limit),
	SIMPLE("UserExitTimeOut", "1", "3600", "1", "3600", exit.timeout_s),
};

/* ---- jesfs.conf ---------------------------------------------------------- */

#define MOUNT(keyword_, one_, other_, first_, second_, member_, is_fixed_)     \
	{                                                                      \
		keyword_,                                                      \
			{ keyword_ " " one_ "\n", keyword_ " " other_ "\n" },  \
			{ first_, second_ }, IN_MOUNT(member_), is_fixed_,     \
			NULL                                                   \
	}

static const struct statement mount_statements[] = {
	MOUNT("SpoolDirectory", "/a", "/b", "/a", "/b", spool_directory, true),
	MOUNT("OperatorGroup", "ops", "jes", "ops", "jes", operator_group,
		false),
	MOUNT("User", "root", "jes", "root", "jes", user, true),
	MOUNT("HeloName", "a.example", "[192.0.2.1]", "a.example",
		"[192.0.2.1]", helo_name, false),
	MOUNT("SpoolLimit", "1M", "2M", "1048576", "2097152", spool_limit,
		false),
	MOUNT("UserLimit", "0", "1K", "0", "1024", user_limit, false),
	MOUNT("UserDataSets", "0", "9999999", "0", "9999999", user_datasets,
		false),
	MOUNT("DraftNames", "*.a", "*.b", "*.a", "*.b", draft_names.patterns[0],
		false),
	MOUNT("Linger", "1", "3600", "1", "3600", linger_s, false),
};

/* ---- what they come to --------------------------------------------------- */

/* A member as text: a number by its size, a string when it is longer. */
static const char *shown(const void *filled, const struct statement *s,
	char out[static VALUE_MAX])
{
	const void *at = (const char *)filled + s->offset;
	uint64_t number;

	switch (s->size) {
	case sizeof(bool):
		number = *(const bool *)at;
		break;
	case sizeof(uint16_t):
		number = *(const uint16_t *)at;
		break;
	case sizeof(uint32_t):
		number = *(const uint32_t *)at;
		break;
	case sizeof(uint64_t):
		number = *(const uint64_t *)at;
		break;
	default:
		text_copy(out, VALUE_MAX, at);
		return out;
	}
	text_format(out, VALUE_MAX, "%" PRIu64, number);
	return out;
}

/* The difference that a refresh from the first to the second text makes. */
static void check_refresh(const struct statement *s, const char *name,
	const struct config *running, struct config *read)
{
	struct config_changes changes;
	char expected[VALUE_MAX], value[VALUE_MAX];
	struct buf report;

	buf_init(&report);
	ck_assert_int_eq(config_compare(running, read, &changes, &report), 0);
	buf_append(&report, "", 1);
	text_format(expected, sizeof expected, "%s: %s %s\n", name, s->keyword,
		s->is_fixed ? "stays as it was, it changes at the next start"
			    : "changes");
	if (s->also == NULL)
		ck_assert_str_eq(report.data, expected);
	ck_assert_ptr_nonnull(strstr(report.data, expected));
	if (s->also != NULL && strstr(report.data, s->also) == NULL)
		ck_assert_str_eq(report.data, s->also);
	ck_assert(s->is_fixed ? changes.kept > 0 : changes.changed > 0);
	ck_assert_str_eq(shown(read->writers != NULL && read->writer_count > 0
					 ? (const void *)read->writers
					 : read,
				 s, value),
		s->values[!s->is_fixed]);
	buf_fini(&report);
}

static struct config_writer writers[2];
static struct config_mount mounts[2];

START_TEST(two_values_of_a_writer_statement_give_two_results)
{
	const struct statement *s = &writer_statements[_i];
	struct config running = { .writer_count = 1 };
	struct config read = { .writer_count = 1 };
	char value[VALUE_MAX];
	size_t errors;
	int i;

	for (i = 0; i < 2; i++) {
		char *said = config_read_writer_text(
			s->texts[i], strlen(s->texts[i]), &writers[i], &errors);

		if (errors > 0 && strstr(s->texts[i], "TargetMx") == NULL)
			ck_abort_msg("%s", said);
		free(said);
		ck_assert_str_eq(
			shown(&writers[i].config, s, value), s->values[i]);
		text_copy(writers[i].config.file, sizeof writers[i].config.file,
			"/w");
		if (writers[i].config.name[0] == '\0')
			text_copy(writers[i].config.name,
				sizeof writers[i].config.name, "W");
	}
	running.writers = &writers[0].config;
	read.writers = malloc(sizeof *read.writers);
	ck_assert_ptr_nonnull(read.writers);
	*read.writers = writers[1].config;
	check_refresh(s, writers[0].config.name, &running, &read);
	free(read.writers);
}
END_TEST

START_TEST(two_values_of_a_mount_statement_give_two_results)
{
	const struct statement *s = &mount_statements[_i];
	char value[VALUE_MAX];
	size_t errors;
	int i;

	for (i = 0; i < 2; i++) {
		free(config_read_mount_text(
			s->texts[i], strlen(s->texts[i]), &mounts[i], &errors));
		ck_assert_uint_eq(errors, 0);
		ck_assert_str_eq(
			shown(&mounts[i].config, s, value), s->values[i]);
	}
	check_refresh(s, "jesfs.conf", &mounts[0].config, &mounts[1].config);
	free(mounts[1].config.writers);
}
END_TEST

/* ---- none is missing ----------------------------------------------------- */

static bool is_tried(const struct statement *all, int count, const char *block,
	const char *keyword)
{
	char name[VALUE_MAX], text[VALUE_MAX];
	int i;

	text_format(
		name, sizeof name, "%s%s%s", block, *block ? " " : "", keyword);
	text_format(text, sizeof text, "{\n TargetIP 127.0.0.1\n %s ", keyword);
	for (i = 0; i < count; i++)
		if (strcmp(all[i].keyword, name) == 0
			|| (strcmp(block, "TargetServer") == 0
				&& (strstr(all[i].texts[0], text) != NULL
					|| strncmp(keyword, "Target", 6) == 0)))
			return true;
	return false;
}

START_TEST(no_statement_is_left_out)
{
	const struct config_row *row, *inner;

	for (row = config_writer_rows; row->keyword != NULL; row++) {
		if (strcmp(row->keyword, "Submitters") == 0)
			continue;
		if (row->rows == NULL
			&& !is_tried(writer_statements,
				COUNT(writer_statements), "", row->keyword))
			ck_abort_msg("%s is not tried", row->keyword);
		for (inner = row->rows; inner != NULL && inner->keyword != NULL;
			inner++)
			if (!is_tried(writer_statements,
				    COUNT(writer_statements), row->keyword,
				    inner->keyword))
				ck_abort_msg("%s %s is not tried", row->keyword,
					inner->keyword);
	}
	for (row = config_mount_rows; row->keyword != NULL; row++)
		if (strcmp(row->keyword, "WriterConfig") != 0
			&& !is_tried(mount_statements, COUNT(mount_statements),
				"", row->keyword))
			ck_abort_msg("%s is not tried", row->keyword);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_statements");
	TCase *t = tcase_create("config_statements");

	tcase_add_loop_test(t,
		two_values_of_a_writer_statement_give_two_results, 0,
		COUNT(writer_statements));
	tcase_add_loop_test(t, two_values_of_a_mount_statement_give_two_results,
		0, COUNT(mount_statements));
	tcase_add_test(t, no_statement_is_left_out);
	suite_add_tcase(s, t);
	return suite_run(s);
}
