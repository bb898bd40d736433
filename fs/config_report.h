/*
 * config_report - what is said about a configuration file, and where in it.
 *
 * One thread at a time. Nothing outside memory is touched.
 */
#ifndef CONFIG_REPORT_H
#define CONFIG_REPORT_H

#include "attributes.h"
#include "buf.h"

#include <stddef.h>

enum {
	CONFIG_ERRORS_SHOWN = 1000, /* of one file; the rest is counted */
	CONFIG_WORD_SHOWN = 64,     /* octets of a word in a message */
	CONFIG_MESSAGE_MAX = 2048,
};

/* One file under the parser, and where messages about it go. */
struct config_source {
	const char *file; /* its name, for messages */
	struct buf *report;
	size_t messages;
	size_t errors;
};

/* A word of the file; text points into it and has no end. */
struct config_word {
	const char *text;
	size_t len;
	size_t line; /* from 1 */
	size_t column;
};

/* Adds "file:line:column: ..."; at NULL: "file: ...". */
void config_error(struct config_source *source, const struct config_word *at,
	const char *format, ...) PRINTF_LIKE(3, 4);
void config_warning(struct config_source *source, const struct config_word *at,
	const char *format, ...) PRINTF_LIKE(3, 4);

/* A word as it may be shown: escaped, quoted, cut when long. Returns out. */
enum { CONFIG_SHOWN_MAX = 4 * CONFIG_WORD_SHOWN + sizeof "\"...\"" };
const char *config_show(
	const struct config_word *word, char out[static CONFIG_SHOWN_MAX]);

#endif
