#include "../forwarder/compose.h"
#include "buf.h"
#include "support_cut.h"
#include "support_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct input_config input;

static void set_up(void)
{
	input_config_init(&input);
}

struct composing {
	struct compose compose;
	struct buf sent;
	struct buf left_out;
};

static bool compose(void *arg, const struct line *piece)
{
	struct composing *c = arg;
	struct compose_part part;
	struct buf *to;

	compose_put(&c->compose, piece);
	while (compose_get(&c->compose, &part)) {
		to = part.is_sent ? &c->sent : &c->left_out;
		buf_append(to, part.text, part.len);
		if (part.is_end)
			buf_puts(to, "\n");
	}
	return true;
}

static void compose_all(
	struct composing *c, const char *text, size_t len, size_t step)
{
	compose_init(&c->compose, &input, false);
	buf_init(&c->sent);
	buf_init(&c->left_out);
	lines_cut(text, len, step, compose, c);
}

static void check(const struct buf *got, const char *wanted)
{
	ck_assert_msg(got->len == strlen(wanted)
			&& (got->len == 0
				|| memcmp(got->data, wanted, got->len) == 0),
		"got '%.*s', not '%s'", (int)got->len,
		got->len > 0 ? got->data : "", wanted);
}

static void fini(struct composing *c)
{
	buf_fini(&c->sent);
	buf_fini(&c->left_out);
}

static const struct {
	const char *text, *sent, *left_out;
} mails[] = {
	{ "From: a\nTo: b\n\nx\n", "From: a\nTo: b\n\nx\n", "" },
	/* Bcc with all its lines; Return-Path; a forged trace. */
	{ "From: a\nBcc: b,\n c\n\t d\nTo: e\n f\n\nBcc: x\n",
		"From: a\nTo: e\n f\n\nBcc: x\n", "Bcc: b,\n c\n\t d\n" },
	{ "Return-Path: <a>\nRESENT-BCC: b\nx-jes-origin: u\nA: b\n\n",
		"A: b\n\n",
		"Return-Path: <a>\nRESENT-BCC: b\n"
		"x-jes-origin: u\n" },
	{ "Bcc: a\n\nx\n", "\nx\n", "Bcc: a\n" },
	{ "Sender: a\nReceived: b\n\n", "Sender: a\nReceived: b\n\n", "" },
	/* The empty line is missing. */
	{ "From: a\nHello world\nx: y\n", "From: a\n\nHello world\nx: y\n",
		"" },
	{ "From: a\nTo : b\n", "From: a\n\nTo : b\n", "" },
	{ "Hello world\n", "\nHello world\n", "" },
	{ " x\n", "\n x\n", "" },
	{ "Bcc: a\nHello\n", "\nHello\n", "Bcc: a\n" },
	/* There is nothing behind the header, or nothing at all. */
	{ "From: a\n", "From: a\n", "" },
	{ "\n", "\n", "" },
	{ "\n\n\nFrom: a\n \n", "\n\n\nFrom: a\n \n", "" },
	{ "", "", "" },
	/* A line of blanks goes on with its field. */
	{ "Bcc: a\n \n b\nTo: c\n\n", "To: c\n\n", "Bcc: a\n \n b\n" },
	/* Dots mean nothing here. */
	{ ".a: b\n\n.\n..\n", ".a: b\n\n.\n..\n", "" },
};

START_TEST(the_header_rules_hold_however_lines_are_cut)
{
	static const size_t steps[] = { 1, 2, 3, 5, 4096 };
	struct composing c;
	int i;

	for (i = 0; i < COUNT(steps); i++) {
		compose_all(
			&c, mails[_i].text, strlen(mails[_i].text), steps[i]);
		check(&c.sent, mails[_i].sent);
		check(&c.left_out, mails[_i].left_out);
		fini(&c);
	}
}
END_TEST

START_TEST(sender_is_left_out_where_it_is_put_on_top)
{
	struct composing c;

	compose_init(&c.compose, &input, true);
	buf_init(&c.sent);
	buf_init(&c.left_out);
	lines_cut("Sender: a\nTo: b\n\nSender: c\n", 27, 4, compose, &c);
	check(&c.sent, "To: b\n\nSender: c\n");
	fini(&c);
}
END_TEST

START_TEST(the_header_ends_where_it_says)
{
	struct composing c;

	compose_all(&c, "From: a\n", 8, 1);
	ck_assert(!compose_is_text(&c.compose));
	fini(&c);
	compose_all(&c, "From: a\n\n", 9, 1);
	ck_assert(compose_is_text(&c.compose));
	fini(&c);
	compose_all(&c, "From: a\nx\n", 10, 1);
	ck_assert(compose_is_text(&c.compose));
	fini(&c);
}
END_TEST

/* ---- folding ----------------------------------------------------- */

/* name, then words of word octets each, until the line has len octets. */
static char *long_field(const char *name, size_t word, size_t len)
{
	char *line = malloc(len + 3);
	size_t i;

	memset(line, 'x', len);
	memcpy(line, name, strlen(name));
	for (i = strlen(name); i < len - 1; i += word + 1)
		line[i] = ' ';
	memcpy(line + len, "\n\n", 3);
	return line;
}

/* Checks lengths, and that nothing but line ends was put in. */
static void check_folded(const struct buf *sent, const char *text)
{
	const char *at = sent->data;
	const char *end = at + sent->len;
	const char *lf;

	for (; at < end; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		ck_assert_ptr_nonnull(lf);
		ck_assert_int_le(lf - at, HEADER_LINE_MAX);
		ck_assert(memcmp(text, at, (size_t)(lf - at)) == 0);
		text += lf - at;
		if (*text == '\n')
			text++;
		else
			ck_assert(*text == ' ' && lf[1] == ' ');
	}
	ck_assert_int_eq(*text, '\0');
}

static const size_t lengths[] = { 998, 999, 1000, 1001, 1002, 1996, 1997, 1998,
	5000, 100000 };

START_TEST(a_long_header_line_is_folded_at_blanks)
{
	static const size_t words[] = { 1, 7, 60, 900 };
	static const size_t steps[] = { 1, 500, 998, 999, 4096, 1000000 };
	struct composing c;
	char *text;
	int i, k;

	for (i = 0; i < COUNT(words); i++)
		for (k = 0; k < COUNT(steps); k++) {
			text = long_field("Subject:", words[i], lengths[_i]);
			compose_all(&c, text, strlen(text), steps[k]);
			ck_assert(!c.compose.has_unfoldable);
			check_folded(&c.sent, text);
			ck_assert_uint_eq(c.sent.len > strlen(text),
				lengths[_i] > HEADER_LINE_MAX);
			fini(&c);
			free(text);
		}
}
END_TEST

START_TEST(a_line_without_a_blank_cannot_be_folded)
{
	struct composing c;
	char *text = long_field("Subject:", 100000, lengths[_i]);

	memset(text + 8, 'x', 1);
	compose_all(&c, text, strlen(text), 700);
	ck_assert_int_eq(
		c.compose.has_unfoldable, lengths[_i] > HEADER_LINE_MAX);
	check(&c.sent, text);
	fini(&c);
	free(text);
}
END_TEST

START_TEST(a_fold_never_makes_a_line_of_blanks)
{
	struct composing c;
	char text[3000];

	memset(text, ' ', sizeof text);
	memcpy(text, "Subject: a", 10);
	memcpy(text + sizeof text - 2, "\n\n", 2);
	compose_all(&c, text, sizeof text, 512);
	ck_assert(c.compose.has_unfoldable);
	fini(&c);
}
END_TEST

START_TEST(what_is_left_out_may_be_of_any_length)
{
	struct composing c;
	char *text = long_field("Bcc:", 100000, 5000);

	compose_all(&c, text, strlen(text), 700);
	ck_assert(!c.compose.has_unfoldable);
	check(&c.sent, "\n");
	fini(&c);
	free(text);
}
END_TEST

START_TEST(text_is_of_any_length)
{
	struct composing c;
	char *text = long_field("", 100000, 5000);

	memset(text, 'x', 1);
	compose_all(&c, text, strlen(text), 700);
	ck_assert(!c.compose.has_unfoldable);
	ck_assert_uint_eq(c.sent.len, strlen(text) + 1);
	ck_assert_int_eq(c.sent.data[0], '\n');
	fini(&c);
	free(text);
}
END_TEST

/* ---- AtSign ------------------------------------------------------ */

static const struct {
	const char *sign;
	bool in_subject;
	const char *text, *sent;
} signs[] = {
	{ "|", false, "To: a|b, c|d,\n e|f\nSubject: a|b\n c|d\nX|: y\n\na|b\n",
		"To: a@b, c@d,\n e@f\nSubject: a|b\n c|d\nX@: y\n\na|b\n" },
	{ "|", true, "To: a|b\nSubject: a|b\n c|d\n\na|b\n",
		"To: a@b\nSubject: a@b\n c@d\n\na|b\n" },
	{ "\xc2\xa7", false,
		"To: a\xc2\xa7"
		"b\n\nx\xc2\xa7\n",
		"To: a@b\n\nx\xc2\xa7\n" },
	{ "|", true, "a|b\n", "\na|b\n" },
	{ "@", true, "To: a@b\n\n", "To: a@b\n\n" },
};

START_TEST(the_at_sign_is_put_right_in_the_header_alone)
{
	struct composing c;
	size_t step;

	strcpy(input.at_sign, signs[_i].sign);
	input.is_at_sign_in_subject = signs[_i].in_subject;
	for (step = 1; step < 40; step += 3) {
		compose_all(&c, signs[_i].text, strlen(signs[_i].text), step);
		check(&c.sent, signs[_i].sent);
		fini(&c);
	}
}
END_TEST

START_TEST(the_at_sign_is_put_right_in_long_lines)
{
	struct composing c;
	char *text = long_field("To:", 1, 4000);
	char *at;

	for (at = text; *at != '\0'; at++)
		if (*at == 'x' && at[-1] == ' ')
			*at = '|';
	strcpy(input.at_sign, "|");
	compose_all(&c, text, strlen(text), 333);
	for (at = text; *at != '\0'; at++)
		if (*at == '|')
			*at = '@';
	check_folded(&c.sent, text);
	fini(&c);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compose");
	TCase *tests = suite_case(suite, "compose", 30, set_up, NULL);

	tcase_add_loop_test(tests, the_header_rules_hold_however_lines_are_cut,
		0, COUNT(mails));
	tcase_add_test(tests, sender_is_left_out_where_it_is_put_on_top);
	tcase_add_test(tests, the_header_ends_where_it_says);
	tcase_add_loop_test(tests, a_long_header_line_is_folded_at_blanks, 0,
		COUNT(lengths));
	tcase_add_loop_test(tests, a_line_without_a_blank_cannot_be_folded, 0,
		COUNT(lengths));
	tcase_add_test(tests, a_fold_never_makes_a_line_of_blanks);
	tcase_add_test(tests, what_is_left_out_may_be_of_any_length);
	tcase_add_test(tests, text_is_of_any_length);
	tcase_add_loop_test(tests, the_at_sign_is_put_right_in_the_header_alone,
		0, COUNT(signs));
	tcase_add_test(tests, the_at_sign_is_put_right_in_long_lines);
	return suite_run(suite);
}
