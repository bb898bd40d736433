/*
 * capture_session - one session of the capturing SMTP server.
 *
 * Recipients whose local part starts with "reject" get 550, with "defer"
 * 451. The options are set before threads start.
 * Source: RFC 5321; RFC 2920 for the order of replies.
 */
#ifndef CAPTURE_SESSION_H
#define CAPTURE_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum session_stage {
	AT_CONNECT,
	AT_HELO,
	AT_MAIL,
	AT_RCPT,
	AT_DATA,
	AT_DOT,
	AT_QUIT,
	SESSION_STAGES,
};

extern const char *const session_stage_names[SESSION_STAGES];

enum session_fault_kind {
	FAULT_NONE,
	FAULT_CODE,    /* this reply */
	FAULT_CLOSE,   /* close without one */
	FAULT_LOSE,    /* keep the mail, then close without one */
	FAULT_GARBAGE, /* a line that is no reply */
	FAULT_HANG,    /* say nothing for an hour */
	FAULT_WAIT,    /* go on after a while */
};

struct session_fault {
	enum session_fault_kind kind;
	long number;     /* reply code or milliseconds */
	atomic_int left; /* how often it still happens */
};

struct session_options {
	const char *keyword; /* one more for EHLO, or NULL */
	bool is_helo_only;
	bool has_pipelining;
	uint64_t size; /* octets, 0 is no limit */
	struct session_fault faults[SESSION_STAGES];
};

extern struct session_options session_options;

/* Serves one connection and closes it. */
void session_serve(int fd);

#endif
