/*
 * input - from the octets of a data set to its mails, in whatever form a
 * writer's file says they come.
 *
 *   octets -> records -> batch SMTP or a message -> mails
 *
 * Of InputFormat auto it is batch SMTP when the first word of its first line
 * that is not blank is a command, and a message when that line is a header
 * field; any other data set is abandoned there.
 *
 * One behaviour for all who ask: the reader that sends, the checker that says
 * no while a data set is written, what judges data sets nobody closed, and
 * jes check.
 *
 * Streaming and resumable, constant memory. No I/O. One thread at a time; the
 * rules are constant and for any.
 */
#ifndef INPUT_H
#define INPUT_H

#include "attributes.h"
#include "bsmtp_command.h"
#include "config_input.h"
#include "mail.h"
#include "origin.h"
#include "records.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the data sets of a writer are read by. */
struct input_rules {
	const struct input_config *config;
	const struct header_config *header;
	struct codepage *page; /* NULL: octets stay as they are */
};

/*
 * config and header stay the caller's and must outlive the rules.
 *
 * Returns 0; -EINVAL for a page that iconv(3) does not have; -ENOTSUP for one
 * that cannot be read; -ENOMEM.
 */
MUST_USE int input_rules_init(struct input_rules *rules,
	const struct input_config *config, const struct header_config *header);
void input_rules_fini(struct input_rules *rules);

/* How its records lie. */
struct record_format input_format(const struct input_rules *rules);

enum input_kind {
	INPUT_MORE,  /* all octets are consumed: hand in the next, or finish */
	INPUT_MAIL,  /* a whole mail was read: input_take_mail() */
	INPUT_ERROR, /* something is wrong: record and reply say what */
	INPUT_END,   /* what follows is not processed */
};

struct input_event {
	enum input_kind kind;
	uint64_t record;             /* ERROR: line number, from 1 */
	char reply[BSMTP_REPLY_MAX]; /* ERROR: "501 5.5.4 JES ...", escaped */
	/* ERROR: the rest is not read: too many errors, or records that are
	 * damaged. INPUT_END is next. */
	bool is_abandoned;
	int err; /* ERROR: 0; -ENOMEM when our memory is at fault, not the data
		  * set: it is to be read again, later */
};

struct input;

/*
 * origin is where the mails come from, NULL for those who only check; what it
 * points to and the rules stay the caller's. Returns NULL when memory is out.
 */
MUST_USE struct input *input_new(
	const struct input_rules *rules, const struct origin *origin);

/* in may be NULL. Frees a mail nobody took, too. */
void input_free(struct input *in);

/*
 * Reads octets that lie at the offset after all octets read before. Consumes
 * until the first event and gives it out. Returns how many octets were
 * consumed; the rest is to be handed in again. After INPUT_END all are
 * consumed and the event is INPUT_END again.
 */
MUST_USE size_t input_feed(struct input *in, const char *octets, size_t len,
	struct input_event *event);

/*
 * Says that the data set ends here. To be called until the event is
 * INPUT_END.
 */
void input_finish(struct input *in, struct input_event *event);

/*
 * Takes the mail of the last INPUT_MAIL event; the caller owns it and frees
 * it with mail_free(). Its number counts mails produced, from 1. Returns NULL
 * when it was taken already.
 */
MUST_USE struct mail *input_take_mail(struct input *in);

/*
 * Whether what was fed says itself that it is whole, though nobody said so: a
 * message never does.
 * To be asked instead of input_finish(); nothing is fed any more.
 */
MUST_USE bool input_is_complete(struct input *in);

/* Octets of the envelope of the mail that is being read. */
size_t input_held_octets(const struct input *in);

#endif
