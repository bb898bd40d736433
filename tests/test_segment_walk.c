/* What a start finds in segments that the catalogue does not know. */
#include "../fs/segment_walk.h"

#include "support_local.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 16 << 10, LEN = 1000, FOUND_MAX = 64, LIFE = 4711 };

static struct segments *segments;
static int directory;

static struct {
	uint64_t sequences[FOUND_MAX];
	size_t count;
	int err; /* what the last call answers */
} found;

static void open_again(void)
{
	segments_close(segments);
	ck_assert_int_eq(segments_open(directory, SIZE, &segments), 0);
}

static void set_up(void)
{
	local_set_up();
	directory = open(local_folder, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(directory, 0);
	ck_assert_int_eq(segments_open(directory, SIZE, &segments), 0);
}

static void tear_down(void)
{
	segments_close(segments);
	close(directory);
	local_tear_down();
}

/* A record with octets; its number is its sequence. */
static struct extent put(uint64_t sequence, enum segment_step step)
{
	static char octets[LEN];
	struct dataset d = { .number = sequence,
		.job = 5,
		.uid = 1000,
		.mode = 0600,
		.has_label = true,
		.created_ns = 11,
		.changed_ns = 12,
		.writer = "MAIL",
		.job_name = "CP" };
	struct segment_record record = { .number = sequence,
		.attributes = &d,
		.octets = octets,
		.length = LEN,
		.note = { .life = LIFE,
			.sequence = sequence,
			.key = 77,
			.read_upto = 2,
			.step = step,
			.state = DATASET_READY,
			.is_first_claimed = true } };

	text_format(d.label, sizeof d.label, "label %u", (unsigned)sequence);
	ck_assert_int_eq(segments_append(segments, &record, 1), 0);
	ck_assert_int_eq(segments_sync(segments), 0);
	return record.extent;
}

/* One that only says what becomes of another. */
static void put_step(uint64_t sequence, uint64_t number)
{
	struct segment_record record = { .number = number,
		.note = { .life = LIFE,
			.sequence = sequence,
			.step = STEP_PURGE } };

	ck_assert_int_eq(segments_append(segments, &record, 1), 0);
	ck_assert_int_eq(segments_sync(segments), 0);
}

static int note(void *arg, const struct segment_found *record)
{
	(void)arg;
	ck_assert_uint_lt(found.count, FOUND_MAX);
	found.sequences[found.count++] = record->head->sequence;
	return found.err;
}

static void walk(uint32_t segment, uint32_t position, uint64_t after)
{
	struct segment_from from = { LIFE, after, segment, position };

	found.count = 0;
	ck_assert_int_eq(segments_walk(segments, &from, note, NULL), found.err);
}

static void check_found(uint64_t first, uint64_t last)
{
	size_t i;

	ck_assert_uint_eq(found.count, last - first + 1);
	for (i = 0; i < found.count; i++)
		ck_assert_uint_eq(found.sequences[i], first + i);
}

static void damage(const struct extent *e, uint64_t at)
{
	char name[32];
	char octet;
	int fd;

	text_format(name, sizeof name, "%07u.seg", e->segment);
	fd = openat(directory, name, O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &octet, 1, (off_t)(e->position + at)), 1);
	octet ^= 0x20;
	ck_assert_int_eq(pwrite(fd, &octet, 1, (off_t)(e->position + at)), 1);
	close(fd);
}

START_TEST(all_that_is_newer_is_found_in_order)
{
	uint32_t segment, position, late_segment, late;
	uint64_t i;

	ck_assert(!segments_tail(segments, &segment, &position));
	for (i = 1; i <= 5; i++)
		put(i, STEP_ADD);
	ck_assert(segments_tail(segments, &segment, &position));
	for (i = 6; i <= 38; i++)
		put(i, i % 2 == 0 ? STEP_ADD : STEP_NONE);
	ck_assert(segments_tail(segments, &late_segment, &late));
	put(39, STEP_ADD);
	put(40, STEP_NONE);
	put_step(41, 7);
	open_again();
	walk(segment, position, 5);
	check_found(6, 41);
	walk(late_segment, late, 38);
	check_found(39, 41);
	walk(late_segment, late, 41);
	ck_assert_uint_eq(found.count, 0);
	walk(0, 0, 0); /* nothing was ever known */
	check_found(1, 41);
	walk(99, 8, 0);
	check_found(1, 41);
}
END_TEST

static int check_record(void *arg, const struct segment_found *record)
{
	const struct extent *e = arg;
	const struct record_head *head = record->head;

	ck_assert_uint_eq(record->segment, e->segment);
	ck_assert_uint_eq(record->position, e->position);
	ck_assert_str_eq(record->label, "label 3");
	ck_assert_str_eq(head->writer, "MAIL");
	ck_assert_str_eq(head->job_name, "CP");
	ck_assert_uint_eq(head->length, LEN);
	ck_assert_uint_eq(head->number, 3);
	ck_assert_uint_eq(head->key, 77);
	ck_assert_uint_eq(head->job, 5);
	ck_assert_uint_eq(head->uid, 1000);
	ck_assert_uint_eq(head->mode, 0600);
	ck_assert_uint_eq(head->has_label, 1);
	ck_assert_int_eq(head->created_ns, 11);
	ck_assert_int_eq(head->changed_ns, 12);
	ck_assert_uint_eq(head->read_upto, 2);
	ck_assert_uint_eq(head->step, STEP_ADD);
	ck_assert_uint_eq(head->state, DATASET_READY);
	ck_assert_uint_eq(head->is_first_claimed, 1);
	return 0;
}

START_TEST(a_record_says_what_its_data_set_is)
{
	struct segment_from from = { .life = LIFE, .after = 2 };
	struct extent e;

	put(1, STEP_ADD);
	put_step(2, 1);
	e = put(3, STEP_ADD);
	open_again();
	ck_assert_int_eq(segments_walk(segments, &from, check_record, &e), 0);
}
END_TEST

START_TEST(what_lay_there_before_is_not_found)
{
	struct extent extents[10];
	size_t i;

	for (i = 0; i < 10; i++)
		extents[i] = put(i + 1, STEP_ADD);
	for (i = 0; i < 10; i++)
		segments_drop(segments, &extents[i]);
	segments_settle(segments);
	for (i = 11; i <= 13; i++) /* of the same size, at the same places */
		ck_assert_uint_eq(
			put(i, STEP_ADD).position, extents[i - 11].position);
	open_again();
	walk(extents[9].segment, (uint32_t)extents[9].position, 10);
	check_found(11, 13);
}
END_TEST

START_TEST(a_segment_with_steps_is_not_used_again_before_they_are_settled)
{
	struct extent e = put(1, STEP_ADD);

	segments_drop(segments, &e);
	put_step(2, 1);
	ck_assert_uint_gt(put(3, STEP_ADD).position, e.position);
	open_again();
	walk(0, 0, 0);
	check_found(1, 3);
}
END_TEST

/* 1 to count but the third, if that is not 0. */
static void check_found_but(uint64_t third, uint64_t count)
{
	size_t i, at = 0;

	for (i = 1; i <= count; i++)
		if (i != third)
			ck_assert_uint_eq(found.sequences[at++], i);
	ck_assert_uint_eq(found.count, at);
}

START_TEST(a_damaged_head_costs_its_own_record_alone)
{
	struct extent extents[5];
	size_t i;

	for (i = 0; i < 5; i++)
		extents[i] = put(i + 1, STEP_ADD);
	damage(&extents[2], 40);
	open_again();
	walk(0, 0, 0);
	check_found_but(3, 5);
	damage(&extents[2], 40);
	damage(&extents[2], sizeof(struct record_head) + LEN); /* label */
	walk(0, 0, 0);
	check_found_but(3, 5);
	walk(extents[2].segment, (uint32_t)extents[2].position, 2);
	check_found(4, 5);
	damage(&extents[2], sizeof(struct record_head) + LEN);
	damage(&extents[2], sizeof(struct record_head)); /* octets */
	walk(0, 0, 0);
	check_found(1, 5);
}
END_TEST

/* What a user wrote may end up where the next record would be looked for. */
START_TEST(octets_that_look_like_a_record_are_none)
{
	static struct record_head heads[64];
	struct dataset d = { .number = 1, .writer = "MAIL" };
	struct segment_record forged = { .number = 7,
		.note = { .life = LIFE + 1,
			.sequence = UINT64_MAX,
			.step = STEP_PURGE } };
	struct segment_record record = { .number = 1,
		.attributes = &d,
		.octets = heads,
		.length = sizeof heads,
		.note = { .life = LIFE, .sequence = 1, .step = STEP_ADD } };
	struct iovec pieces[RECORD_PIECES];
	size_t i;

	for (i = 0; i < 64; i++)
		record_pack(&forged, &heads[i], pieces);
	ck_assert_int_eq(segments_append(segments, &record, 1), 0);
	segments_drop(segments, &record.extent);
	segments_settle(segments);
	ck_assert_int_eq(segments_sync(segments), 0);
	record.note.sequence = 2;
	record.length = sizeof *heads; /* so that the next lies on a head */
	ck_assert_int_eq(segments_append(segments, &record, 1), 0);
	ck_assert_uint_eq(record.extent.position, 0);
	open_again();
	walk(0, 0, 1);
	check_found(2, 2);
}
END_TEST

START_TEST(a_segment_that_has_begun_again_is_read_from_its_start)
{
	struct extent first = put(1, STEP_NONE);
	struct extent e;
	uint32_t segment, tail;

	ck_assert(segments_tail(segments, &segment, &tail));
	e = put(2, STEP_NONE);
	segments_drop(segments, &first);
	segments_drop(segments, &e);
	put_step(3, 1); /* no record lies where the end was known to be */
	put(4, STEP_ADD);
	put(5, STEP_ADD);
	open_again();
	walk(segment, tail, 1);
	check_found(3, 5);
}
END_TEST

START_TEST(what_found_answers_ends_the_walk)
{
	put(1, STEP_ADD);
	put(2, STEP_ADD);
	open_again();
	found.err = -ENOMEM;
	walk(0, 0, 0);
	ck_assert_uint_eq(found.count, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("segment walk");
	TCase *tc = tcase_create("walk");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, all_that_is_newer_is_found_in_order);
	tcase_add_test(tc, a_record_says_what_its_data_set_is);
	tcase_add_test(tc, what_lay_there_before_is_not_found);
	tcase_add_test(tc,
		a_segment_with_steps_is_not_used_again_before_they_are_settled);
	tcase_add_test(tc, a_damaged_head_costs_its_own_record_alone);
	tcase_add_test(tc, octets_that_look_like_a_record_are_none);
	tcase_add_test(
		tc, a_segment_that_has_begun_again_is_read_from_its_start);
	tcase_add_test(tc, what_found_answers_ends_the_walk);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
