#include "mount_words.h"

#include <stdbool.h>
#include <string.h>

/*
 * A name that ends in '=' has any value. uid=, gid=, umask= and allow_root
 * are not here: who believes that they hold would be mistaken.
 */
static const struct {
	const char *name;
	enum mount_word is;
} words[] = {
	{ "ro", MOUNT_WORD_PASSED },
	{ "rw", MOUNT_WORD_PASSED },
	{ "suid", MOUNT_WORD_PASSED },
	{ "nosuid", MOUNT_WORD_PASSED },
	{ "dev", MOUNT_WORD_PASSED },
	{ "nodev", MOUNT_WORD_PASSED },
	{ "exec", MOUNT_WORD_PASSED },
	{ "noexec", MOUNT_WORD_PASSED },
	{ "sync", MOUNT_WORD_PASSED },
	{ "async", MOUNT_WORD_PASSED },
	{ "dirsync", MOUNT_WORD_PASSED },
	{ "noatime", MOUNT_WORD_PASSED },
	{ "context=", MOUNT_WORD_PASSED },
	{ "fscontext=", MOUNT_WORD_PASSED },
	{ "defcontext=", MOUNT_WORD_PASSED },
	{ "rootcontext=", MOUNT_WORD_PASSED },
	{ "nonempty", MOUNT_WORD_NONEMPTY },
	/* Of any file system, without a meaning for this one. */
	{ "atime", MOUNT_WORD_IGNORED },
	{ "diratime", MOUNT_WORD_IGNORED },
	{ "nodiratime", MOUNT_WORD_IGNORED },
	{ "relatime", MOUNT_WORD_IGNORED },
	{ "norelatime", MOUNT_WORD_IGNORED },
	{ "strictatime", MOUNT_WORD_IGNORED },
	{ "nostrictatime", MOUNT_WORD_IGNORED },
	{ "lazytime", MOUNT_WORD_IGNORED },
	{ "nolazytime", MOUNT_WORD_IGNORED },
	{ "iversion", MOUNT_WORD_IGNORED },
	{ "noiversion", MOUNT_WORD_IGNORED },
	{ "mand", MOUNT_WORD_IGNORED },
	{ "nomand", MOUNT_WORD_IGNORED },
	{ "silent", MOUNT_WORD_IGNORED },
	{ "loud", MOUNT_WORD_IGNORED },
	/* When to mount, and who may. */
	{ "defaults", MOUNT_WORD_IGNORED },
	{ "auto", MOUNT_WORD_IGNORED },
	{ "noauto", MOUNT_WORD_IGNORED },
	{ "nofail", MOUNT_WORD_IGNORED },
	{ "_netdev", MOUNT_WORD_IGNORED },
	{ "user", MOUNT_WORD_IGNORED },
	{ "user=", MOUNT_WORD_IGNORED },
	{ "nouser", MOUNT_WORD_IGNORED },
	{ "users", MOUNT_WORD_IGNORED },
	{ "owner", MOUNT_WORD_IGNORED },
	{ "group", MOUNT_WORD_IGNORED },
	{ "comment=", MOUNT_WORD_IGNORED },
	/* Of FUSE: what is so anyway, or only tunes. */
	{ "allow_other", MOUNT_WORD_IGNORED },
	{ "default_permissions", MOUNT_WORD_IGNORED },
	{ "auto_unmount", MOUNT_WORD_IGNORED },
	{ "fsname=", MOUNT_WORD_IGNORED },
	{ "subtype=", MOUNT_WORD_IGNORED },
	{ "clone_fd", MOUNT_WORD_IGNORED },
	{ "max_threads=", MOUNT_WORD_IGNORED },
	{ "max_idle_threads=", MOUNT_WORD_IGNORED },
	{ "max_read=", MOUNT_WORD_IGNORED },
	{ "max_write=", MOUNT_WORD_IGNORED },
	{ "max_readahead=", MOUNT_WORD_IGNORED },
	{ "max_background=", MOUNT_WORD_IGNORED },
	{ "blksize=", MOUNT_WORD_IGNORED },
	{ "big_writes", MOUNT_WORD_IGNORED },
	{ "large_read", MOUNT_WORD_IGNORED },
	{ "intr", MOUNT_WORD_IGNORED },
};

static bool matches(const char *name, const char *word, size_t len)
{
	size_t n = strlen(name);

	if (name[n - 1] == '=')
		return len >= n && memcmp(word, name, n) == 0;
	return len == n && memcmp(word, name, n) == 0;
}

/* x-systemd.requires=..., X-mount.mkdir: for whoever they name. */
static bool is_extension(const char *word, size_t len)
{
	return len >= 2 && (word[0] == 'x' || word[0] == 'X') && word[1] == '-';
}

enum mount_word mount_word_find(const char *word, size_t len)
{
	size_t i;

	if (is_extension(word, len))
		return MOUNT_WORD_IGNORED;
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (matches(words[i].name, word, len))
			return words[i].is;
	return MOUNT_WORD_UNKNOWN;
}
