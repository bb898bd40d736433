/*
 * What comes of a data set on the wire: one mail in, one mail out, whatever
 * octets are in its text, in every form and page.
 */
#include "../forwarder/sending.h"
#include "buf.h"
#include "support_files.h"
#include "support_run.h"

#include <check.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD = 120 };

static struct input_config config;
static struct header_config header;
static const struct origin origin = { .host = "host.example.org",
	.user = "ann",
	.uid = 1001,
	.job_name = "PAYJOB",
	.job_id = "JOB00001",
	.dataset = 1 };

static void set_up(void)
{
	input_config_init(&config);
	header_config_init(&header);
}

/* ---- reading and sending ------------------------------------------ */

static void send_mail(const struct input_rules *rules, const struct mail *m,
	const struct buf *in, size_t step, struct buf *out)
{
	static struct sending s;
	char block[64];
	bool is_over = false;
	size_t at = m->offset;
	size_t end = at + m->length;
	size_t n, used;

	sending_begin(&s, rules, m, NULL);
	while (!is_over) {
		if (at < end || !sending_is_idle(&s)) {
			n = end - at < step ? end - at : step;
			n = sending_feed(&s, in->data + at, n, &used, block,
				sizeof block);
			at += used;
		} else {
			n = sending_finish(&s, block, sizeof block, &is_over);
		}
		buf_append(out, block, n);
	}
	ck_assert_ptr_null(sending_damage(&s));
}

/* Returns how many mails there are; what was sent is in out. */
static size_t send_all(const struct buf *in, size_t step, struct buf *out)
{
	struct input_rules rules;
	struct input_event event = { .kind = INPUT_MORE };
	struct input *input;
	struct mail *m;
	size_t mails = 0;
	size_t at = 0;

	ck_assert_int_eq(input_rules_init(&rules, &config, &header), 0);
	input = input_new(&rules, &origin);
	while (event.kind != INPUT_END) {
		if (at < in->len)
			at += input_feed(
				input, in->data + at, in->len - at, &event);
		else
			input_finish(input, &event);
		ck_assert_int_ne(event.kind, INPUT_ERROR);
		m = input_take_mail(input);
		if (m == NULL)
			continue;
		send_mail(&rules, m, in, step, out);
		ck_assert_uint_gt(out->len, m->size_octets);
		mails++;
		mail_free(m);
	}
	input_free(input);
	input_rules_fini(&rules);
	return mails;
}

/* CR and LF only as a pair, no NUL; one final dot, at the end. */
static void check_wire(const struct buf *out)
{
	static const char dot[] = "\r\n.\r\n";
	const char *end = out->data + out->len - (sizeof dot - 1);
	size_t i;

	for (i = 0; i < out->len; i++) {
		ck_assert_int_ne(out->data[i], '\0');
		if (out->data[i] == '\r')
			ck_assert_int_eq(out->data[i + 1], '\n');
		if (out->data[i] == '\n')
			ck_assert_int_eq(out->data[i - 1], '\r');
	}
	ck_assert_ptr_eq(memmem(out->data, out->len, dot, sizeof dot - 1), end);
}

/* One mail, however its octets are cut; these are the same, always. */
static void check_one_mail(const struct buf *in)
{
	static const size_t steps[] = { SIZE_MAX, 1, 2, 7, 80 };
	struct buf first, out;
	size_t i;

	buf_init(&first);
	ck_assert_uint_eq(send_all(in, SIZE_MAX, &first), 1);
	check_wire(&first);
	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		buf_init(&out);
		ck_assert_uint_eq(send_all(in, steps[i], &out), 1);
		ck_assert_uint_eq(out.len, first.len);
		ck_assert_mem_eq(out.data, first.data, out.len);
		buf_fini(&out);
	}
	buf_fini(&first);
}

/* ---- what was smuggled out of others ------------------------------- */

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *octets;
	size_t len;
	bool is_end; /* of a batch stream's text, and rightly so */
} ways[] = {
	{ TEXT("\n.\n"), true },
	{ TEXT("\r.\r"), false },
	{ TEXT("\r.\n"), false },
	{ TEXT("\n.\r"), false },
	{ TEXT("\n.\r\n"), true },
	{ TEXT("\r\n.\n"), true },
	{ TEXT("\r.\r\n"), false },
	{ TEXT("\r\n.\r"), false },
	{ TEXT("\r\n\0.\r\n"), false },
	{ TEXT("\r\n.\0\r\n"), false },
	{ TEXT("\r\n.\r\n"), true },
	{ TEXT("\n\0.\n"), false },
	{ TEXT("\r\r\n.\r\r\n"), false },
};

static const char *const pages[] = { "", "IBM037", "IBM1047" };

enum { WAYS = sizeof ways / sizeof *ways, PAGES = 3 };

/* Puts in text, as octets of the page. */
static void put_text(struct buf *out, const char *text, size_t len)
{
	char page[1024];
	char *in = (char *)text;
	char *at = page;
	size_t left = sizeof page;
	iconv_t cd;

	if (config.page[0] == '\0') {
		buf_append(out, text, len);
		return;
	}
	cd = iconv_open(config.page, "UTF-8");
	ck_assert(cd != (iconv_t)-1);
	ck_assert_uint_eq(iconv(cd, &in, &len, &at, &left), 0);
	buf_append(out, page, sizeof page - left);
	iconv_close(cd);
}

/* "a", the way out, then what would be a mail of its own. */
static void put_smuggled(struct buf *out, int way)
{
	put_text(out, TEXT("a"));
	put_text(out, ways[way].octets, ways[way].len);
	put_text(out, TEXT("MAIL FROM:<e@x>"));
	put_text(out, ways[way].octets, ways[way].len);
}

/* In a plain message a dot is a dot, in every line. */
START_TEST(no_text_of_a_message_ends_it)
{
	struct buf in;

	strcpy(config.page, pages[_i % PAGES]);
	config.format = INPUT_MESSAGE;
	buf_init(&in);
	put_text(&in, TEXT("From: a@b\nTo: c@d\n\n"));
	put_smuggled(&in, _i / PAGES);
	put_text(&in, TEXT("\n.\n"));
	check_one_mail(&in);
	buf_fini(&in);
}
END_TEST

/* In a batch stream only a line that is a dot is the end. */
START_TEST(only_a_line_that_is_a_dot_ends_the_text_of_a_stream)
{
	struct buf in, out;

	strcpy(config.page, pages[_i % PAGES]);
	buf_init(&in);
	put_text(&in,
		TEXT("HELO N\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n"
		     "To: c@d\n\n"));
	put_text(&in, TEXT("a"));
	put_text(&in, ways[_i / PAGES].octets, ways[_i / PAGES].len);
	if (ways[_i / PAGES].is_end) {
		put_text(&in,
			TEXT("MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n\n.\n"));
		buf_init(&out);
		ck_assert_uint_eq(send_all(&in, SIZE_MAX, &out), 2);
		buf_fini(&out);
	} else {
		put_text(&in, TEXT("RCPT TO:<e@x>\n.\n"));
		check_one_mail(&in);
	}
	buf_fini(&in);
}
END_TEST

/* ---- records -------------------------------------------------------- */

static void put_fixed(struct buf *out, const struct buf *record)
{
	size_t i;

	buf_append(out, record->data, record->len);
	for (i = record->len; i < RECORD; i++)
		put_text(out, TEXT(" "));
}

static void put_variable(struct buf *out, const struct buf *record)
{
	const char word[] = { 0, (char)(record->len + 4), 0, 0 };

	buf_append(out, word, sizeof word);
	buf_append(out, record->data, record->len);
}

static void put_segment(struct buf *out, const struct buf *record)
{
	const char head[] = { (char)(record->len + 2), '\xc0' };

	buf_append(out, head, sizeof head);
	buf_append(out, record->data, record->len);
}

static const struct {
	enum input_records form;
	void (*put)(struct buf *out, const struct buf *record);
	const char *before, *behind;
} forms[] = {
	{ INPUT_FIXED, put_fixed, "", "" },
	{ INPUT_VARIABLE, put_variable, "", "" },
	{ INPUT_NETDATA, put_segment,
		"\x08\xe0\xc9\xd5\xd4\xd9\xf0\xf1"
		"\x08\xe0\xc9\xd5\xd4\xd9\xf0\xf3",
		"\x08\xe0\xc9\xd5\xd4\xd9\xf0\xf6" },
};

enum { FORMS = sizeof forms / sizeof *forms };

static void put_line(struct buf *out, int form, const char *text)
{
	struct buf record;

	buf_init(&record);
	put_text(&record, text, strlen(text));
	forms[form].put(out, &record);
	buf_fini(&record);
}

/* A record is one line: nothing within it ends anything. */
START_TEST(no_record_of_a_text_ends_it)
{
	static const char *const head[] = { "HELO N", "MAIL FROM:<a@b>",
		"RCPT TO:<c@d>", "DATA", "To: c@d", "" };
	int form = _i / PAGES % FORMS;
	struct buf in, record;
	size_t i;

	strcpy(config.page, pages[_i % PAGES]);
	if (forms[form].form == INPUT_NETDATA && config.page[0] == '\0')
		strcpy(config.page, "IBM1047");
	config.records = forms[form].form;
	config.record_length = RECORD;
	buf_init(&in);
	buf_puts(&in, forms[form].before);
	for (i = 0; i < sizeof head / sizeof *head; i++)
		put_line(&in, form, head[i]);
	buf_init(&record);
	put_smuggled(&record, _i / PAGES / FORMS);
	forms[form].put(&in, &record);
	put_line(&in, form, "..");
	put_line(&in, form, ".");
	buf_puts(&in, forms[form].behind);
	check_one_mail(&in);
	buf_fini(&record);
	buf_fini(&in);
}
END_TEST

/* ---- long lines ------------------------------------------------------ */

enum { ENCODED = 60 };

static unsigned int next_random(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* One line is too long; the others are short. What means something is often. */
static void put_random_line(struct buf *out, unsigned int *seed, bool is_long)
{
	static const char often[] = "= .\t\r\xc3\xa9\0a";
	size_t len = is_long ? 999 : 0;
	char octet;

	for (len += next_random(seed) % 160; len > 0; len--) {
		octet = (char)next_random(seed);
		if (next_random(seed) % 4 > 0)
			octet = often[next_random(seed) % (sizeof often - 1)];
		if (octet == '\n')
			octet = '.';
		buf_append(out, &octet, 1);
	}
	buf_puts(out, "\n");
}

static void save(const char *folder, unsigned int n, const char *what,
	const char *octets, size_t len)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%u.%s", folder, n, what);
	ck_assert_int_eq(file_put(path, octets, len), 0);
}

static void encode_random(const char *folder, unsigned int n)
{
	static const char head[] = "From: a@b\nTo: c@d\n"
				   "Content-Transfer-Encoding: 8bit\n\n";
	unsigned int seed = n;
	unsigned int lines = 1 + n % 20;
	struct buf in, out;

	buf_init(&in);
	buf_init(&out);
	buf_puts(&in, head);
	while (lines-- > 0)
		put_random_line(&in, &seed, lines == n % 5 || lines == 0);
	in.len -= n % 2; /* with the last line end or without */
	save(folder, n, "written", in.data + sizeof head - 1,
		in.len - (sizeof head - 1));
	check_one_mail(&in);
	ck_assert_uint_eq(send_all(&in, SIZE_MAX, &out), 1);
	save(folder, n, "received", out.data, out.len);
	buf_fini(&in);
	buf_fini(&out);
}

/* Python's email package reads what was written. */
START_TEST(an_encoded_text_is_the_text)
{
	char folder[] = "/tmp/jesfs-sending-XXXXXX";
	unsigned int n;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	config.format = INPUT_MESSAGE;
	config.long_line = LONG_LINE_ENCODE;
	for (n = 1; n <= ENCODED; n++)
		encode_random(folder, n);
	ck_assert_int_eq(shell("python3 -B tests/judge_encoded.py %s %d",
				 folder, ENCODED),
		0);
	shell("rm -r %s", folder);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sending");
	TCase *tests = suite_case(suite, "sending", 60, set_up, NULL);

	tcase_add_loop_test(
		tests, no_text_of_a_message_ends_it, 0, WAYS * PAGES);
	tcase_add_loop_test(tests,
		only_a_line_that_is_a_dot_ends_the_text_of_a_stream, 0,
		WAYS * PAGES);
	tcase_add_loop_test(
		tests, no_record_of_a_text_ends_it, 0, WAYS * PAGES * FORMS);
	tcase_add_test(tests, an_encoded_text_is_the_text);
	return suite_run(suite);
}
