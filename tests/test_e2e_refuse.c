/*
 * What can never be processed is refused while it is written, where shells
 * and programs see it.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char mail[] =
	"HELO A\nMAIL FROM:<o@a.example>\nRCPT TO:<a@b.example>\n"
	"DATA\nSubject: x\n\nx\n.\n";

enum { TEST_S = 120, WRITES_MAX = 12 };

static struct mount m;

static void begin(void)
{
	mount_start_simple(&m);
}

static void finish(void)
{
	mount_fini(&m);
}

static int create(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/%s", m.drop, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static int write_text(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	if (n < 0)
		return errno;
	ck_assert_int_eq((int)n, (int)strlen(text));
	return 0;
}

static size_t listed(void)
{
	DIR *dir = opendir(m.drop);
	size_t count = 0;
	struct dirent *e;

	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir)) != NULL)
		count += e->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* Pieces that are written in order, and which of them gets EINVAL, from 0. */
static const struct {
	const char *pieces[WRITES_MAX];
	int refused; /* -1: none */
} orders[] = {
	{ { "garbage\n" }, 0 },
	{ { "gar", "bage", "\n" }, 2 },
	{ { "\n\n", "garbage\nHELO A\n" }, 1 },
	{ { "HELO A\n", "A\n", "B\n", "C\n", "D\n", "E\n", "F\n" }, 6 },
	{ { "HELO A\nA\nB\nC\nD\nE\nF\n" }, 0 },
	{ { mail, "HELO A\n", "A\n", "B\n", "C\n", "D\n", "E\n", "F\n" }, 7 },
	{ { mail, "QUIT\n", "garbage\n" }, -1 },
	{ { "HELO A\n", "A\n", "B\n", mail, "QUIT\n" }, -1 },
	{ { "To: a@b.example\n", "\n", "text\n" }, -1 },
};

START_TEST(the_write_that_ends_the_line_is_refused)
{
	const char *const *pieces = orders[_i].pieces;
	int fd = create("f");
	int err = 0;
	int i;

	for (i = 0; pieces[i] != NULL && err == 0; i++)
		err = write_text(fd, pieces[i]);
	if (orders[_i].refused < 0) {
		ck_assert_int_eq(err, 0);
		ck_assert_int_eq(close(fd), 0);
		return;
	}
	ck_assert_int_eq(err, EINVAL);
	ck_assert_int_eq(i - 1, orders[_i].refused);
	/* It is final. */
	ck_assert_int_eq(write_text(fd, mail), EINVAL);
	ck_assert_int_eq(fsync(fd), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(close(fd), -1);
	ck_assert_int_eq(errno, EINVAL);
	wait_for_text("refused: line ", m.log);
	ck_assert_uint_eq(listed(), 0);
}
END_TEST

/* As users see it: the exit status, and what is left. */
static const struct {
	const char *command; /* in the drop directory */
	bool is_refused;
} commands[] = {
	{ "bash -c 'echo garbage > f'", true },
	{ "sh -c 'echo garbage > f'", true },
	{ "echo garbage >../../../garbage; cp ../../../garbage f", true },
	{ "bash -c 'set -o pipefail; echo garbage | tee f'", true },
	{ "echo garbage | dd of=f", true },
	{ "echo garbage | cat > f", true },
	{ "bash -c '{ echo HELO A; echo nonsense; } > f'", false },
	/* The bytes do not come in order: the reader will say it. */
	{ "echo garbage | dd of=f bs=1 seek=3 conv=notrunc", false },
	{ "printf 'XELO A\\n' | dd of=f bs=1 seek=1 skip=1 && "
	  "printf H | dd of=f bs=1 conv=notrunc",
		false },
	/* A draft is nobody's business until it has another name. */
	{ "echo garbage > f.tmp", false },
	{ "bash -c 'echo garbage > .f'; rm .f", false },
};

START_TEST(commands_fail_where_a_write_is_refused)
{
	int status = shell("cd %s && { %s; } >%s/said 2>&1", m.drop,
		commands[_i].command, m.scratch);

	ck_assert_int_eq(status != 0, commands[_i].is_refused);
	if (commands[_i].is_refused)
		ck_assert_uint_eq(listed(), 0);
}
END_TEST

/* What was refused under a draft's later name is refused by the reader. */
START_TEST(a_draft_is_judged_when_it_is_renamed)
{
	ck_assert_int_eq(
		shell("cd %s && echo garbage > f.tmp && mv f.tmp f", m.drop),
		0);
	wait_for_text("500 5.5.1 JES Unknown command", mount_queue(&m));
}
END_TEST

START_TEST(a_refused_data_set_sends_nothing)
{
	int fd = create("f");

	ck_assert_int_eq(write_text(fd, mail), 0);
	ck_assert_int_eq(fsync(fd), 0);
	ck_assert_int_eq(write_text(fd, "A\nB\nC\nD\nE\nF\n"), EINVAL);
	ck_assert_int_ne(close(fd), 0);
	ck_assert_int_eq(mount_put_mail(&m, "after"), 0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(mount_stop(&m), 0);
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "last"), 0);
	wait_for_mails(&m, 2);
	ck_assert_uint_eq(mails_count(&m, 0), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("e2e_refuse");
	TCase *all = suite_case(suite, "refuse", TEST_S, begin, finish);

	tcase_add_loop_test(
		all, the_write_that_ends_the_line_is_refused, 0, COUNT(orders));
	tcase_add_loop_test(all, commands_fail_where_a_write_is_refused, 0,
		COUNT(commands));
	tcase_add_test(all, a_draft_is_judged_when_it_is_renamed);
	tcase_add_test(all, a_refused_data_set_sends_nothing);
	return mount_main(suite);
}
