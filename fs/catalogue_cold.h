/*
 * catalogue_cold - the cold start: what CSSMTP's checkpoint would know is
 * forgotten.
 *
 * For the start of the store, before its rows are read.
 * Source: IBM, z/OS Communications Server: IP Configuration Guide, CSSMTP,
 * start options -f and -F.
 */
#ifndef CATALOGUE_COLD_H
#define CATALOGUE_COLD_H

#include "attributes.h"

struct catalogue;

/*
 * Drops what is settled of every data set, so that each is processed from its
 * first mail again, and makes those that wait READY. Returns 0, durable; or
 * an error: then the catalogue is to be closed, which rolls back.
 */
MUST_USE int catalogue_forget_progress(struct catalogue *c);

#endif
