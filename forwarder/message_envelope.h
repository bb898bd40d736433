/*
 * message_envelope - the envelope that a message's header stands for:
 * recipients and sender, from the fields that name them.
 *
 * What is held is proportional to the recipients. One thread at a time.
 * Source: RFC 5322 sections 3.6.2, 3.6.3 and 3.6.6; sendmail(8).
 */
#ifndef MESSAGE_ENVELOPE_H
#define MESSAGE_ENVELOPE_H

#include "attributes.h"
#include "bsmtp_command.h"
#include "compose.h"
#include "mail.h"
#include "mailboxes.h"

#include <stdbool.h>
#include <stdint.h>

/* Fields that may name the sender; the first one that does, does. */
enum message_sender {
	MESSAGE_RETURN_PATH,
	MESSAGE_SENDER,
	MESSAGE_FROM,
	MESSAGE_RESENT_SENDER,
	MESSAGE_RESENT_FROM,
	MESSAGE_SENDERS,
};

struct message_envelope {
	/* The field that is being read, where it has mailboxes. */
	enum header_field field;
	uint64_t line;
	struct mailboxes mailboxes;

	uint32_t block; /* header_bit() of Resent fields of the topmost block */
	bool is_block_over;
	bool has_replaced;   /* '?' stands in the field where it was not */
	bool has_question;   /* a mailbox of the field has one */
	struct mail *plain;  /* of To, Cc, Bcc */
	struct mail *resent; /* of Resent-To, Resent-Cc, Resent-Bcc */
	bool has_sender[MESSAGE_SENDERS];
	char senders[MESSAGE_SENDERS][ADDRESS_PATH_MAX + 1];

	bool is_doubtful;
	bool has_bad_recipient;
	bool has_fault;      /* a recipient that nobody was told of */
	uint64_t fault_line; /* and where it stands */
	char fault[BSMTP_REPLY_MAX];
	int err; /* -ENOMEM; -ENOSPC over MAIL_RECIPIENTS_MAX */
};

/* host is that of mailboxes without one. Returns 0 or -ENOMEM. */
MUST_USE int message_envelope_init(
	struct message_envelope *e, const char *host);
void message_envelope_fini(struct message_envelope *e);

/* Sees a part of the header; it is of line number line. */
void message_envelope_look(struct message_envelope *e,
	const struct compose_part *part, uint64_t line);

/*
 * A character of the line that was seen last became '?'. Mailboxes of its
 * field that have one may be those of somebody else.
 */
void message_envelope_doubt(struct message_envelope *e);

/* Whether there was such a mailbox in a field that is over. */
bool message_envelope_is_doubtful(const struct message_envelope *e);

/*
 * The header is over. Returns NULL, or the reply that says that nobody is
 * left to send to.
 */
const char *message_envelope_end(struct message_envelope *e);

/*
 * Gives the mail with its envelope, which stays e's. login is the sender where
 * the header names none. Returns NULL when memory is out.
 */
struct mail *message_envelope_mail(
	struct message_envelope *e, const char *login);

/* The caller owns that mail now. */
void message_envelope_release(struct message_envelope *e);

#endif
