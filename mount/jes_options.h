/*
 * jes_options - the command line of jes.
 *
 * One thread, at start.
 */
#ifndef JES_OPTIONS_H
#define JES_OPTIONS_H

#include "attributes.h"
#include "config_input.h"

#include <stdbool.h>

enum { JES_WHY_MAX = 512 };

enum jes_action { JES_CHECK, JES_HELP, JES_VERSION };

struct jes_options {
	enum jes_action action;
	const char *config_file; /* as given; NULL for none */
	bool has_format;
	enum input_format format;
	char *const *files; /* as given, up to a NULL; at least one */
};

/*
 * Reads the command line:
 *
 *	jes check [-f FORMAT] [-c CONFIG] FILE...
 *
 * argv may be reordered, and out points into it. Returns 0; -EINVAL with a
 * sentence, without line end, in why.
 */
MUST_USE int jes_options_read(int argc, char **argv, struct jes_options *out,
	char why[static JES_WHY_MAX]);

/* What --help and --version print. */
extern const char jes_help[];
extern const char jes_version[];

#endif
