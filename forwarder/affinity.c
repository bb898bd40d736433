#include "affinity.h"

#include "text.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

static struct affinity chosen;

static int bind_to(const struct affinity *a, int fd, int family)
{
	static const int yes = 1;
	socklen_t len = family == AF_INET6 ? sizeof(struct sockaddr_in6)
					   : sizeof(struct sockaddr_in);
	int err = 0;

	if (a->kind == AFFINITY_NONE)
		return 0;
	if (a->kind == AFFINITY_DEVICE) {
		err = setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, a->device,
			(socklen_t)strlen(a->device));
		return err != 0 ? -errno : 0;
	}
	if (a->address.ss_family != family)
		return -EAFNOSUPPORT;
	/* The port is for connect(2) to choose: one of each peer's. */
	(void)setsockopt(
		fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
	err = bind(fd, (const struct sockaddr *)&a->address, len);
	return err != 0 ? -errno : 0;
}

static int try_out(const struct affinity *a)
{
	int family =
		a->kind == AFFINITY_ADDRESS ? a->address.ss_family : AF_INET;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	int err;

	if (fd < 0)
		return -errno;
	err = bind_to(a, fd, family);
	close(fd);
	return err;
}

static bool read_address(const char *name, struct affinity *out)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;

	if (getaddrinfo(name, NULL, &hints, &found) != 0)
		return false;
	memcpy(&out->address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	out->kind = AFFINITY_ADDRESS;
	return true;
}

int affinity_find(const char *name, struct affinity *out)
{
	struct affinity found = { .kind = AFFINITY_DEVICE };
	int err;

	if (!text_copy(found.device, sizeof found.device, name))
		found.device[0] = '\0';
	if (if_nametoindex(found.device) == 0 && !read_address(name, &found))
		return -ENODEV;
	err = try_out(&found);
	if (err == 0)
		*out = found;
	return err;
}

void affinity_set(const struct affinity *affinity)
{
	chosen = *affinity;
}

int affinity_bind(int fd, int family)
{
	return bind_to(&chosen, fd, family);
}
