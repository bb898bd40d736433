/*
 * owner - the login name of who wrote a data set.
 *
 * For reader threads alone, each with an owner_names of its own: NSS may
 * block. A name is asked for again when it is a minute old.
 */
#ifndef OWNER_H
#define OWNER_H

#include "attributes.h"

#include <stdint.h>
#include <sys/types.h>

enum {
	OWNER_NAME_MAX = 64, /* a longer one counts as none */
	OWNER_NAMES = 64,    /* that are kept, a power of two */
};

struct owner_names {
	struct {
		int64_t until_ns; /* monotonic; 0: empty */
		uid_t uid;
		char name[OWNER_NAME_MAX + 1];
	} all[OWNER_NAMES];
};

void owner_names_init(struct owner_names *names);

/*
 * Writes the name of uid, "" when it has none. May block.
 *
 * Returns 0; or why it is not known now, as -errno: it is to be asked again,
 * later.
 */
MUST_USE int owner_find(struct owner_names *names, uid_t uid,
	char out[static OWNER_NAME_MAX + 1]);

#endif
