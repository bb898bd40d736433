/*
 * checking - data sets of a writer with a forwarder are read by the
 * forwarder's rules before it gets them: while they are written, so that
 * write(2) may say no; and when who wrote them did not close them, so that
 * nothing is sent that was cut.
 *
 * From one thread.
 */
#ifndef CHECKING_H
#define CHECKING_H

#include "attributes.h"
#include "config.h"
#include "spool_open.h"

#include <stddef.h>

struct checking;
struct spool;

/*
 * Makes the rules of each writer of config, which stays the caller's and must
 * outlive them. Returns 0, or -errno with the name of the writer whose rules
 * cannot be made in *failed.
 */
MUST_USE int checking_open(const struct config *config, struct checking **out,
	const char **failed);

/*
 * For spool_open(), on any thread: what is not closed is complete by the rules
 * of its writer; without a forwarder nobody knows how it is read, and it is
 * not. It points to c.
 */
struct spool_judge checking_judge(struct checking *c);

/* Looks at what is written from now on. All its writers have been added. */
void checking_start(struct checking *c, struct spool *spool);

/* After spool_close(). NULL is accepted. */
void checking_close(struct checking *c);

#endif
