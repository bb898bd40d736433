/*
 * A disk that something else has filled to its last block: the store starts
 * on it in whatever state it was left, lists, reads, and goes on until what
 * it purged has made room.
 */
#include "support_local.h"
#include "support_run.h"

#include "text.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MARKS_MAX = 20, LARGE = 2 << 20 };

/* How much was written before, and so how long the catalogue's log is. */
static const int counts[] = { 0, 1, 3, 20, 100, 300, 700, 1500 };

/* What happens between that and the start. */
static const struct ending {
	bool is_full;   /* the disk, before the program ends; else after */
	bool is_busy;   /* it notes what it can on the full disk */
	bool is_closed; /* it ends by itself */
} endings[] = {
	{ false, false, false },
	{ false, false, true },
	{ true, false, false },
	{ true, false, true },
	{ true, true, false },
	{ true, true, true },
};

static const struct ending *ending;
static int count_before;

static void set_up(void)
{
	local_set_up();
	ck_assert_int_eq(
		mount("spool", local_folder, "tmpfs", 0, "mode=0700,size=16m"),
		0);
}

static void tear_down(void)
{
	umount2(local_folder, MNT_DETACH);
	local_tear_down();
}

/* To the last octet. */
static void fill_up(void)
{
	static const char octets[4096];
	char path[300];
	int fd;

	text_format(path, sizeof path, "%s/filler", local_folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	ck_assert_int_ge(fd, 0);
	while (write(fd, octets, sizeof octets) > 0)
		;
	ck_assert_int_eq(errno, ENOSPC);
	close(fd);
}

static void make_room(void)
{
	char path[300];

	text_format(path, sizeof path, "%s/filler", local_folder);
	ck_assert_int_eq(unlink(path), 0);
}

/* The same as claim_one(), and a full disk may refuse it. */
static bool claim_one_if(struct store *s, struct store_claim *out, int *err)
{
	size_t count = 0;

	*err = store_claim(s, "MAIL", 1, 0, out, &count);
	return *err == 0 && count == 1;
}

/* Until not even the reserve has room for another mark, if it comes to that. */
static void note_all(struct store *s)
{
	char reason[200];
	struct store_mark mark = { 1, STORE_MARK_DEFERRED, 1, 1, ".", reason };
	struct store_claim claim;
	int err = 0;

	memset(reason, 'r', sizeof reason - 1);
	reason[sizeof reason - 1] = '\0';
	while (err == 0 && claim_one_if(s, &claim, &err))
		for (mark.mail = 1; err == 0 && mark.mail <= MARKS_MAX;
			mark.mail++)
			err = checkpoint_wait(
				s, claim.dataset.number, claim.token, &mark, 1);
	if (err != 0)
		ck_assert_int_eq(err, STORE_FULL);
}

static void run(struct store *s)
{
	char name[16];
	int i;

	for (i = 0; i < count_before; i++) {
		text_format(name, sizeof name, "d%d", i);
		dataset_make(s, name, "some octets", DATASET_READY);
	}
	if (ending->is_full)
		fill_up();
	if (ending->is_busy)
		note_all(s);
	if (ending->is_closed)
		store_close(s);
}

static int count_listed(struct store *s)
{
	struct dataset d = { .number = 0 };
	size_t count = 1;
	int listed = 0;

	while (count == 1) {
		ck_assert_int_eq(
			store_list(s, NULL, d.number, 1, &d, &count), 0);
		listed += (int)count;
	}
	return listed;
}

/* Returns what the first of the calls says that has no room for it. */
static int append_large(struct store *s)
{
	const struct dataset attributes = {
		.uid = 1000, .gid = 1000, .mode = 0600, .writer = "MAIL"
	};
	char *octets = calloc(1, LARGE);
	uint64_t number;
	uint32_t job;
	int err = store_begin(s, &attributes, 1, &number, &job);

	ck_assert_ptr_nonnull(octets);
	if (err == 0)
		err = store_append(s, number, 0, octets, LARGE);
	free(octets);
	return err;
}

/* As a start does with those that were claimed. */
static void give_back(struct store *s)
{
	struct dataset d = { .number = 0 };
	size_t count = 1;

	while (count == 1) {
		ck_assert_int_eq(
			store_list(s, NULL, d.number, 1, &d, &count), 0);
		if (count == 1 && d.state == DATASET_ACTIVE)
			ck_assert_int_eq(move_wait(s, d.number, DATASET_ACTIVE,
						 DATASET_READY, ""),
				0);
	}
}

/* Each is read, claimed and purged, as one that was delivered. */
static void purge_all(struct store *s)
{
	struct store_claim claim;
	int left;

	for (left = count_before; left > 0; left--) {
		ck_assert_msg(claim_one(s, &claim), "%d are left", left);
		check_text(s, claim.dataset.number, "some octets");
		ck_assert_int_eq(finish_wait(s, claim.dataset.number,
					 claim.token, DATASET_PURGED, 0, ""),
			0);
	}
}

static void expect_all(void)
{
	struct store *s = local_start();

	ck_assert_int_eq(count_listed(s), count_before);
	ck_assert_int_eq(append_large(s), STORE_FULL);
	store_close(s);
}

START_TEST(a_start_on_a_full_disk_goes_on)
{
	struct store *s;
	size_t i;

	ending = &endings[_i];
	for (i = 0; i < sizeof counts / sizeof *counts; i++) {
		count_before = counts[i];
		local_crash(run);
		fill_up();
		s = local_start();
		ck_assert_int_eq(count_listed(s), count_before);
		ck_assert_int_eq(append_large(s), STORE_FULL);
		give_back(s);
		purge_all(s);
		make_room();
		ck_assert_int_eq(append_large(s), 0);
		store_close(s);
	}
}
END_TEST

/* What a start or a stop uses up is there for the next one. */
START_TEST(a_full_disk_can_be_started_on_again_and_again)
{
	struct store *s;
	int i;

	ending = &endings[_i];
	count_before = 300;
	local_crash(run);
	for (i = 0; i < 10; i++) {
		fill_up();
		expect_all();
	}
	fill_up();
	s = local_start();
	give_back(s);
	purge_all(s);
	store_close(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_full");
	TCase *t = suite_case(suite, "a full disk", 120, set_up, tear_down);

	tcase_add_loop_test(
		t, a_start_on_a_full_disk_goes_on, 0, COUNT(endings));
	tcase_add_loop_test(t, a_full_disk_can_be_started_on_again_and_again, 0,
		COUNT(endings));
	return suite_run(suite);
}
