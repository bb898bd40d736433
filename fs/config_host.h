/*
 * config_host - how this host names itself where HeloName does not say.
 *
 * Asks the kernel only, never a name service: a resolver that does not
 * answer must not keep a spool from being mounted. Any thread.
 * Source: RFC 5321 sections 2.3.5 and 4.1.4.
 */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H

#include "config.h"

/*
 * Writes the host's name when it is a domain name with a dot; else, as the
 * RFC asks of a host without one, the literal of the address from which the
 * kernel would reach the target: "[192.0.2.1]", "[IPv6:2001:db8::1]".
 */
void config_host_helo(const struct target_config *target,
	char out[static CONFIG_HELO_MAX + 1]);

#endif
