#include "store_failed.h"

#include "disk_octets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { FAILED_MAGIC = 0x6a657333, FAILED_OCTETS = 8192 };

/* The file is zeros, or this and the numbers. */
struct failed_head {
	uint32_t magic;
	uint32_t sum; /* of count and numbers */
	uint64_t count;
};

/* Its blocks are written once, so that in need only they are overwritten. */
static int prepare(int fd)
{
	char zeros[FAILED_OCTETS] = "";
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (st.st_size >= FAILED_OCTETS)
		return 0;
	if (st.st_size > 0)
		return 0; /* somebody's words: failed_read() judges them */
	if (disk_write(fd, 0, zeros, sizeof zeros) != 0 || fsync(fd) != 0)
		return -EIO;
	return 0;
}

int failed_open(int directory)
{
	int fd = openat(directory, "failed",
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err;

	if (fd < 0)
		return -errno;
	err = prepare(fd);
	if (err != 0) {
		close(fd);
		return err;
	}
	return fd;
}

static uint32_t failed_sum(const uint64_t *numbers, uint64_t count)
{
	uLong sum = crc32_z(0, (const Bytef *)&count, sizeof count);

	return (uint32_t)crc32_z(
		sum, (const Bytef *)numbers, (size_t)count * sizeof *numbers);
}

static int read_numbers(
	int file, const struct failed_head *head, struct failed *out)
{
	size_t len;
	uint64_t *numbers;

	if (head->count > UINT32_MAX)
		return 0;
	len = (size_t)head->count * sizeof *numbers;
	numbers = malloc(len + 1);
	if (numbers == NULL)
		return -ENOMEM;
	if (disk_read(file, sizeof *head, numbers, len) != (ssize_t)len
		|| failed_sum(numbers, head->count) != head->sum) {
		free(numbers);
		return 0;
	}
	out->numbers = numbers;
	out->count = (size_t)head->count;
	out->is_whole = true;
	return 0;
}

int failed_read(int file, struct failed *out)
{
	static const struct failed_head nothing;
	struct failed_head head;
	ssize_t got = disk_read(file, 0, &head, sizeof head);

	memset(out, 0, sizeof *out);
	if (got < 0)
		return (int)got;
	if (got != sizeof head) {
		out->is_set = true;
		return 0;
	}
	if (memcmp(&head, &nothing, sizeof head) == 0)
		return 0;
	out->is_set = true;
	return head.magic == FAILED_MAGIC ? read_numbers(file, &head, out) : 0;
}

void failed_fini(struct failed *f)
{
	free(f->numbers);
	memset(f, 0, sizeof *f);
}

bool failed_has(const struct failed *f, uint64_t number)
{
	size_t i;

	if (!f->is_set || !f->is_whole)
		return f->is_set;
	for (i = 0; i < f->count; i++)
		if (f->numbers[i] == number)
			return true;
	return false;
}

int failed_write(int file, const uint64_t *numbers, size_t count)
{
	struct failed_head head = { FAILED_MAGIC, 0, count };
	int err;

	head.sum = failed_sum(numbers, count);
	err = disk_write(file, sizeof head, numbers, count * sizeof *numbers);
	if (err == 0)
		err = disk_write(file, 0, &head, sizeof head);
	if (err == 0 && fdatasync(file) != 0)
		err = -errno;
	return err;
}

int failed_clear(int file)
{
	static const struct failed_head nothing;
	int err = disk_write(file, 0, &nothing, sizeof nothing);

	if (err == 0 && fdatasync(file) != 0)
		err = -errno;
	return err;
}
