#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char ready[] = "READY=1";

/* "/path", or "@name" for one that is in no directory. */
static int read_address(
	const char *text, struct sockaddr_un *out, socklen_t *len)
{
	size_t n = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || n < 2
		|| n >= sizeof out->sun_path)
		return -EINVAL;
	memset(out, 0, sizeof *out);
	out->sun_family = AF_UNIX;
	memcpy(out->sun_path, text, n);
	if (text[0] == '@')
		out->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return 0;
}

int notify_ready(void)
{
	const char *socket_name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to;
	socklen_t len;
	int err, fd;

	if (socket_name == NULL)
		return 0;
	err = read_address(socket_name, &to, &len);
	if (err != 0)
		return err;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, ready, strlen(ready), MSG_NOSIGNAL,
		    (struct sockaddr *)&to, len)
		< 0)
		err = -errno;
	close(fd);
	return err;
}
