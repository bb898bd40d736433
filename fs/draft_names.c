#include "draft_names.h"

#include "text.h"

#include <errno.h>
#include <string.h>

static const char *const usual[] = { ".*", "*~", "*.tmp", "*.part", "*.partial",
	"*.filepart", "*.swp", "*.swpx", "#*#", ".fuse_hidden*", "sed??????" };

void draft_names_usual(struct draft_names *out)
{
	size_t i;

	out->count = sizeof usual / sizeof *usual;
	for (i = 0; i < out->count; i++)
		text_copy(out->patterns[i], sizeof out->patterns[i], usual[i]);
}

int draft_names_add(struct draft_names *names, const char *pattern, size_t len)
{
	char *to;

	if (len == 0 || len > DRAFT_NAME_LEN_MAX
		|| memchr(pattern, '/', len) != NULL
		|| memchr(pattern, '\0', len) != NULL)
		return -EINVAL;
	if (names->count == DRAFT_NAMES_MAX)
		return -ENOSPC;
	to = names->patterns[names->count++];
	memcpy(to, pattern, len);
	to[len] = '\0';
	return 0;
}

/*
 * What the last "*" stands for is tried longer and longer. Going back to an
 * earlier one would find nothing new: what that one took more the last one
 * has been offered already.
 */
static bool matches(const char *pattern, const char *name)
{
	const char *star = NULL; /* the last "*" that was met */
	const char *resume = NULL;

	while (*name != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star + 1;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool draft_names_match(const struct draft_names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (matches(names->patterns[i], name))
			return true;
	return false;
}
