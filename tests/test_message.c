#include "../forwarder/message.h"
#include "buf.h"
#include "clock.h"
#include "support_cut.h"
#include "support_run.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct input_config input;
static struct header_config header;
static const struct origin origin = { .host = "here.example",
	.user = "ann",
	.uid = 1001,
	.job_name = "CAT",
	.job_id = "JOB00001",
	.dataset = 1,
	.created_ns = INT64_C(1795428000) * NS_PER_S };

static void set_up(void)
{
	input_config_init(&input);
	header_config_init(&header);
	setenv("TZ", "UTC", 1);
	tzset();
}

/* ---- what happens ------------------------------------------------ */

struct story {
	struct message *message;
	struct buf told;
	bool has_quit;
};

static void tell_mail(struct buf *told, struct mail *m)
{
	size_t i;

	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->number, 1);
	ck_assert_ptr_nonnull(m->added);
	buf_printf(told, "<%s>", m->reverse_path);
	for (i = 0; i < m->recipient_count; i++)
		buf_printf(told, " %s", m->recipients[i]);
	buf_puts(told, "\n");
	mail_free(m);
}

static void tell(struct story *s, const struct bsmtp_event *event)
{
	if (event->kind == BSMTP_ERROR) {
		ck_assert_int_eq(event->err, 0);
		ck_assert(!event->has_ended);
		buf_printf(&s->told, "%" PRIu64 ": %s%s\n", event->record,
			event->reply, event->counts ? "" : " (not counted)");
	} else if (event->kind == BSMTP_MAIL) {
		tell_mail(&s->told, message_take_mail(s->message));
	} else if (event->kind == BSMTP_QUIT) {
		s->has_quit = true;
	}
}

static bool read_piece(void *arg, const struct line *piece)
{
	struct story *s = arg;
	struct bsmtp_event event;

	memset(&event, 0x55, sizeof event); /* no member is left as it was */
	message_line(s->message, piece, &event);
	ck_assert_int_ne(event.kind, BSMTP_MAIL);
	tell(s, &event);
	return true;
}

static void finish(struct story *s)
{
	struct bsmtp_event event;

	do {
		message_finish(s->message, &event);
		tell(s, &event);
	} while (event.kind != BSMTP_QUIT);
	ck_assert_ptr_null(message_take_mail(s->message));
}

static void check(const char *text, const char *wanted)
{
	static const size_t steps[] = { 4096, 1, 2, 3, 5 };
	struct heading_rules rules;
	struct story s;
	int i;

	heading_rules_init(&rules, &input, &header, &origin);
	for (i = 0; i < COUNT(steps); i++) {
		s.message = message_new(&rules);
		s.has_quit = false;
		buf_init(&s.told);
		lines_cut(text, strlen(text), steps[i], read_piece, &s);
		finish(&s);
		buf_append(&s.told, "", 1);
		ck_assert_str_eq(s.told.data, wanted);
		buf_fini(&s.told);
		message_free(s.message);
	}
}

/* ---- recipients and senders -------------------------------------- */

static const struct {
	const char *text, *wanted;
} mails[] = {
	{ "To: a@b\n\nx\n", "<ann@here.example> a@b\n" },
	{ "From: Me <me@x>\nTo: a@b, C <c@d>,\n\te@f\nCc: g@h\nBcc: i@j\n\nx\n",
		"<me@x> a@b c@d e@f g@h i@j\n" },
	{ "from:me@x\nTO:a@b\nto: c@d\nCC: a@b\n\n", "<me@x> a@b c@d\n" },
	{ "To: list: a@b, c@d;\nBcc: undisclosed:;\n\n",
		"<ann@here.example> a@b c@d\n" },
	/* The sender. */
	{ "Return-Path: <bounce@x>\nSender: s@x\nFrom: f@x\nTo: a@b\n\n",
		"<bounce@x> a@b\n" },
	{ "Return-Path: <>\nFrom: f@x\nTo: a@b\n\n", "<> a@b\n" },
	{ "From: f@x\nSender: s@x\nTo: a@b\n\n", "<s@x> a@b\n" },
	{ "From: f@x, g@x\nTo: a@b\n\n", "<f@x> a@b\n" },
	{ "From: nobody at home\nTo: a@b\n\n", "<ann@here.example> a@b\n" },
	{ "Return-Path: ?<\nSender: <>\nFrom: f@x\nTo: a@b\n\n",
		"<f@x> a@b\n" },
	{ "From:\nTo: a@b\n\n", "<ann@here.example> a@b\n" },
	{ "Reply-To: r@x\nX-From: f@x\nTo: a@b\n\n",
		"<ann@here.example> a@b\n" },
	/* The text's fields are no fields. */
	{ "To: a@b\n\nFrom: f@x\nTo: c@d\nBcc: e@f\n",
		"<ann@here.example> a@b\n" },
	/* Sent again: the topmost block says to whom. */
	{ "Resent-From: r@x\nResent-To: a@b\nResent-Bcc: c@d\n"
	  "Return-Path: <p@x>\nFrom: f@x\nTo: no@no\n\n",
		"<r@x> a@b c@d\n" },
	{ "Resent-Sender: s@x\nResent-From: r@x\nResent-To: a@b\nTo: no@no\n\n",
		"<s@x> a@b\n" },
	{ "Resent-To: a@b\nFrom: f@x\nTo: no@no\n\n",
		"<ann@here.example> a@b\n" },
	{ "To: no@no\nFrom: f@x\nResent-From: r@x\nResent-Cc: a@b\n\n",
		"<r@x> a@b\n" },
	{ "Resent-From: r@x\nResent-To: a@b\nResent-Date: x\n"
	  "Resent-From: old@x\nResent-To: no@no\nResent-Cc: no@no\n\n",
		"<r@x> a@b\n" },
	{ "Received: x\nResent-From: r@x\nResent-To: a@b\nReceived: y\n"
	  "Resent-Cc: no@no\nTo: no@no\n\n",
		"<r@x> a@b\n" },
	/* Without a domain: of this host. */
	{ "To: root\n\n", "<ann@here.example> root@here.example\n" },
	/* As cron writes it. */
	{ "From: root (Cron Daemon)\nTo: root\n"
	  "Subject: Cron <root@here> run-parts /etc/cron.daily\n"
	  "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
	  "Content-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\n"
	  "X-Cron-Env: <LOGNAME=root>\n\n/etc/cron.daily/x:\nno\n",
		"<root@here.example> root@here.example\n" },
	/* As mail(1) does: bsd-mailx, s-nail, GNU mailutils. */
	{ "To: ann, bob@example.org\nSubject: x\n\nHello\n.\nmore\n",
		"<ann@here.example> ann@here.example bob@example.org\n" },
	{ "Date: Mon, 23 Nov 2026 10:00:00 +0100\nFrom: Ann <ann@x>\n"
	  "To: bob@example.org\nSubject: =?utf-8?Q?=C3=A4?=\n"
	  "Message-ID: <20261123090000.x1y2z%ann@x>\n"
	  "User-Agent: s-nail v14.9.24\nMIME-Version: 1.0\n\nHello\n",
		"<ann@x> bob@example.org\n" },
	{ "Subject: x\nTo: <bob@example.org>\nUser-Agent: mail (GNU "
	  "Mailutils 3.15)\nDate: x\nMessage-Id: <1@here>\n"
	  "From: root <root@here>\n\nHello\n",
		"<root@here> bob@example.org\n" },
	/* From a mailbox file. */
	{ "From ann@x Mon Nov 23 10:00:00 2026\nTo: a@b\n\nx\n",
		"<ann@here.example> a@b\n" },
	{ "From \nTo: a@b\n\nFrom x\n", "<ann@here.example> a@b\n" },
	/* One that is wrong does not stop the others. */
	{ "To: a@b, c d, e@f\nCc: @, g@h\n\nx\n",
		"1: 501 5.1.3 JES Syntax error in recipient address, 'c d' "
		"(not counted)\n"
		"2: 501 5.1.3 JES Syntax error in recipient address, '@' "
		"(not counted)\n"
		"<ann@here.example> a@b e@f g@h\n" },
	{ "To: a b,\n c@d\nCc: J\xc3\xb6rg@x\nSubject: x\n\nx\n",
		"1: 501 5.1.3 JES Syntax error in recipient address, 'a b' "
		"(not counted)\n"
		"3: 553 5.6.7 JES Local part is not ASCII, "
		"'J\\xc3\\xb6rg@x' (not counted)\n"
		"<ann@here.example> c@d\n" },
	{ "To: a@b\xc3\xbc"
	  "cher.example\n\n",
		"<ann@here.example> a@xn--bcher-kva.example\n" },
};

START_TEST(a_message_says_who_it_is_for_and_from)
{
	check(mails[_i].text, mails[_i].wanted);
}
END_TEST

static const struct {
	const char *text, *wanted;
} refusals[] = {
	{ "Subject: x\n\nx\n",
		"2: 554 5.5.1 JES No recipients in To, Cc or Bcc\n" },
	{ "\nTo: a@b\n", "1: 554 5.5.1 JES No recipients in To, Cc or Bcc\n" },
	{ "To: list:;\nCc:\n\n",
		"3: 554 5.5.1 JES No recipients in To, Cc or Bcc\n" },
	{ "To: a@b\nResent-Date: x\n\n",
		"3: 554 5.5.1 JES No recipients in Resent-To, Resent-Cc or "
		"Resent-Bcc\n" },
	{ "To: <>\n\nx\n",
		"1: 501 5.1.3 JES Null path is no recipient address, '' (not "
		"counted)\n"
		"2: 554 5.5.1 JES No valid recipients\n" },
	{ "To: a b\n\nx\n",
		"1: 501 5.1.3 JES Syntax error in recipient address, 'a b' "
		"(not counted)\n"
		"2: 554 5.5.1 JES No valid recipients\n" },
	/* The empty line is missing. */
	{ "To: a@b\n", "1: 554 5.6.0 JES No empty line after the header\n" },
	{ "To: a@b\nSubj",
		"2: 554 5.6.0 JES Neither header field nor empty "
		"line, 'Subj'\n" },
	{ "To: a@b\nHello, world\nx\n",
		"2: 554 5.6.0 JES Neither header field nor empty line, "
		"'Hello, world'\n" },
	{ "Hello, \x1b[1m\n",
		"1: 554 5.6.0 JES Neither header field nor empty line, "
		"'Hello, \\x1b[1m'\n" },
	{ " To: a@b\n\n",
		"1: 554 5.6.0 JES Neither header field nor empty "
		"line, ' To: a@b'\n" },
	{ "From x\nFrom y\nTo: a@b\n\n",
		"2: 554 5.6.0 JES Neither header field nor empty line, "
		"'From y'\n" },
	{ "From x\n", "1: 554 5.6.0 JES No empty line after the header\n" },
	{ "Fro\n",
		"1: 554 5.6.0 JES Neither header field nor empty line, "
		"'Fro'\n" },
	{ "", "" },
};

START_TEST(a_refusal_has_the_right_reason)
{
	check(refusals[_i].text, refusals[_i].wanted);
}
END_TEST

/* ---- limits ------------------------------------------------------ */

START_TEST(what_headers_may_not_be_holds_here_too)
{
	header.is_strict = true;
	header.hop_limit = 2;
	check("To: a@b\nTo: c@d\n\n",
		"2: 554 5.6.0 JES Header field twice, 'To'\n");
	check("Received: x\nReceived: x\nTo: c@d\n\n",
		"2: 554 5.4.6 JES Too many Received fields: mail loop\n");
}
END_TEST

START_TEST(the_size_has_its_limit)
{
	char text[1100];

	memset(text, 'x', sizeof text);
	memcpy(text, "To: a@b\n\n", 9);
	memcpy(text + sizeof text - 2, "\n", 2);
	text[500] = '\n';
	input.message_size_kb = 1;
	check(text, "4: 552 5.3.4 JES Message size exceeds limit\n");
	input.message_size_kb = 2;
	check(text, "<ann@here.example> a@b\n");
}
END_TEST

START_TEST(a_line_of_text_has_its_limit)
{
	char text[1100];

	memset(text, '.', sizeof text);
	memcpy(text, "To: a@b\n\n", 9);
	strcpy(text + 9 + 998, "\n");
	check(text, "<ann@here.example> a@b\n");
	strcpy(text + 9 + 998, ".\n");
	check(text, "3: 500 5.6.0 JES Data line too long\n");
}
END_TEST

START_TEST(what_is_said_of_lines_holds_here_too)
{
	char text[1100];

	memset(text, 'x', sizeof text);
	memcpy(text, "To: a@b\n\n", 9);
	strcpy(text + 9 + 1000, "\n");
	input.long_line = LONG_LINE_TRUNCATE;
	check(text, "<ann@here.example> a@b\n");
	input.bare_cr = BARE_CR_REJECT;
	check("To: a@b\n\nx\ry\n", "3: 500 5.6.0 JES Bare CR in data line\n");
}
END_TEST

START_TEST(recipients_have_their_limit)
{
	struct heading_rules rules;
	struct story s = { .has_quit = false };
	struct buf text;
	int i;

	buf_init(&text);
	buf_puts(&text, "To: ");
	for (i = 0; i < MAIL_RECIPIENTS_MAX; i++)
		buf_printf(&text, "user%d@example.org,\n ", i);
	buf_puts(&text, "user1@example.org\n\nx\n");
	heading_rules_init(&rules, &input, &header, &origin);
	s.message = message_new(&rules);
	lines_cut(text.data, text.len, 4096, read_piece, &s);
	ck_assert(!s.has_quit);
	message_free(s.message);
	text.len -= 3;
	buf_puts(&text, "Cc: one.more@example.org\n\nx\n");
	s.message = message_new(&rules);
	buf_init(&s.told);
	lines_cut(text.data, text.len, 4096, read_piece, &s);
	finish(&s);
	buf_append(&s.told, "", 1);
	ck_assert_ptr_nonnull(
		strstr(s.told.data, ": 552 5.5.3 JES Too many recipients\n"));
	buf_fini(&s.told);
	buf_fini(&text);
	message_free(s.message);
}
END_TEST

/* ---- the mail ---------------------------------------------------- */

static struct mail *read_mail(const char *text, size_t step)
{
	struct heading_rules rules;
	struct story s = { .has_quit = false };
	struct bsmtp_event event;
	struct mail *m;

	heading_rules_init(&rules, &input, &header, &origin);
	s.message = message_new(&rules);
	lines_cut(text, strlen(text), step, read_piece, &s);
	message_finish(s.message, &event);
	ck_assert_int_eq(event.kind, BSMTP_MAIL);
	m = message_take_mail(s.message);
	message_free(s.message);
	return m;
}

#define FROM_LINE "From ann@x Mon Nov 23\n" /* 22 octets */

static const struct {
	const char *text;
	uint64_t offset, length, size; /* without what is on top */
	bool has_8bit, adds_mime;
} contents[] = {
	{ "To: a@b\n\nx\n", 0, 11, 14, false, false },
	{ "To: a@b\n\n.\n..\nx", 0, 15, 21, false, false },
	{ FROM_LINE "To: a@b\n\nx\n", 22, 11, 14, false, false },
	{ "To: a@b\nBcc: c@d\n\n", 0, 18, 11, false, false },
	{ "To: a@b\n\n\xc3\xa9\n", 0, 12, 15, true, true },
	{ "To: a@b (\xc3\xa9)\n\nx\n", 0, 16, 19, true, false },
	{ "To: a@b (\xc3\xa9)\n\n\xc3\xa9\n", 0, 17, 20, true, true },
};

START_TEST(the_content_is_all_of_the_message)
{
	static const size_t steps[] = { 1, 4, 4096 };
	char mime[HEADING_MIME_MAX];
	uint64_t size;
	struct mail *m;
	const char *at;
	int i;

	for (i = 0; i < COUNT(steps); i++) {
		m = read_mail(contents[_i].text, steps[i]);
		ck_assert_uint_eq(m->offset, contents[_i].offset);
		ck_assert_uint_eq(m->length, contents[_i].length);
		ck_assert_int_eq(m->has_8bit, contents[_i].has_8bit);
		ck_assert_int_eq(m->mime != 0, contents[_i].adds_mime);
		size = contents[_i].size;
		for (at = m->added; *at != '\0'; at++)
			size += 1 + (*at == '\n');
		if (m->mime != 0)
			size += heading_mime(m->mime, "", mime) + 3;
		ck_assert_uint_eq(m->size_octets, size);
		mail_free(m);
	}
}
END_TEST

START_TEST(a_message_without_from_is_of_who_wrote_it)
{
	struct mail *m = read_mail("To: a@b\n\n", 4096);

	ck_assert_ptr_nonnull(strstr(m->added, "\nFrom: <ann@here.example>\n"));
	ck_assert_ptr_nonnull(strstr(m->added, "Received: from here.example"));
	mail_free(m);
}
END_TEST

START_TEST(nothing_is_read_once_no_mail_can_come)
{
	struct heading_rules rules;
	struct story s = { .has_quit = false };

	heading_rules_init(&rules, &input, &header, NULL);
	buf_init(&s.told);
	s.message = message_new(&rules);
	lines_cut("Hello\nTo: a@b\n", 14, 4096, read_piece, &s);
	ck_assert(s.has_quit);
	message_free(s.message);
	message_free(NULL);
	buf_fini(&s.told);
}
END_TEST

START_TEST(a_first_line_tells_a_message_from_a_batch)
{
	static const struct {
		const char *line;
		bool is_message;
	} lines[] = { { "To: a@b", true }, { "Received:", true },
		{ "From ann@x Mon", true }, { "MAIL FROM:<a@b>", false },
		{ "HELO x", false }, { "QUIT", false }, { "DATA", false },
		{ "", false }, { " To: a@b", false }, { "Fro", false } };
	int i;

	for (i = 0; i < COUNT(lines); i++)
		ck_assert_int_eq(message_is_first_line(
					 lines[i].line, strlen(lines[i].line)),
			lines[i].is_message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("message");
	TCase *tests = suite_case(suite, "message", 30, set_up, NULL);

	tcase_add_loop_test(
		tests, a_message_says_who_it_is_for_and_from, 0, COUNT(mails));
	tcase_add_loop_test(
		tests, a_refusal_has_the_right_reason, 0, COUNT(refusals));
	tcase_add_test(tests, what_headers_may_not_be_holds_here_too);
	tcase_add_test(tests, the_size_has_its_limit);
	tcase_add_test(tests, a_line_of_text_has_its_limit);
	tcase_add_test(tests, what_is_said_of_lines_holds_here_too);
	tcase_add_test(tests, recipients_have_their_limit);
	tcase_add_loop_test(
		tests, the_content_is_all_of_the_message, 0, COUNT(contents));
	tcase_add_test(tests, a_message_without_from_is_of_who_wrote_it);
	tcase_add_test(tests, nothing_is_read_once_no_mail_can_come);
	tcase_add_test(tests, a_first_line_tells_a_message_from_a_batch);
	return suite_run(suite);
}
