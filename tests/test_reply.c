#include "../forwarder/reply.h"
#include "buf.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <string.h>

/* Feeds text in pieces of step octets until a result; *left is what is not
 * consumed. */
static int feed(struct reply_parser *p, const char *text, size_t len,
	size_t step, size_t *left)
{
	size_t used = 0;
	int result = 0;

	reply_parser_init(p);
	while (result == 0 && used < len) {
		size_t n = len - used < step ? len - used : step;
		size_t consumed;

		result = reply_feed(p, text + used, n, &consumed, NULL, NULL);
		ck_assert_uint_le(consumed, n);
		if (result == 0)
			ck_assert_uint_eq(consumed, n);
		used += consumed;
	}
	*left = len - used;
	return result;
}

static const struct {
	const char *octets;
	int result, code, status[3];
	size_t lines, left, bare_lfs;
	const char *text;
} cases[] = {
	{ "250 Ok\r\n", 1, 250, { 0 }, 1, 0, 0, "Ok" },
	{ "250 2.1.0 Ok\r\n", 1, 250, { 2, 1, 0 }, 1, 0, 0, "2.1.0 Ok" },
	/* Text may be absent: RFC 5321 section 4.2. */
	{ "354\r\n", 1, 354, { 0 }, 1, 0, 0, "" },
	{ "220 \r\n", 1, 220, { 0 }, 1, 0, 0, "" },
	{ "220 ", 0, 0, { 0 }, 0, 0, 0, "" },
	{ "220 a\r", 0, 0, { 0 }, 0, 0, 0, "" },
	{ "250 a\r\n250 b\r\n", 1, 250, { 0 }, 1, 7, 0, "a" },
	{ "250-a\r\n250-b\r\n250 c\r\n", 1, 250, { 0 }, 3, 0, 0, "a\nb\nc" },
	{ "250-a\r\n250\r\n", 1, 250, { 0 }, 2, 0, 0, "a\n" },
	{ "250-a\r\n", 0, 250, { 0 }, 1, 0, 0, "a" },
	/* A bare LF ends a line, and is counted. */
	{ "250-a\n250 b\n", 1, 250, { 0 }, 2, 0, 2, "a\nb" },
	{ "250 a\rb\r\n", 1, 250, { 0 }, 1, 0, 0, "a\rb" },
	{ "250 a\r\r\n", 1, 250, { 0 }, 1, 0, 0, "a\r" },
	/* Lines whose codes differ: by class an error, else the last. */
	{ "250-a\r\n251 b\r\n", 1, 251, { 0 }, 2, 0, 0, "a\nb" },
	{ "250-a\r\n550 b\r\n", -EPROTO, 250, { 0 }, 1, 0, 0, "a" },
	/* No reply at all. */
	{ "\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ "25\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ "abc d\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ "199 a\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ "600 a\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ "2500\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ "250_a\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ "250\ta\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ " 250 a\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	{ "250-a\r\nb\r\n250 c\r\n", -EPROTO, 250, { 0 }, 1, 7, 0, "a" },
	{ "SSH-2.0-x\r\n", -EPROTO, 0, { 0 }, 0, 0, 0, "" },
	/* Enhanced codes: of the reply's class, in 2yz, 4yz and 5yz. */
	{ "452 4.5.3 x\r\n", 1, 452, { 4, 5, 3 }, 1, 0, 0, "4.5.3 x" },
	{ "550 5.7.30\r\n", 1, 550, { 5, 7, 30 }, 1, 0, 0, "5.7.30" },
	{ "550 5.999.999 x\r\n", 1, 550, { 5, 999, 999 }, 1, 0, 0,
		"5.999.999 x" },
	{ "550 4.1.1 x\r\n", 1, 550, { 0 }, 1, 0, 0, "4.1.1 x" },
	{ "354 3.0.0 x\r\n", 1, 354, { 0 }, 1, 0, 0, "3.0.0 x" },
	{ "550 5.1 x\r\n", 1, 550, { 0 }, 1, 0, 0, "5.1 x" },
	{ "550 5.1.\r\n", 1, 550, { 0 }, 1, 0, 0, "5.1." },
	{ "550 5.1.1x\r\n", 1, 550, { 0 }, 1, 0, 0, "5.1.1x" },
	{ "550 5.1.1.1 x\r\n", 1, 550, { 0 }, 1, 0, 0, "5.1.1.1 x" },
	{ "550 5.1111.1 x\r\n", 1, 550, { 0 }, 1, 0, 0, "5.1111.1 x" },
	{ "550 55.1.1 x\r\n", 1, 550, { 0 }, 1, 0, 0, "55.1.1 x" },
	{ "550-5.1.1 a\r\n550 b\r\n", 1, 550, { 5, 1, 1 }, 2, 0, 0,
		"5.1.1 a\nb" },
	{ "550-5.1.1 a\r\n550 5.7.1 b\r\n", 1, 550, { 5, 7, 1 }, 2, 0, 0,
		"5.1.1 a\n5.7.1 b" },
};

static void check_case(int i, size_t step)
{
	static struct reply_parser p;
	size_t left;
	int j;

	ck_assert_int_eq(
		feed(&p, cases[i].octets, strlen(cases[i].octets), step, &left),
		cases[i].result);
	ck_assert_int_eq(p.reply.code, cases[i].code);
	for (j = 0; j < 3; j++)
		ck_assert_int_eq(p.reply.status[j], cases[i].status[j]);
	ck_assert_uint_eq(p.reply.lines, cases[i].lines);
	ck_assert_uint_eq(p.reply.bare_lfs, cases[i].bare_lfs);
	ck_assert_uint_eq(left, cases[i].left);
	ck_assert_str_eq(p.reply.text, cases[i].text);
}

START_TEST(a_reply_means_what_the_grammar_says)
{
	check_case(_i, SIZE_MAX);
}
END_TEST

START_TEST(a_reply_may_come_octet_by_octet)
{
	check_case(_i, 1);
	check_case(_i, 3);
}
END_TEST

START_TEST(a_nul_does_not_hide_what_follows)
{
	static struct reply_parser p;
	size_t left;

	ck_assert_int_eq(feed(&p, "250 a\0b\r\n", 9, 2, &left), 1);
	ck_assert_str_eq(p.reply.text, "a b");
}
END_TEST

START_TEST(a_parser_is_ready_again_after_init)
{
	static struct reply_parser p;
	size_t left;

	ck_assert_int_eq(feed(&p, "550 5.1.1 no\n", 13, 4, &left), 1);
	ck_assert_int_eq(feed(&p, "250 ok\r\n", 8, 8, &left), 1);
	ck_assert_int_eq(p.reply.code, 250);
	ck_assert_int_eq(p.reply.status[0], 0);
	ck_assert_uint_eq(p.reply.lines, 1);
	ck_assert_uint_eq(p.reply.bare_lfs, 0);
	ck_assert_str_eq(p.reply.text, "ok");
}
END_TEST

static void see_length(void *arg, const char *text, size_t len)
{
	size_t *seen = arg;

	ck_assert(len == 0 || text[0] == 'x');
	*seen = len;
}

/* Appends a line of len octets that starts with its code. */
static void put_line(struct buf *out, const char *code, size_t len)
{
	size_t i;

	buf_puts(out, code);
	for (i = strlen(code); i < len; i++)
		buf_puts(out, "x");
	buf_puts(out, "\r\n");
}

static const struct {
	size_t len, kept;
} long_lines[] = {
	{ 512, 508 },
	{ REPLY_LINE_MAX - 1, REPLY_LINE_MAX - 5 },
	{ REPLY_LINE_MAX, REPLY_LINE_MAX - 4 },
	{ REPLY_LINE_MAX + 1, REPLY_LINE_MAX - 4 },
	{ REPLY_OCTETS_MAX - 2, REPLY_LINE_MAX - 4 },
};

/* Feeds all of octets in pieces; *seen gets the length of a line's text. */
static int feed_seeing(struct reply_parser *p, const struct buf *octets,
	size_t step, size_t *seen)
{
	size_t at, n, consumed;
	int result = 0;

	reply_parser_init(p);
	for (at = 0; at < octets->len && result == 0; at += consumed) {
		n = octets->len - at < step ? octets->len - at : step;
		result = reply_feed(
			p, octets->data + at, n, &consumed, see_length, seen);
	}
	return result;
}

START_TEST(the_rest_of_a_long_line_is_dropped)
{
	static struct reply_parser p;
	static const size_t steps[] = { 1, 7, SIZE_MAX };
	struct buf line;
	size_t i, seen;

	buf_init(&line);
	put_line(&line, "250 ", long_lines[_i].len);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(feed_seeing(&p, &line, steps[i], &seen), 1);
		ck_assert_uint_eq(seen, long_lines[_i].kept);
		ck_assert_uint_lt(strlen(p.reply.text), REPLY_TEXT_MAX);
	}
	buf_fini(&line);
}
END_TEST

START_TEST(a_reply_over_64_KiB_breaks_the_session)
{
	static struct reply_parser p;
	struct buf line;
	size_t left;

	buf_init(&line);
	put_line(&line, "250 ", 1 << 20);
	ck_assert_int_eq(feed(&p, line.data, line.len, 1000, &left), -EPROTO);
	ck_assert_int_eq(feed(&p, line.data, REPLY_OCTETS_MAX, 1, &left), 0);
	ck_assert_int_eq(
		feed(&p, line.data, REPLY_OCTETS_MAX + 1, 1, &left), -EPROTO);
	buf_fini(&line);
}
END_TEST

static int feed_lines(struct reply_parser *p, int count, size_t len)
{
	struct buf text;
	size_t left;
	int result;

	buf_init(&text);
	while (--count > 0)
		put_line(&text, "250-", len);
	put_line(&text, "250 ", len);
	result = feed(p, text.data, text.len, 100, &left);
	buf_fini(&text);
	return result;
}

START_TEST(a_reply_over_128_lines_breaks_the_session)
{
	static struct reply_parser p;

	ck_assert_int_eq(feed_lines(&p, REPLY_LINES_MAX, 0), 1);
	ck_assert_uint_eq(p.reply.lines, REPLY_LINES_MAX);
	ck_assert_int_eq(feed_lines(&p, REPLY_LINES_MAX + 1, 0), -EPROTO);
}
END_TEST

START_TEST(text_is_cut_where_it_is_full)
{
	static struct reply_parser p;

	ck_assert_int_eq(feed_lines(&p, 41, 104), 1);
	ck_assert_uint_eq(strlen(p.reply.text), REPLY_TEXT_MAX - 1);
	ck_assert_uint_eq(p.reply.lines, 41);
}
END_TEST

static void see_line(void *arg, const char *text, size_t len)
{
	struct buf *seen = arg;

	buf_append(seen, text, len);
	buf_puts(seen, "|");
}

START_TEST(each_line_is_shown_in_turn)
{
	static struct reply_parser p;
	static const char text[] = "250-h\r\n250-SIZE 1\r\n250 \r\n250 n\r\n";
	struct buf seen;
	size_t consumed;

	buf_init(&seen);
	reply_parser_init(&p);
	ck_assert_int_eq(reply_feed(&p, text, sizeof text - 1, &consumed,
				 see_line, &seen),
		1);
	ck_assert_uint_eq(seen.len, 10);
	ck_assert_mem_eq(seen.data, "h|SIZE 1||", seen.len);
	buf_fini(&seen);
}
END_TEST

static const struct {
	const char *lines[3];
	struct reply_extensions offered;
} extensions[] = {
	{ { "PIPELINING" }, { .pipelining = true } },
	{ { "pipelining", "8bitmime " },
		{ .pipelining = true, .eight_bit_mime = true } },
	{ { "STARTTLS" }, { .starttls = true } },
	{ { "dsn" }, { .dsn = true } },
	{ { "DSNX" }, { 0 } },
	{ { "SIZE 1000" }, { .has_size = true, .size = 1000 } },
	{ { "SIZE  1000 x" }, { .has_size = true, .size = 1000 } },
	{ { "SIZE" }, { .has_size = true } },
	{ { "SIZE 0" }, { .has_size = true } },
	{ { "SIZE abc" }, { .has_size = true } },
	{ { "SIZE -1" }, { .has_size = true } },
	{ { "SIZE 99999999999999999999" }, { .has_size = true } },
	{ { "SIZE 9223372036854775807" },
		{ .has_size = true, .size = 9223372036854775807 } },
	/* Twice: the last one counts. */
	{ { "SIZE 1000", "SIZE 5" }, { .has_size = true, .size = 5 } },
	{ { "", "XCLIENT NAME", "AUTH=LOGIN PLAIN" }, { 0 } },
	{ { "PIPELININGX", "SIZE=5", "xSIZE 7" }, { 0 } },
};

START_TEST(keywords_say_what_is_offered)
{
	struct reply_extensions e = { 0 };
	size_t i;

	for (i = 0; i < 3 && extensions[_i].lines[i] != NULL; i++)
		reply_extension_line(&e, extensions[_i].lines[i],
			strlen(extensions[_i].lines[i]));
	ck_assert_int_eq(e.pipelining, extensions[_i].offered.pipelining);
	ck_assert_int_eq(
		e.eight_bit_mime, extensions[_i].offered.eight_bit_mime);
	ck_assert_int_eq(e.starttls, extensions[_i].offered.starttls);
	ck_assert_int_eq(e.dsn, extensions[_i].offered.dsn);
	ck_assert_int_eq(e.has_size, extensions[_i].offered.has_size);
	ck_assert_uint_eq(e.size, extensions[_i].offered.size);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reply");
	TCase *tests = tcase_create("reply");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(
		tests, a_reply_means_what_the_grammar_says, 0, COUNT(cases));
	tcase_add_loop_test(
		tests, a_reply_may_come_octet_by_octet, 0, COUNT(cases));
	tcase_add_test(tests, a_nul_does_not_hide_what_follows);
	tcase_add_test(tests, a_parser_is_ready_again_after_init);
	tcase_add_loop_test(tests, the_rest_of_a_long_line_is_dropped, 0,
		COUNT(long_lines));
	tcase_add_test(tests, a_reply_over_64_KiB_breaks_the_session);
	tcase_add_test(tests, a_reply_over_128_lines_breaks_the_session);
	tcase_add_test(tests, text_is_cut_where_it_is_full);
	tcase_add_test(tests, each_line_is_shown_in_turn);
	tcase_add_loop_test(
		tests, keywords_say_what_is_offered, 0, COUNT(extensions));
	return suite_run(suite);
}
