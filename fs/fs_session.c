#include "fs_session.h"

#include "fuse_words.h"
#include "text.h"

#include <errno.h>
#include <stddef.h>

enum { OPTIONS_OCTETS = 4096 + 64 };

int fs_session_new(const char *options,
	const struct fuse_lowlevel_ops *operations, void *arg,
	struct fuse_session **out, char why[static FS_WHY_MAX])
{
	char all[OPTIONS_OCTETS];
	char *argv[] = { "jesfs", "-o", all, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	const char *more = options != NULL ? options : "";
	struct fuse_session *session;

	if (!text_format(all, sizeof all,
		    "allow_other,fsname=jesfs,subtype=jesfs%s%s",
		    more[0] != '\0' ? "," : "", more)) {
		text_copy(why, FS_WHY_MAX, "the mount options are too long");
		return -EINVAL;
	}
	fuse_words_listen();
	session = fuse_session_new(&args, operations, sizeof *operations, arg);
	fuse_opt_free_args(&args);
	if (session == NULL) {
		text_format(why, FS_WHY_MAX, "mount options: %s",
			fuse_words_last());
		return -EINVAL;
	}
	*out = session;
	return 0;
}
