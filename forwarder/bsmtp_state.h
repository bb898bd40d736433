/*
 * bsmtp_state - what bsmtp.c and bsmtp_session.c share: where the reading of
 * a data set stands.
 */
#ifndef BSMTP_STATE_H
#define BSMTP_STATE_H

#include "bsmtp.h"
#include "bsmtp_content.h"

enum { REFUSAL_MAX = BSMTP_REPLY_MAX + 32 };

enum state {
	IDLE,     /* between mails */
	ENVELOPE, /* after MAIL */
	TEXT,     /* after DATA */
	ENDED,    /* after QUIT */
};

/* What the next call has to say instead of reading. */
enum closing {
	READS_ON,
	SAYS_EXCEEDED,
	SAYS_MAXIMUM,
	SAYS_QUIT,
};

struct bsmtp {
	uint32_t error_limit; /* 0: none */
	uint32_t errors;
	char at_sign[CONFIG_AT_SIGN_MAX + 1];
	bool trims_nulls;
	bool joins_text;
	struct bsmtp_text_rules rules;

	enum state state;
	enum closing closing;
	bool has_helo;
	bool has_ehlo;
	bool wants_tls; /* until the next HELO */
	bool is_broken; /* the mail under construction has an error */
	bool has_rcpt;  /* its envelope has a RCPT, good or bad */
	bool has_text;  /* a text was read to its final dot */
	bool has_quit;
	char refusal[REFUSAL_MAX]; /* the first error of a broken mail */

	uint64_t record; /* number of the current line, and where it is */
	uint64_t line_start;
	uint64_t next; /* where the line after the last whole one begins */
	uint64_t next_record;

	char command[BSMTP_COMMAND_MAX]; /* the current line, its first part */
	uint64_t command_len;            /* of all that was read of it */
	uint64_t command_used;           /* without the blanks at its end */
	uint64_t command_said;           /* without nulls there, too */
	bool in_line;                    /* its end has not been read */
	bool is_joined;         /* the next record belongs to it, too */
	bool is_loose;          /* it was ended by the end of the data set */
	bool has_unconvertible; /* a character of it became '?' */
	struct bsmtp_content content;
	const struct heading_rules *heading; /* or NULL */
	char helo[ADDRESS_PATH_MAX + 1];
	uint64_t text_start; /* its offset, and the number of its record */
	uint64_t text_record;

	uint32_t texts;
	struct mail *draft; /* the mail under construction */
	struct mail *ready; /* the one to be taken */
};

/* ---- bsmtp_session.c --------------------------------------------- */

/* Tells an error that is not counted and costs no mail. */
void bsmtp_tell(struct bsmtp *p, struct bsmtp_event *event, const char *reply);

/* Tells one that is counted, and costs the mail it is in. */
void bsmtp_fail(struct bsmtp *p, struct bsmtp_event *event, const char *reply);

/* Tells one that costs its mail, but is none of syntax. */
void bsmtp_fail_mail(
	struct bsmtp *p, struct bsmtp_event *event, const char *reply);

/* Memory is out: the mail is not refused, it will be read again. */
void bsmtp_fail_memory(struct bsmtp *p, struct bsmtp_event *event);

/* Reads the command line that is whole now. */
void bsmtp_end_command(struct bsmtp *p, struct bsmtp_event *event);

void bsmtp_drop_envelope(struct bsmtp *p);

/* Acts as QUIT; word says what stands in its place. */
void bsmtp_end_session(
	struct bsmtp *p, const char *word, struct bsmtp_event *event);

#endif
