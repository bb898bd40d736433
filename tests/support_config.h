/*
 * support_config - reads configuration texts for tests.
 */
#ifndef SUPPORT_CONFIG_H
#define SUPPORT_CONFIG_H

#include "../fs/config_table.h"

/* A writer's file that is right, as far as it goes. */
#define TARGET "TargetServer\n{\n TargetIP 127.0.0.1\n}\n"

/*
 * Read a text as the file "W" or "J". They return the messages, which the
 * caller frees; *errors gets their count.
 */
char *config_read_writer_text(const char *text, size_t len,
	struct config_writer *out, size_t *errors);
char *config_read_mount_text(
	const char *text, size_t len, struct config_mount *out, size_t *errors);

#endif
