#include "config_rows.h"
#include "config_table.h"
#include "config_value.h"

#include <string.h>

enum {
	RETRY_COUNT = 5,
	RETRY_INTERVAL_MIN = 1,
	TIMEOUT_USUAL_S = 30, /* CSSMTP's least: RFC 5321 asks for minutes */
	TIMEOUT_MAX_S = 1200,
	EXTENDED_AGE_DAYS = 5,
	EXTENDED_AGE_MAX = 9999,
	EXTENDED_INTERVAL_MIN = 30,
	EXTENDED_INTERVAL_MAX = 10080,
};

#define MEMBER(member_) CONFIG_MEMBER(struct config_writer, config.member_)

#define NO_YES(keyword_, member_)                                              \
	.keyword = keyword_, .read = config_value_bool, MEMBER(member_),       \
	.choices = config_value_no_yes

/* ---- RetryLimit ---------------------------------------------------------- */

const struct config_row config_retry_rows[] = {
	{ .keyword = "Count",
		.read = config_value_u32,
		MEMBER(retry_count),
		.max = CONFIG_RETRY_MINUTES_MAX },
	{ .keyword = "Interval",
		.read = config_value_u32,
		MEMBER(retry_interval_min),
		.max = CONFIG_RETRY_MINUTES_MAX },
	{ .keyword = NULL },
};

/* A second block starts from the defaults, here and below: the last one
 * counts. */
void config_retry_open(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;

	(void)keyword;
	writer->config.retry_count = RETRY_COUNT;
	writer->config.retry_interval_min = RETRY_INTERVAL_MIN;
}

void config_retry_close(struct config_source *source, void *into,
	const struct config_word *keyword)
{
	const struct config_writer *writer = into;
	uint64_t minutes = (uint64_t)writer->config.retry_count
		* writer->config.retry_interval_min;

	if (minutes > CONFIG_RETRY_MINUTES_MAX)
		config_error(source, keyword,
			"Count times Interval is %ju minutes, expected at most "
			"%d",
			(uintmax_t)minutes, CONFIG_RETRY_MINUTES_MAX);
}

/* ---- TimeOut ------------------------------------------------------------- */

#define SECONDS(keyword_, member_)                                             \
	{                                                                      \
		.keyword = keyword_, .read = config_value_u32,                 \
		MEMBER(timeout.member_), .min = 1,                             \
		.usual_min = TIMEOUT_USUAL_S, .max = TIMEOUT_MAX_S             \
	}

const struct config_row config_timeout_rows[] = {
	SECONDS("AnyCmd", any_cmd_s),
	SECONDS("ConnectRetry", connect_retry_s),
	SECONDS("DataBlock", data_block_s),
	SECONDS("DATACmd", data_cmd_s),
	SECONDS("DataTerm", data_term_s),
	SECONDS("InitialMsg", initial_msg_s),
	SECONDS("MAILCmd", mail_cmd_s),
	SECONDS("RCPTCmd", rcpt_cmd_s),
	{ .keyword = "ConnectIdle",
		.read = config_value_u32,
		MEMBER(timeout.connect_idle_s),
		.max = TIMEOUT_MAX_S },
	{ .keyword = NULL },
};

void config_timeout_open(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;

	(void)keyword;
	writer->config.timeout = (struct timeout_config){
		.any_cmd_s = 300,
		.connect_retry_s = 120,
		.data_block_s = 180,
		.data_cmd_s = 120,
		.data_term_s = 600,
		.initial_msg_s = 300,
		.mail_cmd_s = 300,
		.rcpt_cmd_s = 300,
	};
}

/* ---- Header -------------------------------------------------------------- */

const struct config_row config_header_rows[] = {
	{ NO_YES("Date", header.adds_date) },
	{ NO_YES("UserInfo", header.has_user_info) },
	{ .keyword = NULL },
};

void config_header_open(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;
	struct header_config usual;

	(void)keyword;
	header_config_init(&usual);
	writer->config.header.adds_date = usual.adds_date;
	writer->config.header.has_user_info = usual.has_user_info;
}

/* ---- Options ------------------------------------------------------------- */

const struct config_row config_options_rows[] = {
	{ NO_YES("NullTrnc", input.trims_nulls) },
	{ NO_YES("TestMode", is_test),
		.place = offsetof(struct config_writer, at.test_mode),
		.is_fixed = true },
	{ NO_YES("DataLineTrunc", truncates_lines),
		.place = offsetof(struct config_writer, at.trunc) },
	{ .keyword = "AtSign",
		.read = config_value_at_sign,
		MEMBER(input.at_sign),
		.expected = "one character that no address has" },
	{ NO_YES("TLSEhlo", says_ehlo_again),
		.no_effect = "has no effect: after TLS EHLO is always said "
			     "again, as RFC 3207 asks",
		.effective = "YES" },
	{ NO_YES("ReplaceSubjectAtSign", input.is_at_sign_in_subject) },
	{ .keyword = NULL },
};

void config_options_open(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;
	struct input_config *input = &writer->config.input;
	struct input_config usual;

	(void)keyword;
	input_config_init(&usual);
	input->trims_nulls = usual.trims_nulls;
	memcpy(input->at_sign, usual.at_sign, sizeof input->at_sign);
	input->is_at_sign_in_subject = usual.is_at_sign_in_subject;
	writer->config.is_test = false;
	writer->config.truncates_lines = false;
	writer->config.says_ehlo_again = false;
	writer->at.test_mode.len = 0;
	writer->at.trunc.len = 0;
}

/* ---- what becomes of mail that is not taken ------------------------------ */

const struct config_row config_extended_rows[] = {
	{ .keyword = "Age",
		.read = config_value_u32,
		MEMBER(extended_retry.age_days),
		.max = EXTENDED_AGE_MAX },
	{ .keyword = "Interval",
		.read = config_value_u32,
		MEMBER(extended_retry.interval_min),
		.max = EXTENDED_INTERVAL_MAX },
	{ .keyword = "MailDirectory",
		.read = config_value_directory,
		MEMBER(extended_retry.directory),
		.expected = "a path that starts and ends with a slash, of at "
			    "most 512 octets",
		.no_effect = "has no meaning on Linux: mail that waits stays "
			     "in the spool directory",
		.is_fixed = true },
	{ .keyword = NULL },
};

void config_extended_open(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;

	writer->config.extended_retry = (struct extended_retry_config){
		.age_days = EXTENDED_AGE_DAYS,
		.interval_min = keyword != NULL ? EXTENDED_INTERVAL_MIN : 0,
	};
}

static const char *const actions[] = { "Store", "Delete", NULL };

const struct config_row config_undeliverable_rows[] = {
	{ .keyword = "DeadLetterAction",
		.read = config_value_choice,
		MEMBER(undeliverable.action),
		.choices = actions,
		.no_effect = "has no effect in this version: what cannot be "
			     "delivered keeps its data set held",
		.effective = "Store" },
	{ NO_YES("ReturnToMailFrom", undeliverable.returns_to_sender),
		.no_effect = "has no effect in this version: there are no "
			     "undeliverable notifications",
		.effective = "NO" },
	{ .keyword = "DeadLetterDirectory",
		.read = config_value_directory,
		MEMBER(undeliverable.directory),
		.expected = "a path that starts and ends with a slash, of at "
			    "most 512 octets",
		.no_effect = "has no meaning on Linux: dead letters stay in "
			     "the spool directory",
		.is_fixed = true },
	{ .keyword = NULL },
};

void config_undeliverable_open(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;

	(void)keyword;
	writer->config.undeliverable = (struct undeliverable_config){
		.returns_to_sender = true,
		.action = DEAD_LETTER_STORE,
	};
}

/* ---- SMF119 -------------------------------------------------------------- */

const struct config_row config_smf_rows[] = {
	{ NO_YES("CONFIG", smf.has_config) },
	{ NO_YES("CONNECT", smf.has_connect) },
	{ NO_YES("MAIL", smf.has_mail) },
	{ NO_YES("SPOOL", smf.has_spool) },
	{ NO_YES("STATS", smf.has_stats) },
	{ .keyword = NULL },
};

void config_smf_open(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;

	(void)keyword;
	writer->config.smf = (struct smf_config){ .has_config = false };
}
