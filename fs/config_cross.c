#include "config_cross.h"

#include "log.h"

#include <inttypes.h>
#include <string.h>

enum {
	SEQUENCE_END = 80, /* columns 73 to 80 hold it */
	LOG_LEVELS = 2 * LOG_LEVEL_INFORMATION,
};

static bool is_coded(const struct config_word *word)
{
	return word->len > 0;
}

/* ---- target servers ------------------------------------------------------ */

static void check_targets(
	struct config_source *source, const struct config_writer *writer)
{
	const struct config_targets *t = &writer->targets;

	if (!t->is_met)
		config_error(
			source, NULL, "no TargetServer, expected at least one");
	if (is_coded(&t->mx) && is_coded(&t->other))
		config_error(source, &t->mx,
			"TargetMx beside TargetIP or TargetName in line %zu, "
			"expected it alone",
			t->other.line);
	if (writer->config.target_count == 0
		&& writer->config.unusable_count > 0)
		config_error(source, NULL,
			"no target server that can be used, expected one with "
			"TargetIP and without Secure YES: this version does "
			"not look up names, and has no TLS");
}

/* ---- code pages ---------------------------------------------------------- */

static bool is_as_it_is(const struct config_page *page)
{
	return strcmp(page->name, "UTF-8") == 0
		|| strcmp(page->name, "US-ASCII") == 0
		|| strcmp(page->name, "ASCII") == 0;
}

static void check_multibyte(
	struct config_source *source, const struct config_writer *writer)
{
	const struct config_targets *t = &writer->targets;

	if (!is_coded(&writer->at.page))
		config_error(source, &writer->at.mbcs,
			"MBCS YES without Translate, expected a multi-byte "
			"page there");
	else if (!writer->page.is_multibyte)
		config_error(source, &writer->at.page,
			"Translate %s is a single-byte page, expected a "
			"multi-byte one with MBCS YES",
			writer->page.name);
	else if (!writer->page.is_ebcdic && !is_as_it_is(&writer->page))
		config_error(source, &writer->at.page,
			"Translate %s is a multi-byte page that is not EBCDIC, "
			"expected IBM930 or another that is",
			writer->page.name);
	if (is_coded(&t->no_mbcharset))
		config_error(source, &t->no_mbcharset,
			"TargetServer without MBCharset, expected one in each "
			"with MBCS YES");
	if (is_coded(&t->charset))
		config_warning(source, &t->charset,
			"Charset has no effect with MBCS YES, MBCharset "
			"counts");
}

static void check_singlebyte(
	struct config_source *source, const struct config_writer *writer)
{
	if (is_coded(&writer->at.page) && writer->page.is_multibyte
		&& !is_as_it_is(&writer->page))
		config_error(source, &writer->at.page,
			"Translate %s is a multi-byte page, expected a "
			"single-byte one without MBCS YES",
			writer->page.name);
	if (is_coded(&writer->targets.mbcharset))
		config_warning(source, &writer->targets.mbcharset,
			"MBCharset has no effect without MBCS YES");
}

static void settle_pages(
	struct config_source *source, struct config_writer *writer)
{
	struct input_config *input = &writer->config.input;

	if (input->is_mbcs)
		check_multibyte(source, writer);
	else
		check_singlebyte(source, writer);
	if (is_coded(&writer->at.page) && !is_as_it_is(&writer->page))
		memcpy(input->page, writer->page.name, sizeof input->page);
}

/* ---- records and lines --------------------------------------------------- */

static void check_records(
	struct config_source *source, const struct config_writer *writer)
{
	const struct input_config *input = &writer->config.input;
	bool is_fixed = input->records == INPUT_FIXED;

	if (is_coded(&writer->at.record_length) && !is_fixed)
		config_warning(source, &writer->at.record_length,
			"RecordLength has no effect without RecordFormat "
			"fixed");
	if (input->has_sequence
		&& (!is_fixed || input->record_length < SEQUENCE_END))
		config_error(source, &writer->at.sequence,
			"SequenceNumbers YES, expected RecordFormat fixed and "
			"RecordLength %d or more",
			SEQUENCE_END);
}

/* DataLineTrunc is CSSMTP's; LongLine has one value more. */
static void settle_long_line(
	struct config_source *source, struct config_writer *writer)
{
	struct writer_config *config = &writer->config;

	if (!is_coded(&writer->at.long_line))
		config->input.long_line = config->truncates_lines
			? LONG_LINE_TRUNCATE
			: LONG_LINE_ERROR;
	else if (config->truncates_lines
		&& config->input.long_line != LONG_LINE_TRUNCATE)
		config_error(source, &writer->at.long_line,
			"LongLine says otherwise than DataLineTrunc YES in "
			"line %zu, expected truncate",
			writer->at.trunc.line);
}

/* ---- the rest ------------------------------------------------------------ */

static void check_sizes(
	struct config_source *source, const struct config_writer *writer)
{
	uint32_t job = writer->config.job_size_kb;
	uint32_t message = writer->config.input.message_size_kb;

	if (job != 0 && message > job)
		config_error(source, &writer->at.message_size,
			"JESMsgSize %" PRIu32
			" is more than JESJobSize %" PRIu32
			", expected at most that",
			message, job);
}

static void check_reports(
	struct config_source *source, const struct config_writer *writer)
{
	const struct config_places *at = &writer->at;
	char shown[CONFIG_SHOWN_MAX];

	if (writer->config.report.kind == REPORT_ADMIN
		&& writer->config.report.administrator_count == 0)
		config_error(source, &at->report,
			"Report Admin without MailAdministrator, expected at "
			"least one");
	if (is_coded(&at->same_administrator))
		config_warning(source, &at->same_administrator,
			"MailAdministrator %s is there already, this one is "
			"ignored",
			config_show(&at->same_administrator, shown));
	if (is_coded(&at->fifth_administrator))
		config_warning(source, &at->fifth_administrator,
			"more than four MailAdministrator, the first four are "
			"used");
}

static void check_log_level(
	struct config_source *source, const struct config_writer *writer)
{
	uint32_t level = writer->config.log_level;

	if (!is_coded(&writer->at.log_level))
		return;
	if ((level & LOG_LEVEL_ERROR) == 0)
		config_warning(source, &writer->at.log_level,
			"LogLevel %" PRIu32 " leaves out errors, expected a "
			"sum with 1 in it",
			level);
	if (level >= LOG_LEVELS)
		config_warning(source, &writer->at.log_level,
			"LogLevel %" PRIu32 " has no effect beyond 15 in this "
			"version: there are no lines of the levels 16 to 128",
			level);
}

static void check_intent(
	struct config_source *source, const struct config_writer *writer)
{
	const struct exit_config *e = &writer->config.exit;
	char shown[CONFIG_SHOWN_MAX];

	if (writer->config.is_test)
		config_warning(source, &writer->at.test_mode,
			"TestMode YES: mail is read, then thrown away, nothing "
			"is sent; expected NO, but for a test");
	if (e->kind != USER_EXIT_NONE && e->kind != USER_EXIT_EXEC)
		config_warning(source, &writer->at.user_exit,
			"UserExit %s has no meaning on Linux: no z/OS exit "
			"runs here, it acts as NONE",
			config_show(&writer->at.user_exit, shown));
}

void config_cross_writer(
	struct config_source *source, struct config_writer *writer)
{
	check_targets(source, writer);
	settle_pages(source, writer);
	check_records(source, writer);
	settle_long_line(source, writer);
	check_sizes(source, writer);
	check_reports(source, writer);
	check_log_level(source, writer);
	check_intent(source, writer);
}

/* ---- jesfs.conf ---------------------------------------------------------- */

static bool is_all_drafts(const struct config_mount *mount)
{
	size_t i;

	for (i = 0; i < mount->config.draft_names.count; i++)
		if (strcmp(mount->config.draft_names.patterns[i], "*") == 0)
			return true;
	return false;
}

void config_cross_mount(
	struct config_source *source, const struct config_mount *mount)
{
	const struct config *c = &mount->config;

	if (is_coded(&mount->linger) && c->linger_s == 0)
		config_warning(source, &mount->linger,
			"Linger 0: install, tar and others that touch a file "
			"after closing it fail; expected 1 or more");
	if (is_all_drafts(mount))
		config_warning(source, &mount->drafts,
			"DraftNames with *: every name is a draft, nothing is "
			"sent when it is closed");
	if (is_coded(&mount->helo)
		&& memchr(c->helo_name, '.', strlen(c->helo_name)) == NULL
		&& c->helo_name[0] != '[')
		config_warning(source, &mount->helo,
			"HeloName %s has no dot, servers may refuse it; "
			"expected a name with its domain",
			c->helo_name);
	if (c->spool_limit != 0 && c->user_limit > c->spool_limit)
		config_warning(source, &mount->user_limit,
			"UserLimit is more than SpoolLimit, so one user may "
			"fill the spool");
}
