/* status/events on a mount: who sees what, and who is woken. */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_S = 120, PATIENCE_MS = 60000, USER = 4711, OCTETS_MAX = 65536 };

static struct mount m;
static char path[PATH_MAX];

static void begin(void)
{
	mount_start_simple(&m);
	snprintf(path, sizeof path, "%s/status/events", m.point);
}

static void finish(void)
{
	mount_fini(&m);
}

static int refuse(const char *name)
{
	return shell("cd %s && bash -c 'echo garbage >%s' 2>/dev/null", m.drop,
		name);
}

static size_t read_rest(int fd, char out[static OCTETS_MAX])
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, out + len, OCTETS_MAX - 1 - len)) > 0)
		len += (size_t)n;
	ck_assert_int_eq((int)n, 0);
	out[len] = '\0';
	return len;
}

START_TEST(a_refusal_is_an_event)
{
	ck_assert_int_ne(refuse("f"), 0);
	wait_for_text(" JESF019W MAIL JOB00001 refused: line 1: 500 5.5.1 JES "
		      "Unknown command, 'garbage'\n",
		path);
}
END_TEST

START_TEST(a_hold_and_a_purge_are_events)
{
	ck_assert_int_eq(
		shell("cd %s && printf 'HELO A\\nBAD\\n' >f", m.drop), 0);
	wait_for_text(" JESF010W MAIL JOB00001 held: line 2: ", path);
	ck_assert_int_eq(shell("rm %s/JOB00001.f", m.drop), 0);
	wait_for_text(" JESF023I MAIL JOB00001 purged by uid 0\n", path);
}
END_TEST

START_TEST(poll_waits_until_there_is_more)
{
	static char text[OCTETS_MAX];
	struct pollfd news = { .events = POLLIN };
	int i;

	news.fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(news.fd, 0);
	for (i = 0; i < 3; i++) {
		read_rest(news.fd, text);
		ck_assert_int_eq(poll(&news, 1, 0), 0);
		ck_assert_int_eq(shell("(cd %s && echo garbage | dd of=f) "
				       "2>/dev/null &",
					 m.drop),
			0);
		ck_assert_int_eq(poll(&news, 1, PATIENCE_MS), 1);
		ck_assert_int_eq(news.revents, POLLIN);
		read_rest(news.fd, text);
		ck_assert_ptr_nonnull(strstr(text, "refused: line 1"));
	}
	close(news.fd);
}
END_TEST

/* More than are told in one step; each is told, and again. */
START_TEST(many_followers_are_all_told)
{
	enum { FOLLOWERS = 600, TIMES = 3 };
	static struct pollfd news[FOLLOWERS];
	static char text[OCTETS_MAX];
	int i, k;

	for (i = 0; i < FOLLOWERS; i++) {
		news[i].fd = open(path, O_RDONLY | O_CLOEXEC);
		news[i].events = POLLIN;
		ck_assert_int_ge(news[i].fd, 0);
	}
	for (k = 0; k < TIMES; k++) {
		for (i = 0; i < FOLLOWERS; i++)
			read_rest(news[i].fd, text);
		ck_assert_int_eq(poll(news, FOLLOWERS, 0), 0);
		ck_assert_int_ne(refuse("f"), 0);
		for (i = 0; i < FOLLOWERS; i++)
			ck_assert_int_eq(poll(&news[i], 1, PATIENCE_MS), 1);
	}
	for (i = 0; i < FOLLOWERS; i++)
		close(news[i].fd);
}
END_TEST

/* Ready, as they always were. */
START_TEST(other_files_are_ready)
{
	struct pollfd file = { .events = POLLIN | POLLOUT };

	file.fd = open(mount_queue(&m), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(file.fd, 0);
	ck_assert_int_eq(poll(&file, 1, 0), 1);
	ck_assert_int_eq(file.revents, POLLIN | POLLOUT);
	close(file.fd);
}
END_TEST

START_TEST(a_follower_open_at_the_end_holds_nothing_up)
{
	struct pollfd news = { .events = POLLIN };
	static char text[OCTETS_MAX];

	news.fd = open(path, O_RDONLY | O_CLOEXEC);
	read_rest(news.fd, text);
	ck_assert_int_eq(poll(&news, 1, 0), 0);
	close(news.fd);
	ck_assert_int_ne(refuse("f"), 0);
	ck_assert_int_eq(mount_stop(&m), 0);
	mount_start(&m);
}
END_TEST

START_TEST(tail_shows_each_line_once)
{
	char out[PATH_MAX];
	char *text;
	size_t i, count = 0;
	pid_t tail;

	snprintf(out, sizeof out, "%s/tail", m.scratch);
	ck_assert_int_ne(refuse("before"), 0);
	ck_assert_int_eq(file_puts(out, ""), 0);
	tail = fork();
	if (tail == 0) {
		dup2(open(out, O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
		execlp("tail", "tail", "-s", "0.1", "-f", path, NULL);
		_exit(127);
	}
	wait_for_text("JOB00001 refused", out);
	ck_assert_int_ne(refuse("one"), 0);
	wait_for_text("JOB00002 refused", out);
	ck_assert_int_ne(refuse("two"), 0);
	wait_for_text("JOB00003 refused", out);
	kill(tail, SIGTERM);
	waitpid(tail, NULL, 0);
	text = file_text("%s", out);
	for (i = 0; text[i] != '\0'; i++)
		count += strncmp(text + i, " refused", 8) == 0;
	ck_assert_uint_eq(count, 3);
	free(text);
}
END_TEST

/* Another user: the exit status of what he does. */
static int as_user(int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setgid(USER) != 0 || setuid(USER) != 0 ? 99 : act());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int write_and_look(void)
{
	static char text[OCTETS_MAX];
	char file[PATH_MAX];
	struct stat st;
	int fd;

	snprintf(file, sizeof file, "%s/mine", m.drop);
	if (file_puts(file, "garbage\n") != -EINVAL)
		return 1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read_rest(fd, text) == 0)
		return 2;
	if (strstr(text, "JOB00002 refused") == NULL)
		return 3;
	if (strstr(text, "JOB00001") != NULL || strstr(text, " - ") != NULL)
		return 4;
	if (fstat(fd, &st) != 0 || (size_t)st.st_size != strlen(text))
		return 5;
	return 0;
}

START_TEST(users_see_their_own_alone)
{
	ck_assert_int_ne(refuse("theirs"), 0);
	ck_assert_int_eq(as_user(write_and_look), 0);
	ck_assert(text_is_in("JOB00001 refused", path));
	ck_assert(text_is_in("JOB00002 refused", path));
	ck_assert(text_is_in("JESF001I - - ", path));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("e2e_events");
	TCase *all = suite_case(suite, "events", TEST_S, begin, finish);

	tcase_add_test(all, a_refusal_is_an_event);
	tcase_add_test(all, a_hold_and_a_purge_are_events);
	tcase_add_test(all, poll_waits_until_there_is_more);
	tcase_add_test(all, many_followers_are_all_told);
	tcase_add_test(all, other_files_are_ready);
	tcase_add_test(all, a_follower_open_at_the_end_holds_nothing_up);
	tcase_add_test(all, tail_shows_each_line_once);
	tcase_add_test(all, users_see_their_own_alone);
	return mount_main(suite);
}
