/*
 * connection - octets to and from one peer, each call with a deadline.
 *
 * The socket never blocks: waits are poll(2) with an absolute deadline of
 * the monotonic clock, so a peer that drips octets gains no time. What
 * arrives while we write is read at once, so that two full directions never
 * wait for each other (RFC 2920 section 3.1).
 *
 * One thread at a time. stop_fd, an eventfd that may be shared, ends every
 * wait when it becomes readable.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room for the replies to 100 RCPTs of the longest norm size. */
enum { CONNECTION_INPUT_MAX = 65536 };

struct connection {
	int fd; /* -1: closed */
	int stop_fd;
	bool was_stopped; /* a wait ended because of stop_fd */
	size_t written;   /* octets the last connection_write() got rid of */
	size_t start;     /* of what is not yet consumed */
	size_t end;
	char input[CONNECTION_INPUT_MAX];
};

void connection_init(struct connection *c, int stop_fd);

/*
 * Connects, by the way affinity.h names. Returns 0; -ETIMEDOUT; -ECANCELED
 * when stopped; what affinity_bind() or connect(2) says.
 */
MUST_USE int connection_open(struct connection *c,
	const struct sockaddr_storage *address, int64_t deadline_ns);

/* May be called twice. */
void connection_close(struct connection *c);

/*
 * Writes all octets. Returns 0; -ETIMEDOUT; -ECANCELED; -EPIPE and others
 * when the peer is gone. What the peer said before is still in the input.
 */
MUST_USE int connection_write(struct connection *c, const char *octets,
	size_t len, int64_t deadline_ns);

/*
 * Waits until there is unconsumed input. Returns 0; -ETIMEDOUT; -ECANCELED;
 * -ECONNRESET at the end of the stream, or what recv(2) says.
 */
MUST_USE int connection_fill(struct connection *c, int64_t deadline_ns);

/* Waits until there is more input than now; the same results. */
MUST_USE int connection_fill_more(struct connection *c, int64_t deadline_ns);

/* Whether the peer said something, or ended the stream; does not wait. */
bool connection_is_readable(struct connection *c);

/* The unconsumed input, and how much of it. */
const char *connection_input(const struct connection *c, size_t *len);
void connection_consume(struct connection *c, size_t len);

#endif
