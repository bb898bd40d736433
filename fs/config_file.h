/*
 * config_file - the octets of a configuration file that may be trusted.
 *
 * Who can write a configuration decides where mail goes, so only a regular
 * file of root or of the user who runs the program is read, and only when
 * nobody else may write it. Any thread.
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "attributes.h"
#include "buf.h"

#include <sys/types.h>

enum {
	CONFIG_FILE_OCTETS_MAX = 1 << 20,
	CONFIG_FILE_WHY_MAX = 160,
};

/*
 * Appends the file's content to out.
 *
 * Returns 0; -errno or -EINVAL with what is wrong, and what was expected,
 * in why; -ENOMEM.
 */
MUST_USE int config_file_read(const char *file, struct buf *out,
	char why[static CONFIG_FILE_WHY_MAX]);

/*
 * Whether a file is a program that may be trusted: a regular file of root, of
 * the user who runs jesfs or of uid, which nobody else may write, and which
 * may be executed.
 *
 * Returns 0; -errno or -EINVAL with what is wrong in why, as above.
 */
MUST_USE int config_file_check_program(
	const char *file, uid_t uid, char why[static CONFIG_FILE_WHY_MAX]);

#endif
