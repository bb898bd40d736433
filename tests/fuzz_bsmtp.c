/*
 * Any octets as a data set. The first octet says how the rest is cut in
 * pieces, which must not matter, and by which rules it is read; each mail's
 * content, sent, has the size that was told, and no line that would end it.
 */
#include "../forwarder/bsmtp.h"
#include "../forwarder/records.h"
#include "../forwarder/sending.h"
#include "buf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

enum {
	STEP_MAX = 64,
	IN_RECORDS = 0x40, /* bits of the first octet */
	IS_LENIENT = 0x80,
};

static void check_path(const char *path)
{
	for (; *path != '\0'; path++)
		if (*path <= 0x20 || *path >= 0x7f)
			abort();
}

/* Returns how many octets the content has as sent, dots taken off. */
static uint64_t sent_size(const struct mail *m,
	const struct input_config *config, const char *content)
{
	static struct sending s;
	const struct input_rules rules = { .config = config };
	char out[64];
	char last = '\n';
	uint64_t size = 0;
	size_t used = 0;
	size_t i, n, consumed;
	bool is_over = false;

	sending_begin(&s, &rules, m, NULL);
	while (!is_over) {
		if (used < m->length || !sending_is_idle(&s)) {
			n = sending_feed(&s, content + used, m->length - used,
				&consumed, out, sizeof out);
			used += consumed;
		} else {
			n = sending_finish(&s, out, sizeof out, &is_over);
		}
		for (i = 0; i < n; i++) {
			size += out[i] != '.' || last != '\n';
			last = out[i];
		}
	}
	return size - 2; /* the final dot's line end */
}

static void check_envelope(const struct mail *m)
{
	size_t i;

	if (m->recipient_count > MAIL_RECIPIENTS_MAX
		|| (m->recipient_count == 0 && m->refusal == NULL))
		abort();
	check_path(m->reverse_path);
	for (i = 0; i < m->recipient_count; i++)
		check_path(m->recipients[i]);
}

/* Of a stream, where content is what is sent but for line ends. */
static void check_lines(const struct mail *m, const char *octets)
{
	bool is_8bit = false;
	size_t i;

	for (i = 0; i < m->length; i++) {
		is_8bit |= (unsigned char)octets[i] > 127;
		if (octets[i] == '.' && (i == 0 || octets[i - 1] == '\n')
			&& (i + 1 == m->length || octets[i + 1] == '\n'))
			abort();
	}
	if (is_8bit && !m->has_8bit)
		abort();
}

/* A line that is cut is not cut within a character. */
static void check_size(const struct mail *m, uint64_t size)
{
	if (size > m->size_octets
		|| (size != m->size_octets && !m->has_long_line))
		abort();
}

static void check_mail(const struct mail *m, const struct input_config *config,
	const char *octets, size_t len)
{
	check_envelope(m);
	if (m->offset > len || m->length > len - m->offset)
		abort();
	if (m->refusal != NULL)
		return;
	check_size(m, sent_size(m, config, octets + m->offset));
	if (config->records == INPUT_STREAM)
		check_lines(m, octets + m->offset);
}

static void check_error(const struct bsmtp_event *event)
{
	const char *at = event->reply;

	if (strlen(at) < 10 || event->record == 0 || event->err != 0)
		abort();
	for (; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e)
			abort();
}

/* A data set as it is read, and what happened so far. */
struct reading {
	const struct input_config *config;
	const char *octets;
	size_t len;
	struct bsmtp *parser;
	struct records records;
	struct buf *told;
};

/* Notes what happened, so that two runs can be compared. */
static void note(struct reading *r, const struct bsmtp_event *event)
{
	struct mail *m;

	if (event->kind == BSMTP_MORE)
		return;
	buf_printf(r->told, "%d ", event->kind);
	if (event->kind == BSMTP_ERROR) {
		check_error(event);
		buf_printf(
			r->told, "%" PRIu64 "%s", event->record, event->reply);
	}
	if (event->kind != BSMTP_MAIL)
		return;
	m = bsmtp_take_mail(r->parser);
	check_mail(m, r->config, r->octets, r->len);
	buf_printf(r->told, "%" PRIu32 "+%" PRIu64 "+%" PRIu64 "+%zu%s",
		m->number, m->offset, m->size_octets, m->recipient_count,
		m->refusal != NULL ? m->refusal : "");
	mail_free(m);
}

/* Reads the next piece of a line; false when QUIT came. */
static bool read_line(struct reading *r, const struct line *line)
{
	struct bsmtp_event event;

	bsmtp_line(r->parser, line, &event);
	note(r, &event);
	return event.kind != BSMTP_QUIT;
}

/* Returns false when QUIT came. */
static bool feed(struct reading *r, size_t step)
{
	struct line line;
	bool has_line = true;
	size_t used = 0;
	size_t n;

	while (has_line || used < r->len) {
		n = r->len - used < step ? r->len - used : step;
		used += records_feed(
			&r->records, r->octets + used, n, &line, &has_line);
		if (has_line && !read_line(r, &line))
			return false;
	}
	for (;;) {
		records_finish(&r->records, &line, &has_line);
		if (!has_line)
			return true;
		if (!read_line(r, &line))
			return false;
	}
}

static void run(const struct input_config *config, const char *octets,
	size_t len, size_t step, struct buf *told)
{
	const struct record_format format = { .form = config->records,
		.length = config->record_length };
	struct reading r = { .config = config,
		.octets = octets,
		.len = len,
		.parser = bsmtp_new(config),
		.told = told };
	struct bsmtp_event event = { .kind = BSMTP_ERROR };
	bool goes_on, is_complete;

	records_init(&r.records, &format, 0, 1);
	goes_on = feed(&r, step);
	is_complete = bsmtp_is_complete(r.parser);
	while (goes_on && event.kind != BSMTP_QUIT) {
		bsmtp_finish(r.parser, &event);
		if (event.kind == BSMTP_MORE)
			abort();
		note(&r, &event);
	}
	buf_puts(told, is_complete ? "whole" : "cut");
	bsmtp_free(r.parser);
}

static void configure(struct input_config *config, unsigned int bits)
{
	input_config_init(config);
	if ((bits & IN_RECORDS) != 0) {
		config->records = INPUT_FIXED;
		config->continuation = CONTINUATION_ALL;
	}
	if ((bits & IS_LENIENT) != 0) {
		config->long_line = LONG_LINE_TRUNCATE;
		config->syntax_error_limit = 0;
		config->trims_nulls = true;
		config->message_size_kb = 1;
		memcpy(config->at_sign, "\xc2\xa7", sizeof "\xc2\xa7");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	const char *text = (const char *)octets + 1;
	struct input_config config;
	struct buf whole, pieces;

	if (len == 0)
		return 0;
	len--;
	configure(&config, octets[0]);
	buf_init(&whole);
	buf_init(&pieces);
	run(&config, text, len, SIZE_MAX, &whole);
	run(&config, text, len, octets[0] % STEP_MAX + 1u, &pieces);
	if (whole.len != pieces.len
		|| memcmp(whole.data, pieces.data, whole.len) != 0)
		abort();
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
