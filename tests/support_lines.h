/*
 * support_lines - what records make of octets, as text that tests compare.
 *
 * "number@offset: text next" for each line, octets under a blank as \x0d; " <"
 * before next where it may go on, " ~" where the data set alone ends it; and
 * "number! what" for damage.
 */
#ifndef SUPPORT_LINES_H
#define SUPPORT_LINES_H

#include "../forwarder/records.h"
#include "buf.h"

#include <stddef.h>

/* Feeds octets, from memory of their own, and tells the lines. */
void lines_feed(
	struct records *r, const char *octets, size_t len, struct buf *told);

/*
 * Tells the lines of octets cut in pieces of step, the first of them of first.
 * The caller frees it.
 */
char *lines_read(const struct record_format *format, const char *octets,
	size_t len, size_t first, size_t step);

/*
 * Checks that these are the lines, wherever octets are cut, and that reading
 * can begin again at each of them.
 */
void lines_check(const struct record_format *format, const char *octets,
	size_t len, const char *want);

#endif
