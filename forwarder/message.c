#include "message.h"

#include "bsmtp_text.h"
#include "message_envelope.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 80 };

static const char from_line[] = "From ";
enum { FROM_LINE_LEN = sizeof from_line - 1 };

struct message {
	const struct heading_rules *rules;
	struct heading heading;
	struct message_envelope envelope;
	struct bsmtp_text text;
	bool is_8bit; /* the header is */

	size_t from_len;   /* of "From ", as far as the first line has it */
	bool is_from_line; /* it has all of it */
	bool has_begun;    /* the message has */
	uint64_t start;    /* its offset */
	uint64_t first;    /* number of its first line */
	uint64_t end;      /* of its last line */
	uint64_t number;   /* of the last line */
	size_t shown_len;  /* of a header line, its first octets */
	char shown[SHOWN_MAX];

	bool is_broken; /* nothing comes of it */
	bool was_told;  /* and why was told */
	struct bsmtp_event reason;

	bool is_ended;
	bool is_mail_told;
	struct mail *ready;
};

bool message_is_first_line(const char *line, size_t len)
{
	if (len >= FROM_LINE_LEN && memcmp(line, from_line, FROM_LINE_LEN) == 0)
		return true;
	return header_name_length(line, len) != 0;
}

/* ---- its life ---------------------------------------------------- */

/* Sees the header as it is read: heading.h. */
static void look(void *arg, const struct compose_part *part)
{
	struct message *p = arg;

	message_envelope_look(&p->envelope, part, p->number);
}

struct message *message_new(const struct heading_rules *rules)
{
	const char *host = rules->has_origin ? rules->origin.host : "localhost";
	struct message *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	if (message_envelope_init(&p->envelope, host) != 0) {
		free(p);
		return NULL;
	}
	p->rules = rules;
	heading_init(&p->heading, rules, look, p);
	bsmtp_text_init(&p->text);
	p->text.rules = bsmtp_text_rules(rules->input);
	return p;
}

void message_free(struct message *p)
{
	if (p == NULL)
		return;
	message_envelope_fini(&p->envelope);
	mail_free(p->ready);
	free(p);
}

struct mail *message_take_mail(struct message *p)
{
	struct mail *m = p->ready;

	p->ready = NULL;
	return m;
}

/* ---- what is wrong ----------------------------------------------- */

/* Nothing comes of the message; the first reason is told. */
static void fail(struct message *p, const char *reply)
{
	if (p->is_broken)
		return;
	p->is_broken = true;
	p->reason.kind = BSMTP_ERROR;
	p->reason.record = p->number;
	p->reason.counts = true;
	p->reason.has_ended = false;
	p->reason.err = 0;
	text_copy(p->reason.reply, sizeof p->reason.reply, reply);
}

static void fail_memory(struct message *p)
{
	p->is_broken = false;
	fail(p, "451 4.3.0 JES Insufficient memory");
	p->reason.err = -ENOMEM;
}

static void fail_text(struct message *p)
{
	char reply[BSMTP_REPLY_MAX];

	bsmtp_reply(reply, "554 5.6.0 JES Neither header field nor empty line,",
		p->shown, p->shown_len);
	fail(p, reply);
}

static void check_envelope(struct message *p)
{
	if (p->envelope.err == -ENOSPC)
		fail(p, "552 5.5.3 JES Too many recipients");
	else if (p->envelope.err != 0)
		fail_memory(p);
}

/* ---- lines ------------------------------------------------------- */

static void show(struct message *p, const struct line *piece)
{
	size_t n;

	if (piece->is_start)
		p->shown_len = 0;
	n = sizeof p->shown - p->shown_len;
	if (n > piece->len)
		n = piece->len;
	memcpy(p->shown + p->shown_len, piece->text, n);
	p->shown_len += n;
}

static void end_header(struct message *p)
{
	const char *reply = message_envelope_end(&p->envelope);

	check_envelope(p);
	if (reply != NULL)
		fail(p, reply);
	p->text.rules.takes_long_lines =
		heading_long_line_fault(&p->heading) == NULL;
}

static void read_header(struct message *p, const struct line *piece)
{
	char reply[BSMTP_REPLY_MAX];

	show(p, piece);
	if (!heading_read(&p->heading, piece))
		fail_text(p);
	else if (piece->has_unconvertible)
		message_envelope_doubt(&p->envelope);
	if (!p->is_broken && heading_is_over(&p->heading))
		end_header(p);
	if (message_envelope_is_doubtful(&p->envelope))
		fail(p,
			"501 5.6.5 JES Unconvertible character in an address "
			"field");
	if (heading_take_fault(&p->heading, reply))
		fail(p, reply);
	check_envelope(p);
}

static void check_line(struct message *p, enum bsmtp_text_kind kind)
{
	switch (kind) {
	case BSMTP_TEXT_LINE:
	case BSMTP_TEXT_END:
		break;
	case BSMTP_TEXT_LONG:
		fail(p, heading_long_line_fault(&p->heading));
		break;
	case BSMTP_TEXT_BARE_CR:
		fail(p, "500 5.6.0 JES Bare CR in data line");
		break;
	case BSMTP_TEXT_LARGE:
		fail(p, "552 5.3.4 JES Message size exceeds limit");
		break;
	}
}

static void end_header_line(struct message *p)
{
	check_line(p, bsmtp_text_end_header_line(&p->text));
	p->is_8bit |= p->text.has_8bit;
	p->text.has_8bit = false;
}

/* A dot is as any other octet: nothing ends with it, and nothing is doubled. */
static void read_octets(struct message *p, const struct line *piece)
{
	bsmtp_text_read(&p->text, piece->text, piece->len);
	p->text.has_dot = false;
	p->text.may_end = false;
}

static void read_text(struct message *p, const struct line *piece)
{
	/* Most lines. */
	if (piece->is_start && piece->is_end
		&& (piece->len == 0 || piece->text[0] != '.')) {
		check_line(
			p, bsmtp_text_line(&p->text, piece->text, piece->len));
		return;
	}
	read_octets(p, piece);
	if (piece->is_end)
		check_line(p, bsmtp_text_end_line(&p->text));
}

static void read_piece(struct message *p, const struct line *piece)
{
	if (!p->has_begun) {
		p->has_begun = true;
		p->start = piece->offset;
		p->first = piece->number;
	}
	if (piece->is_end)
		p->end = piece->next;
	if (piece->has_unconvertible && p->text.rules.refuses_unconvertible)
		fail(p, "554 5.6.5 JES Unconvertible data");
	if (heading_is_over(&p->heading)) {
		read_text(p, piece);
		return;
	}
	read_header(p, piece);
	read_octets(p, piece);
	if (piece->is_end)
		end_header_line(p);
}

/* The octets of "From " that were held back, and the piece after them. */
static void read_held(struct message *p, const struct line *piece)
{
	struct line part = *piece;

	part.text = from_line;
	part.len = p->from_len;
	part.is_start = true;
	part.is_end = false;
	read_piece(p, &part);
	part = *piece;
	part.is_start = false;
	read_piece(p, &part);
}

/* A first line: held back as long as it may become "From ...". */
static void read_first(struct message *p, const struct line *piece)
{
	size_t n = FROM_LINE_LEN - p->from_len;

	if (p->is_from_line)
		return;
	if (n > piece->len)
		n = piece->len;
	if (memcmp(piece->text, from_line + p->from_len, n) == 0) {
		p->from_len += n;
		p->is_from_line = p->from_len == FROM_LINE_LEN;
		if (p->is_from_line || !piece->is_end)
			return;
		p->from_len -= n;
	}
	if (p->from_len > 0)
		read_held(p, piece);
	else
		read_piece(p, piece);
}

static void read_line(struct message *p, const struct line *piece)
{
	p->number = piece->number;
	if (p->has_begun || (p->is_from_line && piece->is_start))
		read_piece(p, piece);
	else
		read_first(p, piece);
}

/* ---- events ------------------------------------------------------ */

/* Returns whether there was something wrong to tell. */
static bool tell(struct message *p, struct bsmtp_event *event)
{
	struct message_envelope *e = &p->envelope;

	if (e->has_fault) {
		e->has_fault = false;
		event->kind = BSMTP_ERROR;
		event->record = e->fault_line;
		event->counts = false;
		event->has_ended = false;
		event->err = 0;
		text_copy(event->reply, sizeof event->reply, e->fault);
		return true;
	}
	if (p->is_broken && !p->was_told) {
		p->was_told = true;
		*event = p->reason;
		return true;
	}
	return false;
}

void message_line(
	struct message *p, const struct line *piece, struct bsmtp_event *event)
{
	event->kind = BSMTP_MORE;
	if (!p->is_broken)
		read_line(p, piece);
	if (!tell(p, event) && p->is_broken)
		event->kind = BSMTP_QUIT;
}

static void finish_mail(struct message *p)
{
	struct mail *m = message_envelope_mail(&p->envelope, p->rules->login);

	if (m == NULL) {
		fail_memory(p);
		return;
	}
	m->number = 1;
	m->record = p->first;
	m->offset = p->start;
	m->length = p->end - p->start;
	m->size_octets = p->text.size_octets;
	m->has_long_line = p->text.has_long_line;
	m->has_8bit = p->is_8bit || p->text.has_8bit;
	if (heading_end(&p->heading, "", p->text.has_8bit, m) != 0) {
		fail_memory(p);
		return;
	}
	message_envelope_release(&p->envelope);
	p->ready = m;
}

static void finish(struct message *p)
{
	if (p->is_ended || p->is_broken)
		return;
	p->is_ended = true;
	if (heading_is_over(&p->heading)) {
		finish_mail(p);
	} else if (p->number != 0) {
		message_envelope_end(&p->envelope);
		fail(p, "554 5.6.0 JES No empty line after the header");
	}
}

void message_finish(struct message *p, struct bsmtp_event *event)
{
	finish(p);
	if (tell(p, event))
		return;
	event->kind = BSMTP_QUIT;
	if (p->ready != NULL && !p->is_mail_told)
		event->kind = BSMTP_MAIL;
	p->is_mail_told = true;
}

static size_t octets_of(const struct mail *m)
{
	return m != NULL ? m->octets : 0;
}

size_t message_held_octets(const struct message *p)
{
	return octets_of(p->envelope.plain) + octets_of(p->envelope.resent);
}
