/*
 * forwarder - one external writer: takes the data sets of its writer name
 * off the spool and sends their mail to its target servers.
 *
 * Threads it starts, each ended by forwarder_stop(): readers (claim and
 * parse), and per target up to ConnectLimit senders (one blocking session
 * each).
 * Source: IBM, z/OS Communications Server: IP Configuration Guide, "CSSMTP".
 */
#ifndef FORWARDER_H
#define FORWARDER_H

#include "attributes.h"
#include "config.h"
#include "operator.h"
#include "spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct forwarder;

/*
 * config and spool stay the caller's and must outlive the forwarder.
 * helo_name is what EHLO says.
 */
MUST_USE int forwarder_start(const struct writer_config *config,
	const char *helo_name, struct spool *spool, struct forwarder **out);

/*
 * Takes no new mail, lets sessions finish the transaction they are in until
 * deadline_ns (monotonic), then closes them; what was not sent goes back to
 * the spool. Blocks. Frees f.
 */
void forwarder_stop(struct forwarder *f, int64_t deadline_ns);

/* The struct is a value; its forwarder pointer is f. */
struct operator_ops forwarder_operator(struct forwarder *f);

#endif
