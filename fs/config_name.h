/*
 * config_name - names of hosts and mailboxes in configuration files.
 *
 * Readers as in config_value.h. Pure. Safe from any thread.
 * Source: RFC 5321 sections 2.3.5, 4.1.2 and 4.1.3.
 */
#ifndef CONFIG_NAME_H
#define CONFIG_NAME_H

#include "config_parse.h"

/* A domain name or an address literal into a char[row->size]. */
config_reader config_name_helo;

/* A domain name, which may end with a dot, into a char[row->size], without
 * that dot. */
config_reader config_name_host;

/* user@host.domain into a char[row->size]. */
config_reader config_name_mailbox;

/* Whether EHLO may carry text. */
bool config_name_is_helo(const char *text, size_t len);

#endif
