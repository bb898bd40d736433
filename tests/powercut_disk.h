/*
 * powercut_disk - what a power cut would leave of the files below a folder.
 *
 * The shadow's inodes/ holds the octets that a sync covered, a file for each
 * file; its tree/ holds the names that a sync of their directory covered,
 * as links. One thread at a time. A failure here ends the process: a shadow
 * that is wrong proves nothing.
 */
#ifndef POWERCUT_DISK_H
#define POWERCUT_DISK_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The call itself, not the one of this layer. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

struct shadow {
	ino_t inode;
	uint32_t id;    /* of the shadow's inodes/ file; 0: slot is free */
	uint8_t *dirty; /* a bit for each page written since the last sync */
	size_t dirty_octets;
	bool is_dropped;
};

/*
 * Takes what lies below dir as durable. Syncs of files whose names begin with
 * drop_prefix, unless that is NULL, are forgotten from now on.
 */
void powercut_begin(
	const char *dir, const char *shadow, const char *drop_prefix);

/* Where path lies below dir: "" for dir itself; NULL outside of it. */
const char *powercut_below(const char *path);

/* Files that are rebuilt after a crash have no shadow. */
bool powercut_leaves_out(const char *name);

/* NULL when the file has no shadow. */
struct shadow *powercut_find(ino_t inode);

struct shadow *powercut_remember(ino_t inode, const char *name);

/* The file is gone. */
void powercut_forget(struct shadow *s);

/* These octets are not on disk yet. */
void powercut_wrote(struct shadow *s, uint64_t offset, uint64_t len);

/* A sync of the open file fd, or of a directory named below dir. */
void powercut_synced(int fd, struct shadow *s);
void powercut_synced_directory(const char *below);

#endif
