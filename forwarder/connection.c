#include "connection.h"

#include "affinity.h"
#include "clock.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
	KEEPALIVE_IDLE_S = 60,
	KEEPALIVE_INTERVAL_S = 20,
	KEEPALIVE_COUNT = 3,
	INJECTED_POLL_MS = 1,
	POLL_MS_MAX = 60000,
};

void connection_init(struct connection *c, int stop_fd)
{
	c->fd = -1;
	c->stop_fd = stop_fd;
	c->was_stopped = false;
	c->written = 0;
	c->start = 0;
	c->end = 0;
}

/*
 * One write per command group makes Nagle's delay pure loss; keep-alives
 * find peers that vanished without a word.
 */
static int set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT },
	};
	size_t i;

	for (i = 0; i < sizeof options / sizeof options[0]; i++)
		if (setsockopt(fd, options[i].level, options[i].name,
			    &options[i].value, sizeof options[i].value)
			!= 0)
			return -errno;
	return 0;
}

/* The kernel knows nothing of an injected clock: look at it often. */
static int poll_timeout_ms(int64_t left_ns)
{
	int64_t ms = left_ns / NS_PER_MS + 1;

	if (clock_is_injected())
		return INJECTED_POLL_MS;
	return ms > POLL_MS_MAX ? POLL_MS_MAX : (int)ms;
}

/*
 * Waits for events; *seen gets which came. Whoever was kept from looking in
 * time, as on a machine that slept, finds what came meanwhile: a reply that is
 * there is none that never came.
 */
static int wait_for(
	struct connection *c, short events, int64_t deadline_ns, short *seen)
{
	struct pollfd fds[2] = {
		{ .fd = c->fd, .events = events },
		{ .fd = c->stop_fd, .events = POLLIN },
	};
	int64_t left_ns;
	int n;

	for (;;) {
		left_ns = deadline_ns - clock_monotonic_ns();
		n = poll(fds, 2, left_ns > 0 ? poll_timeout_ms(left_ns) : 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && left_ns <= 0)
			return -ETIMEDOUT;
		if (n <= 0)
			continue;
		if (fds[1].revents != 0) {
			c->was_stopped = true;
			return -ECANCELED;
		}
		*seen = fds[0].revents;
		return 0;
	}
}

static int finish_connect(struct connection *c, int64_t deadline_ns)
{
	socklen_t len = sizeof(int);
	short seen;
	int err, so_error;

	err = wait_for(c, POLLOUT, deadline_ns, &seen);
	if (err != 0)
		return err;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &so_error, &len) != 0)
		return -errno;
	return -so_error;
}

int connection_open(struct connection *c,
	const struct sockaddr_storage *address, int64_t deadline_ns)
{
	socklen_t len = address->ss_family == AF_INET6
		? sizeof(struct sockaddr_in6)
		: sizeof(struct sockaddr_in);
	int err;

	assert(c->fd < 0);
	c->start = 0;
	c->end = 0;
	c->fd = socket(address->ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (c->fd < 0)
		return -errno;
	err = set_options(c->fd);
	if (err == 0)
		err = affinity_bind(c->fd, address->ss_family);
	if (err == 0
		&& connect(c->fd, (const struct sockaddr *)address, len) != 0)
		err = -errno;
	if (err == -EINPROGRESS)
		err = finish_connect(c, deadline_ns);
	if (err != 0)
		connection_close(c);
	return err;
}

void connection_close(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static size_t make_room(struct connection *c)
{
	if (c->start == c->end) {
		c->start = 0;
		c->end = 0;
	} else if (c->end == sizeof c->input) {
		memmove(c->input, c->input + c->start, c->end - c->start);
		c->end -= c->start;
		c->start = 0;
	}
	return sizeof c->input - c->end;
}

/* Reads what is there. Returns 0, -EAGAIN when there is nothing. */
static int take(struct connection *c)
{
	size_t room = make_room(c);
	ssize_t n;

	if (room == 0)
		return -EMSGSIZE;
	n = recv(c->fd, c->input + c->end, room, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN
							      : -errno;
	if (n == 0)
		return -ECONNRESET;
	c->end += (size_t)n;
	return 0;
}

/*
 * Waits until more can be written. A peer that has ended its side is found
 * by the write itself: what it said before must not be lost.
 */
static int wait_to_write(
	struct connection *c, bool *is_deaf, int64_t deadline_ns)
{
	short events = POLLOUT;
	short seen;
	int err;

	if (!*is_deaf && make_room(c) > 0)
		events |= POLLIN;
	err = wait_for(c, events, deadline_ns, &seen);
	if (err != 0)
		return err;
	if ((seen & POLLIN) != 0) {
		err = take(c);
		*is_deaf = err != 0 && err != -EAGAIN;
	}
	return 0;
}

int connection_write(struct connection *c, const char *octets, size_t len,
	int64_t deadline_ns)
{
	bool is_deaf = false;
	ssize_t n;
	int err;

	c->written = 0;
	while (len > 0) {
		n = send(c->fd, octets, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			octets += n;
			len -= (size_t)n;
			c->written += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return -errno;
		err = wait_to_write(c, &is_deaf, deadline_ns);
		if (err != 0)
			return err;
	}
	return 0;
}

int connection_fill_more(struct connection *c, int64_t deadline_ns)
{
	short seen;
	int err;

	do {
		err = wait_for(c, POLLIN, deadline_ns, &seen);
		if (err == 0)
			err = take(c);
	} while (err == -EAGAIN);
	return err;
}

int connection_fill(struct connection *c, int64_t deadline_ns)
{
	if (c->start < c->end)
		return 0;
	return connection_fill_more(c, deadline_ns);
}

bool connection_is_readable(struct connection *c)
{
	if (c->start < c->end)
		return true;
	return take(c) != -EAGAIN;
}

const char *connection_input(const struct connection *c, size_t *len)
{
	*len = c->end - c->start;
	return c->input + c->start;
}

void connection_consume(struct connection *c, size_t len)
{
	assert(len <= c->end - c->start);
	c->start += len;
}
