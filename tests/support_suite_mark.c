#include "support_suite_parts.h"

#include <stdlib.h>
#include <string.h>

static size_t marks_of(uint64_t number, struct store_mark_row *rows, size_t max)
{
	size_t count = 0;

	ck_assert_int_eq(
		store_marks_read(the_store, number, 0, max, rows, &count), 0);
	return count;
}

static void marks_free(struct store_mark_row *rows, size_t count)
{
	while (count > 0)
		store_mark_fini(&rows[--count]);
}

START_TEST(the_first_claim_claims_mail_1)
{
	struct store_mark done = { .mail = 1,
		.kind = STORE_MARK_DELIVERED,
		.recipients = "",
		.reason = "" };
	struct store_mark_row rows[2];
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);

	ck_assert_uint_eq(marks_of(number, rows, 2), 1);
	ck_assert_uint_eq(rows[0].mail, 1);
	ck_assert_int_eq(rows[0].kind, STORE_MARK_CLAIMED);
	ck_assert_uint_eq(rows[0].tries, 0);
	ck_assert_str_eq(rows[0].recipients, "");
	marks_free(rows, 1);
	ck_assert_int_eq(
		checkpoint_wait(the_store, number, token, &done, 1), 0);
	ck_assert_int_eq(
		checkpoint_wait(the_store, number, token, &done, 1), 0);
	ck_assert_uint_eq(marks_of(number, rows, 2), 0);
	ck_assert_int_eq(
		store_mark_read(the_store, number, 1, rows), STORE_NONE);
}
END_TEST

START_TEST(a_voided_claim_leaves_its_marks_to_the_next)
{
	struct store_mark marks[] = {
		{ 1, STORE_MARK_DELIVERED, 0, 0, "", "" },
		{ 2, STORE_MARK_CLAIMED, 0, 0, "", "" },
		{ 3, STORE_MARK_CLAIMED, 0, 0, "", "" },
	};
	struct store_mark_row rows[4];
	struct store_claim claim;
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);

	ck_assert_int_eq(
		checkpoint_wait(the_store, number, token, marks, 3), 0);
	ck_assert_int_eq(
		move_wait(the_store, number, DATASET_ACTIVE, DATASET_READY, ""),
		0);
	ck_assert_int_eq(checkpoint_wait(the_store, number, token, marks, 1),
		STORE_LOST);
	ck_assert(claim_one(the_store, &claim));
	ck_assert_uint_eq(claim.read_upto, 4);
	ck_assert_uint_gt(claim.token, token);
	ck_assert_uint_eq(marks_of(number, rows, 4), 2);
	ck_assert_uint_eq(rows[0].mail, 2);
	ck_assert_uint_eq(rows[1].mail, 3);
	ck_assert_int_eq(rows[1].kind, STORE_MARK_CLAIMED);
	marks_free(rows, 2);
}
END_TEST

START_TEST(an_unsettled_first_mail_is_claimed_again)
{
	struct store_mark_row row;
	struct store_claim claim;
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);

	ck_assert_int_eq(
		move_wait(the_store, number, DATASET_ACTIVE, DATASET_READY, ""),
		0);
	ck_assert(claim_one(the_store, &claim));
	ck_assert_uint_eq(claim.read_upto, 2);
	ck_assert_int_eq(store_mark_read(the_store, number, 1, &row), 0);
	ck_assert_int_eq(row.kind, STORE_MARK_CLAIMED);
	store_mark_fini(&row);
}
END_TEST

START_TEST(a_mark_keeps_all_it_was_told)
{
	char recipients[STORE_RECIPIENTS_MAX + 1];
	struct store_mark marks[] = {
		{ 1, STORE_MARK_DEFERRED, 3, 12345678901, recipients, "451 x" },
		{ 2, STORE_MARK_FAILED, 1, 0, "F", "550 y" },
	};
	struct store_mark_row row;
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);

	memset(recipients, '.', sizeof recipients);
	recipients[0] = 'D';
	recipients[STORE_RECIPIENTS_MAX] = '\0';
	ck_assert_int_eq(
		checkpoint_wait(the_store, number, token, marks, 2), 0);
	ck_assert_int_eq(store_mark_read(the_store, number, 1, &row), 0);
	ck_assert_uint_eq(row.mail, 1);
	ck_assert_int_eq(row.kind, STORE_MARK_DEFERRED);
	ck_assert_uint_eq(row.tries, 3);
	ck_assert_int_eq(row.next_try_ns, 12345678901);
	ck_assert_str_eq(row.recipients, recipients);
	ck_assert_str_eq(row.reason, "451 x");
	store_mark_fini(&row);
	ck_assert_int_eq(store_mark_read(the_store, number, 2, &row), 0);
	ck_assert_int_eq(row.kind, STORE_MARK_FAILED);
	ck_assert_str_eq(row.reason, "550 y");
	store_mark_fini(&row);
	ck_assert_int_eq(
		store_mark_read(the_store, number, 3, &row), STORE_NONE);
	ck_assert_int_eq(
		store_mark_read(the_store, number, 0, &row), STORE_NONE);
}
END_TEST

START_TEST(marks_are_settled_with_the_finish)
{
	struct store_mark marks[] = {
		{ 1, STORE_MARK_DEFERRED, 1, 99, ".", "451" },
		{ 2, STORE_MARK_CLAIMED, 0, 0, "", "" },
		{ 2, STORE_MARK_DELIVERED, 0, 0, "", "" },
	};
	struct store_finish how = { DATASET_WAITING, 1, "later", marks, 3, 0 };
	struct store_mark_row rows[3];
	struct store_claim claim;
	struct awaited a;
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);

	awaited_init(&a);
	store_finish(the_store, number, token, &how, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
	ck_assert(claim_one(the_store, &claim));
	ck_assert_uint_eq(claim.read_upto, 3);
	ck_assert_uint_eq(marks_of(number, rows, 3), 1);
	ck_assert_int_eq(rows[0].kind, STORE_MARK_DEFERRED);
	marks_free(rows, 1);
	ck_assert_int_eq(finish_wait(the_store, number, claim.token,
				 DATASET_PURGED, 0, ""),
		0);
	ck_assert_uint_eq(marks_of(number, rows, 3), 0);
}
END_TEST

/* What no claim has read must not count as delivered. */
START_TEST(no_mail_is_passed_over)
{
	struct store_mark marks[] = {
		{ 3, STORE_MARK_CLAIMED, 0, 0, "", "" },
		{ 4, STORE_MARK_CLAIMED, 0, 0, "", "" },
		{ 2, STORE_MARK_CLAIMED, 0, 0, "", "" },
	};
	struct store_finish how = { DATASET_READY, 0, "", marks, 2, 0 };
	struct store_claim claim;
	struct awaited a;
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);

	ck_assert_int_eq(checkpoint_wait(the_store, number, token, marks, 2),
		STORE_BUSY);
	awaited_init(&a);
	store_finish(the_store, number, token, &how, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), STORE_BUSY);
	ck_assert_int_eq(
		checkpoint_wait(the_store, number, token, marks, 3), 0);
	ck_assert_int_eq(
		finish_wait(the_store, number, token, DATASET_READY, 0, ""), 0);
	ck_assert(claim_one(the_store, &claim));
	ck_assert_uint_eq(claim.read_upto, 5);
}
END_TEST

START_TEST(marks_are_read_in_pages)
{
	enum { MAILS = 25, PAGE = 10 };
	struct store_mark marks[MAILS];
	struct store_mark_row rows[PAGE];
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);
	uint32_t after = 0;
	size_t count = PAGE;
	uint32_t i;

	for (i = 0; i < MAILS; i++)
		marks[i] = (struct store_mark){ MAILS - i, STORE_MARK_CLAIMED,
			0, 0, "", "" };
	ck_assert_int_eq(
		checkpoint_wait(the_store, number, token, marks, MAILS), 0);
	while (count == PAGE) {
		ck_assert_int_eq(store_marks_read(the_store, number, after,
					 PAGE, rows, &count),
			0);
		for (i = 0; i < count; i++)
			ck_assert_uint_eq(rows[i].mail, ++after);
		marks_free(rows, count);
	}
	ck_assert_uint_eq(after, MAILS);
}
END_TEST

/* A store may record them together: the order stays, and each is answered. */
START_TEST(checkpoints_at_once_are_all_recorded)
{
	enum { MAILS = 40 };
	struct store_mark marks[2 * MAILS];
	struct awaited answers[2 * MAILS];
	struct store_mark_row rows[MAILS + 2];
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);
	size_t count, i;

	for (i = 0; i < (size_t)2 * MAILS; i++) {
		marks[i] = (struct store_mark){ .mail = (uint32_t)(i / 2 + 2),
			.kind = i % 2 == 0 ? STORE_MARK_CLAIMED
					   : STORE_MARK_DELIVERED,
			.recipients = "",
			.reason = "" };
		if (i == 11) /* a mail is passed over */
			marks[i] = (struct store_mark){ 99, STORE_MARK_CLAIMED,
				0, 0, "", "" };
		awaited_init(&answers[i]);
		store_checkpoint(the_store, number, token, &marks[i], 1,
			awaited_set, &answers[i]);
	}
	for (i = 0; i < (size_t)2 * MAILS; i++)
		ck_assert_int_eq(
			awaited_wait(&answers[i]), i == 11 ? STORE_BUSY : 0);
	count = marks_of(number, rows, MAILS + 2);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(rows[0].mail, 1);
	ck_assert_uint_eq(rows[1].mail, 7);
	ck_assert_int_eq(rows[1].kind, STORE_MARK_CLAIMED);
	marks_free(rows, count);
}
END_TEST

void suite_store_add_marks(Suite *suite)
{
	TCase *tc = suite_store_case(suite, "marks");

	tcase_add_test(tc, the_first_claim_claims_mail_1);
	tcase_add_test(tc, a_voided_claim_leaves_its_marks_to_the_next);
	tcase_add_test(tc, an_unsettled_first_mail_is_claimed_again);
	tcase_add_test(tc, a_mark_keeps_all_it_was_told);
	tcase_add_test(tc, marks_are_settled_with_the_finish);
	tcase_add_test(tc, no_mail_is_passed_over);
	tcase_add_test(tc, marks_are_read_in_pages);
	tcase_add_test(tc, checkpoints_at_once_are_all_recorded);
}
