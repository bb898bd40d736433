/*
 * config_read - from configuration files to what they say.
 *
 * Any thread. Asks the group database for OperatorGroup and the kernel for
 * this host's name; contacts nothing else.
 */
#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include "attributes.h"
#include "config.h"

struct buf;

/*
 * Reads jesfs.conf and every file that WriterConfig names. Every error and
 * warning of every file is appended to report, a line each:
 * "file:line:column: what, expected what"; of what has no place in a file:
 * "file: what, expected what"; warnings say "warning: " before what.
 *
 * Returns 0 and a configuration the caller frees with config_free();
 * -EINVAL when there was an error; -ENOMEM.
 */
MUST_USE int config_read(
	const char *file, struct config **out, struct buf *report);

void config_free(struct config *c);

/*
 * Reads one writer's file alone, for what it says itself: who Submitters are
 * and whether a program may be run is not looked up, and it needs no name.
 * Reports and returns as config_read(); also why the file cannot be read.
 */
MUST_USE int config_read_writer(
	const char *file, struct writer_config *out, struct buf *report);

#endif
