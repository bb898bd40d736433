#include "support_batch.h"

#include "../forwarder/bsmtp.h"
#include "../forwarder/records.h"
#include "buf.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void tell_recipient(struct buf *told, const struct mail *m, size_t i)
{
	char notify[DSN_NOTIFY_MAX + 1];

	buf_printf(told, " to <%s>", m->recipients[i]);
	if (m->dsn != NULL && m->dsn[i].notify != 0)
		buf_printf(told, " notify %s",
			dsn_format_notify(m->dsn[i].notify, notify));
	if (m->dsn != NULL && m->dsn[i].orcpt != NULL)
		buf_printf(told, " orcpt %s", m->dsn[i].orcpt);
}

void batch_tell_mail(struct buf *told, const struct mail *m)
{
	size_t i;

	buf_printf(
		told, "mail %" PRIu32 " from <%s>", m->number, m->reverse_path);
	if (m->ret != DSN_RET_NONE)
		buf_printf(told, " ret %s", dsn_ret_word(m->ret));
	if (m->envid != NULL)
		buf_printf(told, " envid %s", m->envid);
	for (i = 0; i < m->recipient_count; i++)
		tell_recipient(told, m, i);
	buf_printf(told, " at %" PRIu64 "+%" PRIu64 " sent %" PRIu64 "%s%s%s",
		m->offset, m->length, m->size_octets,
		m->has_8bit ? " 8-bit" : "", m->has_long_line ? " long" : "",
		m->wants_tls ? " tls" : "");
	if (m->refusal != NULL)
		buf_printf(told, " refused, %s", m->refusal);
	buf_puts(told, "\n");
}

static void take_mail(struct buf *told, struct bsmtp *p)
{
	struct mail *m = bsmtp_take_mail(p);

	ck_assert_ptr_nonnull(m);
	ck_assert_ptr_null(bsmtp_take_mail(p));
	batch_tell_mail(told, m);
	mail_free(m);
}

/* Returns whether to go on. */
static bool tell(
	struct buf *told, struct bsmtp *p, const struct bsmtp_event *event)
{
	switch (event->kind) {
	case BSMTP_MORE:
		break;
	case BSMTP_MAIL:
		take_mail(told, p);
		break;
	case BSMTP_ERROR:
		buf_printf(told, "%" PRIu64 "%s: %s%s\n", event->record,
			event->counts ? "" : ", uncounted", event->reply,
			event->has_ended ? " [end]" : "");
		break;
	case BSMTP_QUIT:
		buf_puts(told, "quit\n");
		return false;
	}
	return true;
}

/* Feeds a piece from memory of its own, so that a step too far is found. */
static bool feed(struct records *r, struct bsmtp *p, const char *octets,
	size_t len, struct buf *told)
{
	struct bsmtp_event event = { .kind = BSMTP_MORE };
	char *piece = malloc(len);
	struct line line;
	bool has_line = true;
	bool goes_on = true;
	size_t used = 0;

	memcpy(piece, octets, len);
	while (goes_on && (has_line || used < len)) {
		used += records_feed(
			r, piece + used, len - used, &line, &has_line);
		if (!has_line)
			continue;
		bsmtp_line(p, &line, &event);
		goes_on = tell(told, p, &event);
	}
	free(piece);
	return goes_on;
}

static bool finish(struct records *r, struct bsmtp *p, struct buf *told)
{
	struct bsmtp_event event;
	struct line line;
	bool has_line = true;

	for (;;) {
		records_finish(r, &line, &has_line);
		if (!has_line)
			return true;
		bsmtp_line(p, &line, &event);
		if (!tell(told, p, &event))
			return false;
	}
}

static struct record_format format_of(const struct input_config *config)
{
	return (struct record_format){ .form = config->records,
		.length = config->record_length };
}

char *batch_read(const struct input_config *config, const char *octets,
	size_t len, size_t step)
{
	struct bsmtp *p = bsmtp_new(config);
	struct record_format format;
	struct input_config usual;
	struct bsmtp_event event;
	struct records r;
	struct buf told;
	bool goes_on = true;
	size_t used, n;

	if (config == NULL) {
		input_config_init(&usual);
		config = &usual;
	}
	format = format_of(config);
	records_init(&r, &format, 0, 1);
	buf_init(&told);
	buf_puts(&told, "");
	for (used = 0; used < len && goes_on; used += n) {
		n = len - used < step ? len - used : step;
		goes_on = feed(&r, p, octets + used, n, &told);
	}
	if (goes_on)
		goes_on = finish(&r, p, &told);
	while (goes_on) {
		bsmtp_finish(p, &event);
		goes_on = tell(&told, p, &event) && event.kind != BSMTP_MORE;
	}
	bsmtp_free(p);
	return buf_steal(&told, &n);
}

void batch_check(const struct input_config *config, const char *octets,
	size_t len, const char *told)
{
	static const size_t steps[] = { SIZE_MAX, 1, 2, 3, 5, 7, 16, 41, 43 };
	char *got;
	size_t i;

	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		got = batch_read(config, octets, len, steps[i]);
		ck_assert_str_eq(got, told);
		free(got);
	}
}
