#include "support_suite_parts.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

/* ---- states ---------------------------------------------------------- */

START_TEST(a_move_follows_the_table_and_nothing_else)
{
	enum dataset_state from = (enum dataset_state)(_i / DATASET_STATES);
	enum dataset_state to = (enum dataset_state)(_i % DATASET_STATES);
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, from, &token);
	bool may = from == DATASET_ACTIVE
		? to == DATASET_READY || to == DATASET_HELD
		: to != DATASET_ACTIVE && dataset_may_move(from, to);
	int want = from == DATASET_PURGED ? STORE_NONE : may ? 0 : STORE_BUSY;
	enum dataset_state other =
		from == DATASET_READY ? DATASET_HELD : DATASET_READY;

	ck_assert_int_eq(
		move_wait(the_store, number, other, DATASET_PURGED, ""),
		from == DATASET_PURGED ? STORE_NONE : STORE_BUSY);
	check_state(the_store, number, from);
	ck_assert_int_eq(move_wait(the_store, number, from, to, "why"), want);
	check_state(the_store, number, want == 0 ? to : from);
	if (want == 0 && token != 0)
		ck_assert_int_eq(
			store_renew(the_store, number, token, 0), STORE_LOST);
}
END_TEST

START_TEST(only_states_that_have_a_reason_keep_one)
{
	uint64_t number = dataset_make(the_store, "x", "abc", DATASET_READY);
	struct dataset d;

	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_str_eq(d.reason, "");
	ck_assert_int_eq(move_wait(the_store, number, DATASET_READY,
				 DATASET_HELD, "why"),
		0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_str_eq(d.reason, "why");
	ck_assert_int_eq(
		move_wait(the_store, number, DATASET_HELD, DATASET_READY, "x"),
		0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_str_eq(d.reason, "");
}
END_TEST

START_TEST(a_long_reason_is_cut)
{
	char reason[REASON_MAX + 60];
	uint64_t number = dataset_begin(the_store, "x");
	struct dataset d;

	memset(reason, 'r', sizeof reason);
	reason[sizeof reason - 1] = '\0';
	ck_assert_int_eq(
		submit_wait(the_store, number, DATASET_HELD, reason), 0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_uint_eq(strlen(d.reason), REASON_MAX);
}
END_TEST

START_TEST(a_label_changes_and_goes)
{
	uint64_t number = dataset_begin(the_store, "one");
	struct dataset d;

	ck_assert_int_eq(relabel_wait(the_store, number, "two", true), 0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_str_eq(d.label, "two");
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_str_eq(d.label, "two");
	ck_assert_int_eq(relabel_wait(the_store, number, "three", true), 0);
	ck_assert_int_eq(relabel_wait(the_store, number, NULL, false), 0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert(!d.has_label);
	ck_assert_str_eq(d.label, "three");
	ck_assert_int_eq(
		relabel_wait(the_store, number + 1, "x", true), STORE_NONE);
}
END_TEST

/* ---- claims ---------------------------------------------------------- */

START_TEST(the_oldest_are_claimed_first)
{
	struct store_claim claims[4];
	uint64_t numbers[4];
	size_t count;
	size_t i;

	for (i = 0; i < 4; i++)
		numbers[i] = dataset_make(the_store, "x", "abc", DATASET_HELD);
	for (i = 4; i-- > 0;)
		ck_assert_int_eq(move_wait(the_store, numbers[i], DATASET_HELD,
					 DATASET_READY, ""),
			0);
	ck_assert_int_eq(
		store_claim(the_store, "MAIL", 3, 0, claims, &count), 0);
	ck_assert_uint_eq(count, 3);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(claims[i].dataset.number, numbers[i]);
		ck_assert_int_eq(claims[i].dataset.state, DATASET_ACTIVE);
		ck_assert_str_eq(claims[i].dataset.label, "x");
		ck_assert_uint_eq(claims[i].read_upto, 1);
		ck_assert(i == 0 || claims[i].token > claims[i - 1].token);
		check_state(the_store, numbers[i], DATASET_ACTIVE);
	}
	check_state(the_store, numbers[3], DATASET_READY);
	ck_assert_int_eq(
		store_claim(the_store, "MAIL", 3, 0, claims, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(
		store_claim(the_store, "MAIL", 3, 0, claims, &count), 0);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_writer_claims_only_what_is_its_own)
{
	struct store_claim claim;
	size_t count = 7;

	dataset_make(the_store, "x", "abc", DATASET_READY);
	ck_assert_int_eq(
		store_claim(the_store, "OTHER", 1, 0, &claim, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert(claim_one(the_store, &claim));
}
END_TEST

/* Claims one and ends the claim: tried again at next_try_ns. */
static uint64_t make_waiting(int64_t next_try_ns)
{
	uint64_t number = dataset_make(the_store, "x", "abc", DATASET_READY);
	struct store_claim claim;

	ck_assert(claim_one(the_store, &claim));
	ck_assert_uint_eq(claim.dataset.number, number);
	ck_assert_int_eq(finish_wait(the_store, number, claim.token,
				 DATASET_WAITING, next_try_ns, "later"),
		0);
	return number;
}

START_TEST(a_waiting_data_set_is_not_claimed_before_its_time)
{
	int64_t next_try_ns = clock_wall_ns() + 3600 * NS_PER_S;
	uint64_t number = make_waiting(next_try_ns);
	struct store_claim claim;
	struct dataset d;

	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_int_eq(d.next_try_ns, next_try_ns);
	ck_assert_str_eq(d.reason, "later");
	ck_assert(!claim_one(the_store, &claim));
	check_state(the_store, number, DATASET_WAITING);
}
END_TEST

/* Older numbers go first, whichever state they come from. */
START_TEST(what_is_due_is_claimed_with_the_ready_ones)
{
	uint64_t due = make_waiting(clock_wall_ns() - 1);
	uint64_t ready = dataset_make(the_store, "y", "def", DATASET_READY);
	struct store_claim claim;

	ck_assert(claim_one(the_store, &claim));
	ck_assert_uint_eq(claim.dataset.number, due);
	ck_assert_uint_eq(claim.read_upto, 2);
	ck_assert_str_eq(claim.dataset.reason, "");
	ck_assert_int_eq(claim.dataset.next_try_ns, 0);
	ck_assert(claim_one(the_store, &claim));
	ck_assert_uint_eq(claim.dataset.number, ready);
}
END_TEST

START_TEST(a_waiting_data_set_becomes_due)
{
	uint64_t number = make_waiting(clock_wall_ns() + 20 * NS_PER_MS);
	int64_t deadline_ns = clock_monotonic_ns() + 30 * NS_PER_S;
	struct store_claim claim;
	bool is_claimed = false;

	while (!is_claimed && clock_monotonic_ns() < deadline_ns)
		is_claimed = claim_one(the_store, &claim);
	ck_assert(is_claimed);
	ck_assert_uint_eq(claim.dataset.number, number);
}
END_TEST

START_TEST(what_is_due_may_still_be_held)
{
	uint64_t number = make_waiting(clock_wall_ns() - 1);
	struct store_claim claim;

	ck_assert_int_eq(move_wait(the_store, number, DATASET_WAITING,
				 DATASET_HELD, "no"),
		0);
	ck_assert(!claim_one(the_store, &claim));
}
END_TEST

START_TEST(a_call_with_another_token_changes_nothing)
{
	struct store_mark mark = { .mail = 1,
		.kind = STORE_MARK_FAILED,
		.recipients = "F",
		.reason = "550" };
	struct store_mark_row row;
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);
	uint64_t wrong[] = { 0, token - 1, token + 1 };
	size_t i;

	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(store_renew(the_store, number, wrong[i], 0),
			STORE_LOST);
		ck_assert_int_eq(
			checkpoint_wait(the_store, number, wrong[i], &mark, 1),
			STORE_LOST);
		ck_assert_int_eq(finish_wait(the_store, number, wrong[i],
					 DATASET_PURGED, 0, ""),
			STORE_LOST);
	}
	check_state(the_store, number, DATASET_ACTIVE);
	ck_assert_int_eq(store_mark_read(the_store, number, 1, &row), 0);
	ck_assert_int_eq(row.kind, STORE_MARK_CLAIMED);
	store_mark_fini(&row);
	ck_assert_int_eq(store_renew(the_store, number, token, 0), 0);
}
END_TEST

START_TEST(a_finish_ends_the_token)
{
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);

	ck_assert_int_eq(
		finish_wait(the_store, number, token, DATASET_PURGED, 0, ""),
		0);
	check_state(the_store, number, DATASET_PURGED);
	ck_assert_int_eq(
		finish_wait(the_store, number, token, DATASET_PURGED, 0, ""),
		STORE_LOST);
	ck_assert_int_eq(store_renew(the_store, number, token, 0), STORE_LOST);
	ck_assert_int_eq(
		store_read(the_store, number, 0, &token, 1), STORE_NONE);
}
END_TEST

START_TEST(a_finish_leads_to_every_state_but_open)
{
	static const enum dataset_state states[] = { DATASET_READY,
		DATASET_HELD, DATASET_WAITING, DATASET_DEAD, DATASET_PURGED };
	uint64_t token = 0;
	uint64_t number = dataset_in_state(the_store, DATASET_ACTIVE, &token);

	ck_assert_int_eq(finish_wait(the_store, number, token, states[_i],
				 clock_wall_ns() + NS_PER_S, "so"),
		0);
	check_state(the_store, number, states[_i]);
	ck_assert_int_eq(store_renew(the_store, number, token, 0), STORE_LOST);
	if (states[_i] == DATASET_READY)
		ck_assert(claim_one(
			the_store, &(struct store_claim){ .token = 0 }));
}
END_TEST

static void add_states(Suite *suite)
{
	TCase *tc = suite_store_case(suite, "states");

	tcase_add_loop_test(tc, a_move_follows_the_table_and_nothing_else, 0,
		DATASET_STATES * DATASET_STATES);
	tcase_add_test(tc, only_states_that_have_a_reason_keep_one);
	tcase_add_test(tc, a_long_reason_is_cut);
	tcase_add_test(tc, a_label_changes_and_goes);
}

void suite_store_add_claims(Suite *suite)
{
	TCase *tc = suite_store_case(suite, "claims");

	add_states(suite);
	tcase_add_test(tc, the_oldest_are_claimed_first);
	tcase_add_test(tc, a_writer_claims_only_what_is_its_own);
	tcase_add_test(tc, a_waiting_data_set_is_not_claimed_before_its_time);
	tcase_add_test(tc, what_is_due_is_claimed_with_the_ready_ones);
	tcase_add_test(tc, a_waiting_data_set_becomes_due);
	tcase_add_test(tc, what_is_due_may_still_be_held);
	tcase_add_test(tc, a_call_with_another_token_changes_nothing);
	tcase_add_test(tc, a_finish_ends_the_token);
	tcase_add_loop_test(tc, a_finish_leads_to_every_state_but_open, 0, 5);
}
