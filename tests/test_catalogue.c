#include "../fs/catalogue_read.h"

#include "store_read.h"
#include "support_local.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct catalogue *catalogue;

static void start(void)
{
	char why[256];
	int err = catalogue_open(local_folder, &catalogue, why, sizeof why);

	ck_assert_msg(err == 0, "%d: %s", err, why);
}

static void set_up(void)
{
	local_set_up();
	start();
}

static void tear_down(void)
{
	catalogue_close(catalogue, true);
	local_tear_down();
}

static struct catalogue_row make_row(uint64_t number)
{
	struct catalogue_row row = {
		.read_upto = 1,
		.dataset = { .number = number,
			.job = (uint32_t)number,
			.state = DATASET_READY,
			.uid = UINT32_MAX,
			.gid = 3,
			.mode = 0400,
			.has_label = true,
			.size_octets = UINT64_C(1) << 40,
			.created_ns = INT64_MIN,
			.changed_ns = INT64_MAX,
			.writer = "MAIL$#@9",
			.job_name = "CP",
			.label = "a'; DROP TABLE dataset; -- \xff\x01" },
		.key = UINT64_MAX,
		.content = CONTENT_SEGMENT,
		.extent = { .segment = 4, .position = 5, .length = 6 },
		.extents = 1,
	};

	return row;
}

static void insert(uint64_t number)
{
	struct catalogue_row row = make_row(number);

	ck_assert_int_eq(catalogue_begin(catalogue), 0);
	ck_assert_int_eq(catalogue_insert(catalogue, &row), 0);
	ck_assert_int_eq(catalogue_commit(catalogue), 0);
}

/* Numbers 1 to count, in one transaction. */
static void insert_many(uint64_t count)
{
	struct catalogue_row row;
	uint64_t number;

	ck_assert_int_eq(catalogue_begin(catalogue), 0);
	for (number = 1; number <= count; number++) {
		row = make_row(number);
		ck_assert_int_eq(catalogue_insert(catalogue, &row), 0);
	}
	ck_assert_int_eq(catalogue_commit(catalogue), 0);
}

static int keep_row(void *arg, const struct catalogue_row *row)
{
	*(struct catalogue_row *)arg = *row;
	return 0;
}

START_TEST(a_row_is_read_as_it_was_written)
{
	struct catalogue_row want = make_row(9);
	struct catalogue_row row;
	struct dataset d;

	insert(9);
	ck_assert_int_eq(catalogue_lookup(catalogue, 9, &d), 0);
	ck_assert_uint_eq(d.number, 9);
	ck_assert_uint_eq(d.job, 9);
	ck_assert_uint_eq(d.uid, UINT32_MAX);
	ck_assert_uint_eq(d.mode, 0400);
	ck_assert_uint_eq(d.size_octets, UINT64_C(1) << 40);
	ck_assert_int_eq(d.created_ns, INT64_MIN);
	ck_assert_int_eq(d.changed_ns, INT64_MAX);
	ck_assert_str_eq(d.writer, want.dataset.writer);
	ck_assert_str_eq(d.label, want.dataset.label);

	catalogue_close(catalogue, true);
	start();
	ck_assert_int_eq(catalogue_each_row(catalogue, keep_row, &row), 0);
	ck_assert_uint_eq(row.key, UINT64_MAX);
	ck_assert_uint_eq(row.extent.segment, 4);
	ck_assert_uint_eq(row.extent.position, 5);
	ck_assert_uint_eq(row.extent.length, 6);
	ck_assert_uint_eq(row.extents, 1);
	ck_assert_uint_eq(row.read_upto, 1);
	ck_assert_uint_eq(row.token, 0);
	ck_assert_str_eq(row.dataset.label, want.dataset.label);
}
END_TEST

START_TEST(a_rollback_leaves_nothing)
{
	struct catalogue_row row = make_row(3);
	struct dataset d;

	ck_assert_int_eq(catalogue_begin(catalogue), 0);
	ck_assert_int_eq(catalogue_insert(catalogue, &row), 0);
	ck_assert_int_eq(catalogue_set(catalogue, CATALOGUE_EPOCH, 7), 0);
	catalogue_rollback(catalogue);
	ck_assert_int_eq(catalogue_lookup(catalogue, 3, &d), STORE_NONE);
	ck_assert(!catalogue_is_failed(catalogue));
	insert(3);
}
END_TEST

START_TEST(a_number_can_be_inserted_once)
{
	struct catalogue_row row = make_row(3);

	insert(3);
	ck_assert_int_eq(catalogue_begin(catalogue), 0);
	ck_assert_int_ne(catalogue_insert(catalogue, &row), 0);
	catalogue_rollback(catalogue);
}
END_TEST

START_TEST(a_claim_says_what_the_row_says)
{
	struct dataset d;

	insert(3);
	ck_assert_int_eq(catalogue_begin(catalogue), 0);
	ck_assert_int_eq(
		catalogue_set_state(catalogue, 3, DATASET_WAITING, "why", 8),
		0);
	ck_assert_int_eq(catalogue_claim(catalogue, 3, 77, 2, true, &d), 0);
	ck_assert_int_eq(d.state, DATASET_ACTIVE);
	ck_assert_str_eq(d.reason, "");
	ck_assert_int_eq(d.next_try_ns, 0);
	ck_assert_int_ne(catalogue_claim(catalogue, 4, 77, 2, true, &d), 0);
	ck_assert_int_eq(catalogue_commit(catalogue), 0);
}
END_TEST

/* Mail 1 of a first claim has no row of its own, and comes first. */
START_TEST(the_implied_claim_is_among_the_marks)
{
	struct store_mark mark = { 5, STORE_MARK_FAILED, 1, 0, "F", "550" };
	struct store_mark_row rows[3];
	struct dataset d;
	size_t count = 9;

	insert(3);
	ck_assert_int_eq(catalogue_begin(catalogue), 0);
	ck_assert_int_eq(catalogue_claim(catalogue, 3, 77, 2, true, &d), 0);
	ck_assert_int_eq(catalogue_put_mark(catalogue, 3, &mark), 0);
	ck_assert_int_eq(catalogue_commit(catalogue), 0);
	ck_assert_int_eq(catalogue_marks(catalogue, 3, 0, 3, rows, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(rows[0].mail, 1);
	ck_assert_int_eq(rows[0].kind, STORE_MARK_CLAIMED);
	ck_assert_str_eq(rows[0].reason, "");
	ck_assert_uint_eq(rows[1].mail, 5);
	ck_assert_str_eq(rows[1].recipients, "F");
	store_mark_fini(&rows[0]);
	store_mark_fini(&rows[1]);
	ck_assert_int_eq(catalogue_marks(catalogue, 3, 1, 3, rows, &count), 0);
	ck_assert_uint_eq(count, 1);
	store_mark_fini(&rows[0]);
	ck_assert_int_eq(catalogue_marks(catalogue, 3, 0, 1, rows, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(rows[0].mail, 1);
	store_mark_fini(&rows[0]);
}
END_TEST

/* Each commit writes some seven pages: 28 MiB in all. */
START_TEST(the_log_does_not_grow_without_end)
{
	enum { COMMITS = 1000, ROWS = 300, LOG_OCTETS_MAX = 18 << 20 };
	char path[300];
	struct stat st;
	uint32_t i;
	uint64_t number;

	text_format(path, sizeof path, "%s/spool.db-wal", local_folder);
	insert_many(ROWS);
	for (i = 0; i < COMMITS; i++) {
		ck_assert_int_eq(catalogue_begin(catalogue), 0);
		for (number = 1; number <= ROWS; number++)
			ck_assert_int_eq(
				catalogue_set_progress(catalogue, number,
					DATASET_ACTIVE, i + 1, false),
				0);
		ck_assert_int_eq(catalogue_commit(catalogue), 0);
		catalogue_log_step(catalogue);
	}
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_le(st.st_size, LOG_OCTETS_MAX);
	ck_assert_int_ge(st.st_size, 1 << 20);
}
END_TEST

START_TEST(damage_is_found_after_an_unclean_stop)
{
	char zeros[4096] = "";
	char path[300];
	char why[256];
	int fd;

	insert_many(500);
	catalogue_close(catalogue, false);
	text_format(path, sizeof path, "%s/spool.db", local_folder);
	fd = open(path, O_RDWR);
	memset(zeros, 0x5a, sizeof zeros);
	ck_assert_int_eq(pwrite(fd, zeros, sizeof zeros, 9 * 4096), 4096);
	close(fd);
	ck_assert_int_eq(
		catalogue_open(local_folder, &catalogue, why, sizeof why),
		STORE_DAMAGED);
	ck_assert_ptr_nonnull(strstr(why, "spool.db"));
	catalogue = NULL;
}
END_TEST

START_TEST(what_is_no_catalogue_is_refused)
{
	char path[300];
	char why[256];
	int fd;

	catalogue_close(catalogue, true);
	text_format(path, sizeof path, "%s/spool.db", local_folder);
	fd = open(path, O_RDWR | O_TRUNC);
	ck_assert_int_eq(write(fd, "a file of somebody else", 23), 23);
	close(fd);
	ck_assert_int_eq(
		catalogue_open(local_folder, &catalogue, why, sizeof why),
		STORE_DAMAGED);
	ck_assert_str_ne(why, "");
	catalogue = NULL;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("catalogue");
	TCase *tc = tcase_create("rows");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_row_is_read_as_it_was_written);
	tcase_add_test(tc, a_rollback_leaves_nothing);
	tcase_add_test(tc, a_number_can_be_inserted_once);
	tcase_add_test(tc, a_claim_says_what_the_row_says);
	tcase_add_test(tc, the_implied_claim_is_among_the_marks);
	tcase_add_test(tc, the_log_does_not_grow_without_end);
	tcase_add_test(tc, damage_is_found_after_an_unclean_stop);
	tcase_add_test(tc, what_is_no_catalogue_is_refused);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
