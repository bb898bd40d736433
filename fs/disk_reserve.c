#include "disk_reserve.h"

#include "disk_room.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	RESERVE_STEP = 64 << 10, /* less is not worth a try */
	/* beside the margin: the index of the log, and some */
	RESERVE_MORE = 512 << 10,
};

int disk_reserve_open(const char *directory)
{
	char path[4096];
	int fd;

	if (!text_format(path, sizeof path, "%s/reserve", directory))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

static uint64_t available(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : 0;
}

static uint64_t full_size(int fd)
{
	return disk_margin(fd) + RESERVE_MORE;
}

uint64_t disk_reserve_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static uint64_t missing(int fd)
{
	uint64_t full = full_size(fd);
	uint64_t size = disk_reserve_size(fd);

	return size < full ? full - size : 0;
}

bool disk_reserve_is_full(int fd)
{
	return missing(fd) < RESERVE_STEP;
}

/* Some of what is said to be free may be needed to note where it lies. */
void disk_reserve_take(int fd, uint64_t most)
{
	uint64_t size = disk_reserve_size(fd);
	uint64_t room = available(fd);
	uint64_t wanted = missing(fd);

	if (size >= most)
		return;
	if (wanted > most - size)
		wanted = most - size;
	if (wanted > room)
		wanted = room / RESERVE_STEP * RESERVE_STEP;
	while (wanted >= RESERVE_STEP) {
		if (fallocate(fd, 0, (off_t)size, (off_t)wanted) == 0
			|| errno != ENOSPC)
			return;
		wanted = wanted / 2 / RESERVE_STEP * RESERVE_STEP;
	}
}

/* Where that fails there is as little room as before. */
void disk_reserve_release(int fd)
{
	(void)!ftruncate(fd, 0);
}

bool disk_reserve_is_needed(int fd)
{
	return available(fd) < full_size(fd);
}

bool disk_reserve_is_due(int fd)
{
	uint64_t margin = disk_margin(fd);
	uint64_t room = available(fd);
	uint64_t lacking = missing(fd);

	if (disk_reserve_is_full(fd) || room < RESERVE_STEP)
		return false;
	return room <= margin || room >= lacking + 2 * margin;
}
