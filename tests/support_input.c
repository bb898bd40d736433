#include "support_input.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool input_tells_size;

static void tell_mail(struct buf *told, struct mail *m)
{
	size_t i;

	ck_assert_ptr_nonnull(m);
	buf_printf(
		told, "mail %" PRIu32 " from <%s>", m->number, m->reverse_path);
	for (i = 0; i < m->recipient_count; i++)
		buf_printf(told, " to <%s>", m->recipients[i]);
	buf_printf(told, " at %" PRIu64 "+%" PRIu64, m->offset, m->length);
	if (input_tells_size)
		buf_printf(told, " sent %" PRIu64 "%s", m->size_octets,
			m->has_8bit ? " 8-bit" : "");
	buf_puts(told, "\n");
	mail_free(m);
}

static void tell(
	struct buf *told, struct input *in, const struct input_event *event)
{
	if (event->kind == INPUT_MAIL) {
		tell_mail(told, input_take_mail(in));
		ck_assert_ptr_null(input_take_mail(in));
	} else if (event->kind == INPUT_ERROR) {
		buf_printf(told, "%" PRIu64 ": %s%s\n", event->record,
			event->reply, event->is_abandoned ? " ABANDONED" : "");
	} else if (event->kind == INPUT_END) {
		buf_puts(told, "end\n");
	}
}

/* Pieces are of memory of their own. Returns false at INPUT_END. */
bool input_told_feed(
	struct input *in, const char *octets, size_t len, struct buf *told)
{
	struct input_event event = { .kind = INPUT_MORE };
	char *piece = malloc(len);
	size_t used = 0;

	memcpy(piece, octets, len);
	while (used < len && event.kind != INPUT_END) {
		used += input_feed(in, piece + used, len - used, &event);
		ck_assert_uint_le(used, len);
		if (event.kind != INPUT_END)
			tell(told, in, &event);
	}
	free(piece);
	return event.kind != INPUT_END;
}

/* Returns what happens, a line for each event; the caller frees it. */
char *input_told(const struct input_config *config, const char *octets,
	size_t len, size_t step)
{
	struct header_config header;
	struct input_rules rules;
	struct input_event event;
	struct input *in;
	struct buf told;
	bool goes_on = true;
	size_t used, n;

	header_config_init(&header);
	ck_assert_int_eq(input_rules_init(&rules, config, &header), 0);
	in = input_new(&rules, NULL);
	buf_init(&told);
	for (used = 0; used < len && goes_on; used += n) {
		n = len - used < step ? len - used : step;
		goes_on = input_told_feed(in, octets + used, n, &told);
	}
	do {
		input_finish(in, &event);
		tell(&told, in, &event);
	} while (event.kind != INPUT_END);
	input_free(in);
	input_rules_fini(&rules);
	return buf_steal(&told, &n);
}

void input_check(const struct input_config *config, const char *octets,
	size_t len, const char *want)
{
	static const size_t steps[] = { SIZE_MAX, 1, 2, 3, 5, 41, 80 };
	char *told;
	size_t i;

	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		told = input_told(config, octets, len, steps[i]);
		ck_assert_str_eq(told, want);
		free(told);
	}
}
