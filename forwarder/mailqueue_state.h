/*
 * mailqueue_state - what one forwarder has in its hands: claimed mails, the
 * sessions that may take them, and how many more may be claimed.
 *
 * Pull model: at most two mails for each open session are claimed and not
 * durably settled. What sessions have room for is granted to the store,
 * which claims data sets by itself as they become ready; a data set's
 * further mails are claimed by the reader that reads it. Sessions are opened
 * when more mail is known than they wait for. One lock; every wait has a
 * deadline; each wake-up is meant for one thread.
 */
#ifndef MAILQUEUE_STATE_H
#define MAILQUEUE_STATE_H

#include "attributes.h"
#include "claimed.h"
#include "config.h"
#include "delivery.h"
#include "input.h"
#include "job.h"
#include "mutex.h"
#include "operator.h"
#include "retry.h"
#include "spool.h"
#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sender_state {
	SENDER_ASLEEP,  /* no session */
	SENDER_OPENING, /* told to set one up */
	SENDER_IDLE,    /* a session, and no mail for it */
	SENDER_BUSY,    /* a session, and a mail */
	SENDER_CLOSING, /* its session does not count any more */
};

/* A sender as the queue sees it. */
struct sender_seat {
	unsigned int target;
	enum sender_state state;
	struct cond wake;
	struct delivery *mail; /* handed over, not yet taken */
	int64_t idle_since_ns;
	int64_t began_ns; /* its mail */
};

struct user_exit;

/* Remembers which target may have taken a mail that will come again. */
struct preference {
	uint64_t number;
	uint32_t mail;
	int target;
};

enum { PREFERENCES = 64 };

struct mailqueue {
	const struct writer_config *config;
	struct input_rules rules;
	struct job_rules job_rules; /* how its data sets are read */
	struct spool *spool;
	struct user_exit *exit; /* asked about each mail; NULL: none is */
	struct mutex lock;
	struct cond readers;
	struct cond ended; /* a sender's thread */
	size_t senders GUARDED_BY(&lock);
	size_t reader_count GUARDED_BY(&lock);
	size_t waiting_readers GUARDED_BY(&lock);
	bool is_reader_called GUARDED_BY(&lock); /* and not yet awake */
	/* there may be something to read, once there is budget for it */
	bool lacks_budget GUARDED_BY(&lock);
	bool is_stopping GUARDED_BY(&lock);
	bool prefers_claim GUARDED_BY(&lock); /* whose turn it is */

	struct target targets[CONFIG_TARGETS_MAX] GUARDED_BY(&lock);
	size_t target_count;
	struct sender_seat *seats;
	size_t seat_count;
	size_t open GUARDED_BY(&lock);    /* sessions */
	size_t opening GUARDED_BY(&lock); /* sessions */
	size_t idle GUARDED_BY(&lock);    /* sessions */

	size_t in_use GUARDED_BY(&lock);   /* of the budget */
	size_t granted GUARDED_BY(&lock);  /* of it: the store may claim */
	size_t claiming GUARDED_BY(&lock); /* of it: not yet to be sent */
	struct claimed_list claimed GUARDED_BY(&lock);
	bool is_recalled GUARDED_BY(&lock);  /* until the next grant */
	int64_t looked_ns GUARDED_BY(&lock); /* when the store was told to */
	struct delivery_list ready GUARDED_BY(&lock);
	/* decided without a session; a reader tells the store */
	struct delivery_list back GUARDED_BY(&lock);

	struct job *runnable GUARDED_BY(&lock); /* more is to be read */
	struct job *runnable_tail GUARDED_BY(&lock);
	size_t runnable_count GUARDED_BY(&lock);
	size_t jobs GUARDED_BY(&lock);       /* alive */
	unsigned int seed GUARDED_BY(&lock); /* of the dice for rests */

	/* The store could not record these: nothing is sent meanwhile. */
	struct delivery_list stalled GUARDED_BY(&lock);
	struct job *stalled_jobs GUARDED_BY(&lock);
	bool is_stalled GUARDED_BY(&lock);
	bool is_paused GUARDED_BY(&lock); /* stalled, for what time may mend */
	int64_t stalled_until_ns GUARDED_BY(&lock);
	int stall_error GUARDED_BY(&lock);

	struct preference preferences[PREFERENCES] GUARDED_BY(&lock);
	size_t next_preference GUARDED_BY(&lock);

	uint64_t mail_sent GUARDED_BY(&lock);
	uint64_t total_retry GUARDED_BY(&lock);
	struct retry retry GUARDED_BY(&lock);
	uint64_t undeliver GUARDED_BY(&lock);
};

#endif
