/*
 * target - one target server: whether it may be used, and what it can do.
 *
 *   UNKNOWN -> ACTIVE -> BACKOFF -> PROBE -> ACTIVE
 *   any -> SUSPENDED -> PROBE; any -> DRAINING
 *
 * Values and rules; times are handed in. The owner's lock guards it.
 * Source: RFC 5321 section 4.5.4.1 (unreachable hosts are remembered, not
 * found again for each mail); IBM, z/OS Communications Server: IP
 * Configuration Reference, TimeOut ConnectRetry.
 */
#ifndef TARGET_H
#define TARGET_H

#include "attributes.h"
#include "config.h"
#include "mail.h"
#include "operator.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TARGET_NAME_MAX = INET6_ADDRSTRLEN + 8 };

struct target {
	const struct target_config *config;
	uint32_t connect_retry_s;
	char name[TARGET_NAME_MAX]; /* "192.0.2.1:25", "[2001:db8::1]:25" */
	enum target_state state;
	unsigned int failures;    /* back-offs in a row */
	unsigned int losses;      /* connections lost in a row, in mid mail */
	int64_t until_ns;         /* BACKOFF, SUSPENDED: monotonic */
	int64_t no_more_until_ns; /* no further session before, monotonic */
	bool is_known; /* a session was set up: the facts below hold */
	bool is_esmtp;
	bool offers_starttls;
	bool takes_8bit;
	bool converts;   /* text to a character set of its own */
	bool has_worked; /* a mail was settled there since the last rest */
	uint64_t message_size; /* octets, 0 no limit */
	uint32_t opening;      /* sessions being set up */
	uint32_t open;
	uint64_t mail_attempts;
	uint64_t mail_sent;
	int64_t pace_ns; /* how long a mail takes, smoothed; 0: unknown */
	uint64_t connect_fail;
	char last_error[REASON_MAX + 1];
};

/* Writes how people know it. */
void target_name(
	const struct target_config *config, char out[static TARGET_NAME_MAX]);

void target_init(struct target *t, const struct target_config *config,
	uint32_t connect_retry_s);

/* A mail took so long, from a session's hand to its last reply. */
void target_note_pace(struct target *t, int64_t took_ns);

/* So quick that a busy session is as good as an idle one. */
bool target_is_quick(const struct target *t);

/* Mail may be given to it, at once or after its probe. */
bool target_is_usable(const struct target *t, int64_t now_ns);

/* One more session may be set up now. */
bool target_may_open(const struct target *t, int64_t now_ns);

/* Whether it can take m, as far as is known. */
bool target_fits(const struct target *t, const struct mail *m);

/* Why it cannot, as a reply; "" when it can. */
const char *target_obstacle(const struct target *t, const struct mail *m);

/* A session is being set up: a target that rested is probed by it. */
void target_begin_open(struct target *t);

/* What the peer said at EHLO. */
struct target_facts {
	bool is_esmtp;
	bool offers_starttls;
	bool takes_8bit;
	bool has_size;
	uint64_t size; /* octets */
};

/* Ends target_begin_open(): it is set up. True when the state changed. */
bool target_opened(struct target *t, const struct target_facts *facts);

/*
 * It failed, said as told (escaped): rests for ConnectRetry, doubled with
 * each failure in a row, up to 15 minutes; dice in 0 to 1 spreads that by a
 * fifth. With other sessions alive it gets no further ones for that time.
 * True when the state changed.
 */
bool target_failed(
	struct target *t, const char *said, int64_t now_ns, double dice);

/* It needs an operator: rests for eight times ConnectRetry. */
bool target_suspend(struct target *t, const char *said, int64_t now_ns);

/* It dealt with a mail, whatever it said about it. */
bool target_worked(struct target *t);

/* A connection was lost in mid mail: true when that is too often. */
bool target_lost(struct target *t);

/* The earliest time at which its rest ends; INT64_MAX when it has none. */
int64_t target_wakes_ns(const struct target *t, int64_t now_ns);

#endif
