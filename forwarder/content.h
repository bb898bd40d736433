/*
 * content - streams the content of a mail from the spool to a session, the
 * final dot with its last block.
 *
 * Constant memory: one block read, one block to write, and what is between
 * them (sending.h). One thread at a time.
 * Source: RFC 5321 sections 4.1.1.4 and 4.5.3.2.5.
 */
#ifndef CONTENT_H
#define CONTENT_H

#include "attributes.h"
#include "mail.h"
#include "sending.h"
#include "session.h"
#include "spool.h"

#include <stdint.h>

enum {
	CONTENT_READ_MAX = 32768,
	CONTENT_WRITE_MAX = 65536,
};

/* One for each sender. */
struct content {
	const struct input_rules *rules; /* by which mails were read */
	struct charset *charset;         /* of the target, NULL for UTF-8 */
	struct sending sending;
	char in[CONTENT_READ_MAX];
	char out[CONTENT_WRITE_MAX];
};

enum content_end {
	CONTENT_SENT,       /* with its final dot: the reply to it comes */
	CONTENT_EARLY,      /* the peer spoke first: no dot was sent */
	CONTENT_CUT,        /* the peer is gone or slow: no dot was sent */
	CONTENT_UNREADABLE, /* the spool cannot give it: no dot was sent */
	CONTENT_UNFIT,      /* for the target's charset: no dot was sent */
};

struct content_result {
	enum content_end end;
	enum event event; /* CUT: what happened */
	int err;          /* UNREADABLE: what spool_read() said */
	bool is_torn;     /* SENT: but not all that follows the dot */
	const char *why;  /* UNFIT: as a reply would say it */
};

/* What goes in the same write behind the final dot. */
struct content_tail {
	/* Asked once, with the dot about to go. Returns how many octets. */
	size_t (*write)(void *arg, char *out, size_t cap);
	void *arg;
};

/* After anything but a whole CONTENT_SENT the session is to be closed. */
MUST_USE struct content_result content_send(struct content *c,
	struct session *s, struct spool *spool, uint64_t number,
	const struct mail *m, const struct content_tail *tail);

/* The lone dot where a 354 came although nobody is left to send to. */
MUST_USE enum event content_send_nothing(struct session *s);

#endif
