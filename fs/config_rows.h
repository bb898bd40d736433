/*
 * config_rows - the tables that config_table and config_compare go by.
 *
 * Rows of jesfs.conf fill a struct config_mount, all others a struct
 * config_writer. Pure, but for what config_page asks iconv.
 */
#ifndef CONFIG_ROWS_H
#define CONFIG_ROWS_H

#include "config_parse.h"

struct config_writer;

extern const struct config_row config_mount_rows[];
extern const struct config_row config_writer_rows[];

/* Blocks. */
extern const struct config_row config_target_rows[];
extern const struct config_row config_retry_rows[];
extern const struct config_row config_timeout_rows[];
extern const struct config_row config_header_rows[];
extern const struct config_row config_options_rows[];
extern const struct config_row config_extended_rows[];
extern const struct config_row config_undeliverable_rows[];
extern const struct config_row config_smf_rows[];

/* Set a block's defaults; keyword may be NULL. */
void config_target_open(void *into, const struct config_word *keyword);
void config_retry_open(void *into, const struct config_word *keyword);
void config_timeout_open(void *into, const struct config_word *keyword);
void config_header_open(void *into, const struct config_word *keyword);
void config_options_open(void *into, const struct config_word *keyword);
void config_extended_open(void *into, const struct config_word *keyword);
void config_undeliverable_open(void *into, const struct config_word *keyword);
void config_smf_open(void *into, const struct config_word *keyword);

/* Check what holds within a block. */
void config_target_close(struct config_source *source, void *into,
	const struct config_word *keyword);
void config_retry_close(struct config_source *source, void *into,
	const struct config_word *keyword);

/* Whether two writers' target servers are the same, in their order. */
bool config_target_is_same(const void *a, const void *b);

#endif
