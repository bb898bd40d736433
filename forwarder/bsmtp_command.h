/*
 * bsmtp_command - one command line of batch SMTP: what it says, or the error
 * reply it earns.
 *
 * Pure. Safe from any thread. The order of commands is not looked at here.
 * Source: IBM, z/OS Communications Server: IP User's Guide and Commands,
 * "SMTP commands" (CSSMTP); RFC 5321 sections 4.1.1 and 4.2; RFC 3463.
 */
#ifndef BSMTP_COMMAND_H
#define BSMTP_COMMAND_H

#include "address.h"
#include "dsn.h"

#include <stdbool.h>
#include <stddef.h>

enum { BSMTP_REPLY_MAX = 160 };

enum bsmtp_verb {
	BSMTP_VERB_BLANK, /* an empty record: ignored */
	BSMTP_VERB_HELO,
	BSMTP_VERB_EHLO,
	BSMTP_VERB_MAIL,
	BSMTP_VERB_RCPT,
	BSMTP_VERB_DATA,
	BSMTP_VERB_RSET,
	BSMTP_VERB_QUIT,
	BSMTP_VERB_STARTTLS,
	BSMTP_VERB_MISSING, /* known, and not implemented */
	BSMTP_VERB_UNKNOWN,
};

struct bsmtp_command {
	enum bsmtp_verb verb;
	const char *name; /* of the verb, "MAIL"; "" when it has none */
	/* MAIL, RCPT: "" is the null path; HELO: the name, its first octets */
	char path[ADDRESS_PATH_MAX + 1];
	enum dsn_ret ret;              /* MAIL */
	char envid[DSN_ENVID_MAX + 1]; /* MAIL; "" when not said */
	unsigned int notify;           /* RCPT */
	char orcpt[DSN_ORCPT_MAX + 1]; /* RCPT; "" when not said */
	char reply[BSMTP_REPLY_MAX];   /* "" when the command is right */
};

/* White space between the words of a command, and after the last one. */
static inline bool bsmtp_is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

/*
 * Reads one command line, without its line end, which is written over: white
 * space becomes blanks and, in MAIL and RCPT, at_sign becomes "@". Blanks
 * after the colon of "FROM:" and "TO:" are taken. MAIL may carry SIZE=n and
 * BODY=7BIT or 8BITMIME, which are checked and dropped. A path with an error
 * is "".
 */
void bsmtp_command_parse(
	char *line, size_t len, const char *at_sign, struct bsmtp_command *out);

/* Writes text and the offending token, escaped: "503 ..., 'token'". */
void bsmtp_reply(char reply[static BSMTP_REPLY_MAX], const char *text,
	const char *token, size_t len);

#endif
