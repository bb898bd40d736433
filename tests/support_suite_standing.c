#include "support_suite_parts.h"

#include "support_standing.h"

#include <pthread.h>
#include <string.h>

static const char whole[] = "HELO x\nMAIL FROM:<a@b.c>\n.\n";

/* How a data set becomes ready: without a sync, or with one of what is
 * whole, of what is not, or of less than there will be. */
static uint64_t make_ready(int how)
{
	uint64_t number = dataset_begin(the_store, "x");
	const char *text = how == 2 ? "not whole" : whole;

	dataset_append(the_store, number, 0, text, strlen(text));
	if (how > 0)
		ck_assert_int_eq(sync_wait(the_store, number), 0);
	if (how == 3)
		dataset_append(the_store, number, strlen(text), "more\n", 5);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	return number;
}

static int finish_with(const struct store_claim *claim, size_t units)
{
	const struct store_finish how = {
		.to = DATASET_PURGED,
		.reason = "",
		.units = units,
	};
	struct awaited a;

	awaited_init(&a);
	store_finish(the_store, claim->dataset.number, claim->token, &how,
		awaited_set, &a);
	return awaited_wait(&a);
}

START_TEST(what_becomes_ready_uses_a_unit)
{
	struct listener l;
	uint64_t number;
	struct dataset d;

	listener_start(&l, the_store);
	store_grant(the_store, "MAIL", 1);
	number = make_ready(_i);
	listener_wait(&l, 1);
	ck_assert_uint_eq(l.claims[0].dataset.number, number);
	ck_assert_int_eq(l.claims[0].dataset.state, DATASET_ACTIVE);
	ck_assert_uint_eq(l.claims[0].read_upto, 1);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_ACTIVE);
	ck_assert_uint_eq(d.size_octets, l.claims[0].dataset.size_octets);
	ck_assert_int_eq(
		store_renew(the_store, number, l.claims[0].token, 0), 0);
	ck_assert(!claim_one(the_store, &(struct store_claim){ .token = 0 }));
	ck_assert_int_eq(finish_with(&l.claims[0], 0), 0);
	listener_stop(&l, the_store, 1);
}
END_TEST

START_TEST(the_first_mail_of_a_standing_claim_is_claimed)
{
	struct store_mark_row row;
	struct listener l;
	uint64_t number;
	size_t count = 0;

	listener_start(&l, the_store);
	store_grant(the_store, "MAIL", 1);
	number = make_ready(_i);
	listener_wait(&l, 1);
	ck_assert_int_eq(
		store_marks_read(the_store, number, 0, 1, &row, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(row.mail, 1);
	ck_assert_int_eq(row.kind, STORE_MARK_CLAIMED);
	store_mark_fini(&row);
	listener_stop(&l, the_store, 1);
}
END_TEST

START_TEST(no_more_are_claimed_than_units_were_granted)
{
	struct listener l;
	int i;

	listener_start(&l, the_store);
	for (i = 0; i < 10; i++)
		make_ready(i % 4);
	ck_assert_uint_eq(listener_count(&l), 0);
	store_grant(the_store, "MAIL", 3);
	listener_wait(&l, 3);
	for (i = 0; i < 10; i++)
		make_ready(i % 4);
	ck_assert_uint_eq(listener_count(&l), 3);
	for (i = 1; i < 3; i++)
		ck_assert_uint_lt(l.claims[i - 1].dataset.number,
			l.claims[i].dataset.number);
	listener_stop(&l, the_store, 3);
}
END_TEST

START_TEST(a_finish_hands_its_unit_on)
{
	enum { COUNT = 20 };
	struct listener l;
	uint64_t numbers[COUNT];
	size_t i;

	listener_start(&l, the_store);
	for (i = 0; i < COUNT; i++)
		numbers[i] = make_ready(0);
	store_grant(the_store, "MAIL", 2);
	for (i = 0; i < COUNT; i++) {
		listener_wait(&l, i + 2 < COUNT ? i + 2 : COUNT);
		ck_assert_uint_eq(l.claims[i].dataset.number, numbers[i]);
		ck_assert_int_eq(finish_with(&l.claims[i], 1), 0);
	}
	store_withdraw(the_store, "MAIL");
	listener_wait_back(&l, 2);
	listener_stop(&l, the_store, COUNT + 2);
}
END_TEST

START_TEST(a_finish_that_is_refused_hands_on_nothing)
{
	struct listener l;
	struct store_claim stale;

	listener_start(&l, the_store);
	store_grant(the_store, "MAIL", 1);
	make_ready(0);
	make_ready(0);
	listener_wait(&l, 1);
	stale = l.claims[0];
	stale.token++;
	ck_assert_int_eq(finish_with(&stale, 1), STORE_LOST);
	ck_assert_int_eq(
		sync_wait(the_store, dataset_begin(the_store, "y")), 0);
	ck_assert_uint_eq(listener_count(&l), 1);
	listener_stop(&l, the_store, 1);
}
END_TEST

START_TEST(what_is_withdrawn_claims_nothing)
{
	struct listener l;
	uint64_t number = dataset_begin(the_store, "x");

	listener_start(&l, the_store);
	store_grant(the_store, "MAIL", 2);
	dataset_append(the_store, number, 0, whole, sizeof whole - 1);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	store_withdraw(the_store, "MAIL");
	listener_wait_back(&l, 2);
	ck_assert_int_eq(submit_wait(the_store, number, DATASET_READY, ""), 0);
	check_state(the_store, number, DATASET_READY);
	ck_assert_uint_eq(listener_count(&l), 0);
	listener_stop(&l, the_store, 2);
}
END_TEST

START_TEST(what_is_held_or_purged_leaves_its_unit)
{
	struct listener l;
	uint64_t number = dataset_begin(the_store, "x");
	enum dataset_state to = _i == 0 ? DATASET_HELD : DATASET_PURGED;

	listener_start(&l, the_store);
	store_grant(the_store, "MAIL", 1);
	dataset_append(the_store, number, 0, whole, sizeof whole - 1);
	ck_assert_int_eq(sync_wait(the_store, number), 0);
	ck_assert_int_eq(submit_wait(the_store, number, to, "why"), 0);
	ck_assert_uint_eq(listener_count(&l), 0);
	make_ready(1);
	listener_wait(&l, 1);
	listener_stop(&l, the_store, 1);
}
END_TEST

/* A data set that stays open has no claim on a unit others wait for. */
START_TEST(an_open_data_set_keeps_no_unit)
{
	struct listener l;
	uint64_t open = dataset_begin(the_store, "open");
	uint64_t number;

	listener_start(&l, the_store);
	store_grant(the_store, "MAIL", 1);
	dataset_append(the_store, open, 0, whole, sizeof whole - 1);
	ck_assert_int_eq(sync_wait(the_store, open), 0);
	number = make_ready(0);
	while (listener_count(&l) == 0)
		store_grant(the_store, "MAIL", 0);
	ck_assert_uint_eq(l.claims[0].dataset.number, number);
	check_state(the_store, open, DATASET_OPEN);
	ck_assert_int_eq(submit_wait(the_store, open, DATASET_READY, ""), 0);
	ck_assert_int_eq(finish_with(&l.claims[0], 1), 0);
	listener_wait(&l, 2);
	ck_assert_uint_eq(l.claims[1].dataset.number, open);
	listener_stop(&l, the_store, 2);
}
END_TEST

START_TEST(marks_and_labels_work_on_a_standing_claim)
{
	const struct store_mark mark = { .mail = 1,
		.kind = STORE_MARK_DEFERRED,
		.tries = 1,
		.next_try_ns = 1,
		.recipients = "",
		.reason = "busy" };
	struct listener l;
	struct dataset d;
	uint64_t number;

	listener_start(&l, the_store);
	store_grant(the_store, "MAIL", 1);
	number = make_ready(_i);
	listener_wait(&l, 1);
	ck_assert_int_eq(relabel_wait(the_store, number, "new", true), 0);
	ck_assert_int_eq(
		checkpoint_wait(the_store, number, l.claims[0].token, &mark, 1),
		0);
	ck_assert_int_eq(finish_wait(the_store, number, l.claims[0].token,
				 DATASET_WAITING, 1, "busy"),
		0);
	ck_assert_int_eq(store_lookup(the_store, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_WAITING);
	ck_assert_str_eq(d.label, "new");
	store_grant(the_store, "MAIL", 1);
	listener_wait(&l, 2);
	ck_assert_uint_eq(l.claims[1].read_upto, 2);
	listener_stop(&l, the_store, 2);
}
END_TEST

enum { WRITERS = 4, EACH = 50 };

static void *write_main(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < EACH; i++)
		make_ready(i % 4);
	return NULL;
}

START_TEST(many_writers_and_four_units_lose_nothing)
{
	pthread_t threads[WRITERS];
	struct listener l;
	struct store_stats stats;
	size_t i;

	listener_start(&l, the_store);
	for (i = 0; i < WRITERS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, write_main, NULL), 0);
	store_grant(the_store, "MAIL", 4);
	for (i = 0; i < WRITERS * EACH; i++) {
		while (listener_count(&l) <= i)
			store_grant(the_store, "MAIL", 0);
		ck_assert_int_eq(finish_with(&l.claims[i], 1), 0);
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	store_stats_read(the_store, &stats);
	ck_assert_uint_eq(stats.octets, 0);
	listener_stop(&l, the_store, WRITERS * EACH + 4);
}
END_TEST

void suite_store_add_standing(Suite *suite)
{
	TCase *tc = suite_store_case(suite, "standing claims");

	tcase_add_loop_test(tc, what_becomes_ready_uses_a_unit, 0, 4);
	tcase_add_loop_test(
		tc, the_first_mail_of_a_standing_claim_is_claimed, 0, 4);
	tcase_add_test(tc, no_more_are_claimed_than_units_were_granted);
	tcase_add_test(tc, a_finish_hands_its_unit_on);
	tcase_add_test(tc, a_finish_that_is_refused_hands_on_nothing);
	tcase_add_test(tc, what_is_withdrawn_claims_nothing);
	tcase_add_loop_test(tc, what_is_held_or_purged_leaves_its_unit, 0, 2);
	tcase_add_test(tc, an_open_data_set_keeps_no_unit);
	tcase_add_loop_test(
		tc, marks_and_labels_work_on_a_standing_claim, 0, 4);
	tcase_add_test(tc, many_writers_and_four_units_lose_nothing);
}
