#include "support_calls.h"

#include "support_folder.h"
#include "support_fs.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char call_text[] = "abcdef";

int call_file(const struct call_place *p, int flags)
{
	int fd = open(
		p->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0600);

	ck_assert_msg(fd >= 0, "%s: %s", p->path, strerror(errno));
	ck_assert_int_eq(write(fd, call_text, CALL_TEXT_LEN), CALL_TEXT_LEN);
	return fd;
}

int call_answer(long result)
{
	return result < 0 ? errno : 0;
}

int call_closed(int fd, int err)
{
	ck_assert_int_eq(close(fd), 0);
	return err;
}

void call_check(const struct call *c)
{
	const struct call_place drop = { mounted.drop,
		in_mount("spool/MAIL/f") };
	char folder[MOUNTED_PATH_MAX], path[2 * MOUNTED_PATH_MAX];
	const struct call_place plain = { folder, path };
	int err = c->attempt(&drop);

	ck_assert_msg(err == c->err, "%s: %s, not %s", c->name,
		strerrorname_np(err), strerrorname_np(c->err));
	if (!c->is_general)
		return;
	folder_make(folder, sizeof folder);
	snprintf(path, sizeof path, "%s/f", folder);
	ck_assert_int_eq(c->attempt(&plain), 0);
	folder_remove(folder);
}
