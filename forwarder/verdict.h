/*
 * verdict - what each reply of a transaction does to its recipients.
 *
 * Policy is outcome.h's; here its results reach the recipients they are
 * for, the mail's reasons, the log, and the report for the target. No I/O
 * but the log. One thread at a time.
 * Source: RFC 5321 sections 3.3 and 4.2; RFC 2920 section 3.1.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "attributes.h"
#include "content.h"
#include "dataset.h"
#include "delivery.h"
#include "session.h"
#include "spool.h"

#include <stdbool.h>
#include <stddef.h>

enum { TRANSACTION_RECIPIENTS_MAX = 100 };

struct transaction;

/* Where the mail comes from whose envelope goes behind a final dot. */
struct transaction_ahead {
	/* The final dot is about to go: the next mail's transaction, begun
	 * and not run; or NULL. */
	struct transaction *(*take)(void *arg);
	/* The reply to the dot is long in coming: true when the next mail was
	 * given to another session, so that nothing more is said here. */
	bool (*yield)(void *arg);
	void *arg;
};

/* Who gives what to whom. */
struct transaction_context {
	struct session *session;
	struct content *content;
	struct spool *spool;
	uint64_t dataset;   /* number of the data set */
	const char *job_id; /* for the log */
	const char *target; /* "192.0.2.1:25", for people */
	struct transaction_ahead ahead;
};

struct transaction_report {
	unsigned int effects; /* EFFECT_*: for the session and the target */
	size_t delivered;     /* recipients the target took */
	bool is_lost;         /* the session broke off in mid mail */
	bool is_stale;        /* the kept session was gone: nothing was tried */
	bool is_untried;      /* nor could a fresh session be set up */
	bool was_stopped;     /* the program ends */
	bool is_out_of_step;  /* replies were not those of a group behind a
			       * dot */
	int read_error;       /* the spool could not give the content */
	char said[REASON_MAX + 1]; /* what led to the effects; escaped */
};

enum transaction_step {
	TRANSACTION_BEGUN,    /* nothing is said yet */
	TRANSACTION_ASKED,    /* MAIL to DATA went behind another's dot */
	TRANSACTION_ANSWERED, /* MAIL to DATA: all replies are read */
	TRANSACTION_SENT,     /* the final dot, too: one reply is due */
	TRANSACTION_OVER,
};

/* One transaction as it proceeds. */
struct transaction {
	enum transaction_step step;
	struct transaction *next; /* asked behind this one's dot, or NULL */
	size_t recipients_behind; /* of the group behind the dot; 0: none */
	const struct transaction_context *context;
	struct session *session;
	struct delivery *delivery;
	struct transaction_report *report;
	struct transaction_facts facts;
	size_t recipients[TRANSACTION_RECIPIENTS_MAX]; /* indices */
	bool accepted[TRANSACTION_RECIPIENTS_MAX];
	size_t count;
	bool has_ended; /* nothing more is to be said in it */
	bool may_send;  /* DATA was answered with 354 */
};

/*
 * Takes the reply in the session's parser, or what came instead, as the
 * answer to a command; recipient counts for STAGE_RCPT.
 */
void verdict_take(struct transaction *t, enum stage stage, size_t recipient,
	enum event event);

/* The content broke off, so that its dot was never sent. */
void verdict_cut(struct transaction *t, enum event event);

/* Decides one recipient, by its place in the mail, without asking the peer. */
void verdict_refuse(struct transaction *t, size_t recipient,
	enum recipient_state state, const char *why);

#endif
