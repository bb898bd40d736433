/*
 * disk_room - how much more may be put on the file system of the spool.
 *
 * A margin stays free: the catalogue must be able to grow when content no
 * longer can, or what becomes of the content could not be recorded, and
 * nothing would ever make room again.
 *
 * No state; any thread. Asks the kernel, which asks no disk.
 */
#ifndef DISK_ROOM_H
#define DISK_ROOM_H

#include <stdint.h>

enum {
	DISK_MARGIN_MIN = 1 << 20,
	DISK_MARGIN_MAX = 16 << 20,
	DISK_MARGIN_PART = 16, /* of the file system, between these two */
};

/* Any file or directory of the file system will do. In octets. */
uint64_t disk_margin(int fd);

/* What is free beyond the margin; UINT64_MAX where the kernel cannot say. */
uint64_t disk_room(int fd);

#endif
