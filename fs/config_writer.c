#include "config_cross.h"
#include "config_name.h"
#include "config_rows.h"
#include "config_table.h"
#include "config_value.h"
#include "text.h"

#include <string.h>

enum {
	SUBMITTER_OCTETS_MAX = 63,
	JES_SIZE_MAX = 1000000, /* thousands of octets */
	SYNTAX_ERRORS_MAX = 999,
	LOG_LEVEL = 7,
	LOG_LEVEL_MAX = 255,
	CHECK_POINT_MIN = 64000,
	CHECK_POINT_MAX = 512000,
	HOPS_MAX = 1000,
	EXIT_TIMEOUT_S_MAX = 3600,
};

/* ---- Submitters ---------------------------------------------------------- */

static const char *add_submitter(
	struct config_writer *writer, const struct config_word *name)
{
	size_t len = name->len;

	if (len > 0 && name->text[0] == '@')
		len--;
	if (len == 0)
		return "has an empty name";
	if (len > SUBMITTER_OCTETS_MAX)
		return "has a name that is too long";
	if (writer->submitter_count == CONFIG_SUBMITTERS_MAX)
		return "is one too many";
	writer->submitters[writer->submitter_count++] = *name;
	return NULL;
}

/* Each name keeps its place, for who looks them up. */
static const char *read_submitters(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_word name = *value;
	const char *end = value->text + value->len;
	const char *comma, *wrong;

	(void)row;
	do {
		comma = memchr(name.text, ',', (size_t)(end - name.text));
		name.len = (size_t)((comma != NULL ? comma : end) - name.text);
		wrong = add_submitter(member, &name);
		name.text += name.len + 1;
		name.column += name.len + 1;
	} while (wrong == NULL && comma != NULL);
	return wrong;
}

static bool submitters_are_same(const void *a, const void *b)
{
	const struct submitters *one =
		&((const struct writer_config *)a)->submitters;
	const struct submitters *other =
		&((const struct writer_config *)b)->submitters;
	size_t i;

	if (one->count != other->count)
		return false;
	for (i = 0; i < one->count; i++)
		if (one->all[i].is_group != other->all[i].is_group
			|| one->all[i].id != other->all[i].id)
			return false;
	return true;
}

/* ---- MailAdministrator --------------------------------------------------- */

static void note(struct config_word *first, const struct config_word *value)
{
	if (first->len == 0)
		*first = *value;
}

/* A fifth is ignored, as CSSMTP does, but it has to be right. */
static const char *read_administrator(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_writer *writer = member;
	struct report_config *report = &writer->config.report;
	char mailbox[CONFIG_MAILBOX_MAX + 1];
	const char *wrong = config_name_mailbox(row, value, mailbox);
	size_t i;

	if (wrong != NULL)
		return wrong;
	for (i = 0; i < report->administrator_count; i++)
		if (strcmp(report->administrators[i], mailbox) == 0) {
			note(&writer->at.same_administrator, value);
			return NULL;
		}
	if (i == CONFIG_ADMINISTRATORS_MAX) {
		note(&writer->at.fifth_administrator, value);
		return NULL;
	}
	memcpy(report->administrators[i], mailbox, sizeof mailbox);
	report->administrator_count++;
	return NULL;
}

static bool administrators_are_same(const void *a, const void *b)
{
	const struct report_config *one =
		&((const struct writer_config *)a)->report;
	const struct report_config *other =
		&((const struct writer_config *)b)->report;
	size_t i;

	if (one->administrator_count != other->administrator_count)
		return false;
	for (i = 0; i < one->administrator_count; i++)
		if (strcmp(one->administrators[i], other->administrators[i])
			!= 0)
			return false;
	return true;
}

/* ---- UserExit ------------------------------------------------------------ */

static const char *const exits[] = { "NONE", "VERSION2", "VERSION3", "VERSION4",
	"EXEC" };

static const char *read_exit_path(
	struct exit_config *out, const char *path, size_t len)
{
	if (len == 0)
		return "has no path of a program";
	if (path[0] != '/')
		return "has no absolute path";
	if (len >= sizeof out->path)
		return "has a path that is too long";
	if (memchr(path, ' ', len) != NULL || memchr(path, '\t', len) != NULL)
		return "has more than a path";
	memcpy(out->path, path, len);
	return NULL;
}

static const char *read_exit(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct exit_config *out = member;
	struct exit_config found = { .timeout_s = out->timeout_s };
	const char *end = value->text + value->len;
	const char *rest = value->text;
	const char *wrong = NULL;
	size_t len, kind;

	(void)row;
	while (rest < end && *rest != ' ' && *rest != '\t')
		rest++;
	len = (size_t)(rest - value->text);
	while (rest < end && (*rest == ' ' || *rest == '\t'))
		rest++;
	for (kind = 0; kind < sizeof exits / sizeof *exits; kind++)
		if (text_equals_nocase(value->text, len, exits[kind]))
			break;
	if (kind == sizeof exits / sizeof *exits)
		return "is not known";
	found.kind = (enum exit_kind)kind;
	if (found.kind == USER_EXIT_EXEC)
		wrong = read_exit_path(&found, rest, (size_t)(end - rest));
	else if (rest < end)
		wrong = "has a word too many";
	if (wrong == NULL)
		*out = found;
	return wrong;
}

static bool exits_are_same(const void *a, const void *b)
{
	const struct exit_config *one =
		&((const struct writer_config *)a)->exit;
	const struct exit_config *other =
		&((const struct writer_config *)b)->exit;

	return one->kind == other->kind && strcmp(one->path, other->path) == 0;
}

/* ---- the statements ------------------------------------------------------ */

static const char *const dispositions[] = { "Hold", "Delete", NULL };
static const char *const reports[] = { "Sysout", "Admin", "None", NULL };
static const char *const formats[] = { "auto", "batch", "message", NULL };
static const char *const records[] = { "stream", "fixed", "variable", "netdata",
	NULL };
static const char *const carriages[] = { "none", "asa", "machine", NULL };
static const char *const continuations[] = { "commands", "all", NULL };
static const char *const bare_crs[] = { "space", "reject", NULL };
static const char *const long_lines[] = { "error", "truncate", "encode", NULL };
static const char *const unconvertibles[] = { "replace", "error", NULL };

#define MEMBER(member_) CONFIG_MEMBER(struct config_writer, config.member_)
#define PLACE(member_) .place = offsetof(struct config_writer, at.member_)
#define NUMBER(keyword_, member_)                                              \
	.keyword = keyword_, .read = config_value_u32, MEMBER(member_)
#define CHOICE(keyword_, member_, choices_)                                    \
	.keyword = keyword_, .read = config_value_choice, MEMBER(member_),     \
	.choices = choices_
#define NO_YES(keyword_, member_)                                              \
	.keyword = keyword_, .read = config_value_bool, MEMBER(member_),       \
	.choices = config_value_no_yes
#define BLOCK(keyword_, name_)                                                 \
	.keyword = keyword_, .rows = config_##name_##_rows,                    \
	.open = config_##name_##_open

#define NO_REPORTS "has no effect in this version: there are no error reports"

const struct config_row config_writer_rows[] = {
	{ BLOCK("TargetServer", target), .close = config_target_close,
		.is_many = true, .is_same = config_target_is_same },
	{ .keyword = "ExtWrtName",
		.read = config_value_writer,
		MEMBER(name),
		PLACE(name),
		.expected = "1 to 8 of A-Z 0-9 $ # @, not INTRDR, STDWTR or "
			    "NJERDR",
		.is_fixed = true },
	{ BLOCK("RetryLimit", retry), .close = config_retry_close },
	{ BLOCK("TimeOut", timeout) },
	{ NUMBER("JESJobSize", job_size_kb), .max = JES_SIZE_MAX,
		PLACE(job_size) },
	{ NUMBER("JESMsgSize", input.message_size_kb), .max = JES_SIZE_MAX,
		PLACE(message_size) },
	{ NUMBER("JESSyntaxErrLimit", input.syntax_error_limit),
		.max = SYNTAX_ERRORS_MAX },
	{ BLOCK("Header", header) },
	{ BLOCK("Options", options) },
	{ .keyword = "Translate",
		.read = config_page_read,
		.offset = offsetof(struct config_writer, page),
		CONFIG_VALUE(struct config_writer, config.input.page),
		PLACE(page),
		.expected = "an EBCDIC code page, or one that begins as "
			    "ASCII does",
		.is_fixed = true },
	{ NO_YES("MBCS", input.is_mbcs), PLACE(mbcs), .is_fixed = true },
	{ .keyword = "UserExit",
		.read = read_exit,
		MEMBER(exit),
		PLACE(user_exit),
		.is_phrase = true,
		.is_same = exits_are_same,
		.expected = "NONE, VERSION2, VERSION3, VERSION4 or EXEC with "
			    "an absolute path" },

	/* What becomes of mail and data sets, and who is told. */
	{ CHOICE("BadSpoolDisp", bad_spool_disp, dispositions),
		.no_effect = "has no effect in this version: bad spool files "
			     "are held",
		.effective = "Hold" },
	{ BLOCK("ExtendedRetry", extended),
		.no_effect = "has no effect in this version: there is no "
			     "extended retry" },
	{ BLOCK("Undeliverable", undeliverable) },
	{ CHOICE("Report", report.kind, reports), PLACE(report),
		.no_effect = NO_REPORTS, .effective = "None" },
	{ .keyword = "ReportMailFrom",
		.read = config_name_mailbox,
		MEMBER(report.mail_from),
		.expected = "user@host.domain",
		.no_effect = NO_REPORTS },
	{ .keyword = "MailAdministrator",
		.read = read_administrator,
		.size = CONFIG_MAILBOX_MAX + 1,
		.is_many = true,
		.is_same = administrators_are_same,
		.expected = "user@host.domain",
		.no_effect = NO_REPORTS },
	{ NUMBER("LogLevel", log_level), .max = LOG_LEVEL_MAX,
		PLACE(log_level) },
	{ BLOCK("SMF119", smf),
		.no_effect = "has no meaning on Linux: there are no SMF "
			     "records" },
	{ NUMBER("ChkPointSizeLimit", check_point_mails),
		.min = CHECK_POINT_MIN, .max = CHECK_POINT_MAX,
		.no_effect = "has no meaning on Linux: the spool directory "
			     "knows of every mail that was sent",
		.is_fixed = true },

	/* Ours. What decides where a data set's mails begin stays as it is
	 * while some are half sent. */
	{ .keyword = "Submitters",
		.read = read_submitters,
		.is_many = true,
		.is_same = submitters_are_same,
		.expected = "names of users, and of groups with @ before them, "
			    "commas between, at most 64" },
	{ CHOICE("InputFormat", input.format, formats), .is_fixed = true },
	{ CHOICE("RecordFormat", input.records, records), .is_fixed = true },
	{ NUMBER("RecordLength", input.record_length), .min = 1,
		.max = CONFIG_RECORD_MAX, PLACE(record_length),
		.is_fixed = true },
	{ NO_YES("SequenceNumbers", input.has_sequence), PLACE(sequence),
		.is_fixed = true },
	{ CHOICE("CarriageControl", input.carriage, carriages),
		.is_fixed = true },
	{ CHOICE("Continuation", input.continuation, continuations),
		.is_fixed = true },
	{ CHOICE("BareCR", input.bare_cr, bare_crs) },
	{ CHOICE("LongLine", input.long_line, long_lines), PLACE(long_line) },
	{ CHOICE("Unconvertible", input.unconvertible, unconvertibles) },
	{ NO_YES("AddMime", header.adds_mime) },
	{ NO_YES("AddFrom", header.adds_from) },
	{ NO_YES("AddSender", header.adds_sender) },
	{ NO_YES("OriginHeader", header.adds_origin) },
	{ NO_YES("StrictHeaders", header.is_strict) },
	{ NUMBER("HopLimit", header.hop_limit), .min = 1, .max = HOPS_MAX },
	{ NUMBER("UserExitTimeOut", exit.timeout_s), .min = 1,
		.max = EXIT_TIMEOUT_S_MAX },
	{ .keyword = NULL },
};

_Static_assert(sizeof config_writer_rows / sizeof *config_writer_rows
		<= CONFIG_ROWS_MAX,
	"a table has more rows than the parser can count");

static void set_defaults(struct config_writer *out)
{
	memset(out, 0, sizeof *out);
	input_config_init(&out->config.input);
	header_config_init(&out->config.header);
	exit_config_init(&out->config.exit);
	config_retry_open(out, NULL);
	config_timeout_open(out, NULL);
	config_extended_open(out, NULL);
	config_undeliverable_open(out, NULL);
	out->config.log_level = LOG_LEVEL;
	out->config.check_point_mails = CHECK_POINT_MIN;
}

void config_writer_read(struct config_source *source, const char *text,
	size_t len, struct config_writer *out)
{
	set_defaults(out);
	config_parse(source, text, len, config_writer_rows, out);
	config_cross_writer(source, out);
}
