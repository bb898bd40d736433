#include "bsmtp.h"

#include "bsmtp_text.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum state {
	IDLE,     /* between mails */
	ENVELOPE, /* after MAIL */
	TEXT,     /* after DATA */
	ENDED,    /* after QUIT */
};

struct bsmtp {
	enum state state;
	bool has_helo;
	bool wants_tls; /* until the next HELO: such mail is not produced */
	bool is_broken; /* the mail under construction has an error */
	bool has_rcpt;  /* its envelope has a RCPT, good or bad */
	bool has_text;  /* a text was read to its final dot */
	bool has_quit;

	uint64_t offset;     /* of the next octet */
	uint64_t record;     /* number of the current line */
	uint64_t line_start; /* its offset */

	char command[BSMTP_COMMAND_MAX]; /* the current line, its first part */
	bool is_long; /* the rest of it is more than white space */
	struct bsmtp_text text;
	uint64_t text_start; /* its offset */

	uint32_t mails;
	struct mail *draft; /* the mail under construction */
	struct mail *ready; /* the one to be taken */
};

struct bsmtp *bsmtp_new(void)
{
	struct bsmtp *p = calloc(1, sizeof *p);

	if (p != NULL)
		p->record = 1;
	return p;
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

/* Gives out an error; a mail it happens in is not produced. */
static void fail(struct bsmtp *p, struct bsmtp_event *event, const char *reply)
{
	event->kind = BSMTP_ERROR;
	event->record = p->record;
	event->err = 0;
	text_copy(event->reply, sizeof event->reply, reply);
	if (p->state == ENVELOPE || p->state == TEXT)
		p->is_broken = true;
}

static void fail_memory(struct bsmtp *p, struct bsmtp_event *event)
{
	fail(p, event, "451 4.3.0 JES Insufficient memory");
	event->err = -ENOMEM;
}

static void fail_sequence(
	struct bsmtp *p, struct bsmtp_event *event, const char *word)
{
	char reply[BSMTP_REPLY_MAX];

	bsmtp_reply(reply, "503 5.5.1 JES Bad sequence of commands,", word,
		strlen(word));
	fail(p, event, reply);
}

static void drop_envelope(struct bsmtp *p)
{
	mail_free(p->draft);
	p->draft = NULL;
	p->state = IDLE;
	p->is_broken = false;
	p->has_rcpt = false;
}

/* Whether an envelope waits for its DATA, with no error told about it. */
static bool has_open_envelope(const struct bsmtp *p)
{
	return p->state == ENVELOPE && !p->is_broken;
}

static void on_helo(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (c->reply[0] != '\0') {
		fail(p, event, c->reply);
		return;
	}
	if (has_open_envelope(p))
		fail_sequence(p, event, c->name);
	drop_envelope(p);
	p->has_helo = true;
	p->wants_tls = false;
}

/*
 * An envelope is opened also where MAIL is wrong, so that its RCPTs and DATA
 * are not told as errors too.
 */
static void on_mail(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (p->state == ENVELOPE) {
		fail_sequence(p, event, c->name);
		return;
	}
	p->state = ENVELOPE;
	p->is_broken = p->wants_tls;
	if (c->reply[0] != '\0') {
		fail(p, event, c->reply);
	} else if (!p->has_helo) {
		fail_sequence(p, event, c->name);
	} else if (p->mails == UINT32_MAX) {
		fail(p, event, "552 5.3.4 JES Too many mails");
	} else {
		p->draft = mail_new(c->path);
		if (p->draft == NULL)
			fail_memory(p, event);
	}
}

static void on_rcpt(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	int err;

	if (p->state != ENVELOPE) {
		fail_sequence(p, event, c->name);
		return;
	}
	p->has_rcpt = true;
	if (c->reply[0] != '\0') {
		fail(p, event, c->reply);
		return;
	}
	if (p->draft == NULL)
		return;
	err = mail_add_recipient(p->draft, c->path);
	if (err == -ENOSPC && !p->is_broken)
		fail(p, event, "552 5.5.3 JES Too many recipients");
	else if (err == -ENOMEM)
		fail_memory(p, event);
}

/* Text follows whatever is wrong: it must not be read as commands. */
static void on_data(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (c->reply[0] != '\0')
		fail(p, event, c->reply);
	else if (p->state != ENVELOPE || !p->has_rcpt)
		fail_sequence(p, event, c->name);
	else if (p->draft != NULL && p->draft->recipient_count == 0)
		fail(p, event, "554 5.5.1 JES No valid recipients");
	if (p->state != ENVELOPE)
		p->is_broken = true;
	p->state = TEXT;
	p->text_start = p->offset;
	bsmtp_text_init(&p->text);
}

static void on_rset(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (c->reply[0] != '\0')
		fail(p, event, c->reply);
	else
		drop_envelope(p);
}

/* An envelope whose text never comes is a mail that would be lost. */
static void end_session(
	struct bsmtp *p, const char *word, struct bsmtp_event *event)
{
	if (has_open_envelope(p)) {
		fail_sequence(p, event, word);
		return;
	}
	drop_envelope(p);
	p->state = ENDED;
	event->kind = BSMTP_QUIT;
}

static void on_quit(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (c->reply[0] != '\0') {
		fail(p, event, c->reply);
		return;
	}
	p->has_quit = true;
	end_session(p, "QUIT", event);
}

static void on_starttls(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	p->wants_tls = true;
	fail(p, event, c->reply);
}

static void on_other(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (c->verb != BSMTP_VERB_BLANK)
		fail(p, event, c->reply);
}

/* Returns how much of the command line is left without white space. */
static size_t command_length(const struct bsmtp *p, uint64_t line_len)
{
	size_t len = sizeof p->command;

	if (line_len < len)
		len = (size_t)line_len;
	while (len > 0 && bsmtp_is_white(p->command[len - 1]))
		len--;
	return len;
}

typedef void command_handler(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event);

static void end_command(
	struct bsmtp *p, uint64_t line_len, struct bsmtp_event *event)
{
	static command_handler *const handlers[] = {
		[BSMTP_VERB_BLANK] = on_other,
		[BSMTP_VERB_HELO] = on_helo,
		[BSMTP_VERB_MAIL] = on_mail,
		[BSMTP_VERB_RCPT] = on_rcpt,
		[BSMTP_VERB_DATA] = on_data,
		[BSMTP_VERB_RSET] = on_rset,
		[BSMTP_VERB_QUIT] = on_quit,
		[BSMTP_VERB_STARTTLS] = on_starttls,
		[BSMTP_VERB_OTHER] = on_other,
	};
	struct bsmtp_command c;

	if (p->is_long) {
		fail(p, event, "500 5.2.5 JES Command line too long");
		return;
	}
	bsmtp_command_parse(p->command, command_length(p, line_len), &c);
	handlers[c.verb](p, &c, event);
}

/* Ends the text, of length octets; a mail without an error is given out. */
static void end_text(
	struct bsmtp *p, uint64_t length, struct bsmtp_event *event)
{
	struct mail *m = p->draft;

	if (!p->is_broken && m != NULL) {
		m->number = ++p->mails;
		m->offset = p->text_start;
		m->length = length;
		m->size_octets = p->text.size_octets;
		m->has_8bit = p->text.has_8bit;
		mail_free(p->ready);
		p->ready = m;
		p->draft = NULL;
		event->kind = BSMTP_MAIL;
	}
	drop_envelope(p);
}

static void end_text_line(struct bsmtp *p, struct bsmtp_event *event)
{
	enum bsmtp_text_kind kind = bsmtp_text_end_line(&p->text);

	if (kind == BSMTP_TEXT_END) {
		p->has_text = true;
		end_text(p, p->line_start - p->text_start, event);
	} else if (kind == BSMTP_TEXT_LONG && !p->is_broken) {
		fail(p, event, "500 5.6.0 JES Data line too long");
	}
}

/* Keeps what a command line may hold. */
static void keep_command(
	struct bsmtp *p, const char *octets, size_t len, uint64_t at)
{
	size_t room = at < sizeof p->command ? sizeof p->command - at : 0;
	size_t n = len < room ? len : room;

	if (at == 0)
		p->is_long = false;
	memcpy(p->command + (sizeof p->command - room), octets, n);
	while (n < len && !p->is_long)
		p->is_long = !bsmtp_is_white(octets[n++]);
}

/* Reads octets of one line, without its end. */
static void read_part(struct bsmtp *p, const char *octets, size_t len)
{
	uint64_t at = p->offset - p->line_start;

	if (len == 0)
		return;
	if (p->state == TEXT)
		bsmtp_text_read(&p->text, octets, len);
	else
		keep_command(p, octets, len, at);
	p->offset += len;
}

/* Reads a line's end, of end_len octets. */
static void end_line(struct bsmtp *p, size_t end_len, struct bsmtp_event *event)
{
	uint64_t line_len = p->offset - p->line_start;

	p->offset += end_len;
	if (line_len == 0)
		p->is_long = false;
	if (p->state == TEXT)
		end_text_line(p, event);
	else
		end_command(p, line_len, event);
	p->record++;
	p->line_start = p->offset;
}

size_t bsmtp_feed(struct bsmtp *p, const char *octets, size_t len,
	struct bsmtp_event *event)
{
	size_t used = 0;

	event->kind = BSMTP_MORE;
	if (p->has_quit) {
		end_session(p, "QUIT", event);
		return len;
	}
	while (used < len && event->kind == BSMTP_MORE) {
		const char *from = octets + used;
		const char *end = memchr(from, '\n', len - used);
		size_t n = end != NULL ? (size_t)(end - from) : len - used;

		read_part(p, from, n);
		used += n;
		if (end != NULL) {
			used++;
			end_line(p, 1, event);
		}
	}
	return used;
}

void bsmtp_finish(struct bsmtp *p, struct bsmtp_event *event)
{
	event->kind = BSMTP_MORE;
	if (p->state == ENDED)
		return;
	if (p->offset > p->line_start)
		end_line(p, 0, event);
	if (event->kind == BSMTP_MORE && p->state == TEXT)
		end_text(p, p->offset - p->text_start, event);
	if (event->kind == BSMTP_MORE)
		end_session(p, "end of data set", event);
}

/* A line without its end may be the start of any other. */
static bool has_loose_line(const struct bsmtp *p)
{
	uint64_t len = p->offset - p->line_start;
	size_t n;

	if (len == 0)
		return false;
	n = command_length(p, len);
	return n != 0 || p->is_long;
}

static bool has_loose_quit(const struct bsmtp *p)
{
	uint64_t len = p->offset - p->line_start;
	struct bsmtp_command c;

	if (len == 0 || p->is_long)
		return false;
	bsmtp_command_parse(p->command, command_length(p, len), &c);
	return c.verb == BSMTP_VERB_QUIT && c.reply[0] == '\0';
}

bool bsmtp_is_complete(const struct bsmtp *p)
{
	if (p->has_quit)
		return true;
	if (p->state != IDLE)
		return false;
	return has_loose_quit(p) || (p->has_text && !has_loose_line(p));
}
