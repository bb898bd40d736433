#include "support_suite_parts.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

START_TEST(a_data_set_begins_open_with_its_attributes)
{
	uint64_t number = dataset_begin(the_store, "letter.txt");
	struct dataset d;

	dataset_append(the_store, number, 0, "abc", 3);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_uint_eq(d.number, number);
	ck_assert_int_eq(d.state, DATASET_OPEN);
	ck_assert_uint_eq(d.uid, 1000);
	ck_assert_uint_eq(d.gid, 1001);
	ck_assert_uint_eq(d.mode, 0600);
	ck_assert(d.has_label);
	ck_assert_uint_eq(d.size_octets, 3);
	ck_assert_int_eq(d.created_ns, 7);
	ck_assert_int_eq(d.next_try_ns, 0);
	ck_assert_str_eq(d.writer, "MAIL");
	ck_assert_str_eq(d.job_name, "CP");
	ck_assert_str_eq(d.label, "letter.txt");
	ck_assert_str_eq(d.reason, "");
}
END_TEST

START_TEST(what_was_submitted_keeps_its_attributes)
{
	uint64_t number =
		dataset_make(the_store, "a\xff b", "abc", DATASET_HELD);
	struct dataset d;

	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_HELD);
	ck_assert_uint_eq(d.uid, 1000);
	ck_assert_uint_eq(d.gid, 1001);
	ck_assert_uint_eq(d.mode, 0600);
	ck_assert_uint_eq(d.size_octets, 3);
	ck_assert_int_eq(d.created_ns, 7);
	ck_assert_str_eq(d.writer, "MAIL");
	ck_assert_str_eq(d.label, "a\xff b");
	ck_assert_str_eq(d.reason, "because");
}
END_TEST

/* Set before the first flush, or after one, or on what is in a file. */
static const struct {
	size_t size;
	bool is_flushed;
} described[] = { { 3, false }, { 3, true }, { (1 << 20) + 1, true } };

START_TEST(what_is_said_of_an_open_one_is_kept)
{
	uint64_t number = dataset_begin(the_store, "said");
	size_t size = described[_i].size;
	unsigned char *octets = malloc(size);
	struct dataset d;

	pattern_fill(octets, 3, 0, size);
	dataset_append(the_store, number, 0, octets, size);
	free(octets);
	if (described[_i].is_flushed)
		ck_assert_int_eq(sync_wait(the_store, number), 0);
	ck_assert_int_eq(store_describe(the_store, number, 0444, -1), 0);
	ck_assert_int_eq(
		store_describe(the_store, number, (mode_t)-1, 987654321), 0);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_HELD, ""), 0);
	ck_assert_int_eq(
		store_describe(the_store, number, 0400, 5), STORE_BUSY);
	ck_assert_int_eq(
		store_describe(the_store, number + 1, 0400, 5), STORE_NONE);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_uint_eq(d.mode, 0400);
	ck_assert_int_eq(d.changed_ns, 987654321);
	check_pattern(the_store, number, 3, size);
}
END_TEST

START_TEST(octets_are_read_back_before_and_after_submit)
{
	uint64_t number = dataset_begin(the_store, "x");

	check_text(the_store, number, "");
	dataset_append(the_store, number, 0, "hello", 5);
	check_text(the_store, number, "hello");
	dataset_append(the_store, number, 5, " world", 6);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	dataset_append(the_store, number, 0, "J", 1);
	dataset_append(the_store, number, 0, "J", 1);
	check_text(the_store, number, "Jello world");
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	check_text(the_store, number, "Jello world");
}
END_TEST

START_TEST(a_gap_reads_as_zeros)
{
	uint64_t number = dataset_begin(the_store, "x");
	char octets[16];

	dataset_append(the_store, number, 0, "abcdef", 6);
	ck_assert_int_eq(store_truncate(the_store, number, 2), 0);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	dataset_append(the_store, number, 5, "x", 1);
	ck_assert_int_eq(store_truncate(the_store, number, 8), 0);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_HELD, ""), 0);
	ck_assert_int_eq(
		store_read(the_store, number, 0, octets, sizeof octets), 8);
	ck_assert_mem_eq(octets, "ab\0\0\0x\0\0", 8);
	ck_assert_int_eq(store_read(the_store, number, 4, octets, 2), 2);
	ck_assert_mem_eq(octets, "\0x", 2);
	ck_assert_int_eq(store_read(the_store, number, 8, octets, 2), 0);
	ck_assert_int_eq(
		store_read(the_store, number, UINT64_MAX, octets, 2), 0);
}
END_TEST

START_TEST(many_small_flushes_read_as_one)
{
	uint64_t number = dataset_begin(the_store, "x");
	unsigned char octets[200];
	uint64_t i;

	pattern_fill(octets, 1, 0, sizeof octets);
	for (i = 0; i < sizeof octets; i++) {
		dataset_append(the_store, number, i, octets + i, 1);
		ck_assert_int_eq(sync_wait(the_store, number), 0);
		if (i % 50 == 0)
			check_pattern(the_store, number, 1, i + 1);
	}
	/* the middle again, so that the last writing counts */
	pattern_fill(octets, 1, 0, sizeof octets);
	dataset_append(the_store, number, 70, "zz", 2);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	dataset_append(the_store, number, 70, octets + 70, 2);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	check_pattern(the_store, number, 1, sizeof octets);
}
END_TEST

static const uint64_t sizes[] = { 1, 4095, 65537, (1 << 20) - 1, 1 << 20,
	(1 << 20) + 1, (3 << 20) + 17 };

START_TEST(every_size_is_read_back)
{
	uint64_t size = sizes[_i];
	uint64_t number = dataset_begin(the_store, "x");
	unsigned char *octets = malloc(100000);
	uint64_t from;
	size_t len;

	for (from = 0; from < size; from += len) {
		len = size - from < 100000 ? (size_t)(size - from) : 100000;
		pattern_fill(octets, 2, from, len);
		dataset_append(the_store, number, from, octets, len);
		if (from == 500000)
			ck_assert_int_eq(sync_wait(the_store, number), 0);
	}
	free(octets);
	check_pattern(the_store, number, 2, size);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	check_pattern(the_store, number, 2, size);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	check_pattern(the_store, number, 2, size);
}
END_TEST

START_TEST(a_large_one_may_be_cut_and_purged)
{
	uint64_t number = dataset_begin(the_store, "x");

	ck_assert_int_eq(store_truncate(the_store, number, 5 << 20), 0);
	dataset_append(the_store, number, 3, "abc", 3);
	ck_assert_int_eq(store_truncate(the_store, number, 6), 0);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_HELD, ""), 0);
	check_state(the_store, number, DATASET_HELD);
	ck_assert_int_eq(
		move_wait(the_store, number, DATASET_HELD, DATASET_PURGED, ""),
		0);
	check_state(the_store, number, DATASET_PURGED);
}
END_TEST

START_TEST(only_an_open_data_set_takes_octets)
{
	uint64_t number = dataset_make(the_store, "x", "abc", DATASET_READY);

	ck_assert_int_eq(
		store_append(the_store, number, 3, "d", 1), STORE_BUSY);
	ck_assert_int_eq(store_truncate(the_store, number, 1), STORE_BUSY);
	ck_assert_int_eq(
		store_append(the_store, number + 1, 0, "d", 1), STORE_NONE);
	ck_assert_int_eq(store_truncate(the_store, number + 1, 0), STORE_NONE);
	ck_assert_int_eq(store_append(the_store, 0, 0, "d", 1), STORE_NONE);
	check_text(the_store, number, "abc");
}
END_TEST

START_TEST(a_sync_answers_for_every_data_set_there_is)
{
	uint64_t number = dataset_begin(the_store, "x");

	ck_assert_int_eq(sync_wait(the_store, number), 0);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_HELD, ""), 0);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	ck_assert_int_eq(sync_wait(the_store, number + 1), STORE_NONE);
}
END_TEST

START_TEST(a_data_set_is_submitted_once)
{
	uint64_t number = dataset_begin(the_store, "x");

	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	ck_assert_int_eq(
		submit_wait(the_store, number, DATASET_HELD, ""), STORE_BUSY);
	check_state(the_store, number, DATASET_READY);
	number = dataset_begin(the_store, "y");
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_PURGED, ""), 0);
	ck_assert_int_eq(
		submit_wait(the_store, number, DATASET_READY, ""), STORE_NONE);
	check_state(the_store, number, DATASET_PURGED);
}
END_TEST

/* The writer goes on while the flush is under way. */
START_TEST(a_flush_and_its_submit_may_be_queued_together)
{
	uint64_t gap = _i == 0 ? 0 : 2 << 20; /* the second is a large one */
	struct awaited answers[4];
	uint64_t number = dataset_begin(the_store, "x");
	char octets[16];
	int i;

	for (i = 0; i < 4; i++)
		awaited_init(&answers[i]);
	dataset_append(the_store, number, 0, "one ", 4);
	store_sync(the_store, number, awaited_set, &answers[0]);
	dataset_append(the_store, number, gap + 4, "two ", 4);
	store_sync(the_store, number, awaited_set, &answers[1]);
	dataset_append(the_store, number, gap + 8, "three", 5);
	store_sync(the_store, number, awaited_set, &answers[2]);
	store_submit(
		the_store, number, DATASET_READY, "", awaited_set, &answers[3]);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(awaited_wait(&answers[i]), 0);
	check_state(the_store, number, DATASET_READY);
	ck_assert_int_eq(store_read(the_store, number, 0, octets, 4), 4);
	ck_assert_mem_eq(octets, "one ", 4);
	ck_assert_int_eq(store_read(the_store, number, gap + 4, octets, 16), 9);
	ck_assert_mem_eq(octets, "two three", 9);
}
END_TEST

START_TEST(a_key_resolves_to_its_number)
{
	struct dataset d = { .mode = 0600 };
	uint64_t number;
	uint64_t found = 0;
	uint32_t job;

	text_copy(d.writer, sizeof d.writer, "MAIL");
	ck_assert_int_eq(
		store_begin(the_store, &d, 0xfeedfacecafe, &number, &job), 0);
	ck_assert_int_eq(store_resolve(the_store, 0xfeedfacecafe, &found), 0);
	ck_assert_uint_eq(found, number);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	ck_assert_int_eq(store_resolve(the_store, 0xfeedfacecafe, &found), 0);
	ck_assert_int_eq(store_resolve(the_store, 0xfeed, &found), STORE_NONE);
	ck_assert_int_eq(
		move_wait(the_store, number, DATASET_READY, DATASET_PURGED, ""),
		0);
	ck_assert_int_eq(
		store_resolve(the_store, 0xfeedfacecafe, &found), STORE_NONE);
}
END_TEST

void suite_store_add_writing(Suite *suite)
{
	TCase *tc = suite_store_case(suite, "writing");

	tcase_add_test(tc, a_data_set_begins_open_with_its_attributes);
	tcase_add_test(tc, what_was_submitted_keeps_its_attributes);
	tcase_add_loop_test(tc, what_is_said_of_an_open_one_is_kept, 0,
		(int)(sizeof described / sizeof *described));
	tcase_add_test(tc, octets_are_read_back_before_and_after_submit);
	tcase_add_test(tc, a_gap_reads_as_zeros);
	tcase_add_test(tc, many_small_flushes_read_as_one);
	tcase_add_loop_test(tc, every_size_is_read_back, 0,
		(int)(sizeof sizes / sizeof *sizes));
	tcase_add_test(tc, a_large_one_may_be_cut_and_purged);
	tcase_add_test(tc, only_an_open_data_set_takes_octets);
	tcase_add_test(tc, a_sync_answers_for_every_data_set_there_is);
	tcase_add_test(tc, a_data_set_is_submitted_once);
	tcase_add_loop_test(
		tc, a_flush_and_its_submit_may_be_queued_together, 0, 2);
	tcase_add_test(tc, a_key_resolves_to_its_number);
}
