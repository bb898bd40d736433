#include "bsmtp_state.h"

#include "text.h"

#include <errno.h>
#include <string.h>

/* ---- errors ------------------------------------------------------ */

void bsmtp_tell(struct bsmtp *p, struct bsmtp_event *event, const char *reply)
{
	event->kind = BSMTP_ERROR;
	event->record = p->record;
	event->counts = false;
	event->has_ended = false;
	event->err = 0;
	text_copy(event->reply, sizeof event->reply, reply);
}

/* One that is counted. */
static void tell_counted(
	struct bsmtp *p, struct bsmtp_event *event, const char *reply)
{
	bsmtp_tell(p, event, reply);
	event->counts = true;
	p->errors++;
	if (p->error_limit == 0 || p->errors <= p->error_limit)
		return;
	event->has_ended = true;
	p->closing = SAYS_EXCEEDED;
}

static void break_mail(struct bsmtp *p, const char *reply)
{
	if ((p->state != ENVELOPE && p->state != TEXT) || p->is_broken)
		return;
	p->is_broken = true;
	text_format(p->refusal, sizeof p->refusal, "line %llu: %s",
		(unsigned long long)p->record, reply);
}

void bsmtp_fail(struct bsmtp *p, struct bsmtp_event *event, const char *reply)
{
	tell_counted(p, event, reply);
	break_mail(p, reply);
}

void bsmtp_fail_mail(
	struct bsmtp *p, struct bsmtp_event *event, const char *reply)
{
	bsmtp_tell(p, event, reply);
	break_mail(p, reply);
}

void bsmtp_fail_memory(struct bsmtp *p, struct bsmtp_event *event)
{
	bsmtp_tell(p, event, "451 4.3.0 JES Insufficient memory");
	event->err = -ENOMEM;
	p->is_broken = true;
	p->refusal[0] = '\0';
}

static void fail_sequence(
	struct bsmtp *p, struct bsmtp_event *event, const char *word)
{
	char reply[BSMTP_REPLY_MAX];

	bsmtp_reply(reply, "503 5.5.1 JES Bad sequence of commands,", word,
		strlen(word));
	bsmtp_fail(p, event, reply);
}

/* ---- commands ---------------------------------------------------- */

void bsmtp_drop_envelope(struct bsmtp *p)
{
	mail_free(p->draft);
	p->draft = NULL;
	p->state = IDLE;
	p->is_broken = false;
	p->refusal[0] = '\0';
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
		bsmtp_fail(p, event, c->reply);
		return;
	}
	if (has_open_envelope(p))
		fail_sequence(p, event, c->name);
	bsmtp_drop_envelope(p);
	text_copy(p->helo, sizeof p->helo, c->path);
	p->has_helo = true;
	p->has_ehlo = c->verb == BSMTP_VERB_EHLO;
	p->wants_tls = false;
}

/*
 * However it is wrong, what follows was not meant to go in the clear: until
 * the next HELO or EHLO.
 */
static void on_starttls(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	p->wants_tls = true;
	if (c->reply[0] != '\0')
		bsmtp_fail(p, event, c->reply);
	else if (!p->has_ehlo || p->state != IDLE)
		fail_sequence(p, event, c->name);
}

static bool make_draft(struct bsmtp *p, const char *reverse_path)
{
	p->draft = mail_new(reverse_path);
	return p->draft != NULL;
}

static bool keep_envid(struct mail *m, const struct bsmtp_command *c)
{
	m->ret = c->ret;
	if (c->envid[0] == '\0')
		return true;
	m->envid = mail_keep(m, c->envid);
	return m->envid != NULL;
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
	if (c->reply[0] != '\0')
		bsmtp_fail(p, event, c->reply);
	else if (!p->has_helo)
		fail_sequence(p, event, c->name);
	else if (p->texts == UINT32_MAX)
		bsmtp_fail_mail(p, event, "552 5.3.4 JES Too many mails");
	if (!make_draft(p, c->path) || !keep_envid(p->draft, c))
		bsmtp_fail_memory(p, event);
}

static void on_rcpt(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	const struct mail_dsn dsn = { c->notify,
		c->orcpt[0] != '\0' ? c->orcpt : NULL };
	int err;

	if (p->state != ENVELOPE) {
		fail_sequence(p, event, c->name);
		return;
	}
	p->has_rcpt = true;
	if (c->reply[0] != '\0') {
		bsmtp_tell(p, event, c->reply);
		return;
	}
	if (p->draft == NULL)
		return;
	err = mail_add_recipient_dsn(p->draft, c->path, &dsn);
	if (err == -ENOSPC && !p->is_broken)
		bsmtp_fail_mail(p, event, "552 5.5.3 JES Too many recipients");
	else if (err == -ENOMEM)
		bsmtp_fail_memory(p, event);
}

static bool has_no_recipient(const struct bsmtp *p)
{
	return p->draft != NULL && p->draft->recipient_count == 0
		&& !p->is_broken;
}

/* Text follows whatever is wrong: it must not be read as commands. */
static void on_data(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	bool is_in_order = p->state == ENVELOPE && p->has_rcpt;

	p->state = TEXT;
	if (c->reply[0] != '\0')
		bsmtp_fail(p, event, c->reply);
	else if (!is_in_order)
		fail_sequence(p, event, c->name);
	else if (has_no_recipient(p))
		bsmtp_fail_mail(p, event, "554 5.5.1 JES No valid recipients");
	p->text_start = p->next;
	p->text_record = p->next_record;
	bsmtp_content_init(&p->content, p->heading);
	p->content.text.rules = p->rules;
}

static void on_rset(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (c->reply[0] != '\0')
		bsmtp_fail(p, event, c->reply);
	else
		bsmtp_drop_envelope(p);
}

/* An envelope whose text never comes is a mail that would be lost. */
void bsmtp_end_session(
	struct bsmtp *p, const char *word, struct bsmtp_event *event)
{
	bool was_open = has_open_envelope(p);

	if (was_open)
		fail_sequence(p, event, word);
	bsmtp_drop_envelope(p);
	if (p->closing == READS_ON)
		p->closing = SAYS_QUIT;
	if (was_open)
		return;
	p->state = ENDED;
	event->kind = BSMTP_QUIT;
}

static void on_quit(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (c->reply[0] != '\0') {
		bsmtp_fail(p, event, c->reply);
		return;
	}
	p->has_quit = true;
	bsmtp_end_session(p, "QUIT", event);
}

/* A server would have said no, and gone on with the mail. */
static void on_missing(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	tell_counted(p, event, c->reply);
}

static void on_other(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event)
{
	if (c->reply[0] != '\0')
		bsmtp_fail(p, event, c->reply);
}

typedef void command_handler(struct bsmtp *p, const struct bsmtp_command *c,
	struct bsmtp_event *event);

void bsmtp_end_command(struct bsmtp *p, struct bsmtp_event *event)
{
	static command_handler *const handlers[] = {
		[BSMTP_VERB_BLANK] = on_other,
		[BSMTP_VERB_HELO] = on_helo,
		[BSMTP_VERB_EHLO] = on_helo,
		[BSMTP_VERB_MAIL] = on_mail,
		[BSMTP_VERB_RCPT] = on_rcpt,
		[BSMTP_VERB_DATA] = on_data,
		[BSMTP_VERB_RSET] = on_rset,
		[BSMTP_VERB_QUIT] = on_quit,
		[BSMTP_VERB_STARTTLS] = on_starttls,
		[BSMTP_VERB_MISSING] = on_missing,
		[BSMTP_VERB_UNKNOWN] = on_other,
	};
	struct bsmtp_command c;
	bool is_long = p->command_used > sizeof p->command;
	size_t len = is_long ? sizeof p->command : (size_t)p->command_used;

	bsmtp_command_parse(p->command, len, p->at_sign, &c);
	if (is_long)
		text_copy(c.reply, sizeof c.reply,
			"500 5.2.5 JES Command line too long");
	/* A '?' in its place would be part of an address. */
	else if (p->has_unconvertible)
		text_copy(c.reply, sizeof c.reply,
			"501 5.6.5 JES Unconvertible character in command");
	handlers[c.verb](p, &c, event);
}
