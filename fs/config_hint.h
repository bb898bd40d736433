/*
 * config_hint - what an unknown keyword was probably meant to be.
 *
 * Pure. Safe from any thread.
 */
#ifndef CONFIG_HINT_H
#define CONFIG_HINT_H

#include "config_parse.h"

enum { CONFIG_HINT_MAX = 512 };

/*
 * Writes what could have stood in place of the word in a table, for behind
 * "expected": the keyword that it nearly is, else the block it belongs into,
 * else all keywords of a short table, else where they are described.
 */
void config_hint(const struct config_row *rows, const struct config_word *word,
	char out[static CONFIG_HINT_MAX]);

#endif
