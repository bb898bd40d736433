/*
 * Who is inside a mount, and with what.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_scratch.h"

#include "../mount/occupants.h"
#include "text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEN_MAX = 16, USER = 4711 };

static char scratch[MOUNT_PATH_MAX];
static char point[PATH_MAX];
static struct occupant seen[SEEN_MAX];
static size_t seen_count;
static pid_t inside;

static void begin(void)
{
	scratch_make(scratch, sizeof scratch);
	text_format(point, sizeof point, "%s/mnt", scratch);
	ck_assert_int_eq(mkdir(point, 0755), 0);
	ck_assert_int_eq(mount("t", point, "tmpfs", 0, NULL), 0);
}

static void finish(void)
{
	scratch_remove(scratch);
}

static const char *in_point(const char *name)
{
	static char path[PATH_MAX + 64];

	text_format(path, sizeof path, "%s/%s", point, name);
	return path;
}

/* Starts a process that goes in as enter() does, and waits until it is. */
static void start(bool (*enter)(void))
{
	char ready = 0;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	inside = fork();
	ck_assert_int_ge(inside, 0);
	if (inside == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (enter() && write(ends[1], "y", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	/* A program that is started closes its end without a word. */
	ck_assert_int_ge(read(ends[0], &ready, 1), 0);
	close(ends[0]);
}

static bool keep(void *unused, const struct occupant *o)
{
	(void)unused;
	ck_assert_uint_lt(seen_count, SEEN_MAX);
	seen[seen_count++] = *o;
	return true;
}

static void look(void)
{
	seen_count = 0;
	ck_assert_int_eq(occupants_each(point, keep, NULL), 0);
}

static void expect_seen(const char *how, const char *path)
{
	size_t i;

	look();
	for (i = 0; i < seen_count; i++)
		if (seen[i].pid == inside && strcmp(seen[i].how, how) == 0
			&& strcmp(seen[i].path, path) == 0)
			return;
	ck_abort_msg("no %s %s", how, path);
}

static void expect_gone(void)
{
	ck_assert_int_eq(kill(inside, SIGKILL), 0);
	ck_assert_int_eq(waitpid(inside, NULL, 0), inside);
	look();
	ck_assert_uint_eq(seen_count, 0);
}

static bool go_there(void)
{
	return chdir(point) == 0 && setuid(USER) == 0;
}

START_TEST(a_working_directory_is_seen)
{
	start(go_there);
	expect_seen("working directory", point);
	ck_assert_uint_eq(seen_count, 1);
	ck_assert_uint_eq(seen[0].uid, USER);
	ck_assert_str_eq(seen[0].name, "test_occupants");
	expect_gone();
}
END_TEST

static bool live_there(void)
{
	return chroot(point) == 0;
}

START_TEST(a_root_directory_is_seen)
{
	start(live_there);
	expect_seen("root directory", point);
	expect_gone();
}
END_TEST

static bool open_there(void)
{
	return open(in_point("a\nb"), O_RDWR | O_CREAT, 0600) >= 0
		&& unlink(in_point("a\nb")) == 0;
}

START_TEST(an_open_file_is_seen_though_it_was_removed)
{
	start(open_there);
	expect_seen("open file", in_point("a\nb (deleted)"));
	expect_gone();
}
END_TEST

static bool map_there(void)
{
	int fd = open(in_point("mapped"), O_RDWR | O_CREAT, 0600);
	bool is_mapped = fd >= 0 && ftruncate(fd, 1) == 0
		&& mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED;

	if (fd >= 0)
		close(fd);
	return is_mapped;
}

START_TEST(a_mapped_file_is_seen)
{
	start(map_there);
	expect_seen("mapped file", in_point("mapped"));
	ck_assert_uint_eq(seen_count, 1);
	expect_gone();
}
END_TEST

static bool run_there(void)
{
	execl(in_point("program"), "program", "600", (char *)NULL);
	return false;
}

START_TEST(a_program_is_seen)
{
	ck_assert_int_eq(shell("cp /bin/sleep %s", in_point("program")), 0);
	start(run_there);
	expect_seen("program", in_point("program"));
	ck_assert_str_eq(seen[0].name, "program");
	expect_gone();
}
END_TEST

static bool stay_beside(void)
{
	char path[PATH_MAX];

	text_format(path, sizeof path, "%s2", point);
	return mkdir(path, 0755) == 0 && chdir(path) == 0;
}

START_TEST(a_directory_with_a_longer_name_is_another)
{
	start(stay_beside);
	expect_gone();
}
END_TEST

static bool stop_at_once(void *calls, const struct occupant *o)
{
	(void)o;
	++*(int *)calls;
	return false;
}

static bool open_twice(void)
{
	return open(point, O_RDONLY) >= 0 && open(point, O_RDONLY) >= 0
		&& chdir(point) == 0;
}

START_TEST(who_has_seen_enough_is_not_told_more)
{
	int calls = 0;

	start(open_twice);
	look();
	ck_assert_uint_eq(seen_count, 3);
	ck_assert_int_eq(occupants_each(point, stop_at_once, &calls), 0);
	ck_assert_int_eq(calls, 1);
	expect_gone();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("occupants");
	TCase *t = tcase_create("occupants");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, begin, finish);
	tcase_add_test(t, a_working_directory_is_seen);
	tcase_add_test(t, a_root_directory_is_seen);
	tcase_add_test(t, an_open_file_is_seen_though_it_was_removed);
	tcase_add_test(t, a_mapped_file_is_seen);
	tcase_add_test(t, a_program_is_seen);
	tcase_add_test(t, a_directory_with_a_longer_name_is_another);
	tcase_add_test(t, who_has_seen_enough_is_not_told_more);
	suite_add_tcase(s, t);
	return mount_main(s);
}
