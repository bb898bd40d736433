/*
 * answer - FUSE requests that are answered when something has completed:
 * FLUSH, fsync, unlink.
 *
 * Each is answered exactly once: from the completion, or with EIO after
 * ANSWER_TIMEOUT_NS. A completion that comes later still finds its record.
 *
 * A task that closes and is seen to live needs no witness. Else a FLUSH waits
 * for the commit and for the witness, since the task cannot go while its
 * FLUSH is not answered, and the commit takes longer. Should the
 * witness be stuck in one look for WITNESS_PATIENCE_NS (as it would when the
 * kernel made it wait for that very FLUSH), the answer goes out without it;
 * then only the submission waits for the verdict. If the task is gone by
 * then, its data set counts as one whose writer was killed: a mail that is
 * held can be released, one that was sent in part cannot be called back.
 *
 * Safe from any thread; waits for no disk.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "attributes.h"
#include "clock.h"
#include "handle.h"
#include "task.h"
#include "witness.h"

#include <fuse_lowlevel.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_TIMEOUT_NS (30 * NS_PER_S)
#define WITNESS_PATIENCE_NS (100 * NS_PER_MS)

struct answer;
struct answers;

/* What is given stays the caller's and outlives the answers. */
MUST_USE int answers_open(
	struct witness *witness, struct tasks *tasks, struct answers **out);

/* NULL is accepted; answers_wait() has returned true. */
void answers_close(struct answers *as);

/*
 * A record for req, which answer_done() will answer; handle (NULL for none)
 * is pinned until then. NULL when memory is out.
 */
struct answer *answer_new(
	struct answers *as, fuse_req_t req, struct handle *handle);

/* The completion: a store_done for a struct answer. */
void answer_done(void *answer, int err);

/*
 * The errno a user gets for an error of the store: what he cannot make sense
 * of is EIO.
 */
int answer_errno(int err);

/*
 * Says on the handle how the task ends that closes it, or lets the answer
 * wait for the witness, who will. Before any completion.
 */
void answer_ask_witness(struct answer *a);

/*
 * Looks at the deadlines at now_ns (monotonic). Returns how many records
 * still wait.
 */
size_t answers_sweep(struct answers *as, int64_t now_ns);

/*
 * Waits until every record has had its completion; false when deadline_ns
 * (monotonic) passed before.
 */
bool answers_wait(struct answers *as, int64_t deadline_ns);

#endif
