/*
 * support_calls - one call on a data set, and the same on a plain file.
 *
 * The functions fail the test where something goes wrong.
 */
#ifndef SUPPORT_CALLS_H
#define SUPPORT_CALLS_H

#include <stdbool.h>

/* Where a call is tried: a file that is not there yet, and its folder. */
struct call_place {
	const char *folder;
	const char *path;
};

struct call {
	const char *name;
	/* 0, or the errno of the call; fails where something else does */
	int (*attempt)(const struct call_place *p);
	int err;         /* what a data set gives */
	bool is_general; /* it works, and on a plain file too */
};

/* Makes the call in the drop directory of the mount; and on a plain file. */
void call_check(const struct call *c);

/* What a new file says. */
extern const char call_text[];
enum { CALL_TEXT_LEN = 6 };

/* A new file that says so, to read and write; flags are more for open(2). */
int call_file(const struct call_place *p, int flags);

/* errno where a call gave a result below 0, else 0. */
int call_answer(long result);

/* Closes, and hands on what was found. */
int call_closed(int fd, int err);

#endif
