#include "../fs/backlog.h"

#include "support_local.h"
#include "support_run.h"

#include "../fs/catalogue_read.h"

#include <check.h>

static struct catalogue *catalogue;
static struct backlog *backlog;

static void set_up(void)
{
	char why[256];

	local_set_up();
	ck_assert_int_eq(
		catalogue_open(local_folder, &catalogue, why, sizeof why), 0);
	backlog = backlog_new();
	ck_assert_ptr_nonnull(backlog);
}

static void tear_down(void)
{
	backlog_free(backlog);
	catalogue_close(catalogue, true);
	local_tear_down();
}

static struct catalogue_row row_of(uint64_t number, enum dataset_state state)
{
	struct catalogue_row row = {
		.dataset = { .number = number,
			.job = 1,
			.state = state,
			.writer = "MAIL",
			.label = "label" },
		.read_upto = 1,
	};

	return row;
}

static void add(uint64_t number)
{
	struct catalogue_row row = row_of(number, DATASET_READY);

	backlog_add(backlog, &row);
}

static void move(uint64_t number, enum dataset_state state)
{
	struct catalogue_row row = row_of(number, state);

	backlog_move(backlog, &row);
}

static void apply(void)
{
	ck_assert_int_eq(catalogue_begin(catalogue), 0);
	ck_assert_int_eq(backlog_apply(backlog, catalogue), 0);
	ck_assert_int_eq(catalogue_commit(catalogue), 0);
	backlog_clear(backlog);
	ck_assert_uint_eq(backlog_count(backlog), 0);
}

/* PURGED: it has no row. */
static void check(uint64_t number, enum dataset_state state)
{
	struct dataset d;
	int err = catalogue_lookup(catalogue, number, &d);

	ck_assert_int_eq(err, state == DATASET_PURGED ? STORE_NONE : 0);
	if (err == 0)
		ck_assert_int_eq(d.state, state);
}

START_TEST(changes_of_one_data_set_become_one)
{
	add(1);
	add(2);
	move(2, DATASET_ACTIVE);
	add(3);
	move(3, DATASET_ACTIVE);
	backlog_purge(backlog, 3, true);
	ck_assert_uint_eq(backlog_count(backlog), 3);
	ck_assert_ptr_nonnull(backlog_find(backlog, 2));
	ck_assert_int_eq(backlog_find(backlog, 2)->state, DATASET_ACTIVE);
	ck_assert_ptr_null(backlog_find(backlog, 3));
	ck_assert_uint_eq(backlog_number(backlog, 2), 3);
	apply();
	check(1, DATASET_READY);
	check(2, DATASET_ACTIVE);
	check(3, DATASET_PURGED);
}
END_TEST

START_TEST(rows_that_are_there_change)
{
	uint64_t i;

	for (i = 1; i <= 4; i++)
		add(i);
	apply();
	move(1, DATASET_ACTIVE);
	ck_assert_ptr_null(backlog_find(backlog, 1));
	move(2, DATASET_ACTIVE);
	backlog_purge(backlog, 2, false);
	backlog_purge(backlog, 3, true);
	ck_assert_uint_eq(backlog_count(backlog), 3);
	apply();
	check(1, DATASET_ACTIVE);
	check(2, DATASET_PURGED);
	check(3, DATASET_PURGED);
	check(4, DATASET_READY);
}
END_TEST

START_TEST(it_holds_as_many_as_it_says)
{
	uint64_t i;

	for (i = 1; i <= BACKLOG_MAX; i++)
		add(i << 10); /* all in one bucket */
	ck_assert_uint_eq(backlog_count(backlog), BACKLOG_MAX);
	for (i = 1; i <= BACKLOG_MAX; i += 2)
		backlog_purge(backlog, i << 10, false);
	apply();
	for (i = 1; i <= BACKLOG_MAX; i++)
		check(i << 10, i % 2 == 1 ? DATASET_PURGED : DATASET_READY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backlog");
	TCase *tc = tcase_create("backlog");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, changes_of_one_data_set_become_one);
	tcase_add_test(tc, rows_that_are_there_change);
	tcase_add_test(tc, it_holds_as_many_as_it_says);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
