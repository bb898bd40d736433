/*
 * outcome - from a stage and a reply to what we do: the one place where
 * policy on failure lives.
 *
 * Pure. Safe from any thread.
 * Source: RFC 5321 sections 3.8, 4.2 and 4.5.3.1; RFC 3463; RFC 7504.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "reply.h"

#include <stdbool.h>
#include <stddef.h>

enum stage {
	STAGE_CONNECT,
	STAGE_GREETING,
	STAGE_EHLO,
	STAGE_HELO,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA, /* until the end of data has been sent */
	STAGE_DOT,  /* the end of data, and what follows it */
	STAGE_RSET,
	STAGES,
};

const char *stage_name(enum stage stage); /* "connect", "MAIL", ... */

/* What happened instead of, or as, a reply. */
enum event {
	EVENT_REPLY,
	EVENT_LOST, /* EOF, reset, refused, unreachable */
	EVENT_TIMEOUT,
	EVENT_GARBAGE, /* not a reply, or one that nothing asked for */
	EVENTS,
};

/*
 * For the recipient a RCPT was for; at every other stage, and with
 * EFFECT_QUIT or EFFECT_CLOSE, for all recipients not yet decided.
 */
enum result {
	RESULT_GO_ON,     /* accepted; 354 to DATA; delivered at the dot */
	RESULT_DEFERRED,  /* D: try again later */
	RESULT_FAILED,    /* F: for good */
	RESULT_AGAIN,     /* C: again in the next transaction, not counted */
	RESULT_UNCERTAIN, /* it may have been accepted: retry, same octets */
	RESULT_IGNORED,   /* says nothing about the mail */
};

/* What the session and the target suffer; bits. */
enum {
	/* X: offer it to another target first, not counted; the result holds
	 * when there is none */
	EFFECT_OFFER = 1,
	EFFECT_BACKOFF = 2, /* B: the target rests */
	EFFECT_SUSPEND = 4, /* T: the target needs an operator */
	EFFECT_SLOW = 8,    /* S: fewer sessions */
	EFFECT_QUIT = 16,   /* Q: end the session with QUIT */
	EFFECT_CLOSE = 32,  /* K: close without QUIT */
	EFFECT_RSET = 64,   /* the transaction must be reset */
	EFFECT_HELO = 128,  /* go on, with HELO instead of EHLO */
};

struct outcome {
	enum result result;
	unsigned int effects;
};

/* How far the transaction came: refines rows of the table. */
struct transaction_facts {
	size_t accepted; /* RCPTs accepted so far */
	bool mail_was_refused;
	bool is_reused_session; /* and this is its first command */
	bool is_only_session;   /* no other session to the target lives */
	bool has_again;         /* a RCPT of it had RESULT_AGAIN */
};

/*
 * reply is looked at for EVENT_REPLY only. RESULT_AGAIN with EFFECT_QUIT or
 * EFFECT_CLOSE asks for a fresh session, and never comes on a fresh one. A
 * 354 to DATA is RESULT_GO_ON also when nothing was accepted: then only the
 * final dot is sent.
 */
struct outcome outcome_decide(enum stage stage, enum event event,
	const struct reply *reply, const struct transaction_facts *facts);

#endif
