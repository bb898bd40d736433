/*
 * config_value - the kinds of values that statements have.
 *
 * Each is a config_reader: it returns NULL, or what is wrong with the word,
 * and leaves the member as it was. The word holds no control characters.
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

/* An absolute path into a char[PATH_MAX]. */
config_reader config_value_path;

/* A domain name or an address literal into char[CONFIG_HELO_MAX + 1]. */
config_reader config_value_helo;

/* An IPv4 or IPv6 address into a struct target_config; its port is 0. */
config_reader config_value_address;

/* An external writer name into a char[WRITER_NAME_MAX + 1]. */
config_reader config_value_writer;

/* Whether EHLO may carry text: RFC 5321 sections 2.3.5 and 4.1.3. */
bool config_is_helo(const char *text, size_t len);

#endif
