/*
 * config_parse - the grammar of configuration files, and what is said about
 * them. What statements there are is a table: a new statement is a new row.
 *
 * Read leniently: a brace may share a line with what precedes or follows it.
 * "#" starts a comment at the start of a word only, since it may stand in a
 * writer name. Keywords match in any case; a value is one word.
 *
 * One thread at a time. Nothing outside memory is touched.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference,
 * "CSSMTP configuration statements".
 */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include "attributes.h"
#include "buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONFIG_ERRORS_SHOWN = 1000, /* of one file; the rest is counted */
	CONFIG_WORD_SHOWN = 64,     /* octets of a word in a message */
	CONFIG_ROWS_MAX = 64,       /* statements of one table */
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

struct config_row;

/*
 * Reads a value into the member its row names. Returns NULL, or what is
 * wrong with it: "is not a number".
 */
typedef const char *config_reader(const struct config_row *row,
	const struct config_word *value, void *member);

struct config_row {
	const char *keyword;  /* NULL ends a table */
	config_reader *read;  /* of a simple statement */
	size_t offset;        /* of the member in what the table fills */
	uint64_t min, max;    /* of a number */
	uint64_t usual_min;   /* less is taken with a warning */
	const char *expected; /* of any other value: "an IP address" */
	bool is_once;         /* a second one is an error, not the last word */

	/* Of a block: its statements; open returns what they fill; close, if
	 * not NULL, checks what holds between them. */
	const struct config_row *rows;
	void *(*open)(void *into, const struct config_word *keyword);
	void (*close)(struct config_source *source, void *into,
		const struct config_word *keyword);
};

/* Reads len octets of text by a table, into what its offsets lie in. */
void config_parse(struct config_source *source, const char *text, size_t len,
	const struct config_row *rows, void *into);

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
