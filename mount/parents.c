#include "parents.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whatever the umask: others may have to get through to what lies beside. */
static int make_one(int above, const char *name)
{
	if (mkdirat(above, name, 0755) != 0)
		return errno == EEXIST ? 0 : -errno;
	if (fchmodat(above, name, 0755, 0) != 0 || fsync(above) != 0)
		return -errno;
	return 0;
}

/* Goes down to name, made if need be; above is replaced. */
static int descend(int *above, const char *name)
{
	int err = make_one(*above, name);
	int fd;

	if (err != 0)
		return err;
	fd = openat(*above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(*above);
	*above = fd;
	return 0;
}

int parents_make(const char *path)
{
	char parts[PATH_MAX];
	char *name, *next, *rest = NULL;
	int above = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (above < 0)
		return -errno;
	if (!text_copy(parts, sizeof parts, path))
		err = -ENAMETOOLONG;
	name = err == 0 ? strtok_r(parts, "/", &rest) : NULL;
	while (err == 0 && name != NULL) {
		next = strtok_r(NULL, "/", &rest);
		if (next != NULL)
			err = descend(&above, name);
		name = next;
	}
	close(above);
	return err;
}
