/*
 * delivery - one claimed mail on its way: what each recipient has come to,
 * and what the pass over the targets means for the mail.
 *
 * A pass offers the mail to the targets, each at most once. Plain data, owned
 * by one thread at a time; no I/O.
 * Source: RFC 5321 sections 4.2.1 and 4.5.4.1; IBM, z/OS Communications
 * Server: IP Configuration Guide, "CSSMTP" (RetryLimit).
 */
#ifndef DELIVERY_H
#define DELIVERY_H

#include "attributes.h"
#include "config.h"
#include "dataset.h"
#include "mail.h"
#include "store_values.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a recipient has come to; the first three are kept by the store. */
enum recipient_state {
	RECIPIENT_UNDECIDED = '.',
	RECIPIENT_DELIVERED = 'D',
	RECIPIENT_FAILED = 'F',
	/* in this pass only: */
	RECIPIENT_DEFERRED = 'd', /* no other target is asked */
	RECIPIENT_OFFERED = 'o',  /* deferred unless another target takes it */
	RECIPIENT_REFUSED = 'r',  /* failed unless another target takes it */
};

enum { DELIVERY_NO_TARGET = -1 };

struct job;

struct delivery {
	struct delivery *next; /* of the list it is in */
	struct job *job;
	struct mail *mail;
	uint32_t tries;         /* counted passes before this one */
	unsigned int tried;     /* targets that had it in this pass: bits */
	int preferred;          /* the only target to ask while usable, or -1 */
	bool is_claimed;        /* durably */
	bool is_counted;        /* this pass costs a try */
	bool is_refused;        /* before any target was asked */
	bool is_uncertain;      /* a target may have accepted it */
	bool is_change_told;    /* what was replaced is in the log */
	bool is_last;           /* its mark ends the data set's claim */
	bool passes;            /* its unit goes on with the finish */
	int64_t waits_since_ns; /* for a session; 0: it did not */
	int64_t told_ns; /* when the store heard of its recipients; 0: never */
	enum store_mark_kind kind;
	int64_t next_try_ns;          /* wall clock */
	char reason[REASON_MAX + 1];  /* of the last deferral; escaped */
	char failure[REASON_MAX + 1]; /* of the first failure; escaped */
	char states[]; /* a recipient_state per recipient, terminated */
};

struct delivery_list {
	struct delivery *head;
	struct delivery *tail;
	size_t count;
};

/* What the operator counts. */
struct delivery_verdict {
	bool entered_retry; /* it is in long retry, for the first time */
};

/*
 * Takes over m, which is freed with the delivery, also on failure. marks are
 * the recipients' states as the store kept them; NULL or of another length:
 * all undecided. Returns NULL when memory is out.
 */
MUST_USE struct delivery *delivery_new(
	struct job *job, struct mail *m, const char *marks);
void delivery_free(struct delivery *d);

void deliveries_append(struct delivery_list *list, struct delivery *d);
void deliveries_prepend(struct delivery_list *list, struct delivery *d);
struct delivery *deliveries_take(struct delivery_list *list);

/* The recipients that a target may be asked to take now. */
size_t delivery_undecided(const struct delivery *d);

/* Before a target gets it: what others refused may be asked again. */
void delivery_begin(struct delivery *d, unsigned int target);

/*
 * Ends the pass: every recipient becomes delivered, failed or undecided, and
 * kind, next_try_ns and, where it counts, tries are set. not_before_ns is
 * the earliest wall time at which a target may be usable again.
 */
struct delivery_verdict delivery_decide(struct delivery *d,
	const struct writer_config *config, int64_t now_ns,
	int64_t not_before_ns);

/*
 * What the targets that were asked refused, another one may take that rests
 * now: deferred instead of failed.
 */
void delivery_spare(struct delivery *d);

/* Fails every recipient not yet decided: no target can take the mail. */
void delivery_refuse(struct delivery *d, const char *why);

/* Ends it without a pass: deferred, nothing counted, due at next_try_ns. */
void delivery_return(struct delivery *d, int64_t next_try_ns);

/* The mark that says what d has come to; it points into d. */
struct store_mark delivery_mark(const struct delivery *d);

/* Sets the reason of a failure, or of a deferral. */
void delivery_explain(struct delivery *d, bool is_failure,
	const char *recipient, const char *said, const char *where);

#endif
