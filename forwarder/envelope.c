#include "envelope.h"

#include "text.h"

#include <assert.h>
#include <stdio.h>

enum {
	RSET_TIMEOUT_S = 20,
	/* RSET, MAIL and DATA beside the RCPTs. */
	COMMANDS_MAX = TRANSACTION_RECIPIENTS_MAX + 3,
};

/* A command of the envelope; recipient counts for RCPT. */
struct command {
	enum stage stage;
	size_t recipient;
};

/* ---- the commands ------------------------------------------------ */

/* The commands in the order in which they go and are answered. */
static size_t list_commands(
	const struct transaction *t, struct command *commands)
{
	size_t n = 0;
	size_t i;

	if (t->session->in_reset)
		commands[n++] = (struct command){ STAGE_RSET, 0 };
	commands[n++] = (struct command){ STAGE_MAIL, 0 };
	for (i = 0; i < t->count; i++)
		commands[n++] = (struct command){ STAGE_RCPT, i };
	commands[n++] = (struct command){ STAGE_DATA, 0 };
	return n;
}

static int format_mail(
	const struct mail *m, const struct session *s, char *out, size_t cap)
{
	const struct reply_extensions *offers = &s->offers;
	bool has_ret = offers->dsn && m->ret != DSN_RET_NONE;
	bool has_envid = offers->dsn && m->envid != NULL;
	char size[sizeof " SIZE=18446744073709551615"] = "";

	/* RFC 1870 section 5: exact, or not said. */
	if (offers->has_size && (m->mime & MAIL_MIME_QUOTED) == 0
		&& mail_knows_size(m, s->converts))
		text_format(size, sizeof size, " SIZE=%llu",
			(unsigned long long)m->size_octets);
	return snprintf(out, cap, "MAIL FROM:<%s>%s%s%s%s%s%s\r\n",
		m->reverse_path, size, m->has_8bit ? " BODY=8BITMIME" : "",
		has_ret ? " RET=" : "", has_ret ? dsn_ret_word(m->ret) : "",
		has_envid ? " ENVID=" : "", has_envid ? m->envid : "");
}

/* What RFC 3461 has for a recipient; NULL: nothing, or not offered. */
static const struct mail_dsn *dsn_of(const struct mail *m,
	const struct reply_extensions *offers, size_t recipient)
{
	return offers->dsn && m->dsn != NULL ? &m->dsn[recipient] : NULL;
}

static int format_rcpt(const struct mail *m,
	const struct reply_extensions *offers, size_t recipient, char *out,
	size_t cap)
{
	const struct mail_dsn *dsn = dsn_of(m, offers, recipient);
	bool has_notify = dsn != NULL && dsn->notify != 0;
	bool has_orcpt = dsn != NULL && dsn->orcpt != NULL;
	char notify[DSN_NOTIFY_MAX + 1] = "";

	if (has_notify)
		dsn_format_notify(dsn->notify, notify);
	return snprintf(out, cap, "RCPT TO:<%s>%s%s%s%s\r\n",
		m->recipients[recipient], has_notify ? " NOTIFY=" : "", notify,
		has_orcpt ? " ORCPT=" : "", has_orcpt ? dsn->orcpt : "");
}

size_t envelope_rcpt_octets(
	const struct session *s, const struct mail *m, size_t recipient)
{
	char out[1];

	return (size_t)format_rcpt(m, &s->offers, recipient, out, sizeof out);
}

/* Returns 0 when there is no room. */
static size_t format_command(const struct transaction *t,
	const struct command *command, char *out, size_t cap)
{
	const struct mail *m = t->delivery->mail;
	const struct reply_extensions *offers = &t->session->offers;
	int len;

	switch (command->stage) {
	case STAGE_RSET:
		len = snprintf(out, cap, "RSET\r\n");
		break;
	case STAGE_MAIL:
		len = format_mail(m, t->session, out, cap);
		break;
	case STAGE_RCPT:
		len = format_rcpt(
			m, offers, t->recipients[command->recipient], out, cap);
		break;
	default:
		len = snprintf(out, cap, "DATA\r\n");
		break;
	}
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

static size_t format_group(const struct transaction *t,
	const struct command *commands, size_t count, char *out, size_t cap)
{
	size_t len = 0;
	size_t added, i;

	for (i = 0; i < count; i++) {
		added = format_command(t, &commands[i], out + len, cap - len);
		if (added == 0)
			return 0;
		len += added;
	}
	return len;
}

size_t envelope_format(const struct transaction *t, char *out, size_t cap)
{
	struct command commands[COMMANDS_MAX];
	size_t count = list_commands(t, commands);

	return format_group(t, commands, count, out, cap);
}

/* ---- the replies ------------------------------------------------- */

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

/* Every reply of a group is checked in turn; event: how its write ended. */
static void read_replies(struct transaction *t, const struct command *commands,
	size_t count, enum event event)
{
	struct session *s = t->session;
	int64_t rcpt_deadline_ns = 0;
	int64_t deadline_ns;
	size_t i;

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

/* RFC 2920 section 3.1: one write. */
static void ask_group(
	struct transaction *t, const struct command *commands, size_t count)
{
	struct session *s = t->session;
	size_t len =
		format_group(t, commands, count, s->output, sizeof s->output);
	enum event event = session_write(
		s, s->output, len, session_deadline(s->timeout->mail_cmd_s));

	read_replies(t, commands, count, event);
}

/* Without pipelining what cannot help is not said at all. */
static bool is_pointless(
	const struct transaction *t, const struct command *command)
{
	if (command->stage == STAGE_RCPT)
		return t->facts.mail_was_refused;
	return command->stage == STAGE_DATA && t->facts.accepted == 0;
}

static void ask_in_lockstep(
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

void envelope_ask(struct transaction *t)
{
	struct command commands[COMMANDS_MAX];
	size_t count = list_commands(t, commands);

	if (t->session->offers.pipelining)
		ask_group(t, commands, count);
	else
		ask_in_lockstep(t, commands, count);
}

/* ---- behind a dot ------------------------------------------------ */

struct envelope_answers envelope_await(struct session *s, size_t recipients)
{
	int64_t deadline_ns =
		session_deadline(s->timeout->mail_cmd_s + s->timeout->rcpt_cmd_s
			+ (uint32_t)recipients + s->timeout->data_cmd_s);
	struct envelope_answers answers = { .event = EVENT_REPLY };
	const char *replies;
	size_t len;

	for (;;) {
		replies = session_unread(s, &len);
		answers.is_empty = len == 0;
		answers.fit = group_look(replies, len, recipients);
		if (answers.fit != GROUP_PARTLY || answers.event != EVENT_REPLY)
			return answers;
		answers.event = session_wait(s, deadline_ns);
	}
}

/* A peer that just closes has had its fill of mails: that is usual. */
static bool is_out_of_step(const struct envelope_answers *answers)
{
	return answers->fit != GROUP_FITS
		&& (!answers->is_empty || answers->event == EVENT_TIMEOUT);
}

void envelope_hear(struct transaction *t)
{
	struct command commands[COMMANDS_MAX];
	struct envelope_answers answers = envelope_await(t->session, t->count);

	assert(!t->session->in_reset);
	if (answers.fit == GROUP_FITS) {
		read_replies(
			t, commands, list_commands(t, commands), EVENT_REPLY);
		return;
	}
	t->report->is_out_of_step = is_out_of_step(&answers);
	t->report->is_stale = true;
	t->report->effects |= EFFECT_CLOSE;
	t->has_ended = true;
}
