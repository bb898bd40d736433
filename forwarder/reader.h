/*
 * reader - the threads that claim data sets and read mails out of them.
 *
 * Each runs until mailqueue_stop() and until no claimed data set is left.
 */
#ifndef READER_H
#define READER_H

#include "attributes.h"
#include "mailqueue.h"

struct reader;

/* Returns 0; -ENOMEM; what pthread_create(3) says, negated. */
MUST_USE int reader_start(struct mailqueue *q, struct reader **out);

/* Waits for its end and frees it; r may be NULL. */
void reader_join(struct reader *r);

#endif
