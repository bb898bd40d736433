#include "input.h"

#include "bsmtp.h"
#include "heading.h"
#include "message.h"
#include "text.h"
#include "text_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Octets of the first line that tell what follows. */
	FIRST_MAX = 128,
};

struct input {
	const struct input_rules *rules;
	struct heading_rules heading;
	struct records records;
	bool is_over;
	uint64_t slow_until; /* offset: until there, line by line */

	/* One of them, once it is known which. */
	struct bsmtp *batch;
	struct message *message;

	/* Until then: the line that will say it. */
	char first[FIRST_MAX];
	size_t first_len;
	bool has_dropped; /* blanks of that line */
};

/* ---- rules ------------------------------------------------------- */

/* What XMIT makes is EBCDIC, whoever reads it. */
static const char *page_name(const struct input_config *config)
{
	if (config->page[0] == '\0' && config->records == INPUT_NETDATA)
		return "IBM1047";
	return config->page;
}

int input_rules_init(struct input_rules *rules,
	const struct input_config *config, const struct header_config *header)
{
	const char *name = page_name(config);

	rules->config = config;
	rules->header = header;
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

static bool is_decided(const struct input *in)
{
	return in->batch != NULL || in->message != NULL;
}

/* Returns false when memory is out. */
static bool begin(struct input *in, enum input_format format)
{
	if (format == INPUT_MESSAGE)
		in->message = message_new(&in->heading);
	else
		in->batch = bsmtp_new(in->rules->config);
	if (in->batch != NULL)
		bsmtp_use_heading(in->batch, &in->heading);
	return is_decided(in);
}

struct input *input_new(
	const struct input_rules *rules, const struct origin *origin)
{
	const struct record_format format = input_format(rules);
	struct input *in = malloc(sizeof *in);

	if (in == NULL)
		return NULL;
	in->rules = rules;
	in->is_over = false;
	in->slow_until = 0;
	in->batch = NULL;
	in->message = NULL;
	in->first_len = 0;
	in->has_dropped = false;
	heading_rules_init(&in->heading, rules->config, rules->header, origin);
	records_init(&in->records, &format, 0, 1);
	if (rules->config->format != INPUT_AUTO
		&& !begin(in, rules->config->format)) {
		free(in);
		return NULL;
	}
	return in;
}

void input_free(struct input *in)
{
	if (in == NULL)
		return;
	bsmtp_free(in->batch);
	message_free(in->message);
	free(in);
}

struct mail *input_take_mail(struct input *in)
{
	struct mail *m;

	if (!is_decided(in))
		return NULL;
	m = in->batch != NULL ? bsmtp_take_mail(in->batch)
			      : message_take_mail(in->message);
	if (m != NULL) {
		m->is_message = in->message != NULL;
		m->carriage = records_format(&in->records).carriage;
	}
	return m;
}

/* ---- events ------------------------------------------------------ */

static void give_error(
	const struct bsmtp_event *said, struct input_event *event)
{
	event->kind = INPUT_ERROR;
	event->record = said->record;
	text_copy(event->reply, sizeof event->reply, said->reply);
	event->err = said->err;
	event->is_abandoned = said->has_ended;
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
		give_error(said, event);
		break;
	case BSMTP_QUIT:
		event->kind = INPUT_END;
		in->is_over = true;
		break;
	}
}

/* Nothing can be read behind it. */
static void give_last(struct input *in, uint64_t record, const char *reply,
	int err, struct input_event *event)
{
	event->kind = INPUT_ERROR;
	event->record = record;
	text_copy(event->reply, sizeof event->reply, reply);
	event->err = err;
	event->is_abandoned = true;
	in->is_over = true;
}

/* Where a record begins is not known any more. */
static void give_damage(struct input *in, struct input_event *event)
{
	const char *what = records_damage(&in->records);
	char reply[BSMTP_REPLY_MAX];

	bsmtp_reply(
		reply, "554 5.6.0 JES Damaged data set,", what, strlen(what));
	give_last(in, in->records.number, reply, 0, event);
}

/* ---- which grammar ----------------------------------------------- */

/* What is gathered of the first line that is not blank says what follows. */
static void decide(struct input *in, uint64_t record, bool is_end,
	struct input_event *event)
{
	struct bsmtp_command c;
	enum input_format format = INPUT_BATCH;

	bsmtp_command_parse(in->first, in->first_len, "@", &c);
	if (c.verb == BSMTP_VERB_BLANK) {
		in->first_len = 0;
		in->has_dropped = !is_end;
		return;
	}
	if (c.name[0] == '\0')
		format = INPUT_MESSAGE;
	if (format == INPUT_MESSAGE
		&& (in->has_dropped
			|| !message_is_first_line(in->first, in->first_len)))
		give_last(in, record, c.reply, 0, event);
	else if (!begin(in, format))
		give_last(in, record, "451 4.3.0 JES Insufficient memory",
			-ENOMEM, event);
}

/*
 * Gathers octets of a piece until it is decided what follows. Returns how
 * many; the event may be an error.
 */
static size_t gather(
	struct input *in, const struct line *l, struct input_event *event)
{
	size_t taken = 0;
	size_t n;

	do {
		n = sizeof in->first - in->first_len;
		if (n > l->len - taken)
			n = l->len - taken;
		memcpy(in->first + in->first_len, l->text + taken, n);
		in->first_len += n;
		taken += n;
		if ((l->is_end && taken == l->len)
			|| in->first_len == sizeof in->first)
			decide(in, l->number, l->is_end && taken == l->len,
				event);
	} while (taken < l->len && !is_decided(in) && !in->is_over);
	return taken;
}

/* ---- reading ----------------------------------------------------- */

static void read_decided(
	struct input *in, const struct line *l, struct input_event *event)
{
	struct bsmtp_event said;

	if (in->batch != NULL)
		bsmtp_line(in->batch, l, &said);
	else
		message_line(in->message, l, &said);
	if (said.kind == BSMTP_MORE)
		event->kind = INPUT_MORE;
	else
		give(in, &said, event);
}

/* What was gathered is the line's first piece. */
static void read_first(
	struct input *in, const struct line *l, struct input_event *event)
{
	struct line piece = *l;
	size_t taken;

	event->kind = INPUT_MORE;
	taken = gather(in, l, event);
	if (!is_decided(in))
		return;
	piece.text = in->first;
	piece.len = in->first_len;
	piece.is_start = true;
	piece.is_end = l->is_end && taken == l->len;
	read_decided(in, &piece, event);
	if (piece.is_end || event->kind != INPUT_MORE)
		return;
	piece = *l;
	piece.text += taken;
	piece.len -= taken;
	piece.is_start = false;
	read_decided(in, &piece, event);
}

static void read_line(
	struct input *in, const struct line *l, struct input_event *event)
{
	if (is_decided(in))
		read_decided(in, l, event);
	else
		read_first(in, l, event);
}

/*
 * Most of any data set. Where a line has to be read by itself, those behind it
 * are probably of its kind.
 */
static size_t read_lines(struct input *in, const char *octets, size_t len)
{
	struct records *r = &in->records;
	uint64_t lines;
	size_t n;

	if (in->batch == NULL || len == 0 || r->offset < in->slow_until
		|| !bsmtp_is_at_text(in->batch) || !records_at_plain_line(r))
		return 0;
	n = bsmtp_text_lines(in->batch, octets, len, &lines);
	if (n > 0)
		records_skip(r, n, lines);
	else
		in->slow_until = r->offset + TEXT_RUN_STEP;
	return n;
}

size_t input_feed(struct input *in, const char *octets, size_t len,
	struct input_event *event)
{
	struct line l;
	bool has_line;
	size_t used = 0;

	if (in->is_over) {
		event->kind = INPUT_END;
		return len;
	}
	do {
		event->kind = INPUT_MORE;
		used += read_lines(in, octets + used, len - used);
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
	if (in->is_over || !is_decided(in)) {
		event->kind = INPUT_END;
		return;
	}
	if (in->batch != NULL)
		bsmtp_finish(in->batch, &said);
	else
		message_finish(in->message, &said);
	give(in, &said, event);
	if (event->kind == INPUT_MORE)
		event->kind = INPUT_END;
}

/* No line of a message is its last. */
static bool is_whole(const struct input *in)
{
	return in->batch != NULL && bsmtp_is_complete(in->batch);
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
	return records_damage(&in->records) == NULL && is_whole(in);
}

size_t input_held_octets(const struct input *in)
{
	if (in->batch != NULL)
		return bsmtp_held_octets(in->batch);
	return in->message != NULL ? message_held_octets(in->message) : 0;
}
