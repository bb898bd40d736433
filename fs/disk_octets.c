#include "disk_octets.h"

#include "store_values.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { ZERO_CHUNK = 1 << 20 }; /* in one system call */

int disk_write(int fd, uint64_t offset, const void *octets, size_t len)
{
	const char *from = octets;
	ssize_t put;

	while (len > 0) {
		put = pwrite(fd, from, len, (off_t)offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		if (put == 0)
			return -EIO;
		from += put;
		len -= (size_t)put;
		offset += (uint64_t)put;
	}
	return 0;
}

int disk_write_zeros(int fd, uint64_t offset, uint64_t upto)
{
	char *zeros = calloc(1, ZERO_CHUNK);
	size_t len;
	int err = 0;

	if (zeros == NULL)
		return -ENOMEM;
	for (; offset < upto && err == 0; offset += len) {
		len = upto - offset < ZERO_CHUNK ? (size_t)(upto - offset)
						 : ZERO_CHUNK;
		err = disk_write(fd, offset, zeros, len);
	}
	free(zeros);
	return err;
}

ssize_t disk_read(int fd, uint64_t offset, void *octets, size_t len)
{
	char *to = octets;
	size_t done = 0;
	ssize_t got;

	while (done < len) {
		got = pread(fd, to + done, len - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int disk_read_all(int fd, uint64_t offset, void *octets, size_t len)
{
	ssize_t got = disk_read(fd, offset, octets, len);

	if (got < 0)
		return (int)got;
	return (size_t)got == len ? 0 : STORE_DAMAGED;
}
