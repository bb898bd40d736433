/*
 * session - one SMTP session with a target server: set up, asked, ended.
 *
 * Blocking, every wait with an absolute deadline. One thread at a time.
 * Source: RFC 5321 sections 3.1, 4.1.1.1, 4.1.4 and 4.5.3.2; RFC 1869.
 */
#ifndef SESSION_H
#define SESSION_H

#include "attributes.h"
#include "config.h"
#include "connection.h"
#include "outcome.h"
#include "reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a command group: MAIL, 100 RCPTs of the longest path, DATA. */
enum { SESSION_OUTPUT_MAX = 65536 };

/* Each, an eventfd that sessions share, ends waits when it is readable. */
struct session_stops {
	int opening; /* those for a session to be set up */
	int any;     /* all of them, for good */
};

struct session {
	struct session_stops stops;
	const struct timeout_config *timeout;
	const char *helo_name;
	bool is_open;
	bool is_esmtp;
	bool is_used;           /* a transaction ended on it */
	bool in_reset;          /* RSET goes before the next MAIL */
	bool converts;          /* text to a character set of the target's */
	bool is_only;           /* no other session to the target lives */
	bool knows_dot;         /* it took a mail with nothing behind the dot */
	bool dot_names_address; /* and spoke of an address then */
	uint32_t mails; /* transactions that ended with a reply to the dot */
	int64_t opened_ns;
	int io_error; /* of the last call that lost the peer */
	struct reply_extensions offers;
	struct reply_parser parser; /* parser.reply is the last reply */
	struct connection connection;
	char output[SESSION_OUTPUT_MAX];
};

/* What ended a session, or a transaction early: for people. */
struct session_trouble {
	enum stage stage;
	enum event event;
	struct outcome outcome;
};

void session_init(struct session *s, const char *helo_name,
	const struct timeout_config *timeout, struct session_stops stops);

/*
 * Connects, waits for the greeting, says EHLO or else HELO.
 *
 * Returns true when mail can be sent; else the session is closed and trouble
 * says why.
 */
MUST_USE bool session_open(struct session *s,
	const struct target_config *target, struct session_trouble *trouble);

/*
 * Reads one reply to s->parser.reply. Anything but EVENT_REPLY leaves the
 * session unusable: close it.
 */
MUST_USE enum event session_read(struct session *s, int64_t deadline_ns);

/*
 * Waits until there is more to read than now. EVENT_REPLY says that there
 * is; EVENT_TIMEOUT leaves the session as it was.
 */
MUST_USE enum event session_wait(struct session *s, int64_t deadline_ns);

/* What has come and is not read yet. */
const char *session_unread(const struct session *s, size_t *len);

/*
 * Writes octets; EVENT_REPLY says that all were written. How many were:
 * s->connection.written.
 */
MUST_USE enum event session_write(
	struct session *s, const char *octets, size_t len, int64_t deadline_ns);

/* The deadline of a stage that may take timeout_s seconds from now. */
int64_t session_deadline(uint32_t timeout_s);

/* Whether a kept session has nothing to say: else it cannot be used. */
bool session_is_quiet(struct session *s);

/* Whether one of the caller's stops ended a wait. */
bool session_was_stopped(const struct session *s);

/* QUIT, up to 5 s for the reply, close. */
void session_quit(struct session *s);

void session_close(struct session *s);

/*
 * Writes what the peer, or the lack of one, said last, escaped: "550 5.1.1
 * No such user", "Connection refused", "no reply in time", "not a reply".
 */
void session_explain(
	const struct session *s, enum event event, char *out, size_t cap);

#endif
