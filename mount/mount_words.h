/*
 * mount_words - the words after -o: which go to the kernel, which change
 * nothing here, and which are wrong.
 *
 * Pure.
 * Source: mount(8), fstab(5), mount.fuse3(8).
 */
#ifndef MOUNT_WORDS_H
#define MOUNT_WORDS_H

#include <stddef.h>

enum mount_word {
	MOUNT_WORD_UNKNOWN,
	MOUNT_WORD_IGNORED,  /* when to mount, or how we do anyway */
	MOUNT_WORD_PASSED,   /* how to mount */
	MOUNT_WORD_NONEMPTY, /* the mount point may have files in it */
};

/* What a word of len octets is, with its value if it has one. */
enum mount_word mount_word_find(const char *word, size_t len);

#endif
