#include "support_local.h"
#include "support_run.h"

#include "clock.h"
#include "text.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct store *s;

static void set_up(void)
{
	local_set_up();
	s = local_start();
}

static void tear_down(void)
{
	store_close(s);
	local_tear_down();
}

static ssize_t read_some(uint64_t number, uint64_t offset, size_t len)
{
	char octets[4096];

	ck_assert_uint_le(len, sizeof octets);
	return store_read(s, number, offset, octets, len);
}

static void unlink_below(const char *name)
{
	char path[300];

	text_format(path, sizeof path, "%s/%s", local_folder, name);
	ck_assert_int_eq(unlink(path), 0);
}

static uint64_t make_large(const char *mark, uint64_t mark_at, uint64_t size)
{
	uint64_t number = dataset_begin(s, "large");

	ck_assert_int_eq(store_truncate(s, number, size), 0);
	dataset_append(s, number, mark_at, mark, strlen(mark));
	ck_assert_int_eq(sync_wait(s, number), 0);
	ck_assert_int_eq(submit_wait(s, number, DATASET_READY, ""), 0);
	return number;
}

static void purge(uint64_t number, enum dataset_state from)
{
	ck_assert_int_eq(move_wait(s, number, from, DATASET_PURGED, ""), 0);
	check_state(s, number, DATASET_PURGED);
}

START_TEST(a_damaged_record_is_found_and_the_rest_goes_on)
{
	uint64_t damaged = dataset_make(s, "x", "unlucky", DATASET_READY);
	uint64_t whole = dataset_make(s, "x", "whole", DATASET_READY);
	struct store_claim claim;

	local_damage("segments/0000001.seg", "unlucky", 7);
	ck_assert_int_eq(read_some(damaged, 0, 7), STORE_DAMAGED);
	ck_assert_int_eq(read_some(damaged, 0, 1), STORE_DAMAGED);
	check_text(s, whole, "whole");
	ck_assert(claim_one(s, &claim));
	ck_assert_uint_eq(claim.dataset.number, damaged);
	ck_assert_int_eq(finish_wait(s, damaged, claim.token, DATASET_HELD, 0,
				 "damaged"),
		0);
	purge(damaged, DATASET_HELD);
}
END_TEST

START_TEST(a_lost_segment_is_found_at_start)
{
	uint64_t small = dataset_make(s, "x", "small", DATASET_READY);
	uint64_t pieces = dataset_begin(s, "y");
	uint64_t large = make_large("large", 0, 2 << 20);
	int i;

	for (i = 0; i < 3; i++) {
		dataset_append(s, pieces, (uint64_t)i, "abc", 3);
		ck_assert_int_eq(sync_wait(s, pieces), 0);
	}
	ck_assert_int_eq(submit_wait(s, pieces, DATASET_HELD, ""), 0);
	store_close(s);
	unlink_below("segments/0000001.seg");
	s = local_start();
	ck_assert_int_eq(read_some(small, 0, 5), STORE_DAMAGED);
	ck_assert_int_eq(read_some(small, 2, 1), STORE_DAMAGED);
	ck_assert_int_eq(read_some(pieces, 0, 5), STORE_DAMAGED);
	ck_assert_int_eq(read_some(large, 0, 5), 5);
	purge(small, DATASET_READY);
	purge(pieces, DATASET_HELD);
	check_text(s, dataset_make(s, "z", "new", DATASET_READY), "new");
}
END_TEST

START_TEST(damage_in_a_large_one_is_found_by_block)
{
	enum { SIZE = (3 << 20) + 100 };
	uint64_t number = make_large("unlucky", (1 << 20) + 9, SIZE);
	char name[32];

	text_format(
		name, sizeof name, "files/%llu", (unsigned long long)number);
	ck_assert_int_eq(read_some(number, 1 << 20, 100), 100);
	local_damage(name, "unlucky", 7);
	ck_assert_int_eq(read_some(number, 0, 100), 100);
	ck_assert_int_eq(read_some(number, 1 << 20, 100), STORE_DAMAGED);
	ck_assert_int_eq(read_some(number, (1 << 20) - 1, 100), STORE_DAMAGED);
	ck_assert_int_eq(read_some(number, 2 << 20, 100), 100);
	ck_assert_int_eq(read_some(number, 3 << 20, 200), 100);
	purge(number, DATASET_READY);
}
END_TEST

START_TEST(a_lost_or_cut_file_is_damage)
{
	uint64_t lost = make_large("x", 0, 2 << 20);
	uint64_t cut = make_large("x", 0, 2 << 20);
	char name[300];

	text_format(name, sizeof name, "files/%llu", (unsigned long long)lost);
	unlink_below(name);
	text_format(name, sizeof name, "%s/files/%llu", local_folder,
		(unsigned long long)cut);
	ck_assert_int_eq(truncate(name, 1 << 20), 0);
	ck_assert_int_eq(read_some(lost, 0, 5), STORE_DAMAGED);
	ck_assert_int_eq(read_some(cut, 0, 5), STORE_DAMAGED);
	ck_assert_int_eq(read_some(cut, (2 << 20) - 5, 5), STORE_DAMAGED);
	purge(lost, DATASET_READY);
	purge(cut, DATASET_READY);
}
END_TEST

static const char *const wrong_rows[] = {
	"UPDATE dataset SET state = 77",
	"UPDATE dataset SET state = -1",
	"UPDATE dataset SET state = 6",
	"UPDATE dataset SET job = 0",
	"UPDATE dataset SET job = 10000000",
	"UPDATE dataset SET writer = x'2e2e'",
	"UPDATE dataset SET writer = zeroblob(500)",
	"UPDATE dataset SET extents = 100000",
	"UPDATE dataset SET read_upto = 0",
	"UPDATE dataset SET content = 9",
	"UPDATE dataset SET number = 9223372036854775807",
	"UPDATE dataset SET number = -1",
};

/* Nothing of it is sent; the store runs, and others are not touched. */
START_TEST(a_row_out_of_range_is_held)
{
	struct store_claim claim;
	struct dataset d;

	dataset_make(s, "wrong", "wrong", DATASET_READY);
	store_close(s);
	local_sql(wrong_rows[_i]);
	s = local_start();
	d = local_find(s, "wrong");
	if (d.number != 0 && d.number < UINT64_C(1) << 62)
		ck_assert_int_eq(d.state, DATASET_HELD);
	ck_assert(!claim_one(s, &claim));
	check_text(s, dataset_make(s, "x", "good", DATASET_HELD), "good");
}
END_TEST

START_TEST(extents_out_of_range_are_damage)
{
	uint64_t number = dataset_make(s, "x", "first", DATASET_OPEN);

	dataset_append(s, number, 5, "second", 6);
	ck_assert_int_eq(submit_wait(s, number, DATASET_READY, ""), 0);
	store_close(s);
	local_sql(_i == 0         ? "UPDATE extent SET position = -1"
			: _i == 1 ? "UPDATE extent SET segment = 4000000000"
			: _i == 2 ? "UPDATE extent SET length = 2000000000"
				  : "DELETE FROM extent");
	s = local_start();
	ck_assert_int_eq(read_some(number, 0, 11), STORE_DAMAGED);
	purge(number, DATASET_READY);
}
END_TEST

/* ---- reading what is being purged ------------------------------------ */

enum { PURGED = 400, RACE_OCTETS = 20000 };

static atomic_uint_fast64_t current;

/* Whatever is current is its own pattern, or gone; never another's. */
static void *read_main(void *arg)
{
	unsigned char *octets = malloc(RACE_OCTETS);
	uint64_t number;
	ssize_t got;
	ssize_t i;

	while ((number = atomic_load(&current)) != 0) {
		got = store_read(s, number, 0, octets, RACE_OCTETS);
		ck_assert_msg(got == RACE_OCTETS || got == STORE_NONE,
			"read: %zd", got);
		for (i = 0; i < got; i++)
			ck_assert_uint_eq(octets[i],
				pattern_at((unsigned int)number, (uint64_t)i));
	}
	free(octets);
	return arg;
}

static uint64_t make_pattern(void)
{
	unsigned char *octets = malloc(RACE_OCTETS);
	uint64_t number = dataset_begin(s, "x");

	pattern_fill(octets, (unsigned int)number, 0, RACE_OCTETS);
	dataset_append(s, number, 0, octets, RACE_OCTETS);
	ck_assert_int_eq(submit_wait(s, number, DATASET_READY, ""), 0);
	free(octets);
	return number;
}

START_TEST(a_reader_never_gets_the_octets_of_another)
{
	pthread_t readers[2];
	uint64_t number = make_pattern();
	size_t i;

	atomic_store(&current, number);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(
			pthread_create(&readers[i], NULL, read_main, NULL), 0);
	for (i = 0; i < PURGED; i++) {
		purge(number, DATASET_READY);
		number = make_pattern();
		atomic_store(&current, number);
	}
	atomic_store(&current, 0);
	for (i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("damage in the store on disk");
	TCase *tc = tcase_create("damage");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_damaged_record_is_found_and_the_rest_goes_on);
	tcase_add_test(tc, a_lost_segment_is_found_at_start);
	tcase_add_test(tc, damage_in_a_large_one_is_found_by_block);
	tcase_add_test(tc, a_lost_or_cut_file_is_damage);
	tcase_add_loop_test(tc, a_row_out_of_range_is_held, 0,
		(int)(sizeof wrong_rows / sizeof *wrong_rows));
	tcase_add_loop_test(tc, extents_out_of_range_are_damage, 0, 4);
	tcase_add_test(tc, a_reader_never_gets_the_octets_of_another);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
