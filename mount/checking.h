/*
 * checking - what is written for a writer with a forwarder is read by the
 * forwarder's rules while it comes, so that write(2) may say no.
 *
 * From one thread.
 */
#ifndef CHECKING_H
#define CHECKING_H

#include "attributes.h"
#include "config.h"

#include <stddef.h>

struct checking;
struct spool;

/*
 * For each writer of config, which stays the caller's and must outlive it.
 * Before anything is written. Returns 0, or -errno with the name of the writer
 * whose rules cannot be made in *failed.
 */
MUST_USE int checking_start(const struct config *config, struct spool *spool,
	struct checking **out, const char **failed);

/* After spool_close(). NULL is accepted. */
void checking_stop(struct checking *c);

#endif
