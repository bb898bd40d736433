/*
 * spool_check - what is written is looked at as it comes, to say no as soon
 * as that is known: see struct spool_check.
 *
 * For the modules of the spool alone. The caller has the turn.
 */
#ifndef SPOOL_CHECK_H
#define SPOOL_CHECK_H

#include "attributes.h"
#include "spool_handle.h"

/*
 * To be called before octets are put at offset. Returns 0; -EINVAL when they
 * must not be, and the reason was logged.
 */
MUST_USE int spool_check_write(
	struct spool_file *f, uint64_t offset, const void *octets, size_t len);

/* From now on nothing is looked at. */
void spool_check_end(struct spool_file *f);

#endif
