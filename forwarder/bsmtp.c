#include "bsmtp.h"

#include "bsmtp_state.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void configure(struct bsmtp *p, const struct input_config *config)
{
	p->error_limit = config->syntax_error_limit;
	text_copy(p->at_sign, sizeof p->at_sign, config->at_sign);
	p->trims_nulls = config->trims_nulls;
	p->joins_text = config->continuation == CONTINUATION_ALL;
	p->rules = bsmtp_text_rules(config);
}

struct bsmtp *bsmtp_new(const struct input_config *config)
{
	struct bsmtp *p = calloc(1, sizeof *p);
	struct input_config usual;

	if (p == NULL)
		return NULL;
	if (config == NULL) {
		input_config_init(&usual);
		config = &usual;
	}
	configure(p, config);
	p->next_record = 1;
	return p;
}

void bsmtp_use_heading(struct bsmtp *p, const struct heading_rules *rules)
{
	p->heading = rules;
}

void bsmtp_free(struct bsmtp *p)
{
	if (p == NULL)
		return;
	mail_free(p->draft);
	mail_free(p->ready);
	free(p);
}

struct mail *bsmtp_take_mail(struct bsmtp *p)
{
	struct mail *m = p->ready;

	p->ready = NULL;
	return m;
}

bool bsmtp_is_at_text(const struct bsmtp *p)
{
	return p->state == TEXT && bsmtp_content_is_text(&p->content)
		&& !p->joins_text && p->closing == READS_ON && !p->in_line
		&& !p->is_joined;
}

/* ---- text -------------------------------------------------------- */

/* Makes the mail of the text that ended, or keeps none. */
static struct mail *finish_draft(struct bsmtp *p)
{
	struct mail *m = p->draft;

	if (p->is_broken && p->refusal[0] == '\0')
		return NULL;
	if (m == NULL)
		m = mail_new("");
	p->draft = NULL;
	if (m == NULL)
		return NULL;
	mail_end_recipients(m);
	if (!p->is_broken)
		return m;
	m->refusal = mail_keep(m, p->refusal);
	if (m->refusal != NULL)
		return m;
	mail_free(m);
	return NULL;
}

/* Ends the text where a line begins, and gives out its mail. */
static void end_text(struct bsmtp *p, uint64_t end, struct bsmtp_event *event)
{
	bool is_expected = !p->is_broken || p->refusal[0] != '\0';
	struct mail *m = finish_draft(p);

	p->texts++;
	if (m != NULL) {
		m->number = p->texts;
		m->record = p->text_record;
		m->offset = p->text_start;
		m->length = end - p->text_start;
		m->has_long_line = p->content.text.has_long_line;
		m->wants_tls = p->wants_tls;
		if (bsmtp_content_end(&p->content, p->helo, m) != 0) {
			mail_free(m);
			m = NULL;
		}
	}
	if (m != NULL) {
		mail_free(p->ready);
		p->ready = m;
		event->kind = BSMTP_MAIL;
	} else if (is_expected) {
		bsmtp_fail_memory(p, event);
	}
	bsmtp_drop_envelope(p);
}

static void take_text_line(
	struct bsmtp *p, enum bsmtp_text_kind kind, struct bsmtp_event *event)
{
	switch (kind) {
	case BSMTP_TEXT_LINE:
		break;
	case BSMTP_TEXT_END:
		/* Loose, it may be the start of another line. */
		p->has_text = !p->is_loose;
		end_text(p, p->line_start, event);
		break;
	case BSMTP_TEXT_LONG:
		if (!p->is_broken)
			bsmtp_fail(p, event, p->content.long_reply);
		break;
	case BSMTP_TEXT_BARE_CR:
		if (!p->is_broken)
			bsmtp_fail(
				p, event, "500 5.6.0 JES Bare CR in data line");
		break;
	case BSMTP_TEXT_LARGE:
		if (!p->is_broken)
			bsmtp_fail_mail(p, event,
				"552 5.3.4 JES Message size exceeds limit");
		break;
	}
}

/* ---- lines ------------------------------------------------------- */

/* Nulls at the end count, unless NullTrnc: JES pads records with them. */
static bool is_padding(const struct bsmtp *p, char c)
{
	return bsmtp_is_white(c) && (c != '\0' || p->trims_nulls);
}

/* Keeps what a command line may hold. */
static void read_command(struct bsmtp *p, const char *octets, size_t len)
{
	size_t room = 0;
	size_t used = len;

	if (p->command_len < sizeof p->command)
		room = sizeof p->command - (size_t)p->command_len;
	memcpy(p->command + (sizeof p->command - room), octets,
		len < room ? len : room);
	while (used > 0 && is_padding(p, octets[used - 1]))
		used--;
	if (used > 0)
		p->command_used = p->command_len + used;
	while (used > 0 && bsmtp_is_white(octets[used - 1]))
		used--;
	if (used > 0)
		p->command_said = p->command_len + used;
	p->command_len += len;
}

static void begin_line(struct bsmtp *p, const struct line *piece)
{
	p->record = piece->number;
	p->line_start = piece->offset;
	p->command_len = 0;
	p->command_used = 0;
	p->command_said = 0;
	p->in_line = true;
	p->has_unconvertible = false;
}

static bool is_joined(const struct bsmtp *p, const struct line *piece)
{
	return piece->is_end && piece->may_continue && !piece->is_loose
		&& (p->state != TEXT || p->joins_text);
}

static void read_text(
	struct bsmtp *p, const struct line *piece, struct bsmtp_event *event)
{
	enum bsmtp_text_kind kind;
	char reply[BSMTP_REPLY_MAX];

	if (!bsmtp_content_read(&p->content, piece, &kind))
		return;
	take_text_line(p, kind, event);
	if (kind == BSMTP_TEXT_LINE
		&& bsmtp_content_take_fault(&p->content, reply)
		&& !p->is_broken)
		bsmtp_fail_mail(p, event, reply);
	if (p->has_unconvertible && p->rules.refuses_unconvertible
		&& p->state == TEXT && !p->is_broken)
		bsmtp_fail_mail(p, event, "554 5.6.5 JES Unconvertible data");
}

static void read_joined(
	struct bsmtp *p, const struct line *piece, struct bsmtp_event *event)
{
	struct line part = *piece;
	bool joins = is_joined(p, piece);

	part.is_start = piece->is_start && !p->is_joined;
	part.is_end = piece->is_end && !joins;
	p->is_joined = joins || (p->is_joined && !part.is_end);
	if (p->state == TEXT) {
		read_text(p, &part, event);
		return;
	}
	read_command(p, part.text, part.len);
	if (part.is_end)
		bsmtp_end_command(p, event);
}

/* Says what is left to say, one event a call. */
static void close_on(struct bsmtp *p, struct bsmtp_event *event)
{
	char reply[BSMTP_REPLY_MAX];

	bsmtp_drop_envelope(p);
	switch (p->closing) {
	case SAYS_EXCEEDED:
		text_format(reply, sizeof reply,
			"Exceeded maximum errors(%u) allowed",
			(unsigned int)p->error_limit);
		bsmtp_tell(p, event, reply);
		event->has_ended = true;
		p->closing = SAYS_MAXIMUM;
		break;
	case SAYS_MAXIMUM:
		bsmtp_tell(p, event,
			"Maximum errors reached in Jes file. "
			"Quit Command generated");
		event->has_ended = true;
		p->closing = SAYS_QUIT;
		break;
	case READS_ON:
	case SAYS_QUIT:
		p->state = ENDED;
		event->kind = BSMTP_QUIT;
		break;
	}
}

void bsmtp_line(
	struct bsmtp *p, const struct line *piece, struct bsmtp_event *event)
{
	event->kind = BSMTP_MORE;
	if (p->closing != READS_ON) {
		close_on(p, event);
		return;
	}
	if (piece->is_start && !p->is_joined)
		begin_line(p, piece);
	if (piece->is_end) {
		p->in_line = false;
		p->is_loose = piece->is_loose;
		p->has_unconvertible |= piece->has_unconvertible;
		p->next = piece->next;
		p->next_record = piece->number + 1;
	}
	if (p->state == TEXT && !p->joins_text)
		read_text(p, piece, event);
	else
		read_joined(p, piece, event);
}

size_t bsmtp_text_lines(
	struct bsmtp *p, const char *octets, size_t len, uint64_t *lines)
{
	size_t n = bsmtp_content_run(&p->content, octets, len, lines);

	if (n == 0)
		return 0;
	p->is_loose = false;
	p->next += n;
	p->next_record += *lines;
	return n;
}

/* ---- the end ----------------------------------------------------- */

/* The last record said that its line goes on, and it does not. */
static void end_joined(struct bsmtp *p, struct bsmtp_event *event)
{
	const struct line end = { .text = "",
		.offset = p->line_start,
		.next = p->next,
		.number = p->next_record - 1,
		.is_end = true };

	read_joined(p, &end, event);
}

void bsmtp_finish(struct bsmtp *p, struct bsmtp_event *event)
{
	event->kind = BSMTP_MORE;
	if (p->state == ENDED)
		return;
	if (p->closing != READS_ON) {
		close_on(p, event);
		return;
	}
	if (p->is_joined)
		end_joined(p, event);
	if (event->kind != BSMTP_MORE)
		return;
	if (p->state == TEXT) {
		end_text(p, p->next, event);
		if (event->kind != BSMTP_MORE)
			return;
	}
	p->record = p->next_record;
	bsmtp_end_session(p, "end of data set", event);
}

size_t bsmtp_held_octets(const struct bsmtp *p)
{
	return p->draft != NULL ? p->draft->octets : 0;
}

/*
 * Reads the line that hangs loose, if there is one. Nulls alone, with which a
 * file was made larger, are the beginning of none.
 */
static enum bsmtp_verb loose_verb(const struct bsmtp *p)
{
	char line[BSMTP_COMMAND_MAX];
	struct bsmtp_command c;

	if (!p->in_line && !p->is_loose && !p->is_joined)
		return BSMTP_VERB_BLANK;
	if (p->command_said > sizeof p->command)
		return BSMTP_VERB_UNKNOWN;
	memcpy(line, p->command, (size_t)p->command_said);
	bsmtp_command_parse(line, (size_t)p->command_said, p->at_sign, &c);
	return c.reply[0] == '\0' ? c.verb : BSMTP_VERB_UNKNOWN;
}

/* A line without its end may be the start of any other. */
bool bsmtp_is_complete(const struct bsmtp *p)
{
	if (p->has_quit)
		return true;
	if (p->state != IDLE || p->closing != READS_ON)
		return false;
	switch (loose_verb(p)) {
	case BSMTP_VERB_QUIT:
		return true;
	case BSMTP_VERB_BLANK:
		return p->has_text;
	default:
		return false;
	}
}
