#include "store_large.h"

#include "disk_octets.h"
#include "store_values.h"
#include "text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { NAME_OCTETS = 24, SEAL_MAGIC = 0x6a657332 };

/* Behind the octets of a sealed file; then a checksum for each block. */
struct seal {
	uint32_t magic;
	uint32_t sum; /* of this, with 0 in its place, and the checksums */
	uint64_t number;
	uint64_t size;
};

static void large_name(uint64_t number, char out[static NAME_OCTETS])
{
	text_format(out, NAME_OCTETS, "%llu", (unsigned long long)number);
}

int large_create(int files, uint64_t number)
{
	char name[NAME_OCTETS];
	int fd;

	large_name(number, name);
	fd = openat(files, name,
		O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

void large_unlink(int files, uint64_t number)
{
	char name[NAME_OCTETS];

	large_name(number, name);
	unlinkat(files, name, 0); /* what stays is swept at the next start */
}

/* ---- checksums ------------------------------------------------------- */

static uint64_t block_count(uint64_t size)
{
	return (size + LARGE_BLOCK - 1) / LARGE_BLOCK;
}

static size_t block_octets(uint64_t size, uint64_t block)
{
	uint64_t left = size - block * LARGE_BLOCK;

	return left < LARGE_BLOCK ? (size_t)left : LARGE_BLOCK;
}

static int sum_block(
	int fd, uint64_t size, uint64_t block, char *scratch, uint32_t *sum)
{
	size_t len = block_octets(size, block);
	int err = disk_read_all(fd, block * LARGE_BLOCK, scratch, len);

	if (err == 0)
		*sum = (uint32_t)crc32_z(0, (const Bytef *)scratch, len);
	return err;
}

static uint32_t seal_sum(
	const struct seal *seal, const uint32_t *sums, uint64_t blocks)
{
	struct seal plain = *seal;
	uLong sum;

	plain.sum = 0;
	sum = crc32_z(0, (const Bytef *)&plain, sizeof plain);
	return (uint32_t)crc32_z(
		sum, (const Bytef *)sums, (size_t)blocks * sizeof *sums);
}

static int write_seal(int fd, uint64_t number, uint64_t size,
	const uint32_t *sums, uint64_t blocks)
{
	struct seal seal = { SEAL_MAGIC, 0, number, size };
	size_t len = (size_t)blocks * sizeof *sums;
	int err;

	seal.sum = seal_sum(&seal, sums, blocks);
	err = disk_write(fd, size, &seal, sizeof seal);
	if (err == 0)
		err = disk_write(fd, size + sizeof seal, sums, len);
	if (err == 0 && ftruncate(fd, (off_t)(size + sizeof seal + len)) != 0)
		err = -errno;
	return err;
}

int large_seal(int fd, uint64_t number, uint64_t size)
{
	uint64_t blocks = block_count(size);
	uint32_t *sums = calloc((size_t)blocks + 1, sizeof *sums);
	char *scratch = malloc(LARGE_BLOCK);
	uint64_t i;
	int err = 0;

	if (sums == NULL || scratch == NULL)
		err = -ENOMEM;
	for (i = 0; i < blocks && err == 0; i++)
		err = sum_block(fd, size, i, scratch, &sums[i]);
	if (err == 0)
		err = write_seal(fd, number, size, sums, blocks);
	free(scratch);
	free(sums);
	return err == STORE_DAMAGED ? -EIO : err;
}

/* Checks blocks first to last against the seal. */
static int check_blocks(
	int fd, uint64_t number, uint64_t size, uint64_t first, uint64_t last)
{
	uint64_t blocks = block_count(size);
	uint32_t *sums = calloc((size_t)blocks + 1, sizeof *sums);
	char *scratch = malloc(LARGE_BLOCK);
	struct seal seal = { .magic = 0 };
	uint32_t sum = 0;
	int err = sums != NULL && scratch != NULL ? 0 : -ENOMEM;

	if (err == 0)
		err = disk_read_all(fd, size, &seal, sizeof seal);
	if (err == 0)
		err = disk_read_all(fd, size + sizeof seal, sums,
			(size_t)blocks * sizeof *sums);
	if (err == 0
		&& (seal.magic != SEAL_MAGIC || seal.number != number
			|| seal.size != size
			|| seal.sum != seal_sum(&seal, sums, blocks)))
		err = STORE_DAMAGED;
	for (; first <= last && err == 0; first++) {
		err = sum_block(fd, size, first, scratch, &sum);
		if (err == 0 && sum != sums[first])
			err = STORE_DAMAGED;
	}
	free(scratch);
	free(sums);
	return err;
}

ssize_t large_read(int files, uint64_t number, uint64_t size, bool is_sealed,
	uint64_t offset, void *octets, size_t len)
{
	char name[NAME_OCTETS];
	uint64_t first = (offset + LARGE_BLOCK - 1) / LARGE_BLOCK;
	int fd;
	int err;

	if (offset >= size)
		return 0;
	if (len > size - offset)
		len = (size_t)(size - offset);
	large_name(number, name);
	fd = openat(files, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	err = disk_read_all(fd, offset, octets, len);
	if (err == 0 && is_sealed && len > 0
		&& first * LARGE_BLOCK < offset + len)
		err = check_blocks(fd, number, size, first,
			(offset + len - 1) / LARGE_BLOCK);
	close(fd);
	return err != 0 ? err : (ssize_t)len;
}

/* ---- start ----------------------------------------------------------- */

int large_sweep(int files, bool (*keep)(void *arg, uint64_t number), void *arg)
{
	int fd = openat(files, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	uint64_t number;
	int err = 0;

	if (dir == NULL) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while ((e = readdir(dir)) != NULL) {
		if (text_to_number(
			    e->d_name, strlen(e->d_name), UINT64_MAX, &number)
			!= 0)
			continue;
		if (!keep(arg, number))
			unlinkat(files, e->d_name, 0);
	}
	closedir(dir);
	return err;
}
