/*
 * address - paths of RFC 5321, from octets to a mailbox that is safe to send.
 *
 * Pure. Safe from any thread.
 * Source: RFC 5321 sections 4.1.2, 4.1.3, 4.5.3.1 and appendix C.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	ADDRESS_PATH_MAX = 254, /* a mailbox, without its brackets */
	ADDRESS_LOCAL_MAX = 64,
	ADDRESS_DOMAIN_MAX = 255,
	ADDRESS_LABEL_MAX = 63, /* RFC 1035 section 2.3.4 */
};

/*
 * Reads the path at the start of text, "<local@domain>" with its brackets; a
 * source route is stripped; "<>" only where may_be_null. The mailbox, without
 * brackets, octet by octet as written, is written to out with its end. *used
 * gets the octets up to and with the closing bracket.
 *
 * Octets under 0x21, 0x7F and above, and unquoted angle brackets never get
 * into out: a quoted local part with a blank is refused, and so is an address
 * that needs SMTPUTF8.
 *
 * Returns 0; -EINVAL; -EMSGSIZE when a part is too long.
 */
MUST_USE int address_parse_path(const char *text, size_t len, bool may_be_null,
	char out[static ADDRESS_PATH_MAX + 1], size_t *used);

/* Whether text is a domain name or an address literal that EHLO may carry. */
bool address_is_domain(const char *text, size_t len);

#endif
