#include "bsmtp.h"

#include "bsmtp_content.h"
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

/* Octets that are cut in lines here, LF or CR LF at their ends. */
struct octets {
	struct line line; /* the current one */
	uint64_t offset;  /* of the next octet */
	bool has_cr;      /* one was read that may belong to an LF */
};

struct bsmtp {
	enum state state;
	bool has_helo;
	bool wants_tls; /* until the next HELO: such mail is not produced */
	bool is_broken; /* the mail under construction has an error */
	bool has_rcpt;  /* its envelope has a RCPT, good or bad */
	bool has_text;  /* a text was read to its final dot */
	bool has_quit;

	uint64_t record; /* number of the current line, and where */
	uint64_t line_start;
	uint64_t next; /* where the line after the last whole one begins */

	char command[BSMTP_COMMAND_MAX]; /* the current line, its first part */
	size_t command_len;
	bool is_long;  /* the rest of it is more than white space */
	bool in_line;  /* its end has not been read */
	bool is_loose; /* it was ended by the end of the data set */
	struct bsmtp_content content;
	uint64_t text_start;                 /* its offset */
	const struct heading_rules *heading; /* or NULL */
	char helo[ADDRESS_PATH_MAX + 1];

	struct octets octets;

	uint32_t mails;
	struct mail *draft; /* the mail under construction */
	struct mail *ready; /* the one to be taken */
};

static void octets_begin(struct octets *o, uint64_t offset, uint64_t number)
{
	o->line = (struct line){
		.text = "", .offset = offset, .number = number, .is_start = true
	};
	o->offset = offset;
}

struct bsmtp *bsmtp_new(void)
{
	struct bsmtp *p = calloc(1, sizeof *p);

	if (p != NULL)
		octets_begin(&p->octets, 0, 1);
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

/* Gives out an error; a mail it happens in is not produced. */
static void fail(struct bsmtp *p, struct bsmtp_event *event, const char *reply)
{
	event->kind = BSMTP_ERROR;
	event->record = p->record;
	event->counts = true;
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
	text_copy(p->helo, sizeof p->helo, c->path);
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
		event->counts = false;
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
	p->text_start = p->next;
	bsmtp_content_init(&p->content, p->heading);
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

typedef void command_handler(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event);

static void end_command(struct bsmtp *p, struct bsmtp_event *event)
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
	bsmtp_command_parse(p->command, p->command_len, &c);
	handlers[c.verb](p, &c, event);
}

/* Ends the text, of length octets; a mail without an error is given out. */
static void end_text(
	struct bsmtp *p, uint64_t length, struct bsmtp_event *event)
{
	struct mail *m = p->draft;

	if (!p->is_broken && m != NULL) {
		m->number = p->mails + 1;
		m->offset = p->text_start;
		m->length = length;
		if (bsmtp_content_end(&p->content, p->helo, m) != 0) {
			fail_memory(p, event);
			drop_envelope(p);
			return;
		}
		p->mails++;
		mail_free(p->ready);
		p->ready = m;
		p->draft = NULL;
		event->kind = BSMTP_MAIL;
	}
	drop_envelope(p);
}

static void read_text(
	struct bsmtp *p, const struct line *piece, struct bsmtp_event *event)
{
	enum bsmtp_text_kind kind;
	char reply[BSMTP_REPLY_MAX];

	if (!bsmtp_content_read(&p->content, piece, &kind))
		return;
	if (kind == BSMTP_TEXT_END) {
		p->has_text = true;
		end_text(p, p->line_start - p->text_start, event);
	} else if (kind == BSMTP_TEXT_LONG && !p->is_broken) {
		fail(p, event, "500 5.6.0 JES Data line too long");
	} else if (bsmtp_content_take_fault(&p->content, reply)
		&& !p->is_broken) {
		fail(p, event, reply);
	}
}

/* Keeps what a command line may hold. */
static void read_command(struct bsmtp *p, const char *octets, size_t len)
{
	size_t room = sizeof p->command - p->command_len;
	size_t n = len < room ? len : room;

	memcpy(p->command + p->command_len, octets, n);
	p->command_len += n;
	while (n < len && !p->is_long)
		p->is_long = !bsmtp_is_white(octets[n++]);
}

static void begin_line(struct bsmtp *p, const struct line *piece)
{
	p->record = piece->number;
	p->line_start = piece->offset;
	p->command_len = 0;
	p->is_long = false;
	p->in_line = true;
}

void bsmtp_line(
	struct bsmtp *p, const struct line *piece, struct bsmtp_event *event)
{
	event->kind = BSMTP_MORE;
	if (p->has_quit) {
		end_session(p, "QUIT", event);
		return;
	}
	if (piece->is_start)
		begin_line(p, piece);
	if (piece->is_end) {
		p->in_line = false;
		p->is_loose = piece->is_loose;
		p->next = piece->next;
	}
	if (p->state == TEXT) {
		read_text(p, piece, event);
	} else {
		read_command(p, piece->text, piece->len);
		if (piece->is_end)
			end_command(p, event);
	}
}

/* ---- octets ------------------------------------------------------ */

/* Hands in a piece of the current line. */
static void read_piece(struct bsmtp *p, const char *octets, size_t len,
	struct bsmtp_event *event)
{
	p->octets.line.text = octets;
	p->octets.line.len = len;
	bsmtp_line(p, &p->octets.line, event);
	p->octets.line.is_start = false;
}

/* A CR is held back until the next octet says whether it is a line end's. */
static void read_part(struct bsmtp *p, const char *octets, size_t len,
	struct bsmtp_event *event)
{
	struct octets *o = &p->octets;
	bool ends_in_cr = len > 0 && octets[len - 1] == '\r';

	if (len == 0)
		return;
	if (o->has_cr)
		read_piece(p, "\r", 1, event);
	o->has_cr = ends_in_cr;
	o->offset += len;
	if (len > ends_in_cr)
		read_piece(p, octets, len - ends_in_cr, event);
}

static void end_line(struct bsmtp *p, const char *octets, size_t len,
	bool is_loose, struct bsmtp_event *event)
{
	struct octets *o = &p->octets;

	read_part(p, octets, len, event);
	o->has_cr = false;
	o->offset += !is_loose;
	o->line.next = o->offset;
	o->line.is_end = true;
	o->line.is_loose = is_loose;
	read_piece(p, "", 0, event);
	octets_begin(o, o->offset, o->line.number + 1);
}

static void octets_end(struct bsmtp *p, struct bsmtp_event *event)
{
	if (p->octets.offset > p->octets.line.offset)
		end_line(p, "", 0, true, event);
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

		if (end != NULL)
			end_line(p, from, n, false, event);
		else
			read_part(p, from, n, event);
		used += n + (end != NULL);
	}
	return used;
}

/* ---- the end ----------------------------------------------------- */

void bsmtp_finish(struct bsmtp *p, struct bsmtp_event *event)
{
	event->kind = BSMTP_MORE;
	if (p->state == ENDED)
		return;
	octets_end(p, event);
	if (event->kind == BSMTP_MORE && p->state == TEXT)
		end_text(p, p->next - p->text_start, event);
	if (event->kind != BSMTP_MORE)
		return;
	p->record += !p->in_line;
	end_session(p, "end of data set", event);
}

/* A line without its end may be the start of any other. */
static bool has_loose_line(const struct bsmtp *p)
{
	struct bsmtp_command c;

	if (!p->in_line && !p->is_loose)
		return false;
	bsmtp_command_parse(p->command, p->command_len, &c);
	return c.verb != BSMTP_VERB_BLANK || p->is_long;
}

static bool has_loose_quit(const struct bsmtp *p)
{
	struct bsmtp_command c;

	if (!p->in_line || p->is_long)
		return false;
	bsmtp_command_parse(p->command, p->command_len, &c);
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
