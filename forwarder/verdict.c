#include "verdict.h"

#include "escape.h"
#include "log.h"
#include "text.h"

enum {
	WHERE_MAX = 96,
	SAID_MAX = 160,
	ADDRESS_SHOWN_MAX = 256,
	ENDS_SESSION = EFFECT_QUIT | EFFECT_CLOSE,
};

/* ---- what replies do to the recipients --------------------------- */

static enum recipient_state state_of(const struct outcome *outcome)
{
	bool is_offered = (outcome->effects & EFFECT_OFFER) != 0;

	switch (outcome->result) {
	case RESULT_GO_ON:
		return RECIPIENT_DELIVERED;
	case RESULT_FAILED:
		return is_offered ? RECIPIENT_REFUSED : RECIPIENT_FAILED;
	case RESULT_DEFERRED:
	case RESULT_UNCERTAIN:
		return is_offered ? RECIPIENT_OFFERED : RECIPIENT_DEFERRED;
	case RESULT_AGAIN:
	case RESULT_IGNORED:
		break;
	}
	return RECIPIENT_UNDECIDED;
}

static const char *result_word(const struct outcome *outcome)
{
	if ((outcome->effects & EFFECT_OFFER) != 0)
		return "moved";
	switch (outcome->result) {
	case RESULT_GO_ON:
		return "delivered";
	case RESULT_DEFERRED:
		return "deferred";
	case RESULT_FAILED:
		return "failed";
	case RESULT_UNCERTAIN:
		return "uncertain, possible duplicate";
	case RESULT_AGAIN:
		return "chunked";
	case RESULT_IGNORED:
		break;
	}
	return "ignored";
}

/* Without an enhanced code of the peer's the class says what is known. */
static void format_status(
	const struct transaction *t, enum event event, char *out, size_t cap)
{
	const struct reply *r = &t->session->parser.reply;

	if (event != EVENT_REPLY)
		text_copy(out, cap, "4.4.2");
	else if (r->status[0] != 0)
		text_format(out, cap, "%d.%d.%d", r->status[0], r->status[1],
			r->status[2]);
	else
		text_format(out, cap, "%d.0.0", r->code / 100);
}

static void log_recipient(const struct transaction *t, size_t recipient,
	enum event event, const struct outcome *outcome, const char *said)
{
	const struct delivery *d = t->delivery;
	char address[ADDRESS_SHOWN_MAX];
	char status[sizeof "5.999.999"];

	escape_string(d->mail->recipients[recipient], address, sizeof address);
	format_status(t, event, status, sizeof status);
	log_information("mail=%s.%u rcpt=<%s> target=%s try=%u size=%llu "
			"dsn=%s result=%s reply=\"%s\"",
		t->context->job_id, (unsigned int)d->mail->number, address,
		t->context->target, (unsigned int)d->tries + 1,
		(unsigned long long)d->mail->size_octets, status,
		result_word(outcome), said);
}

/* What was said, and where, is kept with the mail for its owner. */
static void explain(struct transaction *t, enum stage stage, bool is_failure,
	const char *recipient, const char *said)
{
	char where[WHERE_MAX];

	text_format(where, sizeof where, "%s, %s", t->context->target,
		stage_name(stage));
	delivery_explain(t->delivery, is_failure, recipient, said, where);
}

static void take_recipient(struct transaction *t, size_t i, enum stage stage,
	enum event event, const struct outcome *outcome)
{
	struct delivery *d = t->delivery;
	size_t recipient = t->recipients[i];
	enum recipient_state state = state_of(outcome);
	char said[SAID_MAX];

	session_explain(t->session, event, said, sizeof said);
	d->states[recipient] = (char)state;
	if (outcome->result == RESULT_UNCERTAIN)
		d->is_uncertain = true;
	if (state == RECIPIENT_DELIVERED)
		t->report->delivered++;
	else
		explain(t, stage, state == RECIPIENT_FAILED,
			stage == STAGE_RCPT ? d->mail->recipients[recipient]
					    : NULL,
			said);
	log_recipient(t, recipient, event, outcome, said);
}

static bool is_undecided(const struct transaction *t, size_t i)
{
	return t->delivery->states[t->recipients[i]] == RECIPIENT_UNDECIDED;
}

/* For every recipient of the transaction that is not yet decided. */
static void take_all(struct transaction *t, enum stage stage, enum event event,
	const struct outcome *outcome)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (is_undecided(t, i))
			take_recipient(t, i, stage, event, outcome);
}

static void note_effects(
	struct transaction *t, enum event event, const struct outcome *outcome)
{
	struct transaction_report *report = t->report;

	if ((outcome->effects & ~report->effects
		    & (ENDS_SESSION | EFFECT_BACKOFF | EFFECT_SUSPEND))
		!= 0)
		session_explain(
			t->session, event, report->said, sizeof report->said);
	report->effects |= outcome->effects;
	report->is_lost |= event != EVENT_REPLY;
	if ((outcome->effects & EFFECT_RSET) != 0)
		t->session->in_reset = true;
	if ((outcome->effects & ENDS_SESSION) != 0)
		t->has_ended = true;
}

static struct outcome judge(
	const struct transaction *t, enum stage stage, enum event event)
{
	return outcome_decide(
		stage, event, &t->session->parser.reply, &t->facts);
}

/* ---- one reply after the other ----------------------------------- */

static void take_mail(struct transaction *t, enum event event)
{
	struct outcome outcome = judge(t, STAGE_MAIL, event);

	note_effects(t, event, &outcome);
	if (outcome.result == RESULT_GO_ON)
		return;
	t->facts.mail_was_refused = true;
	if (outcome.result == RESULT_AGAIN) {
		t->report->is_stale = true;
		return;
	}
	take_all(t, STAGE_MAIL, event, &outcome);
}

static void take_rcpt(struct transaction *t, size_t i, enum event event)
{
	struct outcome outcome = judge(t, STAGE_RCPT, event);

	note_effects(t, event, &outcome);
	if (t->has_ended) {
		take_all(t, STAGE_RCPT, event, &outcome);
		return;
	}
	switch (outcome.result) {
	case RESULT_GO_ON:
		t->accepted[i] = true;
		t->facts.accepted++;
		return;
	case RESULT_AGAIN:
		t->facts.has_again = true;
		return;
	case RESULT_IGNORED:
		return;
	case RESULT_DEFERRED:
	case RESULT_FAILED:
	case RESULT_UNCERTAIN:
		break;
	}
	take_recipient(t, i, STAGE_RCPT, event, &outcome);
}

/* For the recipients that were accepted; the others keep what they have. */
static void take_accepted(struct transaction *t, enum stage stage,
	enum event event, const struct outcome *outcome)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->accepted[i])
			take_recipient(t, i, stage, event, outcome);
}

static void take_data(struct transaction *t, enum event event)
{
	struct outcome outcome = judge(t, STAGE_DATA, event);

	note_effects(t, event, &outcome);
	if (t->has_ended) {
		take_all(t, STAGE_DATA, event, &outcome);
		return;
	}
	if (outcome.result == RESULT_GO_ON)
		t->may_send = true;
	else if (outcome.result != RESULT_IGNORED)
		take_accepted(t, STAGE_DATA, event, &outcome);
}

/* RFC 5321 section 4.1.1.5: only after a transaction that had no dot. */
static void take_rset(struct transaction *t, enum event event)
{
	struct outcome outcome = judge(t, STAGE_RSET, event);

	note_effects(t, event, &outcome);
	/* The mail was not tried: nothing was said about it. */
	if (t->has_ended)
		t->report->is_stale = true;
	t->session->in_reset = false;
}

static void take_dot(struct transaction *t, enum event event)
{
	struct outcome outcome = judge(t, STAGE_DOT, event);

	note_effects(t, event, &outcome);
	take_accepted(t, STAGE_DOT, event, &outcome);
}

void verdict_cut(struct transaction *t, enum event event)
{
	struct outcome outcome = judge(t, STAGE_DATA, event);

	note_effects(t, event, &outcome);
	take_accepted(t, STAGE_DATA, event, &outcome);
}

void verdict_refuse(struct transaction *t, size_t recipient,
	enum recipient_state state, const char *why)
{
	struct delivery *d = t->delivery;

	d->states[recipient] = (char)state;
	explain(t, STAGE_MAIL, state == RECIPIENT_FAILED,
		d->mail->recipients[recipient], why);
}

void verdict_take(struct transaction *t, enum stage stage, size_t recipient,
	enum event event)
{
	switch (stage) {
	case STAGE_RSET:
		take_rset(t, event);
		break;
	case STAGE_MAIL:
		take_mail(t, event);
		break;
	case STAGE_RCPT:
		take_rcpt(t, recipient, event);
		break;
	case STAGE_DATA:
		take_data(t, event);
		break;
	default:
		take_dot(t, event);
		break;
	}
	t->facts.is_reused_session = false;
}
