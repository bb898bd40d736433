/*
 * support_limits - what tests of the spool's limits share, beside
 * support_spool.h: they act on test_spool and its writer MAIL.
 */
#ifndef SUPPORT_LIMITS_H
#define SUPPORT_LIMITS_H

#include "support_spool.h"

/* The most octets that limits_append() takes. */
enum { LIMITS_LOT = 100000 };

/* From now on; 0 is no limit. */
void limits_set(uint64_t spool, uint64_t user, uint64_t datasets);

/* spool_create() and spool_file_write() with what matters here. */
MUST_USE int limits_create(const char *label, const struct spool_caller *owner,
	struct spool_file **out);
MUST_USE int limits_append(struct spool_file *f, size_t len);

/* What is counted, of all owners. */
uint64_t limits_used(void);

#endif
