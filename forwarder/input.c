#include "input.h"

#include "bsmtp.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct input {
	const struct input_rules *rules;
	struct records records;
	struct bsmtp *batch;
	uint64_t errors; /* that count */
	bool is_over;
};

/* ---- rules ------------------------------------------------------- */

/* What XMIT makes is EBCDIC, whoever reads it. */
static const char *page_name(const struct input_config *config)
{
	if (config->page[0] == '\0' && config->records == INPUT_NETDATA)
		return "IBM1047";
	return config->page;
}

int input_rules_init(
	struct input_rules *rules, const struct input_config *config)
{
	const char *name = page_name(config);

	rules->config = config;
	rules->page = NULL;
	return name[0] != '\0' ? codepage_open(name, &rules->page) : 0;
}

void input_rules_fini(struct input_rules *rules)
{
	codepage_close(rules->page);
}

struct record_format input_format(const struct input_rules *rules)
{
	const struct input_config *config = rules->config;
	struct record_format format = {
		.form = config->records,
		.length = config->record_length,
		.has_sequence = config->has_sequence,
		.carriage = config->carriage,
		.page = rules->page,
	};

	return format;
}

/* ---- one data set ------------------------------------------------ */

struct input *input_new(const struct input_rules *rules)
{
	const struct record_format format = input_format(rules);
	struct input *in = malloc(sizeof *in);

	if (in == NULL)
		return NULL;
	in->batch = bsmtp_new();
	if (in->batch == NULL) {
		free(in);
		return NULL;
	}
	in->rules = rules;
	in->errors = 0;
	in->is_over = false;
	records_init(&in->records, &format, 0, 1);
	return in;
}

void input_free(struct input *in)
{
	if (in == NULL)
		return;
	bsmtp_free(in->batch);
	free(in);
}

struct mail *input_take_mail(struct input *in)
{
	struct mail *m = bsmtp_take_mail(in->batch);

	if (m != NULL)
		m->carriage = records_format(&in->records).carriage;
	return m;
}

/* ---- events ------------------------------------------------------ */

static void give_error(struct input *in, const struct bsmtp_event *said,
	struct input_event *event)
{
	uint32_t limit = in->rules->config->syntax_error_limit;

	event->kind = INPUT_ERROR;
	event->record = said->record;
	text_copy(event->reply, sizeof event->reply, said->reply);
	event->err = said->err;
	in->errors += said->counts;
	event->is_abandoned = limit != 0 && in->errors > limit;
	in->is_over = event->is_abandoned;
}

static void give(struct input *in, const struct bsmtp_event *said,
	struct input_event *event)
{
	switch (said->kind) {
	case BSMTP_MORE:
		event->kind = INPUT_MORE;
		break;
	case BSMTP_MAIL:
		event->kind = INPUT_MAIL;
		break;
	case BSMTP_ERROR:
		give_error(in, said, event);
		break;
	case BSMTP_QUIT:
		event->kind = INPUT_END;
		in->is_over = true;
		break;
	}
}

/* Where a record begins is not known any more. */
static void give_damage(struct input *in, struct input_event *event)
{
	const char *what = records_damage(&in->records);

	event->kind = INPUT_ERROR;
	event->record = in->records.number;
	bsmtp_reply(event->reply, "554 5.6.0 JES Damaged data set,", what,
		strlen(what));
	event->err = 0;
	event->is_abandoned = true;
	in->is_over = true;
}

static void give_end(struct input_event *event)
{
	event->kind = INPUT_END;
}

/* ---- reading ----------------------------------------------------- */

static void read_line(
	struct input *in, const struct line *l, struct input_event *event)
{
	struct bsmtp_event said;

	bsmtp_line(in->batch, l, &said);
	if (said.kind == BSMTP_MORE)
		event->kind = INPUT_MORE;
	else
		give(in, &said, event);
}

size_t input_feed(struct input *in, const char *octets, size_t len,
	struct input_event *event)
{
	struct line l;
	bool has_line;
	size_t used = 0;

	if (in->is_over) {
		give_end(event);
		return len;
	}
	do {
		event->kind = INPUT_MORE;
		used += records_feed(
			&in->records, octets + used, len - used, &l, &has_line);
		if (has_line)
			read_line(in, &l, event);
		else if (records_damage(&in->records) != NULL)
			give_damage(in, event);
	} while (event->kind == INPUT_MORE && (has_line || used < len));
	return used;
}

void input_finish(struct input *in, struct input_event *event)
{
	struct bsmtp_event said;
	struct line l;
	bool has_line = true;

	event->kind = INPUT_MORE;
	while (!in->is_over && has_line && event->kind == INPUT_MORE) {
		records_finish(&in->records, &l, &has_line);
		if (has_line)
			read_line(in, &l, event);
		else if (records_damage(&in->records) != NULL)
			give_damage(in, event);
	}
	if (event->kind != INPUT_MORE)
		return;
	if (in->is_over) {
		give_end(event);
		return;
	}
	bsmtp_finish(in->batch, &said);
	give(in, &said, event);
	if (event->kind == INPUT_MORE)
		give_end(event);
}

/* The last line may be the start of any other: it is not ended here. */
bool input_is_complete(struct input *in)
{
	struct input_event event;
	struct line l;
	bool has_line = true;

	while (!in->is_over && has_line) {
		records_finish(&in->records, &l, &has_line);
		l.is_end = false;
		if (has_line)
			read_line(in, &l, &event);
	}
	return records_damage(&in->records) == NULL
		&& bsmtp_is_complete(in->batch);
}
