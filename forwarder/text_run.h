/*
 * text_run - lines of text, many in one step: for those of which nothing is to
 * be said but how many they are.
 *
 * Pure. Safe from any thread.
 */
#ifndef TEXT_RUN_H
#define TEXT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* A line of a run has less than twice as many octets: no limit of
	 * lines is near. */
	TEXT_RUN_STEP = 256,
};

struct text_run {
	size_t octets; /* of whole lines, each ended by LF alone */
	uint64_t lines;
	bool has_8bit;
};

/*
 * Looks at octets that begin at the start of a line, up to a line that begins
 * with a dot, is long, has a CR or has no end: it is in no run. Where a line is
 * long the run may end some lines before it.
 */
struct text_run text_run_read(const char *octets, size_t len);

#endif
