/*
 * events - the last lines that were logged, for who reads status/events.
 *
 * One for the process, as the log is, which fills it; in memory alone. Of the
 * lines the last EVENTS_LINES_MAX are kept, and no more than EVENTS_OCTETS_MAX
 * octets of them.
 *
 * Each reader sees one stream of lines, whose offsets only grow: operators all
 * lines, others those about data sets of their own. What is no longer kept is
 * missing from its beginning.
 *
 * Safe from any thread, with any lock held; waits for nothing unless it says
 * so.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "attributes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	EVENTS_LINES_MAX = 4096,
	EVENTS_OCTETS_MAX = 1024 * 1024,
	EVENTS_LINE_MAX = 1200, /* octets of a line, with its end */
};

/* Adds a line of len octets, which ends in LF. owner is NULL for a line that
 * is the operators' alone. A line that is too long is cut. */
void events_add(
	int64_t wall_ns, const uid_t *owner, const char *line, size_t len);

struct events_view {
	bool sees_all;
	uid_t uid;
};

/* The offset behind the last line; changed_ns gets the time of that line, and
 * stays as it is when there is none. */
uint64_t events_end(const struct events_view *view, int64_t *changed_ns);

/* Whether there is a line behind seen, an offset that was read up to. */
bool events_has_news(const struct events_view *view, uint64_t seen);

/*
 * Reads at *offset, or where what is kept begins, which *offset then is.
 * Returns how many octets; 0 at the end.
 */
size_t events_read(const struct events_view *view, uint64_t *offset, char *out,
	size_t len);

/*
 * Waits until more lines were ever added than count, or is_over, or
 * deadline_ns (monotonic). Returns how many there were. Blocks.
 */
uint64_t events_wait(
	uint64_t count, const atomic_bool *is_over, int64_t deadline_ns);

/* Has waiters look at is_over. */
void events_wake(void);

#endif
