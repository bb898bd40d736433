/*
 * What a user exit is asked, octet by octet, and what it may answer.
 */
#include "../forwarder/exit_line.h"
#include "buf.h"
#include "support_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct mail *m;

static void set_up(void)
{
	m = mail_new("ann@a.example");
	ck_assert_ptr_nonnull(m);
	m->number = 3;
	m->size_octets = 12345678901;
}

static void tear_down(void)
{
	mail_free(m);
}

/* The question about a header of len octets. */
static char *ask(const char *header, size_t len, bool is_cut)
{
	const struct exit_question question = { "MAIL", "JOB00412", "NIGHTLY",
		"o'bri\"en", m, header, len, is_cut };
	struct buf out;
	char *text;

	buf_init(&out);
	exit_question_write(&out, &question);
	text = buf_steal(&out, &len);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text), len);
	return text;
}

START_TEST(a_question_is_one_line_of_json)
{
	char *text;

	ck_assert_int_eq(mail_add_recipient(m, "bob@b.example"), 0);
	ck_assert_int_eq(mail_add_recipient(m, "\"a\\\"b\"@b.example"), 0);
	text = ask("Subject: \tx\n", 12, false);
	ck_assert_str_eq(text,
		"{\"writer\":\"MAIL\",\"job\":\"JOB00412\","
		"\"job_name\":\"NIGHTLY\",\"user\":\"o'bri\\\"en\","
		"\"mail\":3,\"sender\":\"ann@a.example\","
		"\"recipients\":[\"bob@b.example\","
		"\"\\\"a\\\\\\\"b\\\"@b.example\"],\"size\":12345678901,"
		"\"header\":\"Subject: \\u0009x\\u000a\","
		"\"header_cut\":false}\n");
	free(text);
}
END_TEST

#define TEXT(octets) octets, sizeof(octets) - 1
#define BAD "\\ufffd"

static const struct {
	const char *octets;
	size_t len;
	const char *shown;
} texts[] = {
	{ TEXT(""), "" },
	{ TEXT("a\"}\n{\"x"), "a\\\"}\\u000a{\\\"x" },
	{ TEXT("a\0b"), "a\\u0000b" },
	{ TEXT("\x1b[2J\x7f\r"), "\\u001b[2J\\u007f\\u000d" },
	{ TEXT("\\u0041"), "\\\\u0041" },
	/* UTF-8 as it is, the ends of each form */
	{ TEXT("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"),
		"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ TEXT("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"),
		"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf" },
	{ TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	/* longer than need be, surrogates, over U+10FFFF */
	{ TEXT("\xc0\x80"), BAD BAD },
	{ TEXT("\xc1\xbf"), BAD BAD },
	{ TEXT("\xe0\x9f\xbf"), BAD BAD BAD },
	{ TEXT("\xed\xa0\x80"), BAD BAD BAD },
	{ TEXT("\xf0\x8f\xbf\xbf"), BAD BAD BAD BAD },
	{ TEXT("\xf4\x90\x80\x80"), BAD BAD BAD BAD },
	{ TEXT("\xf5\x80"), BAD BAD },
	{ TEXT("\xff"), BAD },
	{ TEXT("\x80"), BAD },
	/* cut, or cut by something else */
	{ TEXT("a\xc3"), "a" BAD },
	{ TEXT("\xe2\x82"), BAD BAD },
	{ TEXT("\xf0\x9f\x98"), BAD BAD BAD },
	{ TEXT("\xc3\"\xe2\x82\n"), BAD "\\\"" BAD BAD "\\u000a" },
};

START_TEST(any_octets_make_a_string)
{
	char *text = ask(texts[_i].octets, texts[_i].len, true);
	const char *begin = strstr(text, "\"header\":\"") + 10;
	size_t len = strlen(texts[_i].shown);

	ck_assert_mem_eq(begin, texts[_i].shown, len);
	ck_assert_str_eq(begin + len, "\",\"header_cut\":true}\n");
	free(text);
}
END_TEST

static const struct {
	const char *line;
	size_t len;
	enum exit_verdict verdict;
	const char *text; /* NULL: no answer */
} answers[] = {
	{ TEXT("accept"), EXIT_ACCEPT, "" },
	{ TEXT("accept\r"), EXIT_ACCEPT, "" },
	{ TEXT("accept  "), EXIT_ACCEPT, "" },
	{ TEXT("reject"), EXIT_REJECT, "" },
	{ TEXT("reject no such  thing "), EXIT_REJECT, "no such  thing " },
	{ TEXT("hold   ask Ann\r"), EXIT_HOLD, "ask Ann" },
	{ TEXT("hold \x1b[2J"), EXIT_HOLD, "\x1b[2J" },
	{ TEXT("hold accept"), EXIT_HOLD, "accept" },
	{ TEXT(""), EXIT_ACCEPT, NULL },
	{ TEXT("\r"), EXIT_ACCEPT, NULL },
	{ TEXT(" accept"), EXIT_ACCEPT, NULL },
	{ TEXT("Accept"), EXIT_ACCEPT, NULL },
	{ TEXT("accepted"), EXIT_ACCEPT, NULL },
	{ TEXT("accept all"), EXIT_ACCEPT, NULL },
	{ TEXT("accept\0"), EXIT_ACCEPT, NULL },
	{ TEXT("accep"), EXIT_ACCEPT, NULL },
	{ TEXT("reject\tx"), EXIT_ACCEPT, NULL },
	{ TEXT("holdx"), EXIT_ACCEPT, NULL },
	{ TEXT("Traceback (most recent call last):"), EXIT_ACCEPT, NULL },
};

START_TEST(an_answer_is_one_of_three_words)
{
	struct exit_answer got;
	bool is_answer =
		exit_answer_read(answers[_i].line, answers[_i].len, &got);

	ck_assert_int_eq(is_answer, answers[_i].text != NULL);
	if (!is_answer)
		return;
	ck_assert_int_eq(got.verdict, answers[_i].verdict);
	ck_assert_uint_eq(got.text_len, strlen(answers[_i].text));
	ck_assert_mem_eq(got.text, answers[_i].text, got.text_len);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exit_line");
	TCase *t = suite_case(s, "exit_line", 4, set_up, tear_down);

	tcase_add_test(t, a_question_is_one_line_of_json);
	tcase_add_loop_test(t, any_octets_make_a_string, 0, COUNT(texts));
	tcase_add_loop_test(
		t, an_answer_is_one_of_three_words, 0, COUNT(answers));
	return suite_run(s);
}
