/*
 * support_batch - batch SMTP read from octets, told in words.
 */
#ifndef SUPPORT_BATCH_H
#define SUPPORT_BATCH_H

#include "config_input.h"

#include <stddef.h>

struct mail;
struct buf;

/*
 * Reads a data set as config says, NULL for the defaults, in pieces of step
 * octets. Returns what happens, a line for each event; the caller frees it:
 *
 *   mail 1 from <a@b> to <c@d> at 42+2 sent 3
 *   2: 501 5.5.4 JES Syntax error ...    (an error in record 2)
 *   2, uncounted: 501 5.1.3 JES ...      (one that does not count)
 *   quit
 */
char *batch_read(const struct input_config *config, const char *octets,
	size_t len, size_t step);

/* Compares what batch_read() tells, in pieces of many sizes. */
void batch_check(const struct input_config *config, const char *octets,
	size_t len, const char *told);

void batch_tell_mail(struct buf *told, const struct mail *m);

#endif
