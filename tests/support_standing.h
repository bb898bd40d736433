/*
 * support_standing - one who listens for standing claims, and keeps what he
 * is told.
 */
#ifndef SUPPORT_STANDING_H
#define SUPPORT_STANDING_H

#include "mutex.h"
#include "store.h"

enum { LISTENER_CLAIMS_MAX = 256 };

struct listener {
	struct mutex lock;
	struct cond told;
	struct store_claim claims[LISTENER_CLAIMS_MAX];
	size_t count; /* of claims */
	size_t back;  /* units that came back */
	int err;      /* of the last that did */
};

/* Listens for writer MAIL; the test fails where that fails. */
void listener_start(struct listener *l, struct store *s);
/* Withdraws what is left of units granted in all, and listens no more. */
void listener_stop(struct listener *l, struct store *s, size_t granted);

/* Waits until so many claims were handed out, or units have come back. */
void listener_wait(struct listener *l, size_t claims);
void listener_wait_back(struct listener *l, size_t units);

/* How many claims so far. */
size_t listener_count(struct listener *l);

#endif
