/*
 * dsn - what a sender may ask about delivery status notifications: the
 * parameters RET, ENVID, NOTIFY and ORCPT.
 *
 * Pure. Safe from any thread.
 * Source: RFC 3461 section 4.
 */
#ifndef DSN_H
#define DSN_H

#include <stdbool.h>
#include <stddef.h>

enum {
	DSN_ENVID_MAX = 100, /* octets as written, in xtext */
	DSN_ORCPT_MAX = 500, /* with the type of address */
	DSN_NOTIFY_MAX = sizeof "SUCCESS,FAILURE,DELAY" - 1,
};

enum dsn_ret {
	DSN_RET_NONE, /* not said */
	DSN_RET_FULL,
	DSN_RET_HDRS,
};

/* NOTIFY: bits. */
enum {
	DSN_NEVER = 1, /* alone */
	DSN_SUCCESS = 2,
	DSN_FAILURE = 4,
	DSN_DELAY = 8,
};

/* Returns DSN_RET_NONE when the value is neither FULL nor HDRS. */
enum dsn_ret dsn_parse_ret(const char *value, size_t len);

/* Returns the bits, or 0 when the value is none of NOTIFY. */
unsigned int dsn_parse_notify(const char *value, size_t len);

/* xtext that stands for printable text, of at most DSN_ENVID_MAX octets. */
bool dsn_is_envid(const char *value, size_t len);

/* "type;xtext", of at most DSN_ORCPT_MAX octets. */
bool dsn_is_orcpt(const char *value, size_t len);

/* "FULL" or "HDRS"; "" for DSN_RET_NONE. */
const char *dsn_ret_word(enum dsn_ret ret);

/* Writes the words of NOTIFY: "SUCCESS,DELAY"; "" for 0. Returns out. */
const char *dsn_format_notify(
	unsigned int notify, char out[static DSN_NOTIFY_MAX + 1]);

#endif
