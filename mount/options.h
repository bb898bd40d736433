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
	OPTIONS_CHECK, /* validate the configuration, mount nothing */
	OPTIONS_HELP,
	OPTIONS_VERSION,
};

struct options {
	enum options_action action;
	const char *config_file; /* as given; points into argv */
	const char *mount_point; /* of OPTIONS_MOUNT; as given */
	/* What follows -o, with commas, without what only mount(8) reads. */
	char mount_options[OPTIONS_MOUNT_MAX];
	bool is_foreground;
	bool is_cold;
};

/*
 * Reads the command line in either of its forms:
 *
 *	jesfs [-f] [-F] [-o OPTIONS] [-c CONFIG] MOUNTPOINT
 *	jesfs CONFIG MOUNTPOINT [-o OPTIONS]
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
