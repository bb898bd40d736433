/*
 * options - the command line of jesfs.
 *
 * One thread, at start.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "attributes.h"

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_CONFIG_FILE "/etc/jesfs/jesfs.conf"

enum {
	OPTIONS_MOUNT_MAX = 4096, /* octets of all -o together */
	OPTIONS_WHY_MAX = 512,
};

enum options_action {
	OPTIONS_MOUNT,
	OPTIONS_CHECK,     /* validate the configuration, mount nothing */
	OPTIONS_UNPROTECT, /* undo what keeps files from the mount point */
	OPTIONS_HELP,
	OPTIONS_VERSION,
};

struct options {
	enum options_action action;
	const char *config_file; /* as given; points into argv */
	/* Of OPTIONS_MOUNT and OPTIONS_UNPROTECT; as given. */
	const char *mount_point;
	/*
	 * What follows -o and says how to mount, with commas; after it the
	 * configuration as fsname=, by which mount(8) knows a line of
	 * fstab(5) again.
	 */
	char mount_options[OPTIONS_MOUNT_MAX];
	bool may_hold_files; /* -o nonempty: the mount point */
	bool is_foreground;
	bool is_cold;
	const char *transport; /* -p: as given; NULL without it */
};

/*
 * Reads the command line in one of its forms:
 *
 *	jesfs [-f] [-F] [-p NAME] [-o OPTIONS] [-c CONFIG] MOUNTPOINT
 *	jesfs CONFIG MOUNTPOINT [-o OPTIONS]
 *	jesfs --check [-c CONFIG]
 *	jesfs --unprotect DIR
 *
 * argv may be reordered. Returns 0; -EINVAL with a sentence, without line
 * end, in why.
 */
MUST_USE int options_read(int argc, char **argv, struct options *out,
	char why[static OPTIONS_WHY_MAX]);

/* What --help and --version print. */
extern const char options_help[];
extern const char options_version[];

#endif
