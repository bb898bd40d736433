#include "draft_names.h"
#include "support_run.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	bool is_draft;
} usual[] = {
	{ ".mail.swp", true },
	{ ".", true },
	{ "mail~", true },
	{ "~", true },
	{ "mail.tmp", true },
	{ ".tmp", true },
	{ "mail.part", true },
	{ "mail.partial", true },
	{ "mail.filepart", true },
	{ "mail.swp", true },
	{ "mail.swpx", true },
	{ "#mail#", true },
	{ "##", true },
	{ ".fuse_hidden0001", true },
	{ "sedAbC123", true },
	{ "mail", false },
	{ "m", false },
	{ "", false },
	{ "tmp", false },
	{ "mail.tmp.", false },
	{ "mail.tmpx", false },
	{ "mail.TMP", false },
	{ "mail~1", false },
	{ "#mail", false },
	{ "#", false },
	{ "sedAbC12", false },
	{ "sedAbC1234", false },
	{ "seed.txt", false },
	{ "a\n.tmp", true },
	{ "\xff\xfe.tmp", true },
};

START_TEST(the_usual_names_of_what_is_not_finished_are_known)
{
	struct draft_names names;

	draft_names_usual(&names);
	ck_assert_msg(
		draft_names_match(&names, usual[_i].name) == usual[_i].is_draft,
		"%s", usual[_i].name);
}
END_TEST

static const struct {
	const char *pattern, *name;
	bool matches;
} patterns[] = {
	{ "*", "anything", true },
	{ "**", "x", true },
	{ "?", "x", true },
	{ "?", "xy", false },
	{ "a*b*c", "abc", true },
	{ "a*b*c", "a--b--c", true },
	{ "a*b*c", "a--c--b", false },
	{ "a*b*c", "abcb", false },
	{ "*ab", "aab", true },
	{ "*ab", "aba", false },
	{ "a?c*", "abc", true },
	{ "[ab]", "a", false }, /* no classes: all else is itself */
	{ "[ab]", "[ab]", true },
	{ "a\\*", "a\\x", true },
};

START_TEST(a_pattern_matches_whole_names)
{
	struct draft_names names = { .count = 0 };

	ck_assert_int_eq(draft_names_add(&names, patterns[_i].pattern,
				 strlen(patterns[_i].pattern)),
		0);
	ck_assert_msg(draft_names_match(&names, patterns[_i].name)
			== patterns[_i].matches,
		"%s %s", patterns[_i].pattern, patterns[_i].name);
}
END_TEST

START_TEST(patterns_are_bounded)
{
	struct draft_names names = { .count = 0 };
	char longest[DRAFT_NAME_LEN_MAX + 1];
	int i;

	memset(longest, 'x', sizeof longest);
	ck_assert_int_eq(draft_names_add(&names, "", 0), -EINVAL);
	ck_assert_int_eq(draft_names_add(&names, "a/b", 3), -EINVAL);
	ck_assert_int_eq(draft_names_add(&names, "a\0b", 3), -EINVAL);
	ck_assert_int_eq(
		draft_names_add(&names, longest, sizeof longest), -EINVAL);
	for (i = 0; i < DRAFT_NAMES_MAX; i++)
		ck_assert_int_eq(
			draft_names_add(&names, longest, sizeof longest - 1),
			0);
	ck_assert_int_eq(draft_names_add(&names, "x", 1), -ENOSPC);
}
END_TEST

/* Going back over every star would take longer than the world is old. */
START_TEST(a_name_made_to_take_long_does_not)
{
	struct draft_names names = { .count = 0 };
	char name[241];

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert_int_eq(
		draft_names_add(&names, "*a*a*a*a*a*a*a*a*a*a*a*b", 24), 0);
	ck_assert(!draft_names_match(&names, name));
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
	Suite *suite = suite_create("draft_names");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc,
		the_usual_names_of_what_is_not_finished_are_known, 0,
		COUNT(usual));
	tcase_add_loop_test(
		tc, a_pattern_matches_whole_names, 0, COUNT(patterns));
	tcase_add_test(tc, patterns_are_bounded);
	tcase_add_test(tc, a_name_made_to_take_long_does_not);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
