/*
 * group - whether replies can be the answers to a command group that went
 * behind a final dot.
 *
 * MAIL, RCPTs and DATA may follow the content of the mail before in one
 * write (RFC 2920 section 3.1). A peer that then answers once too often or
 * once too little would have its replies taken for those to a neighbour. So
 * they are looked at together before one of them counts: 354 answers DATA
 * and nothing else, and what no order of events explains is not believed.
 *
 * Pure: no I/O, no allocation. Safe from any thread.
 * Source: RFC 5321 section 4.3.2; RFC 2920 section 3.1.
 */
#ifndef GROUP_H
#define GROUP_H

#include "attributes.h"

#include <stddef.h>

enum group_fit {
	GROUP_PARTLY,   /* they fit so far, and more are to come */
	GROUP_FITS,     /* all are here; or 421 ends them early */
	GROUP_DOUBTFUL, /* all are here, and a reply may be a neighbour's */
	GROUP_MISFIT,   /* no answers to this group, or more than that */
};

/* The group: MAIL, RCPT for each of so many recipients, DATA. */
MUST_USE enum group_fit group_look(
	const char *replies, size_t len, size_t recipients);

#endif
