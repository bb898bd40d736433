/*
 * notify - tells a manager of services that the service works.
 *
 * For one thread.
 * Source: sd_notify(3): a datagram to the socket that $NOTIFY_SOCKET names.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "attributes.h"

/*
 * Sends READY=1. Returns 0, also when nobody asked to be told; -errno.
 */
MUST_USE int notify_ready(void);

#endif
