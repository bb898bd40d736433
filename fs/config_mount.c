#include "config_cross.h"
#include "config_name.h"
#include "config_rows.h"
#include "config_table.h"
#include "config_value.h"

#include <errno.h>
#include <string.h>

enum {
	SPOOL_LIMIT_MIN = 1 << 20,
	LINGER_S = 5,
	LINGER_S_MAX = 3600,
};

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
	if (mount->drafts.len > 0)
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
	return NULL;
}

static bool drafts_are_same(const void *a, const void *b)
{
	const struct draft_names *one =
		&((const struct config *)a)->draft_names;
	const struct draft_names *other =
		&((const struct config *)b)->draft_names;
	size_t i;

	if (one->count != other->count)
		return false;
	for (i = 0; i < one->count; i++)
		if (strcmp(one->patterns[i], other->patterns[i]) != 0)
			return false;
	return true;
}

#define MEMBER(member_) CONFIG_MEMBER(struct config_mount, config.member_)

const struct config_row config_mount_rows[] = {
	{ .keyword = "SpoolDirectory",
		.read = config_value_path,
		MEMBER(spool_directory),
		.expected = "an absolute path",
		.is_fixed = true },
	{ .keyword = "WriterConfig", /* what it comes to are the writers */
		.read = read_pattern,
		.is_many = true,
		.is_fixed = true,
		.expected = "an absolute path, which may hold * and ?, in at "
			    "most 16 statements" },
	{ .keyword = "OperatorGroup",
		.read = config_value_word,
		MEMBER(operator_group),
		.place = offsetof(struct config_mount, group),
		.expected = "the name of a group" },
	{ .keyword = "User",
		.read = config_value_word,
		MEMBER(user),
		.place = offsetof(struct config_mount, user),
		.expected = "the name of a user",
		.is_fixed = true },
	{ .keyword = "HeloName",
		.read = config_name_helo,
		MEMBER(helo_name),
		.place = offsetof(struct config_mount, helo),
		.expected = "a domain name or an address literal" },
	{ .keyword = "SpoolLimit",
		.read = config_value_octets,
		MEMBER(spool_limit),
		.min = SPOOL_LIMIT_MIN,
		.max = INT64_MAX },
	{ .keyword = "UserLimit",
		.read = config_value_octets,
		MEMBER(user_limit),
		.place = offsetof(struct config_mount, user_limit),
		.max = INT64_MAX },
	{ .keyword = "UserDataSets",
		.read = config_value_u64,
		MEMBER(user_datasets),
		.max = JOB_NUMBER_MAX },
	{ .keyword = "DraftNames",
		.read = read_drafts,
		.place = offsetof(struct config_mount, drafts),
		.is_many = true,
		.is_same = drafts_are_same,
		.expected = "patterns of at most 64 octets with commas between "
			    "them, at most 32 in all" },
	{ .keyword = "Linger",
		.read = config_value_u32,
		MEMBER(linger_s),
		.place = offsetof(struct config_mount, linger),
		.max = LINGER_S_MAX },
	{ .keyword = NULL },
};

void config_mount_read(struct config_source *source, const char *text,
	size_t len, struct config_mount *out)
{
	memset(out, 0, sizeof *out);
	draft_names_usual(&out->config.draft_names);
	out->config.linger_s = LINGER_S;
	config_parse(source, text, len, config_mount_rows, out);
	config_cross_mount(source, out);
}
