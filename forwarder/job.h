/*
 * job - one claimed data set: read by a reader in slices, and what its mails
 * have come to.
 *
 * A reader owns the reading half, one thread at a time. The other half has a
 * lock of its own; any thread. A job is counted: one for its reading, one for
 * each delivery, and it goes with the last.
 */
#ifndef JOB_H
#define JOB_H

#include "attributes.h"
#include "delivery.h"
#include "job_account.h"
#include "mutex.h"
#include "owner.h"
#include "store_values.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input;
struct input_rules;
struct mailqueue;

/* How its data set is read; the queue's. */
struct job_rules {
	const struct input_rules *input;
	const char *host; /* HeloName, as its mails name it */
};

struct job {
	struct job *next;        /* of the list it is in */
	struct mailqueue *queue; /* whose it is */
	uint64_t number;
	uint64_t token;
	uint64_t size;
	char id[JOB_ID_LEN + 1];
	uint32_t uid; /* of who wrote it */
	char job_name[JOB_NAME_MAX + 1];
	char user[OWNER_NAME_MAX + 1]; /* who wrote it; "" has no name */
	uint32_t read_upto;            /* struct store_claim */
	atomic_uint refs;
	atomic_bool is_void; /* nothing more of it is to be sent */
	/* nothing more of it is to be read by this claim */
	atomic_bool is_stopped;

	/* the reader's */
	struct input *input;
	uint64_t offset;        /* of the next octet to parse */
	struct delivery *ahead; /* parsed, and waits for its turn */
	uint32_t mails;         /* parsed */

	struct job_end end; /* for whoever ends the claim */

	struct mutex lock;
	struct job_account account GUARDED_BY(&lock);
};

/*
 * user is the name of who wrote it. Returns NULL when memory is out. The
 * caller holds the first reference.
 */
MUST_USE struct job *job_new(struct mailqueue *queue,
	const struct store_claim *claim, const struct job_rules *rules,
	const char *user);

void job_ref(struct job *j);

/* Returns true when j is gone. */
bool job_unref(struct job *j);

/* One more mail of it is on its way. */
void job_begin_mail(struct job *j);

/*
 * d has been decided, but not recorded. Sets d->is_last when the data set is
 * read and no other mail of it is open: then its mark belongs into the call
 * that ends the claim.
 */
void job_note_mail(struct job *j, struct delivery *d);

/*
 * A mail that was not the last has been recorded. Returns true when the data
 * set is read and no mail of it is open: then the caller ends the claim.
 */
MUST_USE bool job_end_mail(struct job *j);

/* A mail that an earlier claim left deferred, not due yet, or failed. */
void job_note_row(struct job *j, const struct store_mark_row *row);

/*
 * An error in the data set: it will be held, once its good mails are settled.
 * reason is escaped text.
 */
void job_note_error(struct job *j, const char *reason, bool is_abandoned);

/* Its octets cannot be read: nothing more of it is sent, it will be held. */
void job_note_damage(struct job *j, int err);

/*
 * Nothing more of it is read by this claim: it will be held, or wait for
 * next_try_ns, or be claimed again. reason is escaped text.
 */
void job_stop_held(struct job *j, const char *reason);
void job_stop_waiting(struct job *j, int64_t next_try_ns, const char *reason);
void job_stop_cut(struct job *j);

/*
 * Its reading is over; is_cut when not at its end. Returns true when no mail
 * of it is open: then the caller ends the claim.
 */
MUST_USE bool job_end_reading(struct job *j, bool is_cut);

/* Sets j->end: where the data set goes now that all is decided. */
void job_decide(struct job *j, int64_t now_ns);

#endif
