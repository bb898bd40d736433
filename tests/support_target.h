/*
 * support_target - a target server that follows a script, on a port of its
 * own on loopback.
 *
 * What the script does not name is answered as a good server would. Threads:
 * one accepts, and one for each connection; all end in script_close().
 */
#ifndef SUPPORT_TARGET_H
#define SUPPORT_TARGET_H

#include "../forwarder/target.h"
#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum script_act {
	SCRIPT_REPLY, /* and go on */
	SCRIPT_DROP,  /* reply if there is one, then close */
	SCRIPT_MUTE,  /* never answer again on this connection */
	SCRIPT_GATE,  /* answer when script_release() allows it */
	SCRIPT_DRIP,  /* reply octet by octet, and go on */
};

/*
 * command is how a line starts: "MAIL", "RCPT TO:<bob"; or "CONNECT"; "BODY"
 * for the first octets of content, "." for its end. Lines inside a reply are
 * parted by CR LF; its last CR LF is added. The first row that fits and is
 * not used up counts.
 */
struct script_row {
	const char *command;
	enum script_act act;
	const char *reply; /* NULL: none; with GATE or DRIP the good one */
	int times;         /* 0: always */
};

struct script;

/* rows end with one without a command; NULL for none. Copied. */
struct script *script_open(const struct script_row *rows);
void script_close(struct script *s);

/* Replaces the rows, for what comes from now on. */
void script_change(struct script *s, const struct script_row *rows);

/* Lets everything at a gate pass, now and later. */
void script_release(struct script *s);

/* Lets one pass. */
void script_release_one(struct script *s);

/* Fills in the target's address. */
void script_address(const struct script *s, struct target_config *out);

/* The same, but connections are refused until script_listen(). */
struct script *script_prepare(const struct script_row *rows);
void script_listen(struct script *s);

/* ---- what it has seen -------------------------------------------- */

/* Each waits, with a deadline, until there were count of them. */
void script_wait_mails(struct script *s, size_t count);
void script_wait_commands(struct script *s, const char *command, size_t count);
void script_wait_connections(struct script *s, size_t count);
void script_wait_gates(struct script *s, size_t count); /* reached */

size_t script_mails(struct script *s);
size_t script_commands(struct script *s, const char *command);
size_t script_connections(struct script *s);
size_t script_most_at_once(struct script *s); /* connections */

/* The command's nth line, from 0; NULL when there was none. */
const char *script_line(struct script *s, const char *command, size_t n);

/* A mail that was accepted: recipients with blanks between; its content. */
const char *script_recipients(struct script *s, size_t mail);
const char *script_content(struct script *s, size_t mail);

/* Its text: what follows the first empty line. */
const char *script_text(struct script *s, size_t mail);

/* Whether a command came before the one before it was answered. */
bool script_saw_pipelining(struct script *s);

/* How often one came with the final dot of a mail. */
size_t script_pairs(struct script *s);

#endif
