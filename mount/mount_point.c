#include "mount_point.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

int mount_point_find(const char *path, char out[static PATH_MAX])
{
	struct stat st;

	if (stat(path, &st) != 0 && errno == ENOTCONN
		&& umount2(path, MNT_DETACH) != 0)
		return -errno;
	if (realpath(path, out) == NULL)
		return -errno;
	if (stat(out, &st) != 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* The real path of what there is of it. */
static bool resolve(const char *path, char out[static PATH_MAX])
{
	char there[PATH_MAX];
	char *slash;

	if (!text_copy(there, sizeof there, path))
		return false;
	while (realpath(there, out) == NULL) {
		slash = strrchr(there, '/');
		if (slash == NULL || slash == there)
			return false;
		*slash = '\0';
	}
	return true;
}

bool mount_point_holds(const char *mount_point, const char *path)
{
	char real[PATH_MAX];
	size_t len = strlen(mount_point);

	if (!resolve(path, real))
		return false;
	return strncmp(real, mount_point, len) == 0
		&& (real[len] == '/' || real[len] == '\0');
}
