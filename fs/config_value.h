/*
 * config_value - the kinds of values that statements have.
 *
 * Each is a config_reader: it returns NULL, or what is wrong with the word,
 * and leaves the member as it was. The word holds no control characters. A
 * string member has zeros behind its end, so that two of them compare as a
 * whole.
 * Pure. Safe from any thread.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config_parse.h"

/* Numbers from row->min to row->max into a uint16_t, uint32_t, uint64_t. */
config_reader config_value_u16;
config_reader config_value_u32;
config_reader config_value_u64;

/* Octets into a uint64_t: a number from row->min to row->max, which may have
 * K, M, G or T behind it, in powers of 1024. */
config_reader config_value_octets;

/* One of row->choices: its index into an enum; the same into a bool. */
config_reader config_value_choice;
config_reader config_value_bool;

/* The choices of a bool. */
extern const char *const config_value_no_yes[];

/* A word into a char[row->size]. */
config_reader config_value_word;

/* An absolute path into a char[row->size]. */
config_reader config_value_path;

/* The same, which ends with a slash. */
config_reader config_value_directory;

/* One printable character, in UTF-8, that no mailbox is made of, into a
 * char[row->size]. */
config_reader config_value_at_sign;

/* An IPv4 or IPv6 address into a struct target_config; its port is 0. */
config_reader config_value_address;

/* An external writer name into a char[WRITER_NAME_MAX + 1]. */
config_reader config_value_writer;

#endif
