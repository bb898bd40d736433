/*
 * config_cross - what holds between the statements of a file, and what is
 * legal in it but surely not meant.
 *
 * Pure. Safe from any thread.
 */
#ifndef CONFIG_CROSS_H
#define CONFIG_CROSS_H

#include "config_table.h"

/* Adds errors and warnings; settles what one statement says of another's. */
void config_cross_writer(
	struct config_source *source, struct config_writer *writer);
void config_cross_mount(
	struct config_source *source, const struct config_mount *mount);

#endif
