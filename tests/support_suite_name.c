#include "support_suite_parts.h"

#include <string.h>

START_TEST(label_writer_and_state_change_together)
{
	uint64_t number = dataset_make(the_store, ".x", "abc", DATASET_HELD);
	const struct store_rename how = { .writer = "BATCH",
		.label = "x",
		.has_label = true,
		.moves = true,
		.from = DATASET_HELD,
		.to = DATASET_READY,
		.reason = "" };
	struct dataset d;

	ck_assert_int_eq(rename_wait(the_store, number, &how), 0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_str_eq(d.label, "x");
	ck_assert_str_eq(d.writer, "BATCH");
	ck_assert_int_eq(d.state, DATASET_READY);
	ck_assert_str_eq(d.reason, "");
	check_text(the_store, number, "abc");
	/* It has moved: not again from where it was. */
	ck_assert_int_eq(rename_wait(the_store, number, &how), STORE_BUSY);
	ck_assert_int_eq(rename_wait(the_store, number + 10, &how), STORE_NONE);
}
END_TEST

START_TEST(a_rename_holds_with_its_reason)
{
	uint64_t number = dataset_make(the_store, "x", "abc", DATASET_READY);
	const struct store_rename how = { .label = ".x",
		.has_label = true,
		.is_draft = true,
		.moves = true,
		.from = DATASET_READY,
		.to = DATASET_HELD,
		.reason = "draft" };
	struct store_claim claim;
	struct dataset d;

	ck_assert_int_eq(rename_wait(the_store, number, &how), 0);
	ck_assert(!claim_one(the_store, &claim));
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_HELD);
	ck_assert_str_eq(d.reason, "draft");
	ck_assert_str_eq(d.writer, "MAIL");
}
END_TEST

START_TEST(a_rename_that_comes_too_late_changes_nothing)
{
	struct store_rename how = { .label = ".x",
		.has_label = true,
		.moves = true,
		.from = DATASET_READY,
		.to = DATASET_HELD,
		.reason = "draft" };
	uint64_t token;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);
	struct dataset before;
	struct dataset d;

	ck_assert_int_eq(store_lookup(the_store, number, &before), 0);
	ck_assert_int_eq(rename_wait(the_store, number, &how), STORE_BUSY);
	how.from = DATASET_ACTIVE; /* it is somebody's */
	how.to = DATASET_PURGED;
	ck_assert_int_eq(rename_wait(the_store, number, &how), STORE_BUSY);
	how.moves = false;
	how.writer = "BATCH";
	ck_assert_int_eq(rename_wait(the_store, number, &how), STORE_BUSY);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_str_eq(d.label, before.label);
	ck_assert_str_eq(d.writer, "MAIL");

	/* Its label alone is no business of who has it. */
	how.writer = "MAIL";
	ck_assert_int_eq(rename_wait(the_store, number, &how), 0);
	ck_assert_int_eq(store_renew(the_store, number, token, 1), 0);
	check_state(the_store, number, DATASET_ACTIVE);
	ck_assert_int_eq(
		finish_wait(the_store, number, token, DATASET_PURGED, 0, ""),
		0);
}
END_TEST

START_TEST(who_gets_a_data_set_is_its_new_writer)
{
	uint64_t number = dataset_make(the_store, "x", "abc", DATASET_READY);
	const struct store_rename how = {
		.writer = "BATCH", .label = "x", .has_label = true
	};
	struct store_claim claim;
	size_t count;

	ck_assert_int_eq(rename_wait(the_store, number, &how), 0);
	ck_assert(!claim_one(the_store, &claim));
	ck_assert_int_eq(
		store_claim(the_store, "BATCH", 1, 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(claim.dataset.number, number);
	ck_assert_str_eq(claim.dataset.writer, "BATCH");
}
END_TEST

START_TEST(an_open_data_set_takes_its_new_name_along)
{
	uint64_t number = dataset_begin(the_store, ".x");
	const struct store_rename how = {
		.writer = "BATCH", .label = "x", .has_label = true
	};
	struct dataset d;

	dataset_append(the_store, number, 0, "abc", 3);
	if (_i == 1)
		ck_assert_int_eq(sync_wait(the_store, number), 0);
	ck_assert_int_eq(rename_wait(the_store, number, &how), 0);
	check_state(the_store, number, DATASET_OPEN);
	dataset_append(the_store, number, 3, "d", 1);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_str_eq(d.label, "x");
	ck_assert_str_eq(d.writer, "BATCH");
	ck_assert(d.has_label);
	check_text(the_store, number, "abcd");
}
END_TEST

START_TEST(a_later_name_counts_more_than_a_younger_data_set)
{
	uint64_t old = dataset_make(the_store, "a", "abc", DATASET_READY);
	uint64_t young = dataset_make(the_store, "x", "abc", DATASET_READY);
	uint64_t next;
	struct dataset d;

	ck_assert_int_eq(relabel_wait(the_store, old, "x", true), 0);
	ck_assert_int_eq(store_lookup(the_store, old, &d), 0);
	ck_assert_uint_gt(d.named, young);
	ck_assert_int_eq(relabel_wait(the_store, old, NULL, false), 0);
	ck_assert_int_eq(store_lookup(the_store, old, &d), 0);
	ck_assert_uint_gt(d.named, young);
	ck_assert(!d.has_label);
	next = dataset_make(the_store, "x", "abc", DATASET_READY);
	ck_assert_uint_gt(next, d.named);
	ck_assert_int_eq(store_lookup(the_store, next, &d), 0);
	ck_assert_uint_eq(d.named, 0);
}
END_TEST

void suite_store_add_names(Suite *suite)
{
	TCase *tc = suite_store_case(suite, "names");

	tcase_add_test(tc, label_writer_and_state_change_together);
	tcase_add_test(tc, a_rename_holds_with_its_reason);
	tcase_add_test(tc, a_rename_that_comes_too_late_changes_nothing);
	tcase_add_test(tc, who_gets_a_data_set_is_its_new_writer);
	tcase_add_loop_test(
		tc, an_open_data_set_takes_its_new_name_along, 0, 2);
	tcase_add_test(tc, a_later_name_counts_more_than_a_younger_data_set);
}
