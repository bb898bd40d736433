/*
 * committer - one thread, and the requests that wait for it.
 *
 * All that waits is handed to the owner at once; what arrives meanwhile is
 * the next batch. Alone, a request is served alone and at once; only where
 * all that wait are patient, a millisecond is left for others to come.
 *
 * Threads: any may push. The thread starts in open and ends in close, when
 * everything pushed was served.
 */
#ifndef COMMITTER_H
#define COMMITTER_H

#include "attributes.h"

#include <stdbool.h>

struct committer;

/* The first member of what the owner pushes. */
struct committer_request {
	struct committer_request *next;
	bool is_patient; /* nobody waits for it: it may, for company */
};

/*
 * Serves a list of requests, oldest first, on the committer's thread.
 * Returns those that must wait for the next batch, in order, before what
 * arrived meanwhile; at least one of the list is not among them.
 */
typedef struct committer_request *committer_serve(
	void *arg, struct committer_request *waiting);

MUST_USE int committer_open(
	committer_serve *serve, void *arg, struct committer **out);
void committer_close(struct committer *c);

void committer_push(struct committer *c, struct committer_request *r);

#endif
