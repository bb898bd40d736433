/*
 * A file system under the spool that has no more room: what was accepted is
 * delivered, once; what was not, its writer was told; and with room, new mail
 * is accepted again, by the same program.
 */
#include "support_files.h"
#include "support_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { TEST_S = 240, MAILS_MAX = 40000, PIECE = 16 << 10 };

static struct mount m;
static char filler[PATH_MAX];
static size_t sizes[MAILS_MAX]; /* of what was accepted; 0: it was not */
static size_t tried, accepted;

/* ---- the small file system ---------------------------------------------- */

static void begin(const char *size, bool is_up)
{
	char spool[PATH_MAX], options[64];

	tried = accepted = 0;
	memset(sizes, 0, sizeof sizes);
	mount_init(&m);
	m.statements = "TimeOut\n{\n  ConnectRetry 1\n}\n";
	snprintf(spool, sizeof spool, "%s/spool", m.scratch);
	snprintf(filler, sizeof filler, "%s/spool/filler", m.scratch);
	snprintf(options, sizeof options, "mode=0700,size=%s", size);
	ck_assert_int_eq(mkdir(spool, 0700), 0);
	ck_assert_int_eq(mount("spool", spool, "tmpfs", 0, options), 0);
	if (is_up)
		mount_add_target(&m, NULL);
	else
		mount_add_silent_target(&m);
	m.targets[0].statements = "  MessageSize 0\n";
	mount_start(&m);
}

static void finish(void)
{
	char spool[PATH_MAX];

	snprintf(spool, sizeof spool, "%s/spool", m.scratch);
	mount_fini(&m);
	umount2(spool, MNT_DETACH);
}

/* Takes all room there is, to the last octet. */
static void fill_up(void)
{
	static const char zeros[4096];
	int fd = open(filler, O_WRONLY | O_CREAT | O_APPEND, 0600);

	ck_assert_int_ge(fd, 0);
	while (write(fd, zeros, sizeof zeros) > 0)
		;
	ck_assert_int_eq(errno, ENOSPC);
	close(fd);
}

/* ---- mails --------------------------------------------------------------- */

static int write_all(int fd, const char *text, size_t len)
{
	size_t done = 0, piece;
	ssize_t put;

	while (done < len) {
		piece = len - done < PIECE ? len - done : PIECE;
		put = write(fd, text + done, piece);
		if (put < 0)
			return -errno;
		done += (size_t)put;
	}
	return 0;
}

/* One mail with so many octets of text, which depend on its number. */
static char *compose(size_t number, size_t octets, size_t *len)
{
	char *text = malloc(octets + 512);
	size_t i;
	int at;

	ck_assert_ptr_nonnull(text);
	at = sprintf(text,
		"HELO a.example\r\nMAIL FROM:<a@a.example>\r\n"
		"RCPT TO:<m%zu@b.example>\r\nDATA\r\nSubject: %zu\r\n\r\n",
		number, number);
	for (i = 0; i < octets; i++)
		text[(size_t)at + i] =
			(i + 1) % 72 == 0 ? '\n' : (char)('a' + number % 26);
	*len = (size_t)at + octets;
	*len += (size_t)sprintf(text + *len, "\r\n.\r\nQUIT\r\n");
	return text;
}

/* 0 when it was accepted; else the first -errno, of write or close. */
static int put(size_t octets)
{
	char path[PATH_MAX];
	size_t number = tried++;
	size_t len;
	char *text;
	int fd, err;

	ck_assert_uint_lt(tried, MAILS_MAX);
	text = compose(number, octets, &len);
	snprintf(path, sizeof path, "%s/m%zu", m.drop, number);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	err = fd < 0 ? -errno : write_all(fd, text, len);
	if (fd >= 0 && close(fd) != 0 && err == 0)
		err = -errno;
	free(text);
	if (err == 0) {
		sizes[number] = octets;
		accepted++;
	}
	return err;
}

static void put_until_full(size_t octets)
{
	int err;

	do {
		err = put(octets);
	} while (err == 0);
	ck_assert_int_eq(err, -ENOSPC);
}

/* Every accepted one has arrived, once and whole, and no other one. */
static void expect_all_once(void)
{
	static unsigned int seen[MAILS_MAX];
	size_t n, number, len, count = mails_count(&m, 0);
	const char *rcpt;
	char *text;

	memset(seen, 0, sizeof seen);
	ck_assert_uint_eq(count, accepted);
	for (n = 1; n <= count; n++) {
		text = envelope_get(&m, 0, n);
		rcpt = strstr(text, "rcpt <m");
		ck_assert_ptr_nonnull(rcpt);
		number = strtoul(rcpt + sizeof "rcpt <m" - 1, NULL, 10);
		free(text);
		ck_assert_uint_lt(number, tried);
		ck_assert_uint_gt(sizes[number], 0);
		ck_assert_uint_eq(seen[number]++, 0);
		text = mail_get(&m, 0, n, &len);
		ck_assert_uint_ge(len, sizes[number]);
		free(text);
	}
}

static bool is_queue_empty(const void *arg)
{
	char *text = file_text("%s", mount_queue(&m));
	const char *line = strchr(text, '\n');
	bool is_empty = line != NULL && line[1] == '\0';

	(void)arg;
	free(text);
	return is_empty;
}

static void expect_all_delivered(void)
{
	wait_until(is_queue_empty, NULL, "an empty queue");
	expect_all_once();
}

static bool is_accepted(const void *octets)
{
	return put(*(const size_t *)octets) == 0;
}

/* By itself, once there is room again. */
static void expect_accepted(size_t octets)
{
	wait_until(is_accepted, &octets, "a mail to be accepted");
}

static uint64_t available(void)
{
	struct statvfs st;

	ck_assert_int_eq(statvfs(m.point, &st), 0);
	return (uint64_t)st.f_bavail * st.f_frsize;
}

/* ---- tests ----------------------------------------------------------------
 */

/* Small ones lie in segments, large ones in files of their own. */
static const size_t mail_octets[] = { 2 << 10, 50 << 10, 3 << 20 };

START_TEST(mail_may_fill_the_disk_and_is_delivered)
{
	size_t octets = mail_octets[_i];

	begin("16m", false);
	put_until_full(octets);
	ck_assert_uint_gt(accepted * octets, 6 << 20);
	ck_assert_uint_lt(available(), 4 << 20);
	mount_target_up(&m, 0, NULL);
	expect_all_delivered();
	expect_accepted(octets);
	expect_all_delivered();

	mount_target_down(&m, 0);
	put_until_full(octets);
	mount_target_up(&m, 0, NULL);
	expect_all_delivered();
	ck_assert_int_eq(mount_stop(&m), 0);
}
END_TEST

START_TEST(a_disk_that_something_else_fills_delivers_what_it_has)
{
	size_t i;

	begin("16m", false);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(put(20 << 10), 0);
	fill_up();
	put_until_full(20 << 10);
	ck_assert_int_eq(put(3 << 20), -ENOSPC);
	mount_target_up(&m, 0, NULL);
	ck_assert_int_eq(unlink(filler), 0);
	expect_accepted(20 << 10);
	expect_accepted(3 << 20);
	expect_all_delivered();
}
END_TEST

START_TEST(mail_is_delivered_while_the_disk_is_full)
{
	size_t i;

	begin("16m", false);
	for (i = 0; i < 20; i++) /* the log has room for these */
		ck_assert_int_eq(put(20 << 10), 0);
	fill_up();
	mount_target_up(&m, 0, NULL);
	expect_all_delivered();
	fill_up();
	expect_accepted(20 << 10);
	expect_all_delivered();
	ck_assert_int_eq(unlink(filler), 0);
	expect_accepted(3 << 20);
	expect_all_delivered();
}
END_TEST

START_TEST(a_kill_while_the_disk_is_full_loses_nothing)
{
	size_t i;

	begin("16m", false);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(put(20 << 10), 0);
	fill_up();
	put_until_full(20 << 10);
	mount_kill(&m);
	ck_assert_int_eq(unlink(filler), 0);
	mount_target_up(&m, 0, NULL);
	mount_start(&m);
	expect_accepted(20 << 10);
	expect_all_delivered();
}
END_TEST

START_TEST(a_start_on_a_full_disk_goes_on_where_it_was)
{
	size_t i;

	begin("16m", false);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(put(20 << 10), 0);
	fill_up();
	put_until_full(20 << 10);
	mount_kill(&m);
	mount_target_up(&m, 0, NULL);
	mount_start(&m);
	ck_assert_int_eq(unlink(filler), 0);
	expect_accepted(20 << 10);
	expect_accepted(3 << 20);
	expect_all_delivered();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("e2e_full");
	TCase *tests = tcase_create("a disk without room");

	tcase_set_timeout(tests, TEST_S);
	tcase_add_checked_fixture(tests, NULL, finish);
	tcase_add_loop_test(tests, mail_may_fill_the_disk_and_is_delivered, 0,
		sizeof mail_octets / sizeof *mail_octets);
	tcase_add_test(
		tests, a_disk_that_something_else_fills_delivers_what_it_has);
	tcase_add_test(tests, mail_is_delivered_while_the_disk_is_full);
	tcase_add_test(tests, a_kill_while_the_disk_is_full_loses_nothing);
	tcase_add_test(tests, a_start_on_a_full_disk_goes_on_where_it_was);
	suite_add_tcase(suite, tests);
	return mount_main(suite);
}
