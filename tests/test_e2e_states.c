/*
 * Every state a data set can be in, reached, the program killed in it, and
 * what the next start makes of it.
 */
#include "support_files.h"
#include "support_mount.h"

#include "text.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { TEST_S = 180 };

#define ENVELOPE                                                               \
	"HELO A\nMAIL FROM:<o@a.example>\nRCPT TO:<p@b.example>\nDATA\n\n"

static const char whole[] = ENVELOPE "text\n.\n";
static const char not_whole[] = ENVELOPE "text\n";

static struct mount m;
static int open_fd;

static void begin(void)
{
	mount_init(&m);
	m.statements = "TimeOut\n{\n  ConnectRetry 1\n}\n";
	open_fd = -1;
}

static void finish(void)
{
	if (open_fd >= 0)
		close(open_fd);
	mount_fini(&m);
}

static int open_one(const char *name, const char *text)
{
	char path[MOUNT_PATH_MAX + 64];

	text_format(path, sizeof path, "%s/%s", m.drop, name);
	open_fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(open_fd, 0);
	return dprintf(open_fd, "%s", text);
}

static void put(const char *name, const char *text)
{
	ck_assert_int_gt(open_one(name, text), 0);
	ck_assert_int_eq(close(open_fd), 0);
	open_fd = -1;
}

static void flush_open(void)
{
	ck_assert_int_eq(close(dup(open_fd)), 0);
}

static bool queue_has(const char *pattern)
{
	return shell("grep -q '%s' %s", pattern, mount_queue(&m)) == 0;
}

static bool is_queue_empty(const void *unused)
{
	(void)unused;
	return shell("! grep -q 'JOB[0-9]' %s", mount_queue(&m)) == 0;
}

static void wait_for_nothing_left(void)
{
	wait_until(is_queue_empty, NULL, "an empty queue");
}

static void start_silent(void)
{
	mount_add_silent_target(&m);
	mount_start(&m);
}

static void start_again(void)
{
	mount_kill(&m);
	mount_target_up(&m, 0, NULL);
	mount_start(&m);
}

/* ---- states -------------------------------------------------------------- */

START_TEST(open_and_never_flushed_leaves_nothing)
{
	start_silent();
	open_one("a", whole);
	start_again();
	ck_assert(is_queue_empty(NULL));
	ck_assert_uint_eq(mails_count(&m, 0), 0);
}
END_TEST

START_TEST(open_and_whole_is_sent)
{
	start_silent();
	open_one("a", whole);
	flush_open();
	start_again();
	wait_for_mails(&m, 1);
	wait_for_nothing_left();
	ck_assert(text_is_in("JESF", m.log));
}
END_TEST

/* A held one is released by a new name. */
START_TEST(open_and_not_whole_is_held_and_can_be_released)
{
	start_silent();
	open_one("a", not_whole);
	flush_open();
	start_again();
	ck_assert(queue_has(" held .*INCOMPLETE"));
	ck_assert_int_eq(shell("mv %s/a %s/b", m.drop, m.drop), 0);
	wait_for_mails(&m, 1);
	wait_for_nothing_left();
	ck_assert_uint_eq(mails_count(&m, 0), 1);
}
END_TEST

START_TEST(what_a_killed_writer_left_is_held_before_and_after)
{
	start_silent();
	ck_assert_int_ne(shell("sh -c 'exec > %s/a; printf \"%%s\\n\" "
			       "\"HELO A\"; kill -KILL $$'",
				 m.drop),
		0);
	wait_for_text("INCOMPLETE", mount_queue(&m));
	start_again();
	ck_assert(queue_has(" held .*INCOMPLETE"));
	ck_assert_int_eq(shell("rm %s/a && rm %s/JOB*.a", m.drop, m.drop), 0);
	wait_for_nothing_left();
	ck_assert_uint_eq(mails_count(&m, 0), 0);
}
END_TEST

/* Writes the octets of a file by itself, and is killed. */
static void be_killed_writing(const char *file)
{
	ck_assert_int_ne(shell("LC_ALL=C bash -c 'x=$(cat %s/%s); exec > %s/a; "
			       "printf \"%%s\" \"$x\"; kill -KILL $$'",
				 m.scratch, file, m.drop),
		0);
}

/* In EBCDIC, and of records of 80. */
START_TEST(what_a_killed_writer_left_is_read_by_its_rules)
{
	m.statements = "TimeOut\n{\n  ConnectRetry 1\n}\n"
		       "Translate IBM-1047\nRecordFormat fixed\n";
	start_silent();
	ck_assert_int_eq(
		shell("cd %s && for l in 'HELO A' 'MAIL FROM:<o@a.example>' "
		      "'RCPT TO:<p@b.example>' DATA '' text; do "
		      "printf '%%-80s' \"$l\"; done | iconv -t IBM1047 >cut && "
		      "printf '%%-80s' . | iconv -t IBM1047 | cat cut - >whole",
			m.scratch),
		0);
	be_killed_writing("cut");
	wait_for_text("INCOMPLETE", mount_queue(&m));
	ck_assert_int_eq(shell("cd %s && rm a && rm JOB*.a", m.drop), 0);
	be_killed_writing("whole");
	wait_for_text(" JOB00002 complete", m.log);
	ck_assert(!queue_has("INCOMPLETE"));
	start_again();
	wait_for_mails(&m, 1);
	wait_for_nothing_left();
	ck_assert_uint_eq(mails_count(&m, 0), 1);
}
END_TEST

START_TEST(a_draft_stays_one)
{
	start_silent();
	put(".a.tmp", whole);
	start_again();
	ck_assert(queue_has(" held "));
	ck_assert_uint_eq(mails_count(&m, 0), 0);
	ck_assert_int_eq(shell("mv %s/.a.tmp %s/a", m.drop, m.drop), 0);
	wait_for_mails(&m, 1);
	wait_for_nothing_left();
}
END_TEST

START_TEST(ready_is_sent)
{
	start_silent();
	put("a", whole);
	/* The kernel releases it after close() has returned. */
	wait_for_text(" ready ", mount_queue(&m));
	start_again();
	wait_for_mails(&m, 1);
	wait_for_nothing_left();
	ck_assert_uint_eq(mails_count(&m, 0), 1);
}
END_TEST

START_TEST(held_stays_with_its_reason)
{
	mount_add_target(&m, NULL);
	mount_start(&m);
	put("a", "HELO A\nMAIL nonsense\n");
	wait_for_text(" held ", mount_queue(&m));
	ck_assert_int_eq(shell("cut -c1- %s | grep held | sed 's/^[^ ]* *//' "
			       "> %s/before",
				 mount_queue(&m), m.scratch),
		0);
	mount_kill(&m);
	mount_start(&m);
	ck_assert_int_eq(shell("grep held %s | sed 's/^[^ ]* *//' "
			       "| cmp - %s/before",
				 mount_queue(&m), m.scratch),
		0);
}
END_TEST

/* Claimed, its content sent, and no answer: it is named, and sent again. */
START_TEST(active_is_named_and_sent_again)
{
	const char *const options[] = { "-x", "dot=hang:1", NULL };

	mount_add_target(&m, options);
	mount_start(&m);
	put("a", whole);
	wait_for_text(" active ", mount_queue(&m));
	ck_assert_int_eq(mount_put_mail(&m, "second"), 0);
	wait_for_mails(&m, 1);
	mount_kill(&m);
	mount_start(&m);
	wait_for_text("in doubt: JOB00001.1", m.log);
	wait_for_mails(&m, 2);
	wait_for_nothing_left();
}
END_TEST

START_TEST(waiting_waits_on)
{
	const char *const options[] = { "-x", "rcpt=450:1", NULL };

	mount_add_target(&m, options);
	mount_start(&m);
	put("a", whole);
	wait_for_text(" waiting ", mount_queue(&m));
	mount_kill(&m);
	mount_start(&m);
	ck_assert(queue_has(" waiting .*450"));
	ck_assert_uint_eq(mails_count(&m, 0), 0);
}
END_TEST

/* What is purged is not there after a kill either. */
START_TEST(purged_stays_purged)
{
	start_silent();
	put("a", whole);
	ck_assert_int_eq(shell("rm %s/a && rm %s/JOB*.a", m.drop, m.drop), 0);
	start_again();
	ck_assert(is_queue_empty(NULL));
	ck_assert_uint_eq(mails_count(&m, 0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("e2e_states");
	TCase *tc = tcase_create("killed in each state");

	tcase_set_timeout(tc, TEST_S);
	tcase_add_checked_fixture(tc, begin, finish);
	tcase_add_test(tc, open_and_never_flushed_leaves_nothing);
	tcase_add_test(tc, open_and_whole_is_sent);
	tcase_add_test(tc, open_and_not_whole_is_held_and_can_be_released);
	tcase_add_test(tc, what_a_killed_writer_left_is_held_before_and_after);
	tcase_add_test(tc, what_a_killed_writer_left_is_read_by_its_rules);
	tcase_add_test(tc, a_draft_stays_one);
	tcase_add_test(tc, ready_is_sent);
	tcase_add_test(tc, held_stays_with_its_reason);
	tcase_add_test(tc, active_is_named_and_sent_again);
	tcase_add_test(tc, waiting_waits_on);
	tcase_add_test(tc, purged_stays_purged);
	suite_add_tcase(suite, tc);
	return mount_main(suite);
}
