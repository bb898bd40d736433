#include "support_spool.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static int rename_to(const char *from, const char *writer, const char *to,
	bool no_replace, const struct spool_caller *caller)
{
	const struct spool_path path = { "MAIL", from };
	const struct spool_path new_path = { writer, to };
	struct awaited a;

	awaited_init(&a);
	spool_rename(test_spool, &path, &new_path, no_replace, caller,
		awaited_set, &a);
	return awaited_wait(&a);
}

static int name_again(
	const char *from, const char *to, const struct spool_caller *caller)
{
	return rename_to(from, "MAIL", to, false, caller);
}

/* The state in the spool, which is that in the store, with this reason. */
static void expect_is(uint64_t number, enum dataset_state state,
	const char *reason, const char *label)
{
	struct dataset shown, stored;

	ck_assert_int_eq(spool_stat(test_spool, number, &shown), 0);
	ck_assert_int_eq(store_lookup(test_store, number, &stored), 0);
	ck_assert_int_eq(shown.state, state);
	ck_assert_int_eq(stored.state, state);
	ck_assert_str_eq(shown.reason, reason);
	ck_assert_str_eq(stored.reason, reason);
	ck_assert_str_eq(shown.label, label);
	ck_assert_str_eq(stored.label, label);
}

static const char draft[] = "DRAFT: not sent under this name";

/* Unlike dataset_put() it does not wait for what becomes of it. */
static uint64_t put(const char *label, const char *text)
{
	struct spool_file *f = dataset_create(test_spool, label, &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, text);
	ck_assert_int_eq(dataset_flush(f), 0);
	spool_file_release(f, false);
	return number;
}

static uint64_t put_draft(const char *label, const char *text)
{
	uint64_t number = put(label, text);

	wait_for_state(test_spool, number, DATASET_HELD);
	return number;
}

static uint64_t put_ready(const char *label, const char *text)
{
	uint64_t number = dataset_put(test_spool, label, text, &alice);

	wait_for_state(test_spool, number, DATASET_READY);
	return number;
}

static uint64_t select_one(struct store_claim *claim)
{
	size_t count;

	ck_assert_int_eq(spool_select(test_spool, "MAIL", 1, claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	return claim->dataset.number;
}

START_TEST(a_draft_is_not_submitted)
{
	uint64_t number = put_draft("mail.tmp", "a\n.\n");
	int64_t due_ns;

	expect_is(number, DATASET_HELD, draft, "mail.tmp");
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 0);
	check_name(number, &alice, "mail.tmp");
	ck_assert_int_eq(log_count("held"), 0);
}
END_TEST

START_TEST(an_empty_draft_goes_like_any_empty_data_set)
{
	struct spool_file *f = dataset_create(test_spool, ".x", &alice);
	uint64_t number = spool_file_number(f);

	spool_file_release(f, false);
	wait_until_gone(test_spool, number);
}
END_TEST

START_TEST(a_draft_of_a_killed_writer_says_whether_it_is_whole)
{
	struct spool_file *f = dataset_create(test_spool, ".x", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, _i == 0 ? "a\n.\n" : "a\n");
	spool_file_release(f, true);
	wait_for_state(test_spool, number, DATASET_HELD);
	expect_is(number, DATASET_HELD,
		_i == 0 ? draft : "INCOMPLETE: the writer was killed", ".x");
}
END_TEST

START_TEST(a_draft_is_submitted_by_its_new_name)
{
	uint64_t number = put_draft(".mail.Xa3f", "a");

	ck_assert_int_eq(name_again(".mail.Xa3f", "mail", &alice), 0);
	expect_is(number, DATASET_READY, "", "mail");
	ck_assert_uint_eq(number_of("mail", &alice), number);
	ck_assert_uint_eq(number_of(".mail.Xa3f", &alice), 0);
	ck_assert_int_eq(name_again(".mail.Xa3f", "mail", &alice), -ENOENT);
}
END_TEST

START_TEST(a_draft_may_be_named_so_while_it_is_open)
{
	struct spool_file *f = dataset_create(test_spool, ".x", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, "a");
	if (_i == 1)
		ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(name_again(".x", "x", &alice), 0);
	expect_is(number, DATASET_OPEN, "", "x");
	dataset_write(f, "b");
	ck_assert_int_eq(dataset_flush(f), 0);
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_READY);
	expect_is(number, DATASET_READY, "", "x");
}
END_TEST

START_TEST(what_is_open_becomes_a_draft_by_its_name)
{
	struct spool_file *f = dataset_create(test_spool, "x", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, "a");
	ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(name_again("x", "x~", &alice), 0);
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_HELD);
	expect_is(number, DATASET_HELD, draft, "x~");
}
END_TEST

START_TEST(a_draft_name_holds_what_is_not_selected)
{
	uint64_t number = put_ready("x", "a");
	struct store_claim claim;

	ck_assert_int_eq(name_again("x", "x~", &alice), 0);
	expect_is(number, DATASET_HELD, draft, "x~");
	ck_assert_int_eq(name_again("x~", ".x", &alice), 0);
	expect_is(number, DATASET_HELD, draft, ".x");
	ck_assert_int_eq(name_again(".x", "y", &alice), 0);
	expect_is(number, DATASET_READY, "", "y");

	ck_assert_uint_eq(select_one(&claim), number);
	ck_assert_int_eq(name_again("y", ".y", &alice), -EBUSY);
	expect_is(number, DATASET_ACTIVE, "", "y");
	ck_assert_int_eq(name_again("y", "z", &alice), 0);
	expect_is(number, DATASET_ACTIVE, "", "z");

	ck_assert_int_eq(dataset_finish(test_spool, &claim, DATASET_WAITING,
				 INT64_MAX, "later"),
		0);
	ck_assert_int_eq(name_again("z", "x", &alice), 0);
	expect_is(number, DATASET_WAITING, "later", "x");
	ck_assert_int_eq(name_again("x", ".x", &alice), 0);
	expect_is(number, DATASET_HELD, draft, ".x");
}
END_TEST

START_TEST(a_held_data_set_is_released_by_another_plain_name)
{
	uint64_t number = put_ready("x", "a");
	struct store_claim claim;
	char name[64];

	ck_assert_uint_eq(select_one(&claim), number);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_HELD, 0, "bad"), 0);
	ck_assert_int_eq(name_again("x", ".x", &alice), 0);
	expect_is(number, DATASET_HELD, "bad", ".x");
	ck_assert_int_eq(name_again(".x", "x", &alice), 0);
	expect_is(number, DATASET_READY, "", "x");

	/* By its job id too, and by whoever may. */
	ck_assert_int_eq(name_again("x", ".x", &alice), 0);
	strcpy(name, job_name_of(test_spool, number));
	ck_assert_int_eq(name_again(name, "y", &bob), -EPERM);
	ck_assert_int_eq(name_again(name, "y", &operator_caller), 0);
	expect_is(number, DATASET_READY, "", "y");
	ck_assert_uint_eq(number_of("y", &alice), number);
	ck_assert_uint_eq(number_of("y", &operator_caller), 0);
}
END_TEST

START_TEST(who_had_the_name_keeps_his_place)
{
	uint64_t queued = put_ready("x", "first");
	uint64_t number = put_draft("sedAbCdE1", "second");

	ck_assert_int_eq(
		rename_to("sedAbCdE1", "MAIL", "x", true, &alice), -EEXIST);
	expect_is(number, DATASET_HELD, draft, "sedAbCdE1");
	ck_assert_int_eq(name_again("sedAbCdE1", "x", &alice), 0);
	ck_assert_uint_eq(number_of("x", &alice), number);
	check_name(queued, &alice, job_name_of(test_spool, queued));
	expect_is(queued, DATASET_READY, "", "x");
	expect_is(number, DATASET_READY, "", "x");
	ck_assert_uint_eq(listed(&alice), 2);
	ck_assert_int_eq(rename_to("x", "MAIL", "y", true, &alice), 0);
}
END_TEST

START_TEST(users_with_one_name_are_in_nobodys_way)
{
	uint64_t hers = put_ready("x", "a");
	uint64_t number = dataset_put(test_spool, "y", "b", &bob);

	wait_for_state(test_spool, number, DATASET_READY);
	ck_assert_int_eq(rename_to("y", "MAIL", "x", true, &bob), 0);
	ck_assert_uint_eq(number_of("x", &alice), hers);
	ck_assert_uint_eq(number_of("x", &bob), number);
	ck_assert_int_eq(name_again("x", "z", &alice), 0);
	ck_assert_uint_eq(number_of("x", &bob), number);
}
END_TEST

static const struct {
	const char *name;
	int result;
} names[] = {
	{ "", -EINVAL },
	{ ".", -EINVAL },
	{ "a/b", -EINVAL },
	{ "JOB00001.x", -EINVAL },
	{ "J0000001.x", -EINVAL },
	{ "job12345.x", -EINVAL },
	{ "new\nline", 0 },
	{ "\xff", 0 },
};

START_TEST(new_names_are_checked)
{
	uint64_t number = put_ready("x", "a");
	char longest[LABEL_MAX + 2];

	ck_assert_int_eq(
		name_again("x", names[_i].name, &alice), names[_i].result);
	expect_is(number, DATASET_READY, "",
		names[_i].result == 0 ? names[_i].name : "x");
	if (names[_i].result == 0)
		return;
	memset(longest, 'x', sizeof longest);
	longest[LABEL_MAX + 1] = '\0';
	ck_assert_int_eq(name_again("x", longest, &alice), -ENAMETOOLONG);
	longest[LABEL_MAX] = '\0';
	ck_assert_int_eq(name_again("x", longest, &alice), 0);
}
END_TEST

/* ---- another writer ------------------------------------------------------ */

static size_t selectable(const char *writer)
{
	int64_t due_ns;

	return spool_selectable(test_spool, writer, &due_ns);
}

START_TEST(another_directory_is_another_writer)
{
	uint64_t number = put_ready("x", "a");
	struct store_claim claim;
	struct dataset d;
	size_t count;

	ck_assert_int_eq(spool_add_writer(test_spool, "BATCH"), 0);
	ck_assert_int_eq(rename_to("x", "NONE", "x", false, &alice), -ENOENT);
	ck_assert_int_eq(rename_to("x", "BATCH", "x", false, &alice), 0);
	ck_assert_uint_eq(number_of("x", &alice), 0);
	ck_assert_int_eq(spool_find(test_spool, "BATCH", "x", &alice, &d), 0);
	ck_assert_uint_eq(d.number, number);
	ck_assert_str_eq(d.writer, "BATCH");
	ck_assert_uint_eq(selectable("MAIL"), 0);
	ck_assert_uint_eq(selectable("BATCH"), 1);
	ck_assert_int_eq(
		spool_select(test_spool, "BATCH", 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(claim.dataset.number, number);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_PURGED, 0, ""), 0);
}
END_TEST

START_TEST(what_is_selected_keeps_its_writer)
{
	uint64_t number = put_ready("x", "a");
	struct store_claim claim;

	ck_assert_int_eq(spool_add_writer(test_spool, "BATCH"), 0);
	select_one(&claim);
	ck_assert_int_eq(rename_to("x", "BATCH", "y", false, &alice), -EBUSY);
	expect_is(number, DATASET_ACTIVE, "", "x");
	ck_assert_int_eq(dataset_finish(test_spool, &claim, DATASET_WAITING,
				 INT64_MAX, "later"),
		0);
	ck_assert_int_eq(rename_to("x", "BATCH", "y", false, &alice), 0);
	expect_is(number, DATASET_WAITING, "later", "y");
}
END_TEST

/* Held data sets go to another writer as they are, drafts become mail. */
START_TEST(a_held_one_stays_held_under_its_name)
{
	uint64_t number = put_draft("x~", "a");
	struct store_claim claim;
	struct dataset d;
	char name[64];

	ck_assert_int_eq(spool_add_writer(test_spool, "BATCH"), 0);
	ck_assert_int_eq(rename_to("x~", "BATCH", "x", false, &alice), 0);
	expect_is(number, DATASET_READY, "", "x");

	number = put_ready("y", "b");
	ck_assert_uint_eq(select_one(&claim), number);
	ck_assert_int_eq(
		dataset_finish(test_spool, &claim, DATASET_HELD, 0, "bad"), 0);
	strcpy(name, job_name_of(test_spool, number));
	ck_assert_int_eq(
		rename_to(name, "BATCH", "JOB99999.y", false, &operator_caller),
		-EINVAL);
	ck_assert_int_eq(
		rename_to(name, "BATCH", name, false, &operator_caller), 0);
	expect_is(number, DATASET_HELD, "bad", "y");
	ck_assert_int_eq(spool_find(test_spool, "BATCH", "y", &alice, &d), 0);
	ck_assert_uint_eq(d.number, number);
}
END_TEST

START_TEST(an_open_one_is_submitted_to_its_new_writer)
{
	struct spool_file *f = dataset_create(test_spool, "x", &alice);
	uint64_t number = spool_file_number(f);

	ck_assert_int_eq(spool_add_writer(test_spool, "BATCH"), 0);
	dataset_write(f, "a");
	if (_i == 1)
		ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(rename_to("x", "BATCH", "x", false, &alice), 0);
	spool_file_release(f, false);
	wait_for_state(test_spool, number, DATASET_READY);
	expect_is(number, DATASET_READY, "", "x");
	ck_assert_uint_eq(selectable("BATCH"), 1);
	ck_assert_uint_eq(selectable("MAIL"), 0);
}
END_TEST

/* ---- what happens meanwhile ---------------------------------------------- */

/* A released draft that is still on its way to the store waits for that. */
START_TEST(a_rename_right_behind_the_release_finds_it)
{
	struct spool_file *f;
	uint64_t number;
	int i;

	for (i = 0; i < 50; i++) {
		f = dataset_create(test_spool, ".x", &alice);
		number = spool_file_number(f);
		dataset_write(f, "a");
		spool_file_release(f, i % 2 == 1);
		ck_assert_int_eq(name_again(".x", "x", &alice), 0);
		expect_is(number, DATASET_READY, "", "x");
		ck_assert_int_eq(
			dataset_unlink(test_spool,
				job_name_of(test_spool, number), &alice),
			0);
	}
}
END_TEST

struct racing {
	const char *from, *to;
	struct awaited a;
};

static void start_rename(struct racing *r)
{
	const struct spool_path from = { "MAIL", r->from };
	const struct spool_path to = { "MAIL", r->to };

	awaited_init(&r->a);
	spool_rename(test_spool, &from, &to, false, &alice, awaited_set, &r->a);
}

START_TEST(a_release_behind_the_rename_goes_by_the_new_name)
{
	struct racing r = { _i == 0 ? ".x" : "x", _i == 0 ? "x" : ".x",
		{ .is_set = false } };
	enum dataset_state end = _i == 0 ? DATASET_READY : DATASET_HELD;
	struct spool_file *f;
	uint64_t number;
	int i;

	for (i = 0; i < 50; i++) {
		f = dataset_create(test_spool, r.from, &alice);
		number = spool_file_number(f);
		dataset_write(f, "a\n.\n");
		start_rename(&r);
		spool_file_release(f, i % 2 == 1);
		ck_assert_int_eq(awaited_wait(&r.a), 0);
		wait_for_state(test_spool, number, end);
		expect_is(number, end, _i == 0 ? "" : draft, r.to);
		ck_assert_int_eq(
			dataset_unlink(test_spool,
				job_name_of(test_spool, number), &alice),
			0);
	}
}
END_TEST

/* ---- unlink of drafts ---------------------------------------------------- */

START_TEST(unlink_of_a_draft_purges_it)
{
	struct spool_file *f;
	uint64_t number = put_draft(".x", "a");
	struct dataset d;

	ck_assert_int_eq(dataset_unlink(test_spool, ".x", &alice), 0);
	ck_assert_int_eq(store_lookup(test_store, number, &d), STORE_NONE);
	ck_assert_uint_eq(listed(&alice), 0);

	/* Closed, but RELEASE has not come yet. */
	f = dataset_create(test_spool, ".x", &alice);
	number = spool_file_number(f);
	dataset_write(f, "a");
	spool_file_closing(f);
	ck_assert_int_eq(dataset_unlink(test_spool, ".x", &alice), 0);
	spool_file_release(f, false);
	wait_until_gone(test_spool, number);

	/* RELEASE has come, the submission is on its way. */
	number = put(".x", "a");
	ck_assert_int_eq(dataset_unlink(test_spool, ".x", &alice), 0);
	wait_until_gone(test_spool, number);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_draft_is_not_submitted);
	tcase_add_test(tc, an_empty_draft_goes_like_any_empty_data_set);
	tcase_add_loop_test(
		tc, a_draft_of_a_killed_writer_says_whether_it_is_whole, 0, 2);
	tcase_add_test(tc, a_draft_is_submitted_by_its_new_name);
	tcase_add_loop_test(tc, a_draft_may_be_named_so_while_it_is_open, 0, 2);
	tcase_add_test(tc, what_is_open_becomes_a_draft_by_its_name);
	tcase_add_test(tc, a_draft_name_holds_what_is_not_selected);
	tcase_add_test(tc, a_held_data_set_is_released_by_another_plain_name);
	tcase_add_test(tc, who_had_the_name_keeps_his_place);
	tcase_add_test(tc, users_with_one_name_are_in_nobodys_way);
	tcase_add_loop_test(tc, new_names_are_checked, 0,
		(int)(sizeof names / sizeof *names));
	tcase_add_test(tc, another_directory_is_another_writer);
	tcase_add_test(tc, what_is_selected_keeps_its_writer);
	tcase_add_test(tc, a_held_one_stays_held_under_its_name);
	tcase_add_loop_test(
		tc, an_open_one_is_submitted_to_its_new_writer, 0, 2);
	tcase_add_test(tc, a_rename_right_behind_the_release_finds_it);
	tcase_add_loop_test(
		tc, a_release_behind_the_rename_goes_by_the_new_name, 0, 2);
	tcase_add_test(tc, unlink_of_a_draft_purges_it);
}

int main(void)
{
	return spool_run_on_stores("spool_rename", add_tests);
}
