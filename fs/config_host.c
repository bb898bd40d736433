#include "config_host.h"

#include "config_name.h"
#include "text.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

/* A datagram socket sends nothing when it is connected. */
static bool local_address(
	const struct target_config *target, struct sockaddr_storage *out)
{
	socklen_t len = sizeof *out;
	bool is_known;
	int fd;

	fd = socket(target->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	is_known = connect(fd, (const struct sockaddr *)&target->address,
			   sizeof target->address)
			== 0
		&& getsockname(fd, (struct sockaddr *)out, &len) == 0;
	close(fd);
	return is_known;
}

static void write_literal(const struct sockaddr_storage *address,
	char out[static CONFIG_HELO_MAX + 1])
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	char text[INET6_ADDRSTRLEN];

	if (address->ss_family == AF_INET6
		&& inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text))
		text_format(out, CONFIG_HELO_MAX + 1, "[IPv6:%s]", text);
	else if (address->ss_family == AF_INET
		&& inet_ntop(AF_INET, &in4->sin_addr, text, sizeof text))
		text_format(out, CONFIG_HELO_MAX + 1, "[%s]", text);
}

void config_host_helo(const struct target_config *target,
	char out[static CONFIG_HELO_MAX + 1])
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	char name[CONFIG_HELO_MAX + 1] = "";

	if (gethostname(name, sizeof name - 1) == 0 && strchr(name, '.') != NULL
		&& config_name_is_helo(name, strlen(name))) {
		text_copy(out, CONFIG_HELO_MAX + 1, name);
		return;
	}
	text_copy(out, CONFIG_HELO_MAX + 1, "[127.0.0.1]");
	if (local_address(target, &address))
		write_literal(&address, out);
}
