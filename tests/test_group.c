#include "../forwarder/group.h"

#include "support_run.h"

#include <check.h>
#include <string.h>

/* Replies to MAIL, one RCPT and DATA, unless recipients says otherwise. */
static const struct {
	const char *replies;
	size_t recipients;
	enum group_fit fit;
} groups[] = {
	{ "", 1, GROUP_PARTLY },
	{ "250 m\r\n", 1, GROUP_PARTLY },
	{ "250 m\r\n250 r\r\n", 1, GROUP_PARTLY },
	{ "250 m\r\n250 r\r\n35", 1, GROUP_PARTLY },
	{ "250 m\r\n250-r\r\n250-r\r\n", 1, GROUP_PARTLY },
	{ "250 m\r\n250 r\r\n354 d\r\n", 1, GROUP_FITS },
	{ "250-m\r\n250 m\r\n250 r\r\n354 d\r\n", 1, GROUP_FITS },
	{ "250 m\r\n250 r\r\n550 s\r\n354 d\r\n", 2, GROUP_FITS },
	{ "250 m\r\n354 d\r\n", 0, GROUP_FITS },

	/* refused, in whole */
	{ "550 m\r\n503 r\r\n503 d\r\n", 1, GROUP_FITS },
	{ "451 m\r\n503 r\r\n354 d\r\n", 1, GROUP_FITS },
	{ "250 m\r\n550 r\r\n554 d\r\n", 1, GROUP_FITS },
	{ "250 m\r\n550 r\r\n354 d\r\n", 1, GROUP_FITS },
	{ "250 m\r\n250 r\r\n451 d\r\n", 1, GROUP_DOUBTFUL },
	{ "250 m\r\n250 r\r\n554 d\r\n", 1, GROUP_DOUBTFUL },
	{ "250 m\r\n250 r\r\n550 s\r\n550 d\r\n", 2, GROUP_DOUBTFUL },

	/* the peer closes */
	{ "421 m\r\n", 1, GROUP_FITS },
	{ "250 m\r\n421 r\r\n", 1, GROUP_FITS },
	{ "250 m\r\n250 r\r\n421 d\r\n", 1, GROUP_FITS },
	{ "421 m\r\n421 again\r\n", 1, GROUP_FITS },

	/* one too many before it */
	{ "250 dot\r\n250 m\r\n250 r\r\n", 1, GROUP_MISFIT },
	{ "550 dot\r\n250 m\r\n", 1, GROUP_MISFIT },
	{ "250 dot\r\n250 m\r\n550 r\r\n", 1, GROUP_DOUBTFUL },
	{ "250 dot\r\n250 m\r\n550 r\r\n354 d\r\n", 1, GROUP_MISFIT },
	/* one left out, of it or before it */
	{ "250 r\r\n354 d\r\n", 1, GROUP_MISFIT },
	{ "354 d\r\n", 1, GROUP_MISFIT },
	/* one too many of it, or behind it */
	{ "250 m\r\n250 m\r\n250 r\r\n354 d\r\n", 1, GROUP_MISFIT },
	{ "250 m\r\n250 r\r\n354 d\r\n354 d\r\n", 1, GROUP_MISFIT },
	{ "250 m\r\n250 r\r\n354 d\r\n2", 1, GROUP_MISFIT },
	{ "550 m\r\n503 r\r\n503 d\r\n421 x\r\n", 1, GROUP_MISFIT },

	{ "hello\r\n", 1, GROUP_MISFIT },
	{ "250 m\r\n199 r\r\n", 1, GROUP_MISFIT },
	{ "250-m\r\n550 m\r\n", 1, GROUP_MISFIT },
	{ "\r\n", 1, GROUP_MISFIT },
};

START_TEST(replies_are_believed_only_where_they_fit)
{
	const char *replies = groups[_i].replies;

	ck_assert_msg(
		group_look(replies, strlen(replies), groups[_i].recipients)
			== groups[_i].fit,
		"%s", replies);
}
END_TEST

/* Wherever replies are cut, more of them may still fit. */
START_TEST(a_part_of_what_fits_fits_so_far)
{
	const char *replies = groups[_i].replies;
	size_t len;

	if (groups[_i].fit != GROUP_FITS || strstr(replies, "421") != NULL)
		return;
	for (len = 0; len < strlen(replies); len++)
		ck_assert_int_eq(
			group_look(replies, len, groups[_i].recipients),
			GROUP_PARTLY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group");
	TCase *tests = tcase_create("group");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, replies_are_believed_only_where_they_fit, 0,
		sizeof groups / sizeof *groups);
	tcase_add_loop_test(tests, a_part_of_what_fits_fits_so_far, 0,
		sizeof groups / sizeof *groups);
	return suite_run(suite);
}
