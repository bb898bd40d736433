#include "config_table.h"

#include "config_value.h"

#include <errno.h>
#include <string.h>

enum {
	CONNECT_LIMIT_MAX = 500,
	MAX_MSG_SENT_MAX = 1000000,
	TIMEOUT_USUAL_S = 30, /* CSSMTP's least: RFC 5321 asks for minutes */
	TIMEOUT_MAX_S = 1200,
	SUBMITTER_OCTETS_MAX = 63,
	JES_SIZE_MAX = 1000000, /* thousands of octets */
	SPOOL_LIMIT_MIN = 1 << 20,
	LINGER_S = 5,
	LINGER_S_MAX = 3600,
};

/* ---- values that go with their place ------------------------------------ */

static const char *read_account(const struct config_word *value, char *name,
	size_t cap, struct config_word *place)
{
	if (value->len >= cap)
		return "is too long";
	memcpy(name, value->text, value->len);
	name[value->len] = '\0';
	*place = *value;
	return NULL;
}

static const char *read_group(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_mount *mount = member;

	(void)row;
	return read_account(value, mount->config.operator_group,
		sizeof mount->config.operator_group, &mount->group);
}

static const char *read_user(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_mount *mount = member;

	(void)row;
	return read_account(value, mount->config.user,
		sizeof mount->config.user, &mount->user);
}

static const char *read_pattern(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_mount *mount = member;

	(void)row;
	if (value->text[0] != '/')
		return "is not an absolute path";
	if (value->len >= PATH_MAX)
		return "is too long";
	if (mount->pattern_count == CONFIG_PATTERNS_MAX)
		return "is one too many";
	mount->patterns[mount->pattern_count++] = *value;
	return NULL;
}

/* "#" would start a comment in a word of its own, so they are joined. The
 * first statement takes the place of the usual names. */
static const char *read_drafts(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_mount *mount = member;
	struct draft_names names = { .count = 0 };
	const char *at = value->text;
	const char *end = value->text + value->len;
	const char *comma;
	int err = 0;

	(void)row;
	if (mount->has_drafts)
		names = mount->config.draft_names;
	do {
		comma = memchr(at, ',', (size_t)(end - at));
		if (comma == NULL)
			comma = end;
		err = draft_names_add(&names, at, (size_t)(comma - at));
		at = comma + 1;
	} while (err == 0 && comma < end);
	if (err != 0)
		return err == -ENOSPC ? "is one too many"
				      : "has a pattern that is empty, too long "
					"or with a /";
	mount->config.draft_names = names;
	mount->has_drafts = true;
	return NULL;
}

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

static const char *read_name(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_writer *writer = member;
	const char *wrong;

	wrong = config_value_writer(row, value, writer->config.name);
	if (wrong == NULL)
		writer->name = *value;
	return wrong;
}

/* ---- jesfs.conf ---------------------------------------------------------- */

static const struct config_row mount_rows[] = {
	{ .keyword = "SpoolDirectory",
		.read = config_value_path,
		.offset = offsetof(struct config_mount, config.spool_directory),
		.expected = "an absolute path" },
	{ .keyword = "WriterConfig",
		.read = read_pattern,
		.expected = "an absolute path, which may hold * and ?, in at "
			    "most 16 statements" },
	{ .keyword = "OperatorGroup",
		.read = read_group,
		.expected = "the name of a group" },
	{ .keyword = "User",
		.read = read_user,
		.expected = "the name of a user" },
	{ .keyword = "HeloName",
		.read = config_value_helo,
		.offset = offsetof(struct config_mount, config.helo_name),
		.expected = "a domain name or an address literal" },
	{ .keyword = "SpoolLimit",
		.read = config_value_octets,
		.offset = offsetof(struct config_mount, config.spool_limit),
		.min = SPOOL_LIMIT_MIN,
		.max = INT64_MAX },
	{ .keyword = "UserLimit",
		.read = config_value_octets,
		.offset = offsetof(struct config_mount, config.user_limit),
		.max = INT64_MAX },
	{ .keyword = "UserDataSets",
		.read = config_value_u64,
		.offset = offsetof(struct config_mount, config.user_datasets),
		.max = JOB_NUMBER_MAX },
	{ .keyword = "DraftNames",
		.read = read_drafts,
		.expected = "patterns of at most 64 octets with commas between "
			    "them, at most 32 in all" },
	{ .keyword = "Linger",
		.read = config_value_u32,
		.offset = offsetof(struct config_mount, config.linger_s),
		.max = LINGER_S_MAX },
	{ .keyword = NULL },
};

void config_mount_read(struct config_source *source, const char *text,
	size_t len, struct config_mount *out)
{
	memset(out, 0, sizeof *out);
	draft_names_usual(&out->config.draft_names);
	out->config.linger_s = LINGER_S;
	config_parse(source, text, len, mount_rows, out);
}

/* ---- TargetServer -------------------------------------------------------- */

static const char *read_address(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_writer *writer = member;

	writer->has_address = true;
	return config_value_address(row, value, &writer->draft);
}

static const struct config_row target_rows[] = {
	{ .keyword = "TargetIP",
		.read = read_address,
		.is_once = true,
		.expected = "an IPv4 or IPv6 address" },
	{ .keyword = "ConnectPort",
		.read = config_value_u16,
		.offset = offsetof(struct config_writer, draft.port),
		.min = 1,
		.max = UINT16_MAX },
	{ .keyword = "ConnectLimit",
		.read = config_value_u32,
		.offset = offsetof(struct config_writer, draft.connect_limit),
		.min = 1,
		.max = CONNECT_LIMIT_MAX },
	{ .keyword = "MaxMsgSent",
		.read = config_value_u32,
		.offset = offsetof(struct config_writer, draft.max_msg_sent),
		.max = MAX_MSG_SENT_MAX },
	{ .keyword = "MessageSize",
		.read = config_value_u64,
		.offset = offsetof(struct config_writer, draft.message_size),
		.max = INT64_MAX },
	{ .keyword = NULL },
};

static void *open_target(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;

	(void)keyword;
	writer->has_target = true;
	writer->has_address = false;
	writer->draft = (struct target_config){
		.port = 25,
		.connect_limit = 5,
		.message_size = 524288,
	};
	return writer;
}

static void set_port(struct target_config *target)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&target->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&target->address;

	if (target->address.ss_family == AF_INET)
		in4->sin_port = htons(target->port);
	else
		in6->sin6_port = htons(target->port);
}

/* A target server is an address with its port. */
static bool has_target(
	const struct writer_config *config, const struct target_config *target)
{
	size_t i;

	for (i = 0; i < config->target_count; i++)
		if (memcmp(&config->targets[i].address, &target->address,
			    sizeof target->address)
			== 0)
			return true;
	return false;
}

static void close_target(struct config_source *source, void *into,
	const struct config_word *keyword)
{
	struct config_writer *writer = into;
	struct writer_config *config = &writer->config;
	struct target_config *target = &writer->draft;

	if (!writer->has_address)
		config_error(source, keyword,
			"TargetServer without TargetIP, expected one");
	if (target->address_text[0] == '\0')
		return;
	set_port(target);
	if (has_target(config, target))
		config_warning(source, keyword,
			"target server %s port %u is there already, this one "
			"is ignored",
			target->address_text, target->port);
	else if (config->target_count == CONFIG_TARGETS_MAX)
		config_warning(source, keyword,
			"more than four target servers, %s port %u is not used",
			target->address_text, target->port);
	else
		config->targets[config->target_count++] = *target;
}

/* ---- RetryLimit ---------------------------------------------------------- */

static const struct config_row retry_rows[] = {
	{ .keyword = "Count",
		.read = config_value_u32,
		.offset = offsetof(struct writer_config, retry_count),
		.max = CONFIG_RETRY_MINUTES_MAX },
	{ .keyword = "Interval",
		.read = config_value_u32,
		.offset = offsetof(struct writer_config, retry_interval_min),
		.max = CONFIG_RETRY_MINUTES_MAX },
	{ .keyword = NULL },
};

/* A second block starts from the defaults: the last one counts. */
static void *open_retry(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;

	(void)keyword;
	writer->config.retry_count = 5;
	writer->config.retry_interval_min = 1;
	return &writer->config;
}

static void close_retry(struct config_source *source, void *into,
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
		.offset = offsetof(struct timeout_config, member_), .min = 1,  \
		.usual_min = TIMEOUT_USUAL_S, .max = TIMEOUT_MAX_S             \
	}

static const struct config_row timeout_rows[] = {
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
		.offset = offsetof(struct timeout_config, connect_idle_s),
		.max = TIMEOUT_MAX_S },
	{ .keyword = NULL },
};

static void *open_timeout(void *into, const struct config_word *keyword)
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
	return &writer->config.timeout;
}

/* ---- a writer's file ----------------------------------------------------- */

static const struct config_row writer_rows[] = {
	{ .keyword = "TargetServer",
		.rows = target_rows,
		.open = open_target,
		.close = close_target },
	{ .keyword = "RetryLimit",
		.rows = retry_rows,
		.open = open_retry,
		.close = close_retry },
	{ .keyword = "TimeOut", .rows = timeout_rows, .open = open_timeout },
	{ .keyword = "ExtWrtName",
		.read = read_name,
		.expected = "1 to 8 of A-Z 0-9 $ # @, not INTRDR, STDWTR or "
			    "NJERDR" },
	{ .keyword = "JESJobSize",
		.read = config_value_u32,
		.offset = offsetof(struct config_writer, config.job_size_kb),
		.max = JES_SIZE_MAX },
	{ .keyword = "Submitters",
		.read = read_submitters,
		.expected = "names of users, and of groups with @ before them, "
			    "commas between, at most 64" },
	{ .keyword = NULL },
};

void config_writer_read(struct config_source *source, const char *text,
	size_t len, struct config_writer *out)
{
	memset(out, 0, sizeof *out);
	open_retry(out, NULL);
	open_timeout(out, NULL);
	input_config_init(&out->config.input);
	header_config_init(&out->config.header);
	exit_config_init(&out->config.exit);
	config_parse(source, text, len, writer_rows, out);
	if (!out->has_target)
		config_error(
			source, NULL, "no TargetServer, expected at least one");
}
