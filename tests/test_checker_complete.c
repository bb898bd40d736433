#include "buf.h"
#include "checker.h"
#include "text.h"

#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <iconv.h>
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

static struct input_config input;
static struct header_config header;

static void set_up(void)
{
	input_config_init(&input);
	header_config_init(&header);
}

static struct checker_rules *make_rules(void)
{
	struct checker_rules *rules;

	ck_assert_int_eq(checker_rules_open(&input, &header, &rules), 0);
	return rules;
}

static bool is_complete(struct source *source)
{
	struct checker_rules *rules = make_rules();
	bool is = checker_is_complete(rules, read_source, source);

	checker_rules_close(rules);
	return is;
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
	{ { "To: a@b\n\nDear Ann,\n", 5, 0, 0 }, false },
	/* What cannot be read is not whole. */
	{ { MAIL ".\n", 1000, -EIO, 0 }, false },
	/* Behind QUIT nothing is read. */
	{ { MAIL ".\nQUIT\n", 1000, -EIO, 0 }, true },
};

START_TEST(only_a_session_that_says_its_end_is_complete)
{
	struct source source = cases[_i].source;

	ck_assert_int_eq(is_complete(&source), cases[_i].is_complete);
}
END_TEST

/* Who makes a file larger writes no mail with that, and begins none. */
START_TEST(nulls_behind_the_last_mail_are_nothing)
{
	static char octets[4096] = MAIL ".\n";
	struct source source = { .octets = octets, .piece = 700 };

	source.len = sizeof octets;
	ck_assert(is_complete(&source));
	octets[sizeof octets - 1] = 'M';
	ck_assert(!is_complete(&source));
}
END_TEST

/* ---- by the rules of its writer -------------------------------------- */

static const char *const lines[] = { "HELO N", "MAIL FROM:<a@b>",
	"RCPT TO:<c@d>", "DATA", "Subject: x", "", "Dear Ann,", "..", ".",
	"MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "text", "." };

struct form {
	const char *name, *page, *line_end; /* line_end of a stream */
	enum input_records records;
	enum input_carriage carriage;
	bool has_sequence;
};

static const struct form forms[] = {
	{ "stream", "", "\n", INPUT_STREAM, CARRIAGE_NONE, false },
	{ "CR LF", "", "\r\n", INPUT_STREAM, CARRIAGE_NONE, false },
	{ "stream of 1047", "IBM1047", "\x15", INPUT_STREAM, CARRIAGE_NONE,
		false },
	{ "stream of 037", "IBM037", "\x25", INPUT_STREAM, CARRIAGE_NONE,
		false },
	{ "ASA stream", "", "\n", INPUT_STREAM, CARRIAGE_ASA, false },
	{ "fixed", "", "", INPUT_FIXED, CARRIAGE_NONE, false },
	{ "fixed of 037", "IBM037", "", INPUT_FIXED, CARRIAGE_NONE, false },
	{ "fixed of 939", "IBM939", "", INPUT_FIXED, CARRIAGE_NONE, false },
	{ "numbered", "IBM1047", "", INPUT_FIXED, CARRIAGE_NONE, true },
	{ "FBA", "IBM1047", "", INPUT_FIXED, CARRIAGE_ASA, false },
	{ "variable", "", "", INPUT_VARIABLE, CARRIAGE_NONE, false },
	{ "variable of 1047", "IBM1047", "", INPUT_VARIABLE, CARRIAGE_NONE,
		false },
	{ "VBM", "IBM1047", "", INPUT_VARIABLE, CARRIAGE_MACHINE, false },
	{ "NETDATA", "IBM1047", "", INPUT_NETDATA, CARRIAGE_NONE, false },
};

enum { RECORD = 80, TEXT_OF_CARD = 72 };

static void put_converted(
	struct buf *out, const char *page, const char *text, size_t len)
{
	char *from = (char *)(uintptr_t)text;
	char octets[2 * RECORD], *to = octets;
	size_t room = sizeof octets;
	iconv_t cd;

	if (page[0] == '\0') {
		buf_append(out, text, len);
		return;
	}
	cd = iconv_open(page, "UTF-8");
	ck_assert(cd != (iconv_t)-1);
	ck_assert(iconv(cd, &from, &len, &to, &room) == 0);
	iconv_close(cd);
	buf_append(out, octets, (size_t)(to - octets));
}

/* What stands before a record that is no stream's, of len octets. */
static void put_head(struct buf *out, enum input_records form, size_t len)
{
	const char descriptor[] = { 0, (char)(len + 4), 0, 0 };
	const char segment[] = { (char)(len + 2), (char)0xc0 };

	if (form == INPUT_VARIABLE)
		buf_append(out, descriptor, sizeof descriptor);
	else if (form == INPUT_NETDATA)
		buf_append(out, segment, sizeof segment);
}

static void put_line(struct buf *out, const struct form *form, const char *line)
{
	bool has_control = form->carriage != CARRIAGE_NONE;
	char text[RECORD + 1];
	size_t len = strlen(line) + has_control;

	memset(text, ' ', sizeof text);
	memcpy(text + has_control, line, strlen(line));
	if (form->has_sequence)
		memcpy(text + TEXT_OF_CARD, "00012300", RECORD - TEXT_OF_CARD);
	if (form->records == INPUT_FIXED)
		len = RECORD;
	put_head(out, form->records, len);
	put_converted(out, form->page, text, len);
	buf_puts(out, form->line_end);
}

/* INMR01, INMR02 and INMR03 of one file, or INMR06. */
static void put_controls(struct buf *out, bool is_end)
{
	static const char begin[] = "\x08\xe0\xc9\xd5\xd4\xd9\xf0\xf1"
				    "\x08\xe0\xc9\xd5\xd4\xd9\xf0\xf3";
	static const char end[] = "\x08\xe0\xc9\xd5\xd4\xd9\xf0\xf6";

	if (is_end)
		buf_append(out, end, sizeof end - 1);
	else
		buf_append(out, begin, sizeof begin - 1);
}

static void configure(const struct form *form)
{
	text_copy(input.page, sizeof input.page, form->page);
	input.is_mbcs = strcmp(form->page, "IBM939") == 0;
	input.records = form->records;
	input.carriage = form->carriage;
	input.has_sequence = form->has_sequence;
}

/*
 * At whichever octet it was cut: complete is only what ends behind a mail's
 * final dot, and of a transmission the whole. A carriage control octet behind
 * it is nothing yet.
 */
START_TEST(what_is_cut_anywhere_is_not_complete)
{
	const struct form *form = &forms[_i];
	bool is_net = form->records == INPUT_NETDATA;
	size_t control = form->carriage != CARRIAGE_NONE
		&& form->records != INPUT_VARIABLE;
	struct source source = { .piece = 1000 };
	size_t ends[2] = { 0 };
	size_t mails = 0, i, len;
	struct checker_rules *rules;
	struct buf out;
	bool want, is;

	configure(form);
	rules = make_rules();
	buf_init(&out);
	if (is_net)
		put_controls(&out, false);
	for (i = 0; i < COUNT(lines); i++) {
		put_line(&out, form, lines[i]);
		if (strcmp(lines[i], ".") == 0)
			ends[mails++] = out.len;
	}
	if (is_net)
		put_controls(&out, true);
	source.octets = out.data;
	for (len = 1; len <= out.len; len++) {
		source.len = len;
		want = is_net ? len == out.len
			      : len == ends[0] || len == ends[0] + control
				|| len == ends[1];
		is = checker_is_complete(rules, read_source, &source);
		ck_assert_msg(is == want, "%s, cut at %zu", form->name, len);
	}
	checker_rules_close(rules);
	buf_fini(&out);
}
END_TEST

#define TEN "          "
/* Eighty columns that say that they go on. */
#define GOES_ON "x" TEN TEN TEN TEN TEN TEN TEN "        <\n"

static const struct {
	enum input_format format;
	enum input_continuation continuation;
	const char *octets;
	bool is_complete;
} rules_cases[] = {
	/* The dot belongs to the line before it. */
	{ INPUT_AUTO, CONTINUATION_ALL, MAIL GOES_ON ".\n", false },
	{ INPUT_AUTO, CONTINUATION_COMMANDS, MAIL GOES_ON ".\n", true },
	{ INPUT_AUTO, CONTINUATION_ALL, MAIL GOES_ON ".\n.\n", true },
	/* What goes on is not over. */
	{ INPUT_AUTO, CONTINUATION_COMMANDS, MAIL ".\n" GOES_ON, false },
	{ INPUT_MESSAGE, CONTINUATION_COMMANDS, MAIL ".\n", false },
	{ INPUT_MESSAGE, CONTINUATION_COMMANDS, "To: a@b\n\nx\n.\n", false },
	{ INPUT_BATCH, CONTINUATION_COMMANDS, MAIL ".\n", true },
	{ INPUT_BATCH, CONTINUATION_COMMANDS, "To: a@b\n\nx\n.\n", false },
};

START_TEST(its_writers_rules_say_whether_it_is_complete)
{
	struct source source = { rules_cases[_i].octets, 9, 0, 0 };

	input.format = rules_cases[_i].format;
	input.continuation = rules_cases[_i].continuation;
	ck_assert_int_eq(is_complete(&source), rules_cases[_i].is_complete);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker complete");
	TCase *tests = tcase_create("complete");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_loop_test(tests, only_a_session_that_says_its_end_is_complete,
		0, COUNT(cases));
	tcase_add_test(tests, nulls_behind_the_last_mail_are_nothing);
	tcase_add_loop_test(
		tests, what_is_cut_anywhere_is_not_complete, 0, COUNT(forms));
	tcase_add_loop_test(tests, its_writers_rules_say_whether_it_is_complete,
		0, COUNT(rules_cases));
	return suite_run(suite);
}
