/*
 * exit_header - the header of a mail as it will be sent, for a user exit.
 *
 * One thread.
 */
#ifndef EXIT_HEADER_H
#define EXIT_HEADER_H

#include "attributes.h"
#include "mail.h"
#include "sending.h"
#include "spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EXIT_HEADER_MAX = 65536, /* octets; what is behind them is cut */
	EXIT_HEADER_READ = 32768,
};

struct exit_header {
	size_t len;
	bool is_cut;
	bool is_over;               /* the blank line behind it was read */
	bool at_start;              /* of a line */
	char text[EXIT_HEADER_MAX]; /* lines with LF, no dot doubled */
	char in[EXIT_HEADER_READ];
	char out[EXIT_HEADER_READ];
	struct sending sending;
};

/*
 * Reads the header of a mail of data set number, as far as there is room for
 * it. Returns 0 or what spool_read() says; STORE_DAMAGED also for octets that
 * make no records.
 */
MUST_USE int exit_header_read(struct exit_header *h, struct spool *spool,
	uint64_t number, const struct input_rules *rules, const struct mail *m);

#endif
