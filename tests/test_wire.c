/*
 * Every data set of tests/corpus/wire, from its octets to those on the wire,
 * in one process.
 */
#include "../forwarder/charset.h"
#include "../forwarder/input.h"
#include "../forwarder/sending.h"
#include "buf.h"
#include "support_config.h"
#include "support_run.h"
#include "support_wire.h"

#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CASES_MAX = 512, CASES_MIN = 150, OUT_MAX = 4096 };

static char *names[CASES_MAX];
static int name_count;

static const struct origin origin = { .host = "mvs1.example.com",
	.user = "alice",
	.uid = 1001,
	.job_name = "PAYJOB1",
	.job_id = "JOB00412",
	.dataset = 412,
	.created_ns = 1795428000541437000 }; /* 23 Nov 2026 10:00:00 UTC */

/* ---- a configuration ----------------------------------------------- */

static void configure(const struct wire_case *c, struct config_writer *writer)
{
	struct buf text;
	size_t errors;
	char *said;

	buf_init(&text);
	if (c->conf.len > 0)
		buf_append(&text, c->conf.data, c->conf.len);
	if (c->conf.len == 0
		|| !memmem(text.data, text.len, "TargetServer", 12))
		buf_puts(&text, TARGET);
	said = config_read_writer_text(text.data, text.len, writer, &errors);
	ck_assert_msg(errors == 0, "%s", said);
	free(said);
	buf_fini(&text);
}

/* ---- running one ---------------------------------------------------- */

struct wire {
	const struct wire_case *data;
	const struct input_rules *rules;
	struct charset *charset;
	size_t step;
	struct buf heard;
};

/* The content, in pieces of step octets in and room out. */
static void send_content(struct wire *w, const struct mail *m)
{
	static struct sending sending;
	struct buf wire;
	char out[OUT_MAX];
	size_t room = w->step < OUT_MAX - 16 ? w->step + 16 : OUT_MAX;
	const char *at = w->data->octets.data + m->offset;
	uint64_t left = m->length;
	bool is_over = false;
	size_t used, n;

	buf_init(&wire);
	sending_begin(&sending, w->rules, m, w->charset);
	while (left > 0 || !sending_is_idle(&sending)) {
		n = left < w->step ? (size_t)left : w->step;
		do {
			size_t len =
				sending_feed(&sending, at, n, &used, out, room);

			buf_append(&wire, out, len);
			at += used;
			n -= used;
			left -= used;
		} while (n > 0 || !sending_is_idle(&sending));
	}
	ck_assert_ptr_null(sending_damage(&sending));
	while (!is_over) {
		n = sending_finish(&sending, out, room, &is_over);
		buf_append(&wire, out, n);
	}
	if (sending_fault(&sending) != NULL)
		buf_printf(&w->heard, "FAULT %s\n", sending_fault(&sending));
	else
		wire_show(&w->heard, wire.data, wire.len);
	buf_fini(&wire);
}

static void take_mail(struct wire *w, struct input *in)
{
	struct mail *m = input_take_mail(in);
	size_t i;

	ck_assert_ptr_nonnull(m);
	buf_printf(&w->heard, "MAIL FROM:<%s>\n", m->reverse_path);
	for (i = 0; i < m->recipient_count; i++)
		buf_printf(&w->heard, "RCPT TO:<%s>\n", m->recipients[i]);
	if (m->refusal != NULL) {
		buf_printf(&w->heard, "REFUSED %s\n", m->refusal);
	} else {
		buf_puts(&w->heard, "DATA\n");
		send_content(w, m);
	}
	mail_free(m);
}

static bool take_event(
	struct wire *w, struct input *in, const struct input_event *event)
{
	if (event->kind == INPUT_MAIL)
		take_mail(w, in);
	else if (event->kind == INPUT_ERROR)
		buf_printf(&w->heard, "ERROR line %" PRIu64 ": %s\n",
			event->record, event->reply);
	return event->kind != INPUT_END;
}

static void run(struct wire *w)
{
	const struct buf *octets = &w->data->octets;
	struct input *in = input_new(w->rules, &origin);
	struct input_event event = { .kind = INPUT_MORE };
	size_t used = 0;
	bool goes_on = true;
	size_t n;

	ck_assert_ptr_nonnull(in);
	while (used < octets->len && goes_on) {
		n = octets->len - used < w->step ? octets->len - used : w->step;
		used += input_feed(in, octets->data + used, n, &event);
		goes_on = take_event(w, in, &event);
	}
	while (goes_on) {
		input_finish(in, &event);
		goes_on = take_event(w, in, &event);
	}
	input_free(in);
}

static void check(const char *name, const struct wire_case *c,
	const struct config_writer *writer, size_t step)
{
	const struct input_config *config = &writer->config.input;
	struct wire w = { .data = c, .step = step };
	struct input_rules rules;
	const char *charset;

	ck_assert_int_eq(
		input_rules_init(&rules, config, &writer->config.header), 0);
	charset = charset_name(&writer->config.targets[0], config, rules.page);
	if (charset[0] != '\0')
		ck_assert_int_eq(charset_open(charset, &w.charset), 0);
	w.rules = &rules;
	buf_init(&w.heard);
	run(&w);
	ck_assert_msg(w.heard.len == c->expected.len
			&& memcmp(w.heard.data, c->expected.data, w.heard.len)
				== 0,
		"%s, by %zu:\n%.*s", name, step, (int)w.heard.len,
		w.heard.data);
	buf_fini(&w.heard);
	charset_close(w.charset);
	input_rules_fini(&rules);
}

START_TEST(the_octets_on_the_wire_are_those_worked_out)
{
	static const size_t steps[] = { SIZE_MAX, 1, 7, 80 };
	static struct config_writer writer;
	struct wire_case c;
	int i;

	setenv("TZ", "UTC", 1);
	wire_case_read(names[_i], &c);
	configure(&c, &writer);
	for (i = 0; i < COUNT(steps); i++)
		check(names[_i], &c, &writer, steps[i]);
	wire_case_fini(&c);
}
END_TEST

START_TEST(the_corpus_is_there)
{
	ck_assert_int_ge(name_count, CASES_MIN);
}
END_TEST

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void find_cases(void)
{
	struct dirent **entries;
	int count = scandir(WIRE_FOLDER, &entries, is_case, alphasort);
	int i;

	for (i = 0; i < count; i++) {
		if (name_count < CASES_MAX)
			names[name_count++] = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *cases = suite_case(suite, "wire", 60, NULL, NULL);
	int status;

	find_cases();
	tcase_add_test(cases, the_corpus_is_there);
	tcase_add_loop_test(cases, the_octets_on_the_wire_are_those_worked_out,
		0, name_count);
	status = suite_run(suite);
	while (name_count > 0)
		free(names[--name_count]);
	return status;
}
