#include "transaction.h"

#include "envelope.h"
#include "log.h"
#include "messages.h"

#include <string.h>

enum {
	ENDS_SESSION = EFFECT_QUIT | EFFECT_CLOSE,
	/* How long the next mail waits for a dot before it may go to another
	 * session. */
	PATIENCE_S = 2,
	CLOSING = 421,
	POSITIVE = 2,  /* first digit of a reply code */
	ADDRESSES = 1, /* subject of an enhanced status code: RFC 3463 */
};

/* ---- who gets it ------------------------------------------------- */

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
		&& mail_knows_size(m, s->converts)
		&& m->size_octets > s->offers.size)
		return "552 5.3.4 larger than the offered SIZE";
	return NULL;
}

static void choose_recipients(struct transaction *t)
{
	const struct mail *m = t->delivery->mail;
	const char *states = t->delivery->states;
	const char *state = states;
	bool is_final;
	const char *obstacle = find_obstacle(t->session, m, &is_final);
	enum recipient_state refusal =
		is_final ? RECIPIENT_FAILED : RECIPIENT_REFUSED;
	size_t room = SESSION_OUTPUT_MAX - ENVELOPE_REST_MAX;
	size_t i, len;

	/* Those that are decided may be many. */
	while ((state = strchr(state, RECIPIENT_UNDECIDED)) != NULL) {
		i = (size_t)(state++ - states);
		if (t->count == TRANSACTION_RECIPIENTS_MAX)
			return;
		if (obstacle != NULL) {
			verdict_refuse(t, i, refusal, obstacle);
			continue;
		}
		if (!is_plain_path(m->recipients[i])) {
			verdict_refuse(t, i, RECIPIENT_FAILED,
				"553 5.6.7 the address is not ASCII");
			continue;
		}
		len = envelope_rcpt_octets(t->session, m, i);
		if (len > room)
			return;
		room -= len;
		t->recipients[t->count++] = i;
	}
}

void transaction_begin(struct transaction *t,
	const struct transaction_context *context, struct delivery *d,
	struct transaction_report *report)
{
	memset(t, 0, sizeof *t);
	t->context = context;
	t->session = context->session;
	t->delivery = d;
	t->report = report;
	t->facts.is_only_session = t->session->is_only;
	choose_recipients(t);
	t->step = t->count > 0 ? TRANSACTION_BEGUN : TRANSACTION_OVER;
}

/* ---- from MAIL to DATA ------------------------------------------- */

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

static void take_answers(struct transaction *t)
{
	struct session *s = t->session;

	if (t->step == TRANSACTION_BEGUN && !is_ready(t)) {
		t->step = TRANSACTION_OVER;
		return;
	}
	t->facts.is_reused_session = s->is_used;
	s->is_used = true;
	if (t->step == TRANSACTION_ASKED)
		envelope_hear(t);
	else
		envelope_ask(t);
	t->step = t->has_ended ? TRANSACTION_OVER : TRANSACTION_ANSWERED;
	/* Whatever comes before a dot has to be undone. */
	if (!t->has_ended)
		s->in_reset = true;
}

/* ---- the content ------------------------------------------------- */

/*
 * The next mail may go behind this one's dot when the dot decides all that
 * is left of this one.
 */
static bool is_last_of_its_mail(const struct transaction *t)
{
	const char *state = t->delivery->states;
	size_t left = 0;

	while (left <= t->facts.accepted
		&& (state = strchr(state, RECIPIENT_UNDECIDED)) != NULL) {
		left++;
		state++;
	}
	return left == t->facts.accepted;
}

static size_t write_next(void *arg, char *out, size_t cap)
{
	struct transaction *t = arg;
	const struct transaction_ahead *ahead = &t->context->ahead;
	size_t len;

	if (ahead->take == NULL || !t->session->offers.pipelining
		|| !t->session->knows_dot || !is_last_of_its_mail(t))
		return 0;
	t->next = ahead->take(ahead->arg);
	if (t->next == NULL)
		return 0;
	len = envelope_format(t->next, out, cap);
	if (len == 0)
		t->next = NULL; /* it asks for itself when its turn comes */
	else
		t->recipients_behind = t->next->count;
	return len;
}

static void take_unreadable(struct transaction *t, int err)
{
	t->report->read_error = err;
	t->report->effects |= EFFECT_CLOSE;
}

/* Another target may have a character set that fits. */
static void take_unfit(struct transaction *t, const char *why)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->accepted[i])
			verdict_refuse(
				t, t->recipients[i], RECIPIENT_REFUSED, why);
}

/* Without the dot nothing can have been accepted. */
static void take_early_reply(struct transaction *t)
{
	if (t->session->parser.reply.code < 400)
		verdict_cut(t, EVENT_GARBAGE);
	else
		verdict_take(t, STAGE_DOT, 0, EVENT_REPLY);
	t->report->effects |= EFFECT_CLOSE;
}

static void send_content(struct transaction *t)
{
	const struct transaction_context *context = t->context;
	struct session *s = t->session;
	const struct content_tail tail = { write_next, t };
	struct content_result sent;

	s->in_reset = false;
	sent = content_send(context->content, s, context->spool,
		context->dataset, t->delivery->mail, &tail);
	t->step =
		sent.end == CONTENT_SENT ? TRANSACTION_SENT : TRANSACTION_OVER;
	if (sent.end != CONTENT_SENT || sent.is_torn) {
		t->next = NULL;
		t->report->effects |= EFFECT_CLOSE;
	}
	if (t->next != NULL)
		t->next->step = TRANSACTION_ASKED;
	if (sent.end == CONTENT_EARLY)
		take_early_reply(t);
	else if (sent.end == CONTENT_CUT)
		verdict_cut(t, sent.event);
	else if (sent.end == CONTENT_UNREADABLE)
		take_unreadable(t, sent.err);
	else if (sent.end == CONTENT_UNFIT)
		take_unfit(t, sent.why);
}

/* RFC 2920 section 3.1 asks for it; nobody gets an empty mail. */
static void send_nothing(struct transaction *t)
{
	struct session *s = t->session;
	enum event event = content_send_nothing(s);

	t->step = TRANSACTION_OVER;
	if (event == EVENT_REPLY)
		event = session_read(
			s, session_deadline(s->timeout->any_cmd_s));
	s->in_reset = event == EVENT_REPLY;
	if (event != EVENT_REPLY || s->parser.reply.code == 421)
		t->report->effects |= EFFECT_CLOSE;
}

/* ---- the reply to the dot ---------------------------------------- */

/*
 * The next mail's content is not sent, so that another session may have it:
 * this one ends, then, with the reply to the dot.
 */
static void wait_for_dot(struct transaction *t, int64_t deadline_ns)
{
	const struct transaction_ahead *ahead = &t->context->ahead;
	int64_t until_ns;
	size_t len;

	while (t->next != NULL) {
		session_unread(t->session, &len);
		until_ns = session_deadline(PATIENCE_S);
		if (len > 0 || until_ns >= deadline_ns
			|| session_wait(t->session, until_ns) != EVENT_TIMEOUT)
			return;
		if (ahead->yield(ahead->arg)) {
			t->next = NULL;
			t->report->effects |= EFFECT_CLOSE;
		}
	}
}

static bool names_address(const struct reply *r)
{
	return r->status[0] != 0 && r->status[1] == ADDRESSES;
}

/*
 * With nothing behind the dot there is no doubt which reply is the dot's: it
 * shows whether this peer speaks of addresses there, as is not usual.
 */
static void learn_dot(struct session *s)
{
	const struct reply *r = &s->parser.reply;

	if (r->code / 100 != POSITIVE)
		return;
	s->knows_dot = true;
	s->dot_names_address = names_address(r);
}

/*
 * Whether the reply to the dot may be believed. By its own words it may be
 * one to MAIL or RCPT, or else be none; what says nothing of itself is
 * believed when those behind it fit what they answer.
 */
static bool is_in_step(const struct transaction *t)
{
	struct session *s = t->session;
	const struct reply *r = &s->parser.reply;
	bool is_positive = r->code / 100 == POSITIVE;
	struct envelope_answers answers;
	const char *replies;
	size_t len;

	if (r->code == CLOSING)
		return true;
	if (is_positive && names_address(r) && !s->dot_names_address)
		return false;
	if (is_positive && r->status[0] != 0 && !names_address(r)) {
		replies = session_unread(s, &len);
		return group_look(replies, len, t->recipients_behind)
			!= GROUP_MISFIT;
	}
	answers = envelope_await(s, t->recipients_behind);
	return answers.fit == GROUP_PARTLY ? answers.is_empty
					   : answers.fit != GROUP_MISFIT;
}

/* Once a mail, when it is delivered, however many transactions that takes. */
static void tell_changes(struct transaction *t)
{
	const struct transaction_context *context = t->context;
	const struct sending_changes changes =
		sending_changes(&context->content->sending);

	if (t->delivery->is_change_told
		|| (changes.unconvertible == 0 && changes.blanked == 0))
		return;
	t->delivery->is_change_told = true;
	log_warning(MSG_CHANGED, context->job_id, t->delivery->mail->number,
		context->target, changes.unconvertible, changes.blanked);
}

static void take_dot(struct transaction *t)
{
	struct session *s = t->session;
	int64_t deadline_ns = session_deadline(s->timeout->data_term_s);
	enum event event;

	wait_for_dot(t, deadline_ns);
	event = session_read(s, deadline_ns);
	if (event == EVENT_REPLY && t->recipients_behind == 0) {
		learn_dot(s);
	} else if (event == EVENT_REPLY && !is_in_step(t)) {
		t->report->is_out_of_step = true;
		event = EVENT_GARBAGE;
	}
	verdict_take(t, STAGE_DOT, 0, event);
	if (t->report->delivered > 0)
		tell_changes(t);
	s->mails++;
}

/* ---- the whole --------------------------------------------------- */

void transaction_run(struct transaction *t)
{
	if (t->step == TRANSACTION_BEGUN || t->step == TRANSACTION_ASKED)
		take_answers(t);
	if (t->step == TRANSACTION_ANSWERED) {
		if (t->may_send && t->facts.accepted > 0)
			send_content(t);
		else if (t->may_send)
			send_nothing(t);
	}
	if (t->step == TRANSACTION_SENT)
		take_dot(t);
	t->step = TRANSACTION_OVER;
}

bool transaction_goes_on(
	const struct delivery *d, const struct transaction_report *report)
{
	return (report->effects & ENDS_SESSION) == 0 && !report->is_stale
		&& strchr(d->states, RECIPIENT_UNDECIDED) != NULL;
}
