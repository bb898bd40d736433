/*
 * checker - whether octets are a data set that can be processed: the reader's
 * own grammar, without a spool.
 *
 * For who is to say no while a data set is written, and for jes check.
 * Streaming, constant memory, no I/O. Rules are constant and for any thread;
 * a checker is for one thread at a time.
 */
#ifndef CHECKER_H
#define CHECKER_H

#include "attributes.h"
#include "config_input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CHECKER_REPLY_MAX = 256 };

struct checker_rules;

/*
 * Makes rules from what a writer's file says; both stay the caller's and must
 * outlive them. Returns 0; -EINVAL or -ENOTSUP for a code page that cannot be
 * read; -ENOMEM.
 */
MUST_USE int checker_rules_open(const struct input_config *config,
	const struct header_config *header, struct checker_rules **out);

/* NULL is accepted. */
void checker_rules_close(struct checker_rules *rules);

/* Reads octets at an offset; returns how many, 0 at the end, or -errno. */
typedef ssize_t checker_read(
	void *arg, uint64_t offset, void *octets, size_t len);

/*
 * Whether octets whose writer did not close them form batch SMTP that says
 * itself that it is whole: its last mail has its final dot, or it ends in
 * QUIT, and in NETDATA the transmission is over, too. Nothing says it of a
 * message.
 */
bool checker_is_complete(
	const struct checker_rules *rules, checker_read *read, void *arg);

/* Something that is wrong, as an error report has it. */
struct checker_fault {
	uint64_t record;               /* line number, from 1 */
	char reply[CHECKER_REPLY_MAX]; /* "501 5.5.4 JES ...", escaped */
	bool is_last; /* the rest of the data set cannot be processed */
};

typedef void checker_told(void *arg, const struct checker_fault *fault);

struct checker;

/*
 * Begins a data set. told, which may be NULL, gets every fault from within
 * the calls below. Returns NULL when memory is out. rules stay the caller's.
 */
MUST_USE struct checker *checker_new(
	const struct checker_rules *rules, checker_told *told, void *arg);

/* NULL is accepted. */
void checker_free(struct checker *c);

/*
 * Reads octets that follow all octets read before. Returns 0; -EINVAL when
 * what was read so far says that the data set can never be processed, then
 * checker_fault() has the reason, and nothing is read any more; -ENOMEM.
 *
 * Never processed are: a data set whose first line is neither a command nor a
 * header field, one with more errors than JESSyntaxErrLimit, and records that
 * are damaged.
 */
MUST_USE int checker_feed(struct checker *c, const char *octets, size_t len);

/* Octets of the envelope that is not over yet, which it keeps. */
size_t checker_held_octets(const struct checker *c);

/* Reads nothing any more, and keeps nothing: feeding it is -ENOMEM. */
void checker_give_up(struct checker *c);

/* Says that the data set ends here. Returns as checker_feed(). */
MUST_USE int checker_finish(struct checker *c);

/* The last fault; NULL when there was none. Of c. */
const struct checker_fault *checker_fault(const struct checker *c);

/* So many faults, and so many mails that would be sent. */
uint64_t checker_faults(const struct checker *c);
uint64_t checker_mails(const struct checker *c);

#endif
