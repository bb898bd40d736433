#include "../fs/roster.h"
#include "../fs/waiting.h"
#include "siphash.h"
#include "support_run.h"

#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct roster roster;

static struct roster_entry *add(uint64_t number, uid_t uid, const char *label)
{
	struct dataset d = { .number = number,
		.job = (uint32_t)number,
		.state = DATASET_READY,
		.uid = uid,
		.mode = 0600 };
	struct roster_entry *e;

	snprintf(d.label, sizeof d.label, "%s", label);
	e = roster_entry_new(&d, 0);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(roster_insert(&roster, e), 0);
	return e;
}

static void drop(struct roster_entry *e)
{
	roster_remove(&roster, e);
	roster_entry_free(e);
}

static void set_up(void)
{
	ck_assert_int_eq(roster_init(&roster), 0);
}

static void tear_down(void)
{
	roster_fini(&roster);
}

START_TEST(an_entry_is_found_by_number_job_and_label)
{
	struct roster_entry *e = add(7, 1000, "mail");

	roster_take_label(&roster, e);
	ck_assert_ptr_eq(roster_by_number(&roster, 7), e);
	ck_assert_ptr_eq(roster_by_job(&roster, 7, "mail"), e);
	ck_assert_ptr_eq(roster_by_label(&roster, 0, 1000, "mail"), e);

	ck_assert_ptr_null(roster_by_number(&roster, 6));
	ck_assert_ptr_null(roster_by_number(&roster, 8));
	ck_assert_ptr_null(roster_by_job(&roster, 7, "mai"));
	ck_assert_ptr_null(roster_by_job(&roster, 8, "mail"));
	ck_assert_ptr_null(roster_by_label(&roster, 0, 1001, "mail"));
	ck_assert_ptr_null(roster_by_label(&roster, 1, 1000, "mail"));
	ck_assert_ptr_null(roster_by_label(&roster, 0, 1000, "mail2"));

	drop(e);
	ck_assert_ptr_null(roster_by_number(&roster, 7));
	ck_assert_ptr_null(roster_by_job(&roster, 7, "mail"));
	ck_assert_ptr_null(roster_by_label(&roster, 0, 1000, "mail"));
}
END_TEST

START_TEST(the_label_goes_to_the_one_that_takes_it)
{
	struct roster_entry *first = add(1, 1000, "mail");
	struct roster_entry *second = add(2, 1000, "mail");

	roster_take_label(&roster, first);
	roster_take_label(&roster, second);
	ck_assert_ptr_eq(roster_by_label(&roster, 0, 1000, "mail"), second);
	ck_assert(!first->has_label);
	roster_take_label(&roster, second);
	ck_assert(second->has_label);

	roster_drop_label(&roster, first);
	ck_assert_ptr_eq(roster_by_label(&roster, 0, 1000, "mail"), second);
	roster_drop_label(&roster, second);
	ck_assert_ptr_null(roster_by_label(&roster, 0, 1000, "mail"));
}
END_TEST

START_TEST(numbers_that_come_the_wrong_way_round_are_listed_in_order)
{
	static const uint64_t numbers[] = { 5, 2, 9, 8, 1, 12, 11 };
	uint64_t last = 0;
	size_t i, place, seen = 0;
	struct roster_entry *e;

	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		add(numbers[i], 0, "x");
	place = roster_seek(&roster, 0);
	for (; (e = roster_step(&roster, &place)) != NULL; seen++) {
		ck_assert_uint_gt(e->number, last);
		last = e->number;
	}
	ck_assert_uint_eq(seen, 7);

	place = roster_seek(&roster, 8);
	ck_assert_uint_eq(roster_step(&roster, &place)->number, 9);
	place = roster_seek(&roster, 12);
	ck_assert_ptr_null(roster_step(&roster, &place));
	place = roster_seek(&roster, UINT64_MAX);
	ck_assert_ptr_null(roster_step(&roster, &place));
}
END_TEST

/* Every third stays, so that gaps are closed again and again. */
START_TEST(many_entries_come_and_go)
{
	enum { MANY = 30000, STAY = 3 };
	char label[32];
	uint64_t number, left = 0;
	struct roster_entry *e;
	size_t place;

	for (number = 1; number <= MANY; number++) {
		snprintf(label, sizeof label, "mail-%ju", (uintmax_t)number);
		roster_take_label(&roster, add(number, 1000, label));
		if (number > 100 && (number - 100) % STAY != 0)
			drop(roster_by_number(&roster, number - 100));
	}
	for (number = 1; number <= MANY; number++) {
		bool stays = number % STAY == 0 || number > MANY - 100;

		e = roster_by_number(&roster, number);
		ck_assert_int_eq(e != NULL, stays);
		snprintf(label, sizeof label, "mail-%ju", (uintmax_t)number);
		ck_assert_ptr_eq(roster_by_label(&roster, 0, 1000, label), e);
		ck_assert_ptr_eq(
			roster_by_job(&roster, (uint32_t)number, label), e);
		left += stays;
	}
	ck_assert_uint_eq(roster.live, left);
	place = roster_seek(&roster, 0);
	while (roster_step(&roster, &place) != NULL)
		left--;
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_lt(roster.cap, MANY);
}
END_TEST

START_TEST(an_entry_says_what_its_data_set_said)
{
	struct dataset d = { .number = 3,
		.job = 4,
		.state = DATASET_WAITING,
		.uid = 5,
		.gid = 6,
		.mode = 0640,
		.size_octets = 7,
		.created_ns = 8,
		.changed_ns = 9,
		.next_try_ns = 10,
		.job_name = "SENDMAIL",
		.label = "mail",
		.reason = "later" };
	struct roster_entry *e = roster_entry_new(&d, 1);
	struct dataset out;

	roster_entry_get(e, &out);
	ck_assert_uint_eq(out.number, 3);
	ck_assert_uint_eq(out.job, 4);
	ck_assert_int_eq(out.state, DATASET_WAITING);
	ck_assert_uint_eq(out.uid, 5);
	ck_assert_uint_eq(out.gid, 6);
	ck_assert_uint_eq(out.mode, 0600);
	ck_assert_uint_eq(out.size_octets, 7);
	ck_assert_int_eq(out.created_ns, 8);
	ck_assert_int_eq(out.changed_ns, 9);
	ck_assert_int_eq(out.next_try_ns, 10);
	ck_assert_str_eq(out.job_name, "SENDMAIL");
	ck_assert_str_eq(out.label, "mail");
	ck_assert_str_eq(out.reason, "later");
	roster_entry_free(e);
}
END_TEST

/* A spool may hold a million: the size of an entry is looked at here. */
START_TEST(an_entry_is_small)
{
	struct roster_entry *e = add(1, 1000, "mail-123.txt");

	ck_assert_uint_le(sizeof *e, 120);
	ck_assert_uint_le(malloc_usable_size(e), 144);
}
END_TEST

/* ---- the waiting ----------------------------------------------------- */

static struct roster_entry *wait_until(
	struct waiting *w, uint64_t number, int64_t next_try_ns)
{
	struct roster_entry *e = add(number, 1000, "w");

	e->next_try_ns = next_try_ns;
	ck_assert_int_eq(waiting_reserve(w, number), 0);
	waiting_add(w, e);
	return e;
}

START_TEST(the_due_are_counted_and_the_next_is_named)
{
	static const int64_t tries[] = { 50, 10, 40, 20, 60, 30, 10 };
	struct roster_entry *e[7];
	struct waiting w = { NULL, 0, 0 };
	int64_t next_ns;
	size_t i;

	ck_assert_uint_eq(waiting_due(&w, 1000, &next_ns), 0);
	ck_assert_int_eq(next_ns, INT64_MAX);
	for (i = 0; i < 7; i++)
		e[i] = wait_until(&w, i + 1, tries[i]);

	ck_assert_uint_eq(waiting_due(&w, 9, &next_ns), 0);
	ck_assert_int_eq(next_ns, 10);
	ck_assert_uint_eq(waiting_due(&w, 10, &next_ns), 2);
	ck_assert_int_eq(next_ns, 20);
	ck_assert_uint_eq(waiting_due(&w, 45, &next_ns), 5);
	ck_assert_int_eq(next_ns, 50);
	ck_assert_uint_eq(waiting_due(&w, 60, &next_ns), 7);
	ck_assert_int_eq(next_ns, INT64_MAX);

	waiting_remove(&w, e[1]);
	waiting_remove(&w, e[3]);
	ck_assert_uint_eq(waiting_due(&w, 30, &next_ns), 2);
	ck_assert_int_eq(next_ns, 40);
	waiting_fini(&w);
}
END_TEST

START_TEST(the_count_of_the_due_is_bounded)
{
	struct waiting w = { NULL, 0, 0 };
	int64_t next_ns;
	uint64_t i;

	for (i = 1; i <= 1000; i++)
		wait_until(&w, i, 5);
	ck_assert_uint_eq(waiting_due(&w, 5, &next_ns), WAITING_COUNTED_MAX);
	waiting_fini(&w);
}
END_TEST

static uint32_t random_below(uint32_t max)
{
	static uint32_t state = 12345;

	state = state * 1664525 + 1013904223;
	return (state >> 8) % max;
}

START_TEST(any_order_of_coming_and_going_keeps_the_soonest_on_top)
{
	enum { MANY = 300 };
	struct roster_entry *e[MANY];
	struct waiting w = { NULL, 0, 0 };
	int64_t next_ns, soonest;
	size_t i, j, gone;

	for (i = 0; i < MANY; i++)
		e[i] = wait_until(&w, i + 1, 1 + random_below(100));
	for (i = MANY; i > 0; i--) {
		soonest = INT64_MAX;
		for (j = 0; j < i; j++)
			if (e[j]->next_try_ns < soonest)
				soonest = e[j]->next_try_ns;
		waiting_due(&w, 0, &next_ns);
		ck_assert_int_eq(next_ns, soonest);
		gone = random_below((uint32_t)i);
		waiting_remove(&w, e[gone]);
		e[gone] = e[i - 1];
	}
	ck_assert_uint_eq(w.count, 0);
	waiting_fini(&w);
}
END_TEST

/* ---- the hash -------------------------------------------------------- */

/*
 * SipHash-1-3 of the octets 00 01 02 ..., under the key 00 01 ... 0f; one
 * word goes first in our use, so the check is of octets alone.
 */
START_TEST(the_hash_depends_on_key_octets_and_length)
{
	static const uint64_t key[2] = { UINT64_C(0x0706050403020100),
		UINT64_C(0x0f0e0d0c0b0a0908) };
	static const struct {
		size_t len;
		uint64_t hash;
	} cases[] = {
		{ 0, UINT64_C(0xabac0158050fc4dc) },
		{ 1, UINT64_C(0xc9f49bf37d57ca93) },
		{ 8, UINT64_C(0x369095118d299a8e) },
		{ 15, UINT64_C(0xd320d86d2a519956) },
	};
	struct siphash h;
	char octets[16];
	size_t i;

	for (i = 0; i < sizeof octets; i++)
		octets[i] = (char)i;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		siphash_init(&h, key);
		siphash_octets(&h, octets, cases[i].len);
		ck_assert_uint_eq(siphash_end(&h), cases[i].hash);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("roster");
	TCase *tc = tcase_create("roster");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_entry_is_found_by_number_job_and_label);
	tcase_add_test(tc, the_label_goes_to_the_one_that_takes_it);
	tcase_add_test(
		tc, numbers_that_come_the_wrong_way_round_are_listed_in_order);
	tcase_add_test(tc, many_entries_come_and_go);
	tcase_add_test(tc, an_entry_says_what_its_data_set_said);
	tcase_add_test(tc, an_entry_is_small);
	tcase_add_test(tc, the_due_are_counted_and_the_next_is_named);
	tcase_add_test(tc, the_count_of_the_due_is_bounded);
	tcase_add_test(
		tc, any_order_of_coming_and_going_keeps_the_soonest_on_top);
	tcase_add_test(tc, the_hash_depends_on_key_octets_and_length);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
