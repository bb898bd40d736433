#include "transaction.h"

#include "text.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

enum {
	RSET_TIMEOUT_S = 20,
	ENDS_SESSION = EFFECT_QUIT | EFFECT_CLOSE,
};

/* A command of the envelope; recipient counts for RCPT. */
struct command {
	enum stage stage;
	size_t recipient;
};

/* ---- the envelope ------------------------------------------------ */

static size_t format_command(const struct transaction *t,
	const struct command *command, char *out, size_t cap)
{
	const struct mail *m = t->delivery->mail;
	const struct reply_extensions *offers = &t->session->offers;
	char size[sizeof " SIZE=18446744073709551615"] = "";
	int len;

	switch (command->stage) {
	case STAGE_RSET:
		len = snprintf(out, cap, "RSET\r\n");
		break;
	case STAGE_MAIL:
		if (offers->has_size)
			text_format(size, sizeof size, " SIZE=%llu",
				(unsigned long long)m->size_octets);
		len = snprintf(out, cap, "MAIL FROM:<%s>%s%s\r\n",
			m->reverse_path, size,
			m->has_8bit ? " BODY=8BITMIME" : "");
		break;
	case STAGE_RCPT:
		len = snprintf(out, cap, "RCPT TO:<%s>\r\n",
			m->recipients[t->recipients[command->recipient]]);
		break;
	default:
		len = snprintf(out, cap, "DATA\r\n");
		break;
	}
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

static uint32_t reply_timeout_s(
	const struct transaction *t, const struct command *command)
{
	const struct timeout_config *timeout = t->session->timeout;

	switch (command->stage) {
	case STAGE_RSET:
		return RSET_TIMEOUT_S;
	case STAGE_MAIL:
		return timeout->mail_cmd_s;
	case STAGE_RCPT:
		return timeout->rcpt_cmd_s;
	default:
		return timeout->data_cmd_s;
	}
}

/* The commands in the order in which they go and are answered. */
static size_t list_commands(
	const struct transaction *t, struct command *commands)
{
	size_t n = 0;
	size_t i;

	if (t->session->in_reset)
		commands[n++].stage = STAGE_RSET;
	commands[n++].stage = STAGE_MAIL;
	for (i = 0; i < t->count; i++) {
		commands[n].stage = STAGE_RCPT;
		commands[n++].recipient = i;
	}
	commands[n++].stage = STAGE_DATA;
	return n;
}

/* RFC 2920 section 3.1: one write, and every reply is checked in turn. */
static void run_pipelined(
	struct transaction *t, const struct command *commands, size_t count)
{
	struct session *s = t->session;
	int64_t rcpt_deadline_ns = 0;
	int64_t deadline_ns;
	enum event event;
	size_t len = 0;
	size_t i;

	for (i = 0; i < count; i++)
		len += format_command(t, &commands[i], s->output + len,
			sizeof s->output - len);
	event = session_write(
		s, s->output, len, session_deadline(s->timeout->mail_cmd_s));
	for (i = 0; i < count && !t->has_ended; i++) {
		deadline_ns =
			session_deadline(reply_timeout_s(t, &commands[i]));
		if (commands[i].stage == STAGE_RCPT) {
			/* One for the group, a second more for each. */
			if (rcpt_deadline_ns == 0)
				rcpt_deadline_ns =
					session_deadline(s->timeout->rcpt_cmd_s
						+ (uint32_t)t->count);
			deadline_ns = rcpt_deadline_ns;
		}
		if (event == EVENT_REPLY)
			event = session_read(s, deadline_ns);
		verdict_take(
			t, commands[i].stage, commands[i].recipient, event);
	}
	/* Replies are still to come: QUIT would be read among them. */
	if (t->has_ended && i < count)
		t->report->effects |= EFFECT_CLOSE;
}

/* Without pipelining what cannot help is not said at all. */
static bool is_pointless(
	const struct transaction *t, const struct command *command)
{
	if (command->stage == STAGE_RCPT)
		return t->facts.mail_was_refused;
	return command->stage == STAGE_DATA && t->facts.accepted == 0;
}

static void run_lockstep(
	struct transaction *t, const struct command *commands, size_t count)
{
	struct session *s = t->session;
	int64_t deadline_ns;
	enum event event;
	size_t i, len;

	for (i = 0; i < count && !t->has_ended; i++) {
		if (is_pointless(t, &commands[i]))
			continue;
		len = format_command(
			t, &commands[i], s->output, sizeof s->output);
		deadline_ns =
			session_deadline(reply_timeout_s(t, &commands[i]));
		event = session_write(s, s->output, len, deadline_ns);
		if (event == EVENT_REPLY)
			event = session_read(s, deadline_ns);
		verdict_take(
			t, commands[i].stage, commands[i].recipient, event);
	}
}

/* ---- the content ------------------------------------------------- */

static void take_unreadable(struct transaction *t, int err)
{
	t->report->read_error = err;
	t->report->effects |= EFFECT_CLOSE;
	t->has_ended = true;
}

static void send_content(struct transaction *t)
{
	const struct transaction_context *context = t->context;
	struct session *s = t->session;
	struct content_result sent = content_send(context->content, s,
		context->spool, context->dataset, t->delivery->mail);
	enum event event;

	s->in_reset = false;
	switch (sent.end) {
	case CONTENT_SENT:
		event = session_read(
			s, session_deadline(s->timeout->data_term_s));
		verdict_take(t, STAGE_DOT, 0, event);
		s->mails++;
		break;
	case CONTENT_EARLY:
		/* Without the dot nothing can have been accepted. */
		if (s->parser.reply.code < 400)
			verdict_cut(t, EVENT_GARBAGE);
		else
			verdict_take(t, STAGE_DOT, 0, EVENT_REPLY);
		t->report->effects |= EFFECT_CLOSE;
		break;
	case CONTENT_CUT:
		verdict_cut(t, sent.event);
		t->report->effects |= EFFECT_CLOSE;
		break;
	case CONTENT_UNREADABLE:
		take_unreadable(t, sent.err);
		break;
	}
}

/* RFC 2920 section 3.1 asks for it; nobody gets an empty mail. */
static void send_nothing(struct transaction *t)
{
	struct session *s = t->session;
	enum event event = content_send_nothing(s);

	if (event == EVENT_REPLY)
		event = session_read(
			s, session_deadline(s->timeout->any_cmd_s));
	s->in_reset = event == EVENT_REPLY;
	if (event != EVENT_REPLY || s->parser.reply.code == 421)
		t->report->effects |= EFFECT_CLOSE;
}

/* ---- the whole --------------------------------------------------- */

/*
 * The parser lets no control character into a path; here, where octets
 * become commands, it is looked at once more. Octets over 126 need SMTPUTF8.
 */
static bool is_plain_path(const char *path)
{
	for (; *path != '\0'; path++)
		if (*path <= ' ' || *path > '~')
			return false;
	return true;
}

/* Why this session cannot take the mail at all; NULL when it can. */
static const char *find_obstacle(
	const struct session *s, const struct mail *m, bool *is_final)
{
	*is_final = !is_plain_path(m->reverse_path);
	if (*is_final)
		return "553 5.6.7 the sender's address is not ASCII";
	if (m->has_8bit && !s->offers.eight_bit_mime)
		return "554 5.6.3 8-bit content, and no 8BITMIME offered";
	if (s->offers.has_size && s->offers.size != 0
		&& m->size_octets > s->offers.size)
		return "552 5.3.4 larger than the offered SIZE";
	return NULL;
}

static void choose_recipients(struct transaction *t)
{
	const struct mail *m = t->delivery->mail;
	bool is_final;
	const char *obstacle = find_obstacle(t->session, m, &is_final);
	enum recipient_state refusal =
		is_final ? RECIPIENT_FAILED : RECIPIENT_REFUSED;
	size_t i;

	for (i = 0; i < m->recipient_count; i++) {
		if (t->count == TRANSACTION_RECIPIENTS_MAX)
			return;
		if (t->delivery->states[i] != RECIPIENT_UNDECIDED)
			continue;
		if (obstacle != NULL)
			verdict_refuse(t, i, refusal, obstacle);
		else if (!is_plain_path(m->recipients[i]))
			verdict_refuse(t, i, RECIPIENT_FAILED,
				"553 5.6.7 the address is not ASCII");
		else
			t->recipients[t->count++] = i;
	}
}

/*
 * A kept session on which the peer spoke meanwhile is closing: that is no
 * news about the target. On a fresh one it answers before it was asked.
 */
static bool is_ready(struct transaction *t)
{
	struct session *s = t->session;
	enum event event;

	if (session_is_quiet(s))
		return true;
	if (s->is_used) {
		t->report->is_stale = true;
		t->report->effects |= EFFECT_CLOSE;
		return false;
	}
	event = session_read(s, session_deadline(s->timeout->mail_cmd_s));
	if (event == EVENT_REPLY && s->parser.reply.code != 421)
		event = EVENT_GARBAGE;
	verdict_take(t, STAGE_MAIL, 0, event);
	t->report->effects |= EFFECT_CLOSE;
	return false;
}

void transaction_run(const struct transaction_context *context,
	struct delivery *d, struct transaction_report *report)
{
	struct command commands[TRANSACTION_RECIPIENTS_MAX + 3] = { 0 };
	struct transaction t = { .context = context,
		.session = context->session,
		.delivery = d,
		.report = report };
	struct session *s = context->session;
	size_t count;

	choose_recipients(&t);
	if (t.count == 0 || !is_ready(&t))
		return;
	t.facts.is_reused_session = s->is_used;
	t.facts.is_only_session = s->is_only;
	count = list_commands(&t, commands);
	s->is_used = true;
	/* Whatever comes before a dot has to be undone. */
	if (s->offers.pipelining)
		run_pipelined(&t, commands, count);
	else
		run_lockstep(&t, commands, count);
	if (t.has_ended)
		return;
	s->in_reset = true;
	if (t.may_send && t.facts.accepted > 0)
		send_content(&t);
	else if (t.may_send)
		send_nothing(&t);
}

bool transaction_goes_on(
	const struct delivery *d, const struct transaction_report *report)
{
	return (report->effects & ENDS_SESSION) == 0 && !report->is_stale
		&& strchr(d->states, RECIPIENT_UNDECIDED) != NULL;
}
