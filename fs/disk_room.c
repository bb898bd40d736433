#include "disk_room.h"

#include <sys/statvfs.h>

static uint64_t margin_of(const struct statvfs *fs)
{
	uint64_t part =
		(uint64_t)fs->f_blocks * fs->f_frsize / DISK_MARGIN_PART;

	if (part < DISK_MARGIN_MIN)
		return DISK_MARGIN_MIN;
	return part < DISK_MARGIN_MAX ? part : DISK_MARGIN_MAX;
}

uint64_t disk_margin(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 ? margin_of(&fs) : DISK_MARGIN_MAX;
}

uint64_t disk_room(int fd)
{
	struct statvfs fs;
	uint64_t free_octets, margin;

	if (fstatvfs(fd, &fs) != 0)
		return UINT64_MAX;
	free_octets = (uint64_t)fs.f_bavail * fs.f_frsize;
	margin = margin_of(&fs);
	return free_octets > margin ? free_octets - margin : 0;
}
