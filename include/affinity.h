/*
 * affinity - the one way out for every connection to a target server: an
 * interface, a VRF, or an address of this host.
 *
 * The process's, as on z/OS: set before there are threads, then constant.
 * Source: IBM, z/OS Communications Server: IP Configuration Guide, "CSSMTP"
 * (start option -p); socket(7), SO_BINDTODEVICE; ip(7).
 */
#ifndef AFFINITY_H
#define AFFINITY_H

#include "attributes.h"

#include <net/if.h>
#include <sys/socket.h>

enum affinity_kind { AFFINITY_NONE, AFFINITY_DEVICE, AFFINITY_ADDRESS };

struct affinity {
	enum affinity_kind kind;
	char device[IFNAMSIZ]; /* an interface or a VRF */
	struct sockaddr_storage address;
};

/*
 * Finds what a name stands for, and tries it: no name is looked up.
 *
 * Returns 0; -ENODEV for no interface; -EADDRNOTAVAIL for an address that is
 * not this host's; or why it cannot be used.
 */
MUST_USE int affinity_find(const char *name, struct affinity *out);

void affinity_set(const struct affinity *affinity);

/*
 * Binds a new socket of a family. Returns 0; -EAFNOSUPPORT when the address
 * is of the other one; or what the kernel says.
 */
MUST_USE int affinity_bind(int fd, int family);

#endif
