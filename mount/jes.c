/*
 * jes - commands for those who write data sets.
 */
#include "jes_check.h"
#include "jes_options.h"

#include <stdio.h>
#include <sysexits.h>

int main(int argc, char **argv)
{
	struct jes_options options;
	char why[JES_WHY_MAX];

	if (jes_options_read(argc, argv, &options, why) != 0) {
		fprintf(stderr, "jes: %s\nTry jes --help.\n", why);
		return EX_USAGE;
	}
	switch (options.action) {
	case JES_HELP:
		fputs(jes_help, stdout);
		break;
	case JES_VERSION:
		fputs(jes_version, stdout);
		break;
	case JES_CHECK:
		return jes_check(&options);
	}
	return EX_OK;
}
