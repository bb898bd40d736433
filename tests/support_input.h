/*
 * support_input - what input makes of octets, as text that tests compare: a
 * line for each event.
 */
#ifndef SUPPORT_INPUT_H
#define SUPPORT_INPUT_H

#include "../forwarder/input.h"
#include "buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether a mail's line has its size as sent, too. */
extern bool input_tells_size;

/*
 * Feeds octets, from memory of their own, and tells what happens. Returns
 * false when nothing more is read.
 */
bool input_told_feed(
	struct input *in, const char *octets, size_t len, struct buf *told);

/* Tells what happens, in pieces of step to the end; the caller frees it. */
char *input_told(const struct input_config *config, const char *octets,
	size_t len, size_t step);

/* Checks that this happens, in pieces of any size. */
void input_check(const struct input_config *config, const char *octets,
	size_t len, const char *want);

#endif
