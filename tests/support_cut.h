/*
 * support_cut - text as lines, in pieces of any size.
 */
#ifndef SUPPORT_CUT_H
#define SUPPORT_CUT_H

#include "../forwarder/line.h"

#include <stdbool.h>
#include <stddef.h>

/* Returns false to stop. */
typedef bool lines_sink(void *arg, const struct line *piece);

/*
 * Gives lines that end in LF, in pieces of at most step octets, each in memory
 * of its own, so that a step too far is found.
 */
void lines_cut(const char *octets, size_t len, size_t step, lines_sink *sink,
	void *arg);

#endif
