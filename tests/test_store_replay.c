/*
 * A start after a crash, while the catalogue is behind the segments.
 *
 * Whatever was answered must be there, in every mixture of what records can
 * say and what needs a row: a walk of many lives, each of which ends without
 * a close, is compared with what it was told.
 */
#include "../fs/segment.h"

#include "support_local.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	ITEMS_MAX = 4000,
	OCTETS_MAX = 4000,
	LIVES = 4,
	STEPS = 400,
};

/* A data set as it was answered; shared by all lives. */
struct item {
	uint64_t number;
	uint64_t token; /* of this life */
	uint32_t size;
	enum dataset_state state; /* PURGED: gone */
	char label[16];
};

static struct expected {
	struct item items[ITEMS_MAX];
	size_t count;
	unsigned int random;
} * expected;

static struct store *store;

static unsigned int pick(unsigned int below)
{
	expected->random = expected->random * 1103515245u + 12345u;
	return (expected->random >> 8) % below;
}

/* Any item in a state, from a random place on; NULL: there is none. */
static struct item *any(enum dataset_state state)
{
	size_t from =
		expected->count > 0 ? pick((unsigned int)expected->count) : 0;
	struct item *item;
	size_t i;

	for (i = 0; i < expected->count; i++) {
		item = &expected->items[(from + i) % expected->count];
		if (item->state == state)
			return item;
	}
	return NULL;
}

static struct item *find(uint64_t number)
{
	size_t i;

	for (i = 0; i < expected->count; i++)
		if (expected->items[i].number == number)
			return &expected->items[i];
	return NULL;
}

/* ---- steps ----------------------------------------------------------- */

/* In one piece or two; a second flush needs a row. */
static void make(void)
{
	static unsigned char octets[OCTETS_MAX];
	struct item *item = &expected->items[expected->count];
	bool is_in_two = pick(8) == 0;
	uint32_t half;

	item->size = 2 + pick(OCTETS_MAX - 2);
	half = is_in_two ? item->size / 2 : 0;
	text_format(item->label, sizeof item->label, "%u",
		(unsigned int)expected->count);
	item->number = dataset_begin(store, item->label);
	pattern_fill(octets, (unsigned int)item->number, 0, item->size);
	if (is_in_two) {
		dataset_append(store, item->number, 0, octets, half);
		ck_assert_int_eq(sync_wait(store, item->number), 0);
	}
	dataset_append(
		store, item->number, half, octets + half, item->size - half);
	item->state = DATASET_OPEN;
	if (pick(2) == 0)
		ck_assert_int_eq(sync_wait(store, item->number), 0);
	ck_assert_int_eq(
		submit_wait(store, item->number, DATASET_READY, ""), 0);
	item->state = DATASET_READY;
	expected->count++;
}

static void claim(void)
{
	struct store_claim claim;
	struct item *item;

	if (!claim_one(store, &claim))
		return;
	item = find(claim.dataset.number);
	ck_assert_ptr_nonnull(item);
	ck_assert(
		item->state == DATASET_READY || item->state == DATASET_WAITING);
	ck_assert_str_eq(claim.dataset.label, item->label);
	ck_assert_uint_eq(claim.dataset.size_octets, item->size);
	ck_assert_int_eq(claim.dataset.state, DATASET_ACTIVE);
	item->state = DATASET_ACTIVE;
	item->token = claim.token;
}

static void finish(void)
{
	static const enum dataset_state ends[] = { DATASET_PURGED,
		DATASET_PURGED, DATASET_PURGED, DATASET_PURGED, DATASET_READY,
		DATASET_WAITING, DATASET_HELD };
	struct item *item = any(DATASET_ACTIVE);
	enum dataset_state to = ends[pick(sizeof ends / sizeof *ends)];

	if (item == NULL)
		return;
	ck_assert_int_eq(
		finish_wait(store, item->number, item->token, to, 1, "so"), 0);
	item->state = to;
}

static void move(enum dataset_state from, enum dataset_state to)
{
	struct item *item = any(from);

	if (item == NULL)
		return;
	ck_assert_int_eq(move_wait(store, item->number, from, to, "so"), 0);
	item->state = to;
}

static void relabel(void)
{
	struct item *item = any(DATASET_READY);

	if (item == NULL)
		return;
	text_format(item->label, sizeof item->label, "new %u", pick(1000));
	ck_assert_int_eq(
		relabel_wait(store, item->number, item->label, true), 0);
}

static void check_all(void);

static void step(void)
{
	unsigned int which = pick(100);

	if (which < 40)
		make();
	else if (which < 64)
		claim();
	else if (which < 88)
		finish();
	else if (which < 92)
		move(DATASET_READY, DATASET_PURGED);
	else if (which < 94)
		move(DATASET_READY, DATASET_HELD);
	else if (which < 96)
		move(DATASET_HELD, DATASET_READY);
	else if (which < 98)
		relabel();
	else if (which < 99)
		check_all();
}

/* ---- what is there --------------------------------------------------- */

static void check_one(const struct dataset *d)
{
	const struct item *item = find(d->number);

	ck_assert_msg(item != NULL, "%s was never made", d->label);
	ck_assert_msg(item->state == d->state, "%s is %s, should be %s",
		d->label, dataset_state_name(d->state),
		dataset_state_name(item->state));
	ck_assert_str_eq(d->label, item->label);
	ck_assert_str_eq(d->writer, "MAIL");
	ck_assert_uint_eq(d->uid, 1000);
	ck_assert_uint_eq(d->size_octets, item->size);
	check_pattern(store, d->number, (unsigned int)d->number, item->size);
}

static void check_all(void)
{
	struct dataset d[64];
	size_t left = 0;
	size_t count = 1;
	uint64_t after = 0;
	size_t i;

	for (i = 0; i < expected->count; i++)
		left += expected->items[i].state != DATASET_PURGED;
	while (count > 0) {
		ck_assert_int_eq(
			store_list(store, NULL, after, 64, d, &count), 0);
		for (i = 0; i < count; i++)
			check_one(&d[i]);
		ck_assert_uint_le(count, left);
		left -= count;
		after = count > 0 ? d[count - 1].number : after;
	}
	ck_assert_msg(left == 0, "%zu are lost", left);
}

/* What the last life had claimed is nobody's. */
static void free_claims(void)
{
	size_t i;

	for (i = 0; i < expected->count; i++) {
		struct item *item = &expected->items[i];

		if (item->state != DATASET_ACTIVE)
			continue;
		ck_assert_int_eq(move_wait(store, item->number, DATASET_ACTIVE,
					 DATASET_READY, ""),
			0);
		item->state = DATASET_READY;
		item->token = 0;
	}
}

static void live(struct store *s)
{
	size_t i;

	store = s;
	check_all();
	free_claims();
	for (i = 0; i < STEPS; i++)
		step();
}

static void set_up(void)
{
	local_set_up();
	expected = mmap(NULL, sizeof *expected, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(expected, MAP_FAILED);
}

static void tear_down(void)
{
	munmap(expected, sizeof *expected);
	local_tear_down();
}

START_TEST(what_was_answered_is_there_after_each_crash)
{
	int i;

	expected->random = (unsigned int)_i + 1;
	for (i = 0; i < LIVES; i++)
		local_crash(live);
	store = local_start();
	check_all();
	store_close(store);
	store = local_start();
	check_all();
	store_close(store);
}
END_TEST

/* ---- cases ----------------------------------------------------------- */

/* Rows that the catalogue on disk has, without what a start makes of it. */
static int count_rows(void)
{
	char path[300];
	sqlite3_stmt *st;
	sqlite3 *db;
	int count;

	text_format(path, sizeof path, "%s/spool.db", local_folder);
	ck_assert_int_eq(
		sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), 0);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT count(*) FROM dataset",
				 -1, &st, NULL),
		SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	count = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return count;
}

static void make_some(struct store *s)
{
	int i;

	store = s;
	for (i = 0; i < 20; i++)
		make();
}

/* The last one has a label like no octets, and its octets are durable with
 * its submit. */
static void make_labelled(struct store *s)
{
	struct item *last = &expected->items[20];

	make_some(s);
	text_copy(last->label, sizeof last->label, "the last one");
	last->number = dataset_begin(s, last->label);
	last->size = 1;
	last->state = DATASET_READY;
	dataset_append(s, last->number, 0, "x", 1);
	ck_assert_int_eq(submit_wait(s, last->number, DATASET_READY, ""), 0);
	expected->count++;
}

static void make_and_claim(struct store *s)
{
	make_some(s);
	claim();
	claim();
	finish();
}

static void do_nothing(struct store *s)
{
	(void)s;
}

START_TEST(the_catalogue_is_behind_and_nothing_is_lost)
{
	local_crash(make_some);
	ck_assert_int_lt(count_rows(), 20);
	local_crash(do_nothing);
	ck_assert_int_eq(count_rows(), 20);
	store = local_start();
	check_all();
	store_close(store);
}
END_TEST

START_TEST(a_clean_stop_leaves_nothing_behind)
{
	store = local_start();
	make_some(store);
	store_close(store);
	ck_assert_int_eq(count_rows(), 20);
}
END_TEST

START_TEST(a_claim_that_is_a_record_is_in_doubt_after_a_crash)
{
	struct store_mark_row row;
	size_t count = 0;
	struct item *item;

	do {
		local_tear_down();
		local_set_up();
		memset(expected, 0, sizeof *expected);
		expected->random = 5;
		local_crash(make_and_claim);
	} while ((item = any(DATASET_ACTIVE)) == NULL);
	store = local_start();
	check_all();
	ck_assert_int_eq(
		store_marks_read(store, item->number, 0, 1, &row, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(row.mail, 1);
	ck_assert_int_eq(row.kind, STORE_MARK_CLAIMED);
	store_mark_fini(&row);
	store_close(store);
}
END_TEST

/* Purged ones are not raised by records that still lie there. */
static void make_and_purge(struct store *s)
{
	struct store_claim one;
	int i;

	store = s;
	for (i = 0; i < 300; i++) {
		make();
		ck_assert(claim_one(s, &one));
		ck_assert_int_eq(finish_wait(s, one.dataset.number, one.token,
					 DATASET_PURGED, 0, ""),
			0);
		find(one.dataset.number)->state = DATASET_PURGED;
	}
}

START_TEST(what_was_purged_stays_so)
{
	struct store_stats stats;
	int i;

	for (i = 0; i < 4; i++)
		local_crash(make_and_purge);
	local_crash(do_nothing);
	store = local_start();
	check_all();
	store_stats_read(store, &stats);
	ck_assert_uint_eq(stats.octets, 0);
	store_close(store);
}
END_TEST

/*
 * The last record is changed where its label is: it ends what is found. What
 * was cut short so was promised to nobody; all before it is there.
 */
START_TEST(a_torn_record_ends_what_is_taken)
{
	struct item *last;

	local_crash(make_labelled);
	last = &expected->items[expected->count - 1];
	local_damage("segments/0000001.seg", last->label, strlen(last->label));
	last->state = DATASET_PURGED;
	store = local_start();
	check_all();
	store_close(store);
}
END_TEST

/* ---- many segments --------------------------------------------------- */

/* More than a store keeps when they are empty. */
enum { LARGE = 6 * SEGMENT_OCTETS / SEGMENT_RECORD_MAX };

static void make_large(struct store *s)
{
	static unsigned char octets[SEGMENT_RECORD_MAX];
	struct item *item;
	size_t i;

	for (i = 0; i < LARGE; i++) {
		item = &expected->items[i];
		item->number = dataset_begin(s, "large");
		item->size = sizeof octets;
		item->state = DATASET_READY;
		text_copy(item->label, sizeof item->label, "large");
		pattern_fill(
			octets, (unsigned int)item->number, 0, sizeof octets);
		dataset_append(s, item->number, 0, octets, sizeof octets);
		ck_assert_int_eq(
			submit_wait(s, item->number, DATASET_READY, ""), 0);
		expected->count++;
	}
}

START_TEST(a_start_keeps_all_segments_in_which_something_lives)
{
	local_crash(make_large);
	ck_assert_uint_gt(local_count("segments"), 6);
	store = local_start();
	check_all();
	store_close(store);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay of the store on disk");
	TCase *tc = tcase_create("replay");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(
		tc, what_was_answered_is_there_after_each_crash, 0, 4);
	tcase_add_test(tc, the_catalogue_is_behind_and_nothing_is_lost);
	tcase_add_test(tc, a_clean_stop_leaves_nothing_behind);
	tcase_add_test(tc, a_claim_that_is_a_record_is_in_doubt_after_a_crash);
	tcase_add_test(tc, what_was_purged_stays_so);
	tcase_add_test(tc, a_torn_record_ends_what_is_taken);
	tcase_add_test(tc, a_start_keeps_all_segments_in_which_something_lives);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
