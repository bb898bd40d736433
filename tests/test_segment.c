#include "../fs/segment.h"

#include "clock.h"
#include "support_local.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 64 << 10, SPARES = 4 };

static struct segments *segments;
static int directory;

static void start(void)
{
	ck_assert_int_eq(segments_open(directory, SIZE, &segments), 0);
	ck_assert_int_eq(segments_start(segments), 0);
}

static void set_up(void)
{
	local_set_up();
	directory = open(local_folder, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(directory, 0);
	start();
}

static void tear_down(void)
{
	segments_close(segments);
	close(directory);
	local_tear_down();
}

/* Octets of a data set are the pattern of its number. */
static struct extent put(uint64_t number, uint32_t offset, uint32_t len)
{
	struct dataset d = { .number = number, .writer = "MAIL" };
	unsigned char *octets = malloc(len + 1);
	struct segment_record record = { .number = d.number,
		.attributes = &d,
		.octets = octets,
		.offset = offset,
		.length = len };

	text_format(d.label, sizeof d.label, "label %u", (unsigned int)number);
	pattern_fill(octets, (unsigned int)number, offset, len);
	ck_assert_int_eq(segments_append(segments, &record, 1), 0);
	ck_assert_int_eq(segments_sync(segments), 0);
	ck_assert_uint_ne(record.extent.segment, 0);
	ck_assert_uint_eq(record.extent.length, len);
	free(octets);
	return record.extent;
}

static int get(
	const struct extent *e, uint64_t number, uint32_t skip, uint32_t len)
{
	unsigned char *got = malloc(len + 1);
	unsigned char *want = malloc(len + 1);
	int err = segments_pin(segments, e->segment);

	if (err == 0) {
		err = segments_read(segments, e, number, skip, got, len);
		segments_unpin(segments, e->segment);
	}
	pattern_fill(want, (unsigned int)number, e->offset + skip, len);
	if (err == 0)
		ck_assert_int_eq(memcmp(got, want, len), 0);
	free(want);
	free(got);
	return err;
}

static void damage(const struct extent *e, uint64_t at)
{
	char path[300];
	char octet;
	int fd;

	text_format(path, sizeof path, "%s/%07u.seg", local_folder, e->segment);
	fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &octet, 1, (off_t)(e->position + at)), 1);
	octet ^= 1;
	ck_assert_int_eq(pwrite(fd, &octet, 1, (off_t)(e->position + at)), 1);
	close(fd);
}

static const uint32_t lengths[] = { 0, 1, 7, 8, 4096, 50000 };

START_TEST(a_record_is_read_back_whole_and_in_parts)
{
	uint32_t len = lengths[_i];
	struct extent e = put(7, 100, len);

	ck_assert_uint_eq(e.offset, 100);
	ck_assert_int_eq(get(&e, 7, 0, len), 0);
	ck_assert_int_eq(get(&e, 7, 0, len / 2), 0);
	ck_assert_int_eq(get(&e, 7, len / 2, len - len / 2), 0);
}
END_TEST

START_TEST(a_changed_octet_is_found)
{
	struct extent e = put(7, 0, 1000);
	struct extent other = put(8, 0, 1000);
	uint64_t octets = other.position - e.position;
	uint64_t at;

	/* the last octets are padding, which nobody reads */
	for (at = 0; at + 8 < octets; at += 5) {
		damage(&e, at);
		ck_assert_int_eq(get(&e, 7, 0, 10), -EBADMSG);
		damage(&e, at);
	}
	ck_assert_int_eq(get(&e, 7, 0, 10), 0);
	ck_assert_int_eq(get(&other, 8, 0, 1000), 0);
}
END_TEST

START_TEST(a_record_of_another_data_set_is_not_read)
{
	struct extent e = put(7, 0, 100);
	struct extent moved = e;

	ck_assert_int_eq(get(&e, 8, 0, 100), -EBADMSG);
	moved.position += 8;
	ck_assert_int_eq(get(&moved, 7, 0, 100), -EBADMSG);
	moved = e;
	moved.offset = 1;
	ck_assert_int_eq(get(&moved, 7, 0, 100), -EBADMSG);
	moved = e;
	moved.position = SIZE - 8;
	ck_assert_int_eq(get(&moved, 7, 0, 100), -EBADMSG);
	ck_assert_int_eq(segments_pin(segments, 999), -ENOENT);
}
END_TEST

START_TEST(many_records_go_through_several_segments)
{
	enum { RECORDS = 300, LEN = 1500 };
	static struct extent extents[RECORDS];
	struct segment_record records[RECORDS];
	static struct dataset d[RECORDS];
	static unsigned char octets[RECORDS][LEN];
	uint32_t i;

	for (i = 0; i < RECORDS; i++) {
		d[i].number = i + 1;
		pattern_fill(octets[i], i + 1, 0, LEN);
		records[i] = (struct segment_record){ .number = i + 1,
			.attributes = &d[i],
			.octets = octets[i],
			.length = LEN };
	}
	ck_assert_int_eq(segments_append(segments, records, RECORDS), 0);
	ck_assert_int_eq(segments_sync(segments), 0);
	for (i = 0; i < RECORDS; i++) {
		extents[i] = records[i].extent;
		ck_assert_int_eq(get(&extents[i], i + 1, 0, LEN), 0);
	}
	ck_assert_uint_gt(extents[RECORDS - 1].segment, 5);
}
END_TEST

START_TEST(a_segment_is_used_again_when_nothing_in_it_lives)
{
	struct extent kept = put(1, 0, 1000);
	struct extent e;
	uint64_t i;

	for (i = 2; i < 1000; i++) {
		e = put(i, 0, 3000);
		ck_assert_int_eq(get(&e, i, 0, 3000), 0);
		segments_drop(segments, &e);
	}
	ck_assert_int_eq(get(&kept, 1, 0, 1000), 0);
	ck_assert_uint_le(local_count("."), 1 + 2 + SPARES);
}
END_TEST

START_TEST(a_segment_that_is_read_is_not_used_again)
{
	struct extent e = put(1, 0, 40000);
	unsigned char *got = malloc(40000);
	struct extent other;
	uint64_t i;

	ck_assert_int_eq(segments_pin(segments, e.segment), 0);
	segments_drop(segments, &e);
	for (i = 2; i < 100; i++) {
		other = put(i, 0, 40000);
		segments_drop(segments, &other);
	}
	ck_assert_int_eq(segments_read(segments, &e, 1, 0, got, 40000), 0);
	segments_unpin(segments, e.segment);
	free(got);
}
END_TEST

START_TEST(empty_segments_are_unlinked_but_for_a_few)
{
	int64_t deadline_ns = clock_monotonic_ns() + 30 * NS_PER_S;
	struct extent extents[20];
	size_t i;

	for (i = 0; i < 20; i++)
		extents[i] = put(i + 1, 0, 40000);
	ck_assert_uint_ge(local_count("."), 20);
	for (i = 0; i < 20; i++)
		segments_drop(segments, &extents[i]);
	while (local_count(".") > SPARES + 1
		&& clock_monotonic_ns() < deadline_ns)
		;
	ck_assert_uint_le(local_count("."), SPARES + 1);
}
END_TEST

START_TEST(a_start_writes_beside_what_it_keeps)
{
	struct extent kept = put(1, 0, 1000);
	struct extent lost = put(2, 0, 1000);
	struct extent wrong = { .segment = 77, .length = 10 };
	struct extent e;

	segments_close(segments);
	start();
	ck_assert_int_eq(segments_keep(segments, &kept), 0);
	ck_assert_int_eq(segments_keep(segments, &wrong), -ENOENT);
	wrong.segment = kept.segment;
	wrong.position = UINT64_MAX - 5;
	ck_assert_int_eq(segments_keep(segments, &wrong), -ENOENT);
	e = put(3, 0, 1000);
	ck_assert_uint_eq(e.segment, kept.segment);
	ck_assert_int_eq(get(&kept, 1, 0, 1000), 0);
	ck_assert_int_eq(get(&e, 3, 0, 1000), 0);
	(void)lost;
}
END_TEST

START_TEST(a_start_unlinks_nothing_before_it_knows_what_lives)
{
	enum { COUNT = 4 * SPARES };
	struct extent extents[COUNT];
	size_t i;

	for (i = 0; i < COUNT; i++)
		extents[i] = put(i + 1, 0, 40000);
	segments_close(segments);
	ck_assert_int_eq(segments_open(directory, SIZE, &segments), 0);
	ck_assert_uint_ge(local_count("."), COUNT);
	for (i = 0; i < COUNT; i++)
		ck_assert_int_eq(segments_keep(segments, &extents[i]), 0);
	ck_assert_int_eq(segments_start(segments), 0);
	for (i = 0; i < COUNT; i++)
		ck_assert_int_eq(get(&extents[i], i + 1, 0, 40000), 0);
}
END_TEST

START_TEST(files_of_others_are_left_alone)
{
	int fd = openat(directory, "0000001.seg.bak", O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
	segments_close(segments);
	start();
	put(1, 0, 10);
	ck_assert_int_eq(faccessat(directory, "0000001.seg.bak", F_OK, 0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("segment");
	TCase *tc = tcase_create("records");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a_record_is_read_back_whole_and_in_parts, 0,
		(int)(sizeof lengths / sizeof *lengths));
	tcase_add_test(tc, a_changed_octet_is_found);
	tcase_add_test(tc, a_record_of_another_data_set_is_not_read);
	tcase_add_test(tc, many_records_go_through_several_segments);
	tcase_add_test(tc, a_segment_is_used_again_when_nothing_in_it_lives);
	tcase_add_test(tc, a_segment_that_is_read_is_not_used_again);
	tcase_add_test(tc, empty_segments_are_unlinked_but_for_a_few);
	tcase_add_test(tc, a_start_writes_beside_what_it_keeps);
	tcase_add_test(tc, a_start_unlinks_nothing_before_it_knows_what_lives);
	tcase_add_test(tc, files_of_others_are_left_alone);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
