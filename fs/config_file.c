#include "config_file.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 16384 };

static int refuse(char why[static CONFIG_FILE_WHY_MAX], int err)
{
	text_format(why, CONFIG_FILE_WHY_MAX,
		"%s, expected a readable configuration file", strerror(-err));
	return err;
}

static int check_trust(
	const struct stat *st, char why[static CONFIG_FILE_WHY_MAX])
{
	uid_t self = geteuid();

	if (!S_ISREG(st->st_mode))
		text_copy(why, CONFIG_FILE_WHY_MAX,
			"not a regular file, expected one");
	else if (st->st_uid != 0 && st->st_uid != self)
		text_format(why, CONFIG_FILE_WHY_MAX,
			"owned by uid %ju, expected root%s",
			(uintmax_t)st->st_uid,
			self != 0 ? " or the user who runs jesfs" : "");
	else if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		text_format(why, CONFIG_FILE_WHY_MAX,
			"its group or others may write it (mode %04o), "
			"expected mode 0644 or less",
			(unsigned int)(st->st_mode & 07777));
	else if (st->st_size > CONFIG_FILE_OCTETS_MAX)
		text_format(why, CONFIG_FILE_WHY_MAX,
			"%ju octets long, expected at most %d",
			(uintmax_t)st->st_size, CONFIG_FILE_OCTETS_MAX);
	else
		return 0;
	return -EINVAL;
}

/* A file that grows meanwhile is read up to the limit and no further. */
static int read_all(int fd, struct buf *out)
{
	char chunk[CHUNK];
	size_t total = 0;
	ssize_t n;

	while (total < CONFIG_FILE_OCTETS_MAX) {
		n = read(fd, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		buf_append(out, chunk, (size_t)n);
		total += (size_t)n;
	}
	return buf_error(out);
}

int config_file_read(
	const char *file, struct buf *out, char why[static CONFIG_FILE_WHY_MAX])
{
	struct stat st;
	int fd, err;

	/* O_NONBLOCK: a FIFO must not make us wait before it is refused. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse(why, -errno);
	if (fstat(fd, &st) != 0) {
		err = refuse(why, -errno);
	} else {
		err = check_trust(&st, why);
		if (err == 0) {
			err = read_all(fd, out);
			if (err != 0)
				refuse(why, err);
		}
	}
	close(fd);
	return err;
}

int config_file_check_program(
	const char *file, uid_t uid, char why[static CONFIG_FILE_WHY_MAX])
{
	struct stat st;
	int err;

	if (stat(file, &st) != 0) {
		err = -errno;
		text_format(why, CONFIG_FILE_WHY_MAX, "%s, expected a program",
			strerror(-err));
		return err;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		text_copy(why, CONFIG_FILE_WHY_MAX,
			"not a file that may be executed, expected one");
	else if (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != uid)
		text_format(why, CONFIG_FILE_WHY_MAX,
			"owned by uid %ju, expected root or the user who runs "
			"jesfs",
			(uintmax_t)st.st_uid);
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		text_format(why, CONFIG_FILE_WHY_MAX,
			"its group or others may write it (mode %04o), "
			"expected mode 0755 or less",
			(unsigned int)(st.st_mode & 07777));
	else
		return 0;
	return -EINVAL;
}
