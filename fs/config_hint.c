#include "config_hint.h"

#include "text.h"

#include <ctype.h>
#include <string.h>

enum {
	KEYWORD_MAX = 32,
	LISTED_MAX = 14, /* keywords; a reader takes in no more */
	SLIPS_MAX = 2,   /* octets added, dropped or changed */
};

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many octets must be added, dropped or changed: Levenshtein's distance,
 * a row of its table at a time. */
static size_t distance(const struct config_word *word, const char *keyword)
{
	size_t row[KEYWORD_MAX + 1];
	size_t len = strlen(keyword);
	size_t i, j, corner, above, cost;

	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 0; i < word->len; i++) {
		corner = row[0];
		row[0] = i + 1;
		for (j = 0; j < len; j++) {
			above = row[j + 1];
			cost = tolower((unsigned char)word->text[i])
				!= tolower((unsigned char)keyword[j]);
			row[j + 1] =
				least(above + 1, row[j] + 1, corner + cost);
			corner = above;
		}
	}
	return row[len];
}

static const char *find_near(
	const struct config_row *rows, const struct config_word *word)
{
	const char *near = NULL;
	size_t best = SLIPS_MAX + 1;
	size_t slips;

	if (word->len > KEYWORD_MAX)
		return NULL;
	for (; rows->keyword != NULL; rows++) {
		slips = distance(word, rows->keyword);
		/* Of a short word little would be left. */
		if (slips < best && 2 * slips < strlen(rows->keyword)) {
			best = slips;
			near = rows->keyword;
		}
	}
	return near;
}

/* The block that has a statement of this name. */
static const char *find_block(
	const struct config_row *rows, const struct config_word *word)
{
	const struct config_row *inner;

	for (; rows->keyword != NULL; rows++)
		for (inner = rows->rows;
			inner != NULL && inner->keyword != NULL; inner++)
			if (text_equals_nocase(
				    word->text, word->len, inner->keyword))
				return rows->keyword;
	return NULL;
}

static size_t count(const struct config_row *rows)
{
	size_t n = 0;

	while (rows[n].keyword != NULL)
		n++;
	return n;
}

/* "TargetIP, ConnectPort or MaxMsgSent" */
static void list(const struct config_row *rows, size_t n, char *out, size_t cap)
{
	size_t used = 0;
	size_t i;

	for (i = 0; i < n && used < cap; i++) {
		text_format(out + used, cap - used, "%s%s",
			i == 0               ? ""
				: i + 1 == n ? " or "
					     : ", ",
			rows[i].keyword);
		used += strlen(out + used);
	}
}

void config_hint(const struct config_row *rows, const struct config_word *word,
	char out[static CONFIG_HINT_MAX])
{
	const char *near = find_near(rows, word);
	const char *block = find_block(rows, word);
	size_t n = count(rows);

	if (block != NULL)
		text_format(out, CONFIG_HINT_MAX, "it between { and } of %s",
			block);
	else if (near != NULL)
		text_copy(out, CONFIG_HINT_MAX, near);
	else if (n <= LISTED_MAX)
		list(rows, n, out, CONFIG_HINT_MAX);
	else
		text_copy(out, CONFIG_HINT_MAX, "a statement of jesfs.conf(5)");
}
