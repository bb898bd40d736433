/*
 * attached - the forwarders of a mount: started, shown, stopped together.
 *
 * What the operator sees goes through here, so that a status can still be
 * read while forwarders end and after they are gone.
 *
 * attached_start() and attached_stop() come from one thread; the operators
 * they hand out may be asked from any.
 */
#ifndef ATTACHED_H
#define ATTACHED_H

#include "attributes.h"
#include "config.h"
#include "operator.h"
#include "spool.h"

#include <stddef.h>
#include <stdint.h>

struct attached;

/*
 * Starts one forwarder for each writer of config, which stays the caller's
 * and must outlive them, as the spool must. Returns 0, or -errno with the
 * name of the writer that could not be started in *failed.
 */
MUST_USE int attached_start(const struct config *config, struct spool *spool,
	struct attached **out, const char **failed);

/* One for each forwarder, *count of them; valid until attached_free(). */
const struct operator_ops *attached_operators(
	const struct attached *a, size_t *count);

/*
 * Stops all forwarders side by side, each as forwarder_stop() does. From now
 * on their targets are shown as DRAINING. Blocks until deadline_ns.
 */
void attached_stop(struct attached *a, int64_t deadline_ns);

/* After attached_stop(), when nobody asks for a status any more. */
void attached_free(struct attached *a);

#endif
