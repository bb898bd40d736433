/*
 * Any octets as a data set. The first octet says how the rest is cut in
 * pieces, which must not matter; each mail's content, sent, has the size that
 * was told, and no line that would end it.
 */
#include "../forwarder/bsmtp.h"
#include "../forwarder/sending.h"
#include "buf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void check_path(const char *path)
{
	for (; *path != '\0'; path++)
		if (*path <= 0x20 || *path >= 0x7f)
			abort();
}

/* Returns how many octets the content has as sent, dots taken off. */
static uint64_t sent_size(const struct mail *m, const char *content)
{
	static struct sending s;
	static struct input_config config;
	const struct input_rules rules = { .config = &config };
	char out[64];
	char last = '\n';
	uint64_t size = 0;
	size_t used = 0;
	size_t i, n, consumed;
	bool is_over = false;

	input_config_init(&config);
	sending_begin(&s, &rules, m, "");
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

static void check_mail(const struct mail *m, const char *octets, size_t len)
{
	bool is_8bit = false;
	size_t i;

	if (m->recipient_count == 0 || m->recipient_count > MAIL_RECIPIENTS_MAX)
		abort();
	check_path(m->reverse_path);
	for (i = 0; i < m->recipient_count; i++)
		check_path(m->recipients[i]);
	if (m->offset > len || m->length > len - m->offset)
		abort();
	octets += m->offset;
	if (sent_size(m, octets) != m->size_octets)
		abort();
	for (i = 0; i < m->length; i++) {
		is_8bit |= (unsigned char)octets[i] > 127;
		if (octets[i] == '.' && (i == 0 || octets[i - 1] == '\n')
			&& (i + 1 == m->length || octets[i + 1] == '\n'))
			abort();
	}
	if (is_8bit && !m->has_8bit)
		abort();
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

/* Notes what happened, so that two runs can be compared. */
static void note(struct buf *told, struct bsmtp *p,
	const struct bsmtp_event *event, const char *octets, size_t len)
{
	struct mail *m;

	buf_printf(told, "%d ", event->kind);
	if (event->kind == BSMTP_ERROR) {
		check_error(event);
		buf_printf(told, "%" PRIu64 "%s", event->record, event->reply);
	}
	if (event->kind != BSMTP_MAIL)
		return;
	m = bsmtp_take_mail(p);
	check_mail(m, octets, len);
	buf_printf(told, "%" PRIu32 "+%" PRIu64 "+%" PRIu64 "+%zu", m->number,
		m->offset, m->size_octets, m->recipient_count);
	mail_free(m);
}

static void feed(struct bsmtp *p, const char *octets, size_t len, size_t step,
	struct buf *told)
{
	struct bsmtp_event event = { .kind = BSMTP_MORE };
	size_t used = 0;
	size_t n, consumed;

	while (used < len && event.kind != BSMTP_QUIT) {
		n = len - used < step ? len - used : step;
		consumed = bsmtp_feed(p, octets + used, n, &event);
		if (consumed > n || (event.kind == BSMTP_MORE && consumed != n))
			abort();
		used += consumed;
		if (event.kind != BSMTP_MORE)
			note(told, p, &event, octets, len);
	}
}

static void run(const char *octets, size_t len, size_t step, struct buf *told)
{
	struct bsmtp *p = bsmtp_new();
	struct bsmtp_event event;

	feed(p, octets, len, step, told);
	buf_puts(told, bsmtp_is_complete(p) ? "whole" : "cut");
	do {
		bsmtp_finish(p, &event);
		note(told, p, &event, octets, len);
	} while (event.kind == BSMTP_MAIL || event.kind == BSMTP_ERROR);
	bsmtp_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	const char *text = (const char *)octets + 1;
	struct buf whole, pieces;

	if (len == 0)
		return 0;
	len--;
	buf_init(&whole);
	buf_init(&pieces);
	run(text, len, SIZE_MAX, &whole);
	run(text, len, octets[0] % 64 + 1u, &pieces);
	if (whole.len != pieces.len
		|| memcmp(whole.data, pieces.data, whole.len) != 0)
		abort();
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
