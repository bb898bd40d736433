#include "../forwarder/heading.h"
#include "buf.h"
#include "clock.h"
#include "support_cut.h"
#include "support_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 23 Nov 2026, 10:00:00.541437 UTC, a Monday */
#define CREATED_NS (INT64_C(1795428000) * NS_PER_S + 541437000)

static struct input_config input;
static struct header_config header;
static struct origin origin;

static void set_up(void)
{
	input_config_init(&input);
	header_config_init(&header);
	origin = (struct origin){ .host = "mvs1.example.com",
		.user = "alice",
		.uid = 1001,
		.job_name = "CAT",
		.job_id = "JOB00412",
		.dataset = 103,
		.created_ns = CREATED_NS };
	setenv("TZ", "UTC", 1);
	tzset();
}

/* ---- a mail is read ---------------------------------------------- */

struct reading {
	struct heading heading;
	uint64_t size; /* of all lines, as they are */
	bool is_8bit;  /* of the text */
	bool line_is_8bit;
	bool is_header; /* the last line was */
	uint64_t fault_line;
	char fault[BSMTP_REPLY_MAX];
};

static bool read_piece(void *arg, const struct line *piece)
{
	struct reading *r = arg;
	size_t i;

	if (piece->is_start)
		r->line_is_8bit = false;
	for (i = 0; i < piece->len; i++)
		r->line_is_8bit |= (unsigned char)piece->text[i] >= 0x80;
	r->size += piece->len + (piece->is_end ? 2 : 0);
	r->is_header = heading_read(&r->heading, piece);
	if (piece->is_end && !r->is_header)
		r->is_8bit |= r->line_is_8bit;
	if (heading_take_fault(&r->heading, r->fault))
		r->fault_line = piece->number;
	return true;
}

static void read_all(struct reading *r, const struct heading_rules *rules,
	const char *text, size_t step)
{
	memset(r, 0, sizeof *r);
	heading_init(&r->heading, rules, NULL, NULL);
	lines_cut(text, strlen(text), step, read_piece, r);
}

/* ---- and sent ---------------------------------------------------- */

struct sending {
	struct compose compose;
	struct buf sent;
};

static bool send_piece(void *arg, const struct line *piece)
{
	struct sending *s = arg;
	struct compose_part part;

	compose_put(&s->compose, piece);
	while (compose_get(&s->compose, &part)) {
		if (!part.is_sent)
			continue;
		buf_append(&s->sent, part.text, part.len);
		if (part.is_end)
			buf_puts(&s->sent, "\n");
	}
	return true;
}

static void send_all(struct sending *s, const struct mail *m, const char *text)
{
	char mime[HEADING_MIME_MAX];

	buf_init(&s->sent);
	buf_puts(&s->sent, m->added != NULL ? m->added : "");
	if (m->mime != 0)
		buf_append(&s->sent, mime, heading_mime(m->mime, "", mime));
	compose_init(&s->compose, &input, m->drops_sender);
	lines_cut(text, strlen(text), 4096, send_piece, s);
	buf_append(&s->sent, "", 1);
}

static uint64_t count_lines(const char *text)
{
	uint64_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

/* Reads the mail and returns it as it is sent; the caller frees it. */
static char *pass(const char *text, const char *from, const char *const *to)
{
	static const size_t steps[] = { 4096, 1, 7 };
	struct heading_rules rules;
	struct reading r;
	struct sending s;
	struct mail *m;
	char *sent = NULL;
	size_t len;
	int i;

	heading_rules_init(&rules, &input, &header, &origin);
	for (i = 0; i < COUNT(steps); i++) {
		read_all(&r, &rules, text, steps[i]);
		ck_assert_str_eq(r.fault, "");
		m = mail_new(from);
		for (; *to != NULL && m->recipient_count < 2; to++)
			ck_assert_int_eq(mail_add_recipient(m, *to), 0);
		m->number = 17;
		m->size_octets = r.size;
		ck_assert_int_eq(
			heading_end(&r.heading, "PAYNODE", r.is_8bit, m), 0);
		send_all(&s, m, text);
		ck_assert_uint_eq(m->size_octets,
			s.sent.len - 1 + count_lines(s.sent.data));
		to -= m->recipient_count;
		mail_free(m);
		if (sent != NULL)
			ck_assert_str_eq(s.sent.data, sent);
		free(sent);
		sent = buf_steal(&s.sent, &len);
	}
	return sent;
}

static const char *const one[] = { "ann@example.org", NULL };
static const char *const two[] = { "ann@example.org", "bob@example.org", NULL };

static void check_sent(const char *text, const char *wanted)
{
	char *sent = pass(text, "pay@example.com", two);

	ck_assert_str_eq(sent, wanted);
	free(sent);
}

#define TRACE                                                                  \
	"Received: from PAYNODE (user=alice uid=1001 job=JOB00412)\n"          \
	" by mvs1.example.com (jesfs)\n"                                       \
	" with spool id JOB00412.17; Mon, 23 Nov 2026 10:00:00 +0000\n"
#define FROM "From: <pay@example.com>\n"
#define DATE "Date: Mon, 23 Nov 2026 10:00:00 +0000\n"
#define ID                                                                     \
	"Message-ID: <CAT.JOB00412.Nov232026.100000.541437.17"                 \
	"@mvs1.example.com>\n"
#define MIME                                                                   \
	"MIME-Version: 1.0\n"                                                  \
	"Content-Type: text/plain; charset=utf-8\n"                            \
	"Content-Transfer-Encoding: 8bit\n"

static const struct {
	const char *text, *wanted;
} mails[] = {
	{ "", TRACE FROM DATE ID },
	{ "\n", TRACE FROM DATE ID "\n" },
	{ "Hello\n", TRACE FROM DATE ID "\nHello\n" },
	{ "From: a\nDate: b\nMessage-ID: c\n\nx\n",
		TRACE "From: a\nDate: b\nMessage-ID: c\n\nx\n" },
	{ "message-id: c\nSubject: s\nx\n",
		TRACE FROM DATE "message-id: c\nSubject: s\n\nx\n" },
	/* The text's fields are no fields. */
	{ "From: a\n\nDate: b\nMessage-ID: c\n",
		TRACE DATE ID "From: a\n\nDate: b\nMessage-ID: c\n" },
	{ "Received: z\nFrom: a\nDate: b\nMessage-ID: c\nBcc: d,\n e\n\n",
		TRACE "Received: z\nFrom: a\nDate: b\nMessage-ID: c\n\n" },
	{ "Return-Path: <x>\nX-JES-Origin: y\nFrom: a\nDate: b\n\n",
		TRACE ID "From: a\nDate: b\n\n" },
	/* Text of 8 bits without its labels. */
	{ "From: a\nDate: b\n\n\xc3\xa9\n",
		TRACE ID MIME "From: a\nDate: b\n\n\xc3\xa9\n" },
	{ "From: a\nDate: b\nx \xc3\xa9\n",
		TRACE ID MIME "From: a\nDate: b\n\nx \xc3\xa9\n" },
	{ "From: \xc3\xa9\nDate: b\n\nx\n",
		TRACE ID "From: \xc3\xa9\nDate: b\n\nx\n" },
	{ "From: a\nDate: b\nMIME-Version: 1.0\n\n\xc3\xa9\n",
		TRACE ID "From: a\nDate: b\nMIME-Version: 1.0\n\n\xc3\xa9\n" },
	{ "From: a\nDate: b\ncontent-type: text/html\n\n\xc3\xa9\n",
		TRACE ID "From: a\nDate: b\ncontent-type: text/html\n\n"
			 "\xc3\xa9\n" },
	{ "From: a\nDate: b\nContent-Transfer-Encoding: 8bit\n\n\xc3\xa9\n",
		TRACE ID "From: a\nDate: b\n"
			 "Content-Transfer-Encoding: 8bit\n\n\xc3\xa9\n" },
};

START_TEST(what_a_header_lacks_is_put_on_top)
{
	check_sent(mails[_i].text, mails[_i].wanted);
}
END_TEST

START_TEST(a_null_path_is_the_mailer)
{
	char *sent = pass("x: y\n\n", "", two);

	ck_assert_str_eq(sent,
		TRACE "From: <MAILER-DAEMON@mvs1.example.com>\n" DATE ID
		      "x: y\n\n");
	free(sent);
}
END_TEST

START_TEST(a_single_recipient_is_named)
{
	char *sent = pass("x: y\n\n", "pay@example.com", one);

	ck_assert_str_eq(sent,
		"Received: from PAYNODE (user=alice uid=1001 job=JOB00412)\n"
		" by mvs1.example.com (jesfs)\n"
		" with spool id JOB00412.17 for <ann@example.org>;\n"
		" Mon, 23 Nov 2026 10:00:00 +0000\n" FROM DATE ID "x: y\n\n");
	free(sent);
}
END_TEST

START_TEST(each_statement_has_its_way)
{
	header.adds_date = false;
	check_sent("From: a\n\n", TRACE ID "From: a\n\n");
	header.adds_from = false;
	check_sent("x: y\n\n", TRACE ID "x: y\n\n");
	header.adds_mime = false;
	check_sent("x: y\n\n\xc3\xa9\n", TRACE ID "x: y\n\n\xc3\xa9\n");
	header.adds_origin = true;
	check_sent("X-JES-Origin: me\nx: y\n\n",
		TRACE "X-JES-Origin: user=alice; uid=1001; job=JOB00412\n" ID
		      "x: y\n\n");
}
END_TEST

START_TEST(without_user_info_nobody_is_named)
{
	header.has_user_info = false;
	check_sent("From: a\nDate: b\n\n",
		"Received: from PAYNODE by mvs1.example.com (jesfs)\n"
		" with spool id D0000103.17; Mon, 23 Nov 2026 10:00:00 +0000\n"
		"Message-ID: <Nov232026.100000.541437.103.17"
		"@mvs1.example.com>\n"
		"From: a\nDate: b\n\n");
}
END_TEST

#define SENDER "Sender: <alice@mvs1.example.com>\n"

static const struct {
	const char *text, *wanted;
} senders[] = {
	{ "From: a@b\nDate: b\n\n", TRACE SENDER ID "From: a@b\nDate: b\n\n" },
	{ "From: A <alice@MVS1.example.com>\nDate: b\n\n",
		TRACE ID "From: A <alice@MVS1.example.com>\nDate: b\n\n" },
	{ "From: alice (A)\nDate: b\n\n",
		TRACE ID "From: alice (A)\nDate: b\n\n" },
	{ "From: alice\nSender: root\nDate: b\n\n",
		TRACE ID "From: alice\nSender: root\nDate: b\n\n" },
	{ "From: Alice\nDate: b\n\n",
		TRACE SENDER ID "From: Alice\nDate: b\n\n" },
	{ "From: alice, bob\nDate: b\n\n",
		TRACE SENDER ID "From: alice, bob\nDate: b\n\n" },
	{ "From: x@y\nSender: root,\n boss\nDate: b\n\n",
		TRACE SENDER ID "From: x@y\nDate: b\n\n" },
	{ "From: a b c\nDate: b\n\n",
		TRACE SENDER ID "From: a b c\nDate: b\n\n" },
	{ "Date: b\n\n", TRACE FROM ID "Date: b\n\n" },
};

START_TEST(who_wrote_it_is_named_where_from_is_another)
{
	header.adds_sender = true;
	check_sent(senders[_i].text, senders[_i].wanted);
}
END_TEST

START_TEST(names_of_users_cannot_forge_a_field)
{
	char *sent;

	origin.user = "al(i)ce\\ <b>; \"\n\xc3\xa9";
	origin.job_name = "A$#@1";
	header.adds_origin = true;
	sent = pass("From: a\nDate: b\n\n", "", two);
	ck_assert_str_eq(sent,
		"Received: from PAYNODE"
		" (user=al?i?ce???b??????? uid=1001 job=JOB00412)\n"
		" by mvs1.example.com (jesfs)\n"
		" with spool id JOB00412.17; Mon, 23 Nov 2026 10:00:00 +0000\n"
		"X-JES-Origin: user=al?i?ce???b???????; uid=1001;"
		" job=JOB00412\n"
		"Message-ID: <A$#1.JOB00412.Nov232026.100000.541437.17"
		"@mvs1.example.com>\n"
		"From: a\nDate: b\n\n");
	free(sent);
}
END_TEST

START_TEST(a_user_without_a_name_is_a_number)
{
	char *sent;

	origin.user = "";
	header.adds_sender = true;
	sent = pass("From: a\nDate: b\n\n", "", two);
	ck_assert_ptr_nonnull(
		strstr(sent, "PAYNODE (uid=1001 job=JOB00412) by"));
	ck_assert_ptr_nonnull(
		strstr(sent, "\nSender: <1001@mvs1.example.com>\n"));
	free(sent);
}
END_TEST

static const struct {
	const char *zone;
	int64_t created_ns;
	const char *date, *stamp;
} times[] = {
	{ "UTC", 0, "Thu, 01 Jan 1970 00:00:00 +0000",
		"Jan011970.000000.000000" },
	{ "EST5EDT,M3.2.0,M11.1.0", CREATED_NS,
		"Mon, 23 Nov 2026 05:00:00 -0500", "Nov232026.050000.541437" },
	{ "IST-5:30", CREATED_NS, "Mon, 23 Nov 2026 15:30:00 +0530",
		"Nov232026.153000.541437" },
	{ "NST3:30", CREATED_NS, "Mon, 23 Nov 2026 06:30:00 -0330",
		"Nov232026.063000.541437" },
	{ "UTC", -1, "Thu, 01 Jan 1970 00:00:00 +0000",
		"Jan011970.000000.000000" },
};

START_TEST(time_is_shown_in_the_zone_of_the_system)
{
	struct heading_rules rules;

	setenv("TZ", times[_i].zone, 1);
	tzset();
	origin.created_ns = times[_i].created_ns;
	heading_rules_init(&rules, &input, &header, &origin);
	ck_assert_str_eq(rules.date, times[_i].date);
	ck_assert_str_eq(rules.stamp, times[_i].stamp);
}
END_TEST

/* ---- faults ------------------------------------------------------ */

static void check_fault(const char *text, uint64_t line, const char *wanted)
{
	static const size_t steps[] = { 1, 3, 4096 };
	struct heading_rules rules;
	struct reading r;
	int i;

	heading_rules_init(&rules, &input, &header, NULL);
	for (i = 0; i < COUNT(steps); i++) {
		read_all(&r, &rules, text, steps[i]);
		ck_assert_str_eq(r.fault, wanted);
		ck_assert_uint_eq(r.fault_line, line);
	}
}

START_TEST(hops_have_a_limit)
{
	static const char loop[] = "554 5.4.6 JES Too many Received fields: "
				   "mail loop";

	header.hop_limit = 3;
	check_fault("Received: 1\nReceived: 2\n\nReceived: 3\n", 0, "");
	check_fault(
		"Received: 1\nA: b\nreceived: 2\nReceived: 3\nx: y\n", 4, loop);
	header.hop_limit = 1;
	check_fault("Received: 1\n", 1, loop);
}
END_TEST

START_TEST(fields_that_come_twice_are_refused_when_asked)
{
	check_fault("From: a\nTo: b\nFrom: c\n\n", 0, "");
	header.is_strict = true;
	check_fault("From: a\nTo: b\nFrom: c\n d\n\n", 3,
		"554 5.6.0 JES Header field twice, 'From'");
	check_fault("subject: a\nSUBJECT: b\n", 2,
		"554 5.6.0 JES Header field twice, 'Subject'");
	check_fault(
		"Cc: a\nCc: b\nReceived: a\nReceived: b\nX: a\nX: b\n", 0, "");
	check_fault("From: a\n\nFrom: a\n", 0, "");
}
END_TEST

START_TEST(a_line_that_cannot_be_folded_is_a_fault)
{
	char text[1200];

	memset(text, 'x', sizeof text);
	memcpy(text, "Subject:", 8);
	memcpy(text + sizeof text - 3, "\n\n", 3);
	check_fault(text, 1, "500 5.6.0 JES Header line too long");
	text[600] = ' ';
	check_fault(text, 0, "");
	text[600] = 'x';
	memcpy(text, "Bcc:xxxx", 8);
	check_fault(text, 0, "");
}
END_TEST

/* ---- charset ----------------------------------------------------- */

static const struct {
	const char *charset, *mime;
} charsets[] = {
	{ "", "utf-8" },
	{ "utf-8", "utf-8" },
	{ "ISO8859-1", "iso-8859-1" },
	{ "iso8859-15", "iso-8859-15" },
	{ "ISO-8859-2", "ISO-8859-2" },
	{ "IBM850", "ibm850" },
	{ "BIG5", "BIG5" },
	{ "CP1252", "windows-1252" },
};

START_TEST(a_charset_has_the_name_that_mime_knows)
{
	char fields[HEADING_MIME_MAX];
	char wanted[64];

	ck_assert_uint_eq(heading_mime(MAIL_MIME_VERSION | MAIL_MIME_TYPE
					  | MAIL_MIME_8BIT,
				  charsets[_i].charset, fields),
		strlen(fields));
	stpcpy(stpcpy(stpcpy(wanted, "; charset="), charsets[_i].mime), "\n");
	ck_assert_ptr_nonnull(strstr(fields, wanted));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("heading");
	TCase *tests = suite_case(suite, "heading", 30, set_up, NULL);

	tcase_add_loop_test(
		tests, what_a_header_lacks_is_put_on_top, 0, COUNT(mails));
	tcase_add_test(tests, a_null_path_is_the_mailer);
	tcase_add_test(tests, a_single_recipient_is_named);
	tcase_add_test(tests, each_statement_has_its_way);
	tcase_add_test(tests, without_user_info_nobody_is_named);
	tcase_add_loop_test(tests, who_wrote_it_is_named_where_from_is_another,
		0, COUNT(senders));
	tcase_add_test(tests, names_of_users_cannot_forge_a_field);
	tcase_add_test(tests, a_user_without_a_name_is_a_number);
	tcase_add_loop_test(tests, time_is_shown_in_the_zone_of_the_system, 0,
		COUNT(times));
	tcase_add_test(tests, hops_have_a_limit);
	tcase_add_test(tests, fields_that_come_twice_are_refused_when_asked);
	tcase_add_test(tests, a_line_that_cannot_be_folded_is_a_fault);
	tcase_add_loop_test(tests, a_charset_has_the_name_that_mime_knows, 0,
		COUNT(charsets));
	return suite_run(suite);
}
