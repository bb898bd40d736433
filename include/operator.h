/*
 * operator - what a forwarder shows and does for the operator.
 *
 * The file system renders these values; a forwarder fills them. Neither
 * knows the other: mount/ hands a struct operator_ops across.
 * Source: IBM, z/OS Communications Server: IP System Administrator's
 * Commands, "MODIFY command: CSSMTP"; V1R11 presentation (TARGETS display).
 */
#ifndef OPERATOR_H
#define OPERATOR_H

#include "config.h"
#include "dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum target_state {
	TARGET_UNKNOWN,   /* no session yet */
	TARGET_ACTIVE,    /* the last session worked */
	TARGET_SLOW,      /* works, with fewer sessions than it may have */
	TARGET_BACKOFF,   /* failed; not tried before until_ns */
	TARGET_PROBE,     /* one session looks whether it works again */
	TARGET_SUSPENDED, /* needs an operator; not tried before until_ns */
	TARGET_DRAINING,  /* finishes what it has, takes no more */
	TARGET_STATES,
};

const char *target_state_name(enum target_state state);

struct target_status {
	char address[INET6_ADDRSTRLEN];
	uint16_t port;
	enum target_state state;
	bool is_esmtp; /* answered EHLO */
	bool offers_starttls;
	uint64_t message_size;  /* octets, 0 is no limit */
	uint64_t mail_attempts; /* mails put to this target */
	uint64_t mail_sent;     /* accepted for at least one recipient */
	uint64_t connect_fail;  /* sessions that could not be set up */
	uint32_t sessions;      /* open now */
	int64_t until_ns;       /* BACKOFF, SUSPENDED: wall clock */
	char last_error[REASON_MAX + 1]; /* escaped; "" for none */
};

struct forwarder_status {
	char writer[WRITER_NAME_MAX + 1];
	uint64_t mail_sent;     /* accepted for all recipients, since start */
	uint64_t total_retry;   /* mails that went to long retry */
	uint64_t current_retry; /* mails in long retry now */
	uint64_t dead_letter;
	uint64_t undeliver; /* mails with a recipient that failed */
	bool has_usable_target;
	/* Why mail waits while no target is usable; escaped; "" else. */
	char waits_because[REASON_MAX + 1];
	size_t target_count;
	struct target_status targets[CONFIG_TARGETS_MAX];
};

struct operator_ops {
	void *forwarder;
	/* Fills out with one moment's values. Any thread; does not block. */
	void (*status)(void *forwarder, struct forwarder_status *out);
};

#endif
