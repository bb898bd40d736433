#include "config_name.h"
#include "config_rows.h"
#include "config_table.h"
#include "config_value.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum {
	CONNECT_LIMIT = 5,
	CONNECT_LIMIT_MAX = 500,
	MAX_MSG_SENT_MAX = 1000000,
	MESSAGE_SIZE = 524288,
	SMTP_PORT = 25,
};

/* ---- parameters ---------------------------------------------------------- */

static const char *read_ip(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_draft *draft = member;

	draft->has_server = true;
	return config_value_address(row, value, &draft->target);
}

static const char *read_host(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_draft *draft = member;

	draft->has_server = true;
	return config_name_host(row, value, draft->target.name);
}

#define DRAFT(member_) CONFIG_MEMBER(struct config_writer, draft.target.member_)
#define PLACE(member_) .place = offsetof(struct config_writer, draft.member_)

const struct config_row config_target_rows[] = {
	{ .keyword = "TargetIP",
		.read = read_ip,
		.offset = offsetof(struct config_writer, draft),
		PLACE(ip),
		.is_once = true,
		.expected = "an IPv4 or IPv6 address" },
	{ .keyword = "TargetName",
		.read = read_host,
		.offset = offsetof(struct config_writer, draft),
		.size = CONFIG_HELO_MAX + 1,
		PLACE(name),
		.is_once = true,
		.expected = "the name of a host" },
	{ .keyword = "TargetMx",
		.read = read_host,
		.offset = offsetof(struct config_writer, draft),
		.size = CONFIG_HELO_MAX + 1,
		PLACE(mx),
		.is_once = true,
		.expected = "the name of a mail domain" },
	{ .keyword = "ConnectPort",
		.read = config_value_u16,
		DRAFT(port),
		.min = 1,
		.max = UINT16_MAX },
	{ .keyword = "ConnectLimit",
		.read = config_value_u32,
		DRAFT(connect_limit),
		.min = 1,
		.max = CONNECT_LIMIT_MAX },
	{ .keyword = "MaxMsgSent",
		.read = config_value_u32,
		DRAFT(max_msg_sent),
		.max = MAX_MSG_SENT_MAX },
	{ .keyword = "MessageSize",
		.read = config_value_u64,
		DRAFT(message_size),
		.max = INT64_MAX },
	{ .keyword = "Secure",
		.read = config_value_bool,
		DRAFT(is_secure),
		PLACE(secure),
		.choices = config_value_no_yes },
	{ .keyword = "Charset",
		.read = config_page_charset,
		DRAFT(charset),
		PLACE(charset),
		.expected = "a code page of one octet a character that begins "
			    "as ASCII does, or UTF-8" },
	{ .keyword = "MBCharset",
		.read = config_page_mbcharset,
		DRAFT(mbcharset),
		PLACE(mbcharset),
		.expected = "a multi-byte code page that begins as ASCII "
			    "does" },
	{ .keyword = NULL },
};

void config_target_open(void *into, const struct config_word *keyword)
{
	struct config_writer *writer = into;

	(void)keyword;
	writer->targets.is_met = true;
	memset(&writer->draft, 0, sizeof writer->draft);
	writer->draft.target.port = SMTP_PORT;
	writer->draft.target.connect_limit = CONNECT_LIMIT;
	writer->draft.target.message_size = MESSAGE_SIZE;
}

/* ---- one target more ----------------------------------------------------- */

static void set_port(struct target_config *target)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&target->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&target->address;

	if (target->address.ss_family == AF_INET)
		in4->sin_port = htons(target->port);
	else if (target->address.ss_family == AF_INET6)
		in6->sin6_port = htons(target->port);
}

/* A target server is an address with its port, or a name with one. */
static bool is_there(const struct target_config *all, size_t count,
	const struct target_config *target)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (memcmp(&all[i].address, &target->address,
			    sizeof target->address)
				== 0
			&& strcasecmp(all[i].name, target->name) == 0
			&& all[i].port == target->port)
			return true;
	return false;
}

static const char *shown_name(const struct target_config *target)
{
	return target->name[0] != '\0' ? target->name : target->address_text;
}

static void add(struct config_source *source, const struct config_word *at,
	struct target_config *all, size_t *count,
	const struct target_config *target)
{
	if (is_there(all, *count, target))
		config_warning(source, at,
			"target server %s port %u is there already, this one "
			"is ignored",
			shown_name(target), target->port);
	else if (*count == CONFIG_TARGETS_MAX)
		config_warning(source, at,
			"more than four target servers, %s port %u is not used",
			shown_name(target), target->port);
	else
		all[(*count)++] = *target;
}

static bool is_no_host(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	in_addr_t bits;

	if (address->ss_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr)
			|| IN6_IS_ADDR_MULTICAST(&in6->sin6_addr);
	bits = ntohl(in4->sin_addr.s_addr);
	return bits == INADDR_ANY || bits == INADDR_BROADCAST
		|| IN_MULTICAST(bits);
}

static void add_address(struct config_source *source,
	struct config_writer *writer, const struct config_word *keyword)
{
	struct writer_config *config = &writer->config;
	struct target_config target = writer->draft.target;

	memset(target.name, 0, sizeof target.name);
	set_port(&target);
	if (is_no_host(&target.address))
		config_warning(source, &writer->draft.ip,
			"TargetIP %s is not the address of one host, expected "
			"one that is",
			target.address_text);
	if (!target.is_secure) {
		add(source, keyword, config->targets, &config->target_count,
			&target);
		return;
	}
	config_warning(source, &writer->draft.secure,
		"target server %s port %u is not used: Secure YES needs TLS, "
		"which this version does not have",
		target.address_text, target.port);
	add(source, keyword, config->unusable, &config->unusable_count,
		&target);
}

static void add_name(struct config_source *source, struct config_writer *writer,
	const struct config_word *at, bool is_mx)
{
	struct writer_config *config = &writer->config;
	struct target_config target = writer->draft.target;

	target.is_mx = is_mx;
	memset(&target.address, 0, sizeof target.address);
	memset(target.address_text, 0, sizeof target.address_text);
	config_warning(source, at,
		"target server %s port %u is not used: this version does not "
		"look up names",
		target.name, target.port);
	add(source, at, config->unusable, &config->unusable_count, &target);
}

/* ---- between the statements ---------------------------------------------- */

static void keep_first(struct config_word *first, const struct config_word *at)
{
	if (first->len == 0)
		*first = *at;
}

/* TargetMx asks for all servers of a domain, so it stands alone. */
static void check_mx(struct config_source *source, struct config_writer *writer)
{
	const struct config_draft *draft = &writer->draft;
	struct config_targets *t = &writer->targets;

	if (draft->mx.len > 0 && t->mx.len > 0)
		config_error(source, &draft->mx,
			"a second TargetMx, expected one in the file");
	keep_first(&t->mx, &draft->mx);
	keep_first(&t->other, &draft->ip);
	keep_first(&t->other, &draft->name);
}

void config_target_close(struct config_source *source, void *into,
	const struct config_word *keyword)
{
	struct config_writer *writer = into;
	const struct config_draft *draft = &writer->draft;
	struct config_targets *t = &writer->targets;

	if (!draft->has_server)
		config_error(source, keyword,
			"TargetServer without TargetIP, TargetName or "
			"TargetMx, expected one");
	check_mx(source, writer);
	keep_first(&t->charset, &draft->charset);
	keep_first(&t->mbcharset, &draft->mbcharset);
	if (draft->mbcharset.len == 0)
		keep_first(&t->no_mbcharset, keyword);
	if (draft->ip.len > 0)
		add_address(source, writer, keyword);
	if (draft->mx.len > 0)
		add_name(source, writer, &draft->mx, true);
	else if (draft->name.len > 0)
		add_name(source, writer, &draft->name, false);
}

/* ---- a refresh ----------------------------------------------------------- */

static bool is_same(
	const struct target_config *a, const struct target_config *b)
{
	return is_there(a, 1, b) && a->is_mx == b->is_mx
		&& a->is_secure == b->is_secure
		&& a->connect_limit == b->connect_limit
		&& a->max_msg_sent == b->max_msg_sent
		&& a->message_size == b->message_size
		&& strcmp(a->charset, b->charset) == 0
		&& strcmp(a->mbcharset, b->mbcharset) == 0;
}

bool config_target_is_same(const void *a, const void *b)
{
	const struct writer_config *one = a;
	const struct writer_config *other = b;
	size_t i;

	if (one->target_count != other->target_count
		|| one->unusable_count != other->unusable_count)
		return false;
	for (i = 0; i < one->target_count; i++)
		if (!is_same(&one->targets[i], &other->targets[i]))
			return false;
	for (i = 0; i < one->unusable_count; i++)
		if (!is_same(&one->unusable[i], &other->unusable[i]))
			return false;
	return true;
}
