/*
 * Questions that a child asks: what it says is handed on, and one that waits
 * for a daemon holds up nobody.
 */
#include "support_mount.h"
#include "support_run.h"
#include "support_scratch.h"
#include "support_silent.h"

#include "../mount/inquiry.h"
#include "clock.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_NS (60 * NS_PER_S)

enum { PATIENCE_MS = 60000 };

static char scratch[MOUNT_PATH_MAX];
static char point[PATH_MAX];
static char answer[PATH_MAX];

static void begin(void)
{
	scratch_make(scratch, sizeof scratch);
	text_format(point, sizeof point, "%s/mnt", scratch);
	ck_assert_int_eq(mkdir(point, 0755), 0);
}

static void finish(void)
{
	scratch_remove(scratch);
}

static int put(inquiry_ask *ask, int64_t deadline_ns, int *result)
{
	const struct inquiry q = { ask, point, deadline_ns, answer,
		sizeof answer };

	return inquiry_put(&q, result);
}

/* ---- answers ------------------------------------------------------------- */

static int ask_much(const char *path, char *out, size_t cap)
{
	ck_assert_str_eq(path, point);
	memset(out, 'x', cap);
	return (int)cap;
}

static int ask_little(const char *path, char *out, size_t cap)
{
	(void)path;
	return text_copy(out, cap, "abc") ? 3 : -1;
}

static int ask_nothing(const char *path, char *out, size_t cap)
{
	(void)path;
	(void)out;
	(void)cap;
	return 0;
}

static int ask_in_vain(const char *path, char *out, size_t cap)
{
	(void)path;
	(void)out;
	(void)cap;
	return -ENOTCONN;
}

static int ask_and_die(const char *path, char *out, size_t cap)
{
	(void)path;
	(void)out;
	(void)cap;
	_exit(0);
}

static const struct {
	inquiry_ask *ask;
	int err, result;
} cases[] = {
	{ ask_much, 0, PATH_MAX },
	{ ask_little, 0, 3 },
	{ ask_nothing, 0, 0 },
	{ ask_in_vain, 0, -ENOTCONN },
	{ ask_and_die, -ECHILD, 1 },
};

START_TEST(what_the_child_gets_is_handed_on)
{
	int result = 1;

	ck_assert_int_eq(
		put(cases[_i].ask, clock_monotonic_ns() + PATIENCE_NS, &result),
		cases[_i].err);
	ck_assert_int_eq(result, cases[_i].result);
	if (cases[_i].ask == ask_much)
		ck_assert_int_eq(answer[PATH_MAX - 1], 'x');
	if (cases[_i].ask == ask_little)
		ck_assert_mem_eq(answer, "abc", 4);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
}
END_TEST

START_TEST(more_than_a_path_is_not_asked_for)
{
	const struct inquiry q = { ask_much, point, PATIENCE_NS, answer,
		PATH_MAX + 1 };
	int result;

	ck_assert_int_eq(inquiry_put(&q, &result), -EINVAL);
}
END_TEST

/* ---- no answer ----------------------------------------------------------- */

static struct silent silent;

/* Time stands still until the daemon has the request. */
static int64_t after_taken_ns(void)
{
	return atomic_load(silent.taken) > 0 ? PATIENCE_NS : 0;
}

static const struct clock_source after_taken = {
	.monotonic_ns = after_taken_ns,
	.wall_ns = after_taken_ns,
};

static int ask_stat(const char *path, char *out, size_t cap)
{
	struct stat st;

	(void)out;
	(void)cap;
	return stat(path, &st) != 0 ? -errno : 0;
}

/* Ends with 0 when there was no answer. */
static pid_t start_asking(void)
{
	int result;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	clock_set_source(&after_taken);
	_exit(put(ask_stat, PATIENCE_NS, &result) != -ETIMEDOUT);
}

/*
 * It ends, and what it had open is closed: who reads what it printed is not
 * held up either.
 */
START_TEST(who_gets_no_answer_can_end)
{
	struct pollfd over = { .events = POLLIN };
	int ends[2], status, taken;
	pid_t pid;

	silent_mount(&silent, point, "fuse.jesfs");
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = start_asking();
	close(ends[1]);
	over.fd = ends[0];
	ck_assert_int_eq(poll(&over, 1, PATIENCE_MS), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	taken = atomic_load(silent.taken);
	ck_assert_int_eq(taken, 1);
	silent_end(&silent);
}
END_TEST

/* ---- paths --------------------------------------------------------------- */

static int real_path(const char *below, char out[static PATH_MAX])
{
	char path[PATH_MAX];

	text_format(path, sizeof path, "%s/%s", scratch, below);
	return inquiry_real_path(path, clock_monotonic_ns() + PATIENCE_NS, out);
}

START_TEST(a_path_is_found_without_asking_its_mount)
{
	static const char *const names[] = { "mnt", "mnt/", "./mnt//", "link",
		"link/" };
	char link[PATH_MAX], real[PATH_MAX];
	int i, taken;

	text_format(link, sizeof link, "%s/link", scratch);
	ck_assert_int_eq(symlink("mnt", link), 0);
	silent_mount(&silent, point, "fuse.jesfs");
	for (i = 0; i < COUNT(names); i++) {
		ck_assert_int_eq(real_path(names[i], real), 0);
		ck_assert_str_eq(real, point);
	}
	taken = atomic_load(silent.taken);
	ck_assert_int_eq(taken, 0);
	silent_end(&silent);
}
END_TEST

START_TEST(a_path_that_leads_nowhere_is_told)
{
	char real[PATH_MAX] = "as it was";

	ck_assert_int_eq(real_path("none", real), -ENOENT);
	ck_assert_int_eq(
		inquiry_real_path("", clock_monotonic_ns() + PATIENCE_NS, real),
		-ENOENT);
	memset(answer, '/', sizeof answer);
	answer[PATH_MAX - 1] = '\0';
	ck_assert_str_eq(real, "as it was");
	ck_assert_int_eq(inquiry_real_path(answer,
				 clock_monotonic_ns() + PATIENCE_NS, real),
		0);
	ck_assert_str_eq(real, "/");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inquiry");
	TCase *t = suite_case(s, "inquiry", 120, begin, finish);

	tcase_add_loop_test(
		t, what_the_child_gets_is_handed_on, 0, COUNT(cases));
	tcase_add_test(t, more_than_a_path_is_not_asked_for);
	tcase_add_test(t, who_gets_no_answer_can_end);
	tcase_add_test(t, a_path_is_found_without_asking_its_mount);
	tcase_add_test(t, a_path_that_leads_nowhere_is_told);
	return mount_main(s);
}
