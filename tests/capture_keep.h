/*
 * capture_keep - where the capturing SMTP server puts a mail.
 *
 * Into two files, NNNNNN.env and then NNNNNN.mail, which appears whole; or
 * as a line of a log. One mail at a time per struct; any number of them.
 */
#ifndef CAPTURE_KEEP_H
#define CAPTURE_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KEEP_OCTETS = 65536,
	KEEP_PATH_MAX = 4096,
	KEEP_RECIPIENTS_MAX = 65536,
};

/* FNV-1a with 64 bits: what a log line says of a mail's text. */
#define KEEP_HASH_START UINT64_C(14695981039346656037)
#define KEEP_HASH_PRIME UINT64_C(1099511628211)

struct keep_envelope {
	char helo[256];
	char from[KEEP_PATH_MAX];             /* what follows MAIL FROM: */
	char recipients[KEEP_RECIPIENTS_MAX]; /* a line each */
};

struct keep {
	int file; /* -1 when mails go to the log */
	bool has_failed;
	char octets[KEEP_OCTETS];
	size_t octets_len;
	/* Of its text: what follows the first empty line. */
	unsigned int ends; /* line ends without text between them */
	uint64_t size;
	uint64_t hash;
};

/* Either may be NULL. Call before threads start. Returns 0 or -errno. */
int keep_open(const char *directory, const char *log);

void keep_begin(struct keep *k);
void keep_octet(struct keep *k, char c);

/* Returns true when the mail is kept; false and no trace of it else. */
bool keep_end(struct keep *k, const struct keep_envelope *e);

/* The mail that began is not wanted. */
void keep_drop(struct keep *k);

#endif
