#include "outcome.h"

#include <assert.h>

const char *stage_name(enum stage stage)
{
	static const char *const names[STAGES] = {
		[STAGE_CONNECT] = "connect",
		[STAGE_GREETING] = "greeting",
		[STAGE_EHLO] = "EHLO",
		[STAGE_HELO] = "HELO",
		[STAGE_MAIL] = "MAIL",
		[STAGE_RCPT] = "RCPT",
		[STAGE_DATA] = "DATA",
		[STAGE_DOT] = "end of data",
		[STAGE_RSET] = "RSET",
	};

	assert(stage < STAGES);
	return names[stage];
}

/* Sets of stages. */
enum {
	CONNECT = 1 << STAGE_CONNECT,
	GREETING = 1 << STAGE_GREETING,
	EHLO = 1 << STAGE_EHLO,
	HELO = 1 << STAGE_HELO,
	MAIL = 1 << STAGE_MAIL,
	RCPT = 1 << STAGE_RCPT,
	DATA = 1 << STAGE_DATA,
	DOT = 1 << STAGE_DOT,
	RSET = 1 << STAGE_RSET,
	HELLO = EHLO | HELO,
	JUDGED = MAIL | RCPT | DATA | DOT, /* replies here are about a mail */
	ANY = CONNECT | GREETING | HELLO | JUDGED | RSET,
};

/* Sets of events. */
enum {
	REPLY = 1 << EVENT_REPLY,
	LOST = 1 << EVENT_LOST,
	TIMEOUT = 1 << EVENT_TIMEOUT,
	GARBAGE = 1 << EVENT_GARBAGE,
	GONE = LOST | TIMEOUT,
	SILENT = GONE | GARBAGE,
};

/* What must be so for a row to count; bits. */
enum {
	ACCEPTED = 1, /* at least one recipient */
	NONE = 2,     /* no recipient accepted */
	REFUSED = 4,  /* MAIL was */
	REUSED = 8,   /* the first command of a kept session */
	HAD_AGAIN = 16,
};

/* The letters the table is written in. */
enum {
	D = RESULT_DEFERRED,
	F = RESULT_FAILED,
	C = RESULT_AGAIN,
	X = EFFECT_OFFER,
	B = EFFECT_BACKOFF,
	T = EFFECT_SUSPEND,
	S = EFFECT_SLOW,
	Q = EFFECT_QUIT,
	K = EFFECT_CLOSE,
	P = 1 << 16, /* S while other sessions to the target live, else B */
};

struct row {
	int stages;
	int events;
	int from, to;       /* reply codes */
	const char *status; /* enhanced: "5.3.4", "x.7.8", "4.3.x"; "-" when
			     * there is none that says more than the code;
			     * NULL: any or none */
	unsigned int when;
	int result;
	unsigned int effects;
};

/*
 * The first row that fits counts; a reply that has no row is garbage. Rows
 * that need a memory longer than one transaction (learned limits, many
 * senders refused in a row) are not here: they belong to the target.
 */
static const struct row rows[] = {
	/* What a session that was kept too long does to its next user says
	 * nothing about the target: once more, on a fresh one. */
	{ MAIL | RSET, LOST, 0, 0, NULL, REUSED, C, K },
	{ MAIL | RSET, REPLY, 421, 421, NULL, REUSED, C, K },

	/* The server closes; as an answer to the dot: it did not deliver. */
	{ RSET, REPLY, 421, 421, NULL, 0, RESULT_IGNORED, K | P },
	{ ANY, REPLY, 421, 421, NULL, 0, D, K | X | P },

	{ DOT, SILENT, 0, 0, NULL, 0, RESULT_UNCERTAIN, K },
	{ CONNECT, SILENT, 0, 0, NULL, 0, D, X | B },
	{ GREETING | HELLO | MAIL, GONE, 0, 0, NULL, 0, D, K | X | B },
	{ RCPT | DATA, GONE, 0, 0, NULL, 0, D, K | X },
	{ RSET, GONE, 0, 0, NULL, 0, RESULT_IGNORED, K },
	{ RSET, GARBAGE, 0, 0, NULL, 0, RESULT_IGNORED, K | B },
	{ ANY, GARBAGE, 0, 0, NULL, 0, D, K | B },

	{ GREETING | HELLO, REPLY, 200, 299, NULL, 0, RESULT_GO_ON, 0 },
	{ GREETING, REPLY, 400, 499, NULL, 0, D, Q | X | P },
	{ GREETING, REPLY, 500, 599, NULL, 0, D, Q | X | B },
	{ EHLO, REPLY, 500, 502, NULL, 0, RESULT_GO_ON, EFFECT_HELO },
	{ EHLO, REPLY, 504, 504, NULL, 0, RESULT_GO_ON, EFFECT_HELO },
	{ EHLO, REPLY, 550, 550, NULL, 0, RESULT_GO_ON, EFFECT_HELO },
	{ HELLO, REPLY, 400, 599, NULL, 0, D, Q | X | B },

	{ RSET, REPLY, 200, 299, NULL, 0, RESULT_GO_ON, 0 },
	{ RSET, REPLY, 300, 599, NULL, 0, RESULT_IGNORED, Q },

	/* What was pipelined behind a refusal; a 354 is not ignored. */
	{ RCPT, REPLY, 200, 599, NULL, REFUSED, RESULT_IGNORED, 0 },
	{ DATA, REPLY, 400, 599, NULL, NONE, RESULT_IGNORED, 0 },

	{ MAIL | RCPT | DOT, REPLY, 200, 299, NULL, 0, RESULT_GO_ON, 0 },
	{ DATA, REPLY, 300, 399, NULL, 0, RESULT_GO_ON, 0 },

	/* Credentials or encryption are missing. */
	{ MAIL, REPLY, 530, 530, NULL, 0, D, Q | T | X },
	{ RCPT, REPLY, 530, 530, NULL, 0, D, Q | T },
	{ RCPT, REPLY, 535, 535, NULL, 0, D, Q | T },
	{ JUDGED, REPLY, 400, 599, "x.7.8", 0, D, Q | T },
	{ JUDGED, REPLY, 400, 599, "x.7.9", 0, D, Q | T },
	{ JUDGED, REPLY, 400, 599, "x.7.11", 0, D, Q | T },

	/* The domain takes no mail: RFC 7505. */
	{ JUDGED, REPLY, 400, 599, "x.1.10", 0, F, 0 },

	/* Too many recipients for one transaction. */
	{ RCPT, REPLY, 400, 599, "x.5.3", ACCEPTED, C, 0 },
	{ RCPT, REPLY, 400, 599, "x.5.3", 0, D, 0 },
	{ RCPT, REPLY, 452, 452, "-", ACCEPTED, C, 0 },
	{ RCPT, REPLY, 552, 552, "-", ACCEPTED, C, 0 },
	{ RCPT, REPLY, 552, 552, "-", 0, D, 0 },
	{ DATA, REPLY, 503, 503, NULL, HAD_AGAIN, D, 0 },
	{ DATA, REPLY, 554, 554, NULL, HAD_AGAIN, D, 0 },

	/* Size: a target with a larger limit may take it. */
	{ JUDGED, REPLY, 500, 599, "5.3.4", 0, F, X },
	{ JUDGED, REPLY, 400, 499, "4.3.4", 0, D, X },
	{ MAIL | DOT, REPLY, 552, 552, "5.2.3", 0, F, X },
	{ MAIL, REPLY, 552, 552, "-", 0, F, X },

	/* The system has no room, or takes nothing now. */
	{ JUDGED, REPLY, 400, 499, "4.3.1", 0, D, S | X },
	{ JUDGED, REPLY, 400, 499, "4.3.2", 0, D, B | X },
	{ MAIL, REPLY, 451, 451, "4.3.x", 0, D, S | X },
	{ MAIL, REPLY, 452, 452, NULL, 0, D, S | X },
	{ DOT, REPLY, 452, 452, "-", 0, D, S },

	/* The server is at another place of the dialogue than we are. */
	{ MAIL, REPLY, 500, 500, NULL, REUSED, C, Q },
	{ MAIL, REPLY, 503, 503, NULL, REUSED, C, Q },
	{ MAIL, REPLY, 500, 500, NULL, 0, D, Q },
	{ MAIL, REPLY, 503, 503, NULL, 0, D, Q },

	{ JUDGED, REPLY, 400, 499, NULL, 0, D, 0 },
	{ JUDGED, REPLY, 500, 599, NULL, 0, F, 0 },
};

enum { ROWS = sizeof rows / sizeof *rows };

/* Reads one part of a pattern, past its dot; -1 stands for "x". */
static int pattern_part(const char **pattern)
{
	const char *at = *pattern;
	int value = 0;

	if (*at == 'x') {
		value = -1;
		at++;
	}
	while (*at >= '0' && *at <= '9')
		value = value * 10 + (*at++ - '0');
	if (*at == '.')
		at++;
	*pattern = at;
	return value;
}

static bool status_fits(const char *pattern, const int status[3])
{
	int i;

	if (pattern == NULL)
		return true;
	if (*pattern == '-') /* x.0.0 says no more than the code does */
		return status[0] == 0 || (status[1] == 0 && status[2] == 0);
	if (status[0] == 0)
		return false;
	for (i = 0; i < 3; i++) {
		int wanted = pattern_part(&pattern);

		if (wanted >= 0 && wanted != status[i])
			return false;
	}
	return true;
}

static unsigned int conditions(const struct transaction_facts *facts)
{
	return (facts->accepted > 0 ? ACCEPTED : NONE)
		| (facts->mail_was_refused ? REFUSED : 0)
		| (facts->is_reused_session ? REUSED : 0)
		| (facts->has_again ? HAD_AGAIN : 0);
}

static const struct row *find_row(enum stage stage, enum event event,
	const struct reply *reply, unsigned int facts)
{
	const struct row *row;

	for (row = rows; row < rows + ROWS; row++) {
		if (!(row->stages & 1 << stage) || !(row->events & 1 << event))
			continue;
		if ((row->when & facts) != row->when)
			continue;
		if (event != EVENT_REPLY)
			return row;
		if (reply->code >= row->from && reply->code <= row->to
			&& status_fits(row->status, reply->status))
			return row;
	}
	return NULL;
}

struct outcome outcome_decide(enum stage stage, enum event event,
	const struct reply *reply, const struct transaction_facts *facts)
{
	const struct row *row;
	struct outcome out;

	assert(stage < STAGES && event < EVENTS);
	row = find_row(stage, event, reply, conditions(facts));
	if (row == NULL)
		row = find_row(stage, EVENT_GARBAGE, NULL, conditions(facts));
	assert(row != NULL);

	out.result = (enum result)row->result;
	out.effects = row->effects & ~(unsigned int)P;
	if (row->effects & P)
		out.effects |= facts->is_only_session ? B : S;
	/* A refused MAIL or DATA may leave a transaction half open. */
	if ((stage == STAGE_MAIL || stage == STAGE_DATA)
		&& out.result != RESULT_GO_ON && !(out.effects & (Q | K)))
		out.effects |= EFFECT_RSET;
	return out;
}
