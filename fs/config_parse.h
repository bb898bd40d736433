/*
 * config_parse - the grammar of configuration files.
 *
 * What statements there are is a table: a new statement is a new row. Read
 * leniently: a brace may share a line with what precedes or follows it. "#"
 * starts a comment at the start of a word only, since it may stand in a
 * writer name. Keywords match in any case; a value is one word.
 *
 * One thread at a time. Nothing outside memory is touched, unless a reader
 * does.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference,
 * "CSSMTP configuration statements".
 */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include "config_report.h"

#include <stdbool.h>
#include <stdint.h>

enum { CONFIG_ROWS_MAX = 64 }; /* statements of one table */

struct config_row;

/*
 * Reads a value into the member its row names. Returns NULL, or what is
 * wrong with it: "is not a number".
 */
typedef const char *config_reader(const struct config_row *row,
	const struct config_word *value, void *member);

struct config_row {
	const char *keyword; /* NULL ends a table */
	config_reader *read; /* of a simple statement */
	size_t offset, size; /* of the member in what the table fills */

	/* What the value may be. */
	uint64_t min, max;          /* a number */
	uint64_t usual_min;         /* less is taken with a warning */
	const char *const *choices; /* one of these words; NULL ends them */
	const char *expected;       /* any other value: "an IP address" */
	bool is_phrase;             /* it is what is left of the line */

	/* A second one: an error, one more, or else, with a warning, the one
	 * that counts. */
	bool is_once, is_many;

	/* Of a struct config_word, unless 0, that gets the place of the value,
	 * or of a block's keyword; without one its len stays 0. */
	size_t place;

	/* Why nothing comes of the statement, or of a value that is not the
	 * effective one: "has no meaning on Linux: ...". */
	const char *no_effect, *effective;

	/* What the statement comes to: value_size octets in what the table
	 * fills, the member as a rule. is_same compares two of what the table
	 * fills where octets will not do. is_fixed: a refresh leaves it as it
	 * was, see config_compare.h. */
	size_t value_offset, value_size;
	bool (*is_same)(const void *a, const void *b);
	bool is_fixed;

	/* Of a block: its statements, which fill what the table fills; open
	 * sets their defaults; close checks what holds between them. Both may
	 * be NULL. */
	const struct config_row *rows;
	void (*open)(void *into, const struct config_word *keyword);
	void (*close)(struct config_source *source, void *into,
		const struct config_word *keyword);
};

/* A row's member, in which its value is. */
#define CONFIG_MEMBER(type, member_)                                           \
	.offset = offsetof(type, member_),                                     \
	.size = sizeof(((const type *)NULL)->member_),                         \
	CONFIG_VALUE(type, member_)

/* What a row comes to. */
#define CONFIG_VALUE(type, member_)                                            \
	.value_offset = offsetof(type, member_),                               \
	.value_size = sizeof(((const type *)NULL)->member_)

/* Reads len octets of text by a table, into what its offsets lie in. */
void config_parse(struct config_source *source, const char *text, size_t len,
	const struct config_row *rows, void *into);

#endif
