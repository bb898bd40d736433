#include "forwarder.h"

#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <string.h>

/* A data set whose octets come in pieces, and may end in an error. */
struct source {
	const char *octets;
	size_t piece;
	ssize_t at_end; /* what the read at the end returns */
	size_t len;     /* 0: up to the null at its end */
};

static size_t length_of(const struct source *s)
{
	return s->len > 0 ? s->len : strlen(s->octets);
}

static ssize_t read_source(void *arg, uint64_t offset, void *out, size_t len)
{
	const struct source *s = arg;
	size_t left;

	ck_assert_uint_le(offset, length_of(s));
	left = length_of(s) - (size_t)offset;
	if (left == 0)
		return s->at_end;
	if (left > s->piece)
		left = s->piece;
	if (left > len)
		left = len;
	memcpy(out, s->octets + offset, left);
	return (ssize_t)left;
}

#define MAIL "HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\nx\n"

static const struct {
	struct source source;
	bool is_complete;
} cases[] = {
	{ { MAIL ".\n", 1, 0, 0 }, true },
	{ { MAIL ".\n", 1000, 0, 0 }, true },
	{ { MAIL ".\nQUIT\nrest", 7, 0, 0 }, true },
	{ { MAIL, 1000, 0, 0 }, false },
	{ { MAIL ".", 1000, 0, 0 }, false },
	{ { "", 1, 0, 0 }, false },
	{ { "Subject: x\n\nDear Ann,\n", 5, 0, 0 }, false },
	/* What cannot be read is not whole. */
	{ { MAIL ".\n", 1000, -EIO, 0 }, false },
	/* Behind QUIT nothing is read. */
	{ { MAIL ".\nQUIT\n", 1000, -EIO, 0 }, true },
};

START_TEST(only_a_session_that_says_its_end_is_complete)
{
	struct source source = cases[_i].source;

	ck_assert_int_eq(forwarder_is_complete(read_source, &source),
		cases[_i].is_complete);
}
END_TEST

/* Who makes a file larger writes no mail with that, and begins none. */
START_TEST(nulls_behind_the_last_mail_are_nothing)
{
	static char octets[4096] = MAIL ".\n";
	struct source source = { .octets = octets, .piece = 700 };

	source.len = sizeof octets;
	ck_assert(forwarder_is_complete(read_source, &source));
	octets[sizeof octets - 1] = 'M';
	ck_assert(!forwarder_is_complete(read_source, &source));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("complete");
	TCase *tests = tcase_create("complete");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, only_a_session_that_says_its_end_is_complete,
		0, COUNT(cases));
	tcase_add_test(tests, nulls_behind_the_last_mail_are_nothing);
	return suite_run(suite);
}
