/* Names that no sane program gives: a clear errno, and no display harmed. */
#include "support_fs.h"
#include "support_run.h"
#include "support_spool.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { LONG_MAX_OCTETS = 1100, PATH_ROOM = 2 * MOUNTED_PATH_MAX + 1200 };

/* ---- files --------------------------------------------------------------- */

static const struct {
	const char *name; /* NULL: so many times n */
	size_t octets;
	int create; /* the errno of an open that makes it */
	int look;   /* and of stat(2), rename(2) and unlink(2) before that */
} names[] = {
	{ NULL, LABEL_MAX, 0, ENOENT },
	{ NULL, LABEL_MAX + 1, ENAMETOOLONG, ENOENT },
	{ NULL, 255, ENAMETOOLONG, ENAMETOOLONG },
	{ NULL, 256, ENAMETOOLONG, ENAMETOOLONG },
	{ NULL, LONG_MAX_OCTETS, ENAMETOOLONG, ENAMETOOLONG },
	{ "\xff\xfe\xc3", 0, 0, ENOENT },
	{ "\xed\xa0\x80", 0, 0, ENOENT }, /* a surrogate */
	{ "two\nlines", 0, 0, ENOENT },
	{ "\n", 0, 0, ENOENT },
	{ "\x1b[2J\x07", 0, 0, ENOENT },
	{ "\x01\x7f\r\t", 0, 0, ENOENT },
	{ " ", 0, 0, ENOENT },
	{ "-rf", 0, 0, ENOENT },
	{ "...", 0, 0, ENOENT },
	{ "%s%n", 0, 0, ENOENT },
	{ "\\x41", 0, 0, ENOENT },
	{ ".", 0, EISDIR, 0 },
	{ "..", 0, EISDIR, 0 },
	{ "", 0, EISDIR, 0 }, /* an empty component: the directory */
	{ "JOB00001.x", 0, EINVAL, ENOENT },
	{ "job00001.x", 0, EINVAL, ENOENT },
	{ "J0000001.x", 0, EINVAL, ENOENT },
	{ "JOB00001.JOB00001.x", 0, EINVAL, ENOENT },
	{ "JOB00001.\x1b", 0, EINVAL, ENOENT },
	{ "JOB0000x.y", 0, 0, ENOENT },
	{ "JOB00001", 0, 0, ENOENT },
};

static void name_of(int i, char path[static PATH_ROOM])
{
	char long_name[LONG_MAX_OCTETS + 1] = "";

	if (names[i].name == NULL)
		memset(long_name, 'n', names[i].octets);
	snprintf(path, PATH_ROOM, "%s/%s", mounted.drop,
		names[i].name != NULL ? names[i].name : long_name);
}

static int errno_of(int result)
{
	return result == 0 ? 0 : errno;
}

START_TEST(a_name_is_taken_or_refused_clearly)
{
	const char *plain = in_mount("spool/MAIL/plain");
	char path[PATH_ROOM];
	struct stat st;

	name_of(_i, path);
	ck_assert_int_eq(errno_of(stat(path, &st)), names[_i].look);
	if (names[_i].look != 0) {
		ck_assert_int_eq(errno_of(unlink(path)), names[_i].look);
		ck_assert_int_eq(errno_of(rename(path, plain)), names[_i].look);
	}
	ck_assert_int_eq(-put_text(path, "x"), names[_i].create);

	/* What may not be made may not be renamed to. */
	if (names[_i].look == 0)
		return;
	ck_assert_int_eq(put_text(plain, "x"), 0);
	ck_assert_int_eq(errno_of(rename(plain, path)), names[_i].create);
}
END_TEST

/* ---- directories --------------------------------------------------------- */

static const struct {
	const char *writer;
	int look, create;
	int made; /* by an operator */
} writers[] = {
	{ "MAIL", 0, 0, EEXIST },
	{ "mAiL", 0, 0, EEXIST },
	{ "/MAIL/", 0, 0, EEXIST },
	{ "./MAIL/../MAIL/.", 0, 0, EEXIST },
	{ "NONE", ENOENT, ENOENT, 0 },
	{ "INTRDR", ENOENT, ENOENT, EPERM },
	{ "MAIL5678", ENOENT, ENOENT, 0 },
	{ "MAIL56789", ENOENT, ENOENT, EINVAL },
	{ "MA IL", ENOENT, ENOENT, EINVAL },
	{ "MAIL\n", ENOENT, ENOENT, EINVAL },
	{ "MAIL\xff", ENOENT, ENOENT, EINVAL },
	{ "", 0, EPERM, EEXIST },
	{ "..", 0, EPERM, EEXIST },
	{ "../status", 0, EPERM, EEXIST },
};

START_TEST(a_writer_is_found_by_its_name_alone)
{
	char path[PATH_ROOM];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", in_mount("spool"),
		writers[_i].writer);
	ck_assert_int_eq(errno_of(stat(path, &st)), writers[_i].look);
	strncat(path, "/f", sizeof path - strlen(path) - 1);
	ck_assert_int_eq(-put_text(path, "x"), writers[_i].create);
}
END_TEST

START_TEST(an_operator_makes_a_writer_by_its_name_alone)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof path, "%s/%s", in_mount("spool"),
		writers[_i].writer);
	ck_assert_int_eq(errno_of(mkdir(path, 0700)), writers[_i].made);
}
END_TEST

/* ---- displays ------------------------------------------------------------ */

static bool is_shown_plainly(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text != '\n' && (*text < ' ' || *text > '~'))
			return false;
	return true;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

static void check_attributes(const char *path)
{
	char all[256], value[REASON_MAX + 1];
	ssize_t len = listxattr(path, all, sizeof all);
	ssize_t at, got;

	ck_assert_int_gt(len, 0);
	for (at = 0; at < len; at += (ssize_t)strlen(all + at) + 1) {
		got = getxattr(path, all + at, value, sizeof value - 1);
		ck_assert_int_gt(got, 0);
		value[got] = '\0';
		ck_assert(is_shown_plainly(value));
		ck_assert_ptr_null(strchr(value, '\n'));
	}
}

/* The program has such a name as well; every data set is still open. */
START_TEST(no_name_gets_into_a_display_unescaped)
{
	int fds[COUNT(names)];
	char path[PATH_ROOM];
	const char *queue;
	size_t count = 0;
	int i;

	log_capture();
	ck_assert_int_eq(prctl(PR_SET_NAME, "e\n\x1b[2J\xff x"), 0);
	for (i = 0; i < COUNT(names); i++) {
		if (names[i].create != 0)
			continue;
		name_of(i, path);
		fds[count] = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		ck_assert_int_ge(fds[count], 0);
		ck_assert_int_eq(write(fds[count++], "x", 1), 1);
		check_attributes(path);
	}
	queue = read_text(in_mount("status/queue"));
	ck_assert(is_shown_plainly(queue));
	ck_assert_uint_eq(count_lines(queue), 1 + count);
	ck_assert_ptr_nonnull(strstr(queue, " by e\\x0a\\x1b[2J\\xff x["));
	ck_assert(is_shown_plainly(read_text(in_mount("status/targets"))));
	ck_assert(is_shown_plainly(read_text(in_mount("README"))));
	while (count > 0)
		close(fds[--count]);
	for (i = 0; i < COUNT(names); i++) {
		if (names[i].create != 0)
			continue;
		name_of(i, path);
		check_attributes(path);
	}
	ck_assert_int_eq(log_count("\x1b"), 0);
	ck_assert_int_eq(log_count("\xff"), 0);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(
		tc, a_name_is_taken_or_refused_clearly, 0, COUNT(names));
	tcase_add_loop_test(
		tc, a_writer_is_found_by_its_name_alone, 0, COUNT(writers));
	tcase_add_loop_test(tc, an_operator_makes_a_writer_by_its_name_alone, 0,
		COUNT(writers));
	tcase_add_test(tc, no_name_gets_into_a_display_unescaped);
}

int main(void)
{
	return mounted_run("fs_names", add_tests);
}
