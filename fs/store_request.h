/*
 * store_request - what waits for the committer of the embedded store.
 *
 * Any thread may make a request and push it; from then on it belongs to the
 * committer.
 */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include "store_local.h"

enum request_kind {
	REQUEST_SYNC,
	REQUEST_SUBMIT,
	REQUEST_RENAME,
	REQUEST_UNLABEL,
	REQUEST_MOVE,
	REQUEST_CLAIM,
	REQUEST_CHECKPOINT,
	REQUEST_FINISH,
	REQUEST_UNCLAIM,  /* takes back a claim ahead: store_claims.h */
	REQUEST_NUDGE,    /* nothing but a reason to look */
	REQUEST_CATCH_UP, /* the catalogue is wanted as it should be */
};

/* What a flush writes; behind a request of REQUEST_SYNC or REQUEST_SUBMIT. */
struct flush_plan {
	bool is_taken;    /* from the draft: it has to be given back */
	bool is_newer;    /* there is something to write */
	bool is_synced;   /* a large one: a chore has done it */
	bool has_record;  /* octets for a segment */
	bool is_whole;    /* the record replaces all earlier ones */
	bool sync_failed; /* of a large one: final */
	bool is_sealed;   /* a large one: checksums are at its end */
	struct flush flush;
	struct catalogue_row row;
	struct extent extent; /* of the record, once it is written */
	unsigned int claim;   /* enum claim_step */
};

/* What a rename makes of its data set; behind a request of REQUEST_RENAME. */
struct rename_plan {
	struct dataset named; /* number, label and what belongs to it, writer */
	bool has_writer;      /* it changes, maybe */
	bool moves;           /* from and to of the request */
	bool is_arriving;     /* counted already with the writer at place at */
	size_t at;
	char reason[REASON_MAX + 1];
};

struct request {
	struct committer_request base;
	struct chore chore; /* of a large one */
	struct local *local;
	enum request_kind kind;
	int err;
	uint64_t number;
	uint64_t token;
	enum dataset_state from;
	enum dataset_state to;
	int64_t next_try_ns;
	store_done *done;
	void *arg;
	const char *text; /* reason */
	const struct store_mark *marks;
	size_t mark_count;
	size_t units; /* granted by a finish */

	/* REQUEST_CLAIM: the caller waits, and these are his; or, of a
	 * standing claim, they are in own */
	const char *writer;
	size_t max;
	struct store_claim *claims;
	size_t *found;
	struct entry **taken;
	size_t count;
	void *own;
	struct standing *standing; /* who gets what was claimed; or NULL */

	/* while it is served */
	struct entry *entry;
	struct draft *draft; /* a reference */
	struct flush_plan *plan;
	struct rename_plan *rename;
	struct request *submit; /* itself, or the submit that rides along */
	struct request *riders; /* answered with it */
	struct request *parked; /* flushes that wait until a chore is done */
	uint32_t read_upto;     /* what the marks make of the row */
	bool is_first_claimed;
	bool adds_marks;
};

/* text and marks may be NULL; both are copied. NULL: no memory. */
struct request *request_new(struct local *l, enum request_kind kind,
	uint64_t number, const char *text, const struct store_mark *marks,
	size_t mark_count);
void request_free(struct request *r);

/* Hands it to the committer, which answers and frees it. */
void request_push(struct request *r, store_done *done, void *arg);

/* The done of a request that nobody waits for. */
void request_ignore(void *arg, int err);

/* Has a chore sync the large data set of a flush, then pushes again. */
void request_sync_large(struct request *r);

#endif
