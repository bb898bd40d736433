/*
 * status - the text of status/targets and status/queue.
 *
 * Pure: values in, text out. Safe from any thread.
 * Source: IBM, z/OS Communications Server, V1R11 presentation of CSSMTP,
 * display of target servers. The layout of the queue is ours.
 */
#ifndef STATUS_H
#define STATUS_H

#include "buf.h"
#include "operator.h"
#include "spool_names.h"

#include <stddef.h>

/* With several forwarders each block follows a line WRITER and its name. */
void status_targets(const struct forwarder_status *forwarders, size_t count,
	struct buf *out);

/* The line with the names of the columns. */
void status_queue_header(struct buf *out);

/* One data set, a line. */
void status_queue_line(const struct spool_row *row,
	const struct forwarder_status *forwarders, size_t count,
	struct buf *out);

/*
 * Why the data set is where it is: its own reason, else why mail of its
 * writer waits at all; "" for none. Points into the arguments.
 */
const char *status_reason(const struct dataset *d,
	const struct forwarder_status *forwarders, size_t count);

#endif
