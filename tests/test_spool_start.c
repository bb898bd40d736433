/*
 * What start-up makes of each state on disk. A test builds the states with
 * calls of the store alone, as a program leaves them that dies, and opens a
 * spool on it; on disk the store is opened anew in between.
 */
#include "../fs/store_ops.h"
#include "support_run.h"
#include "support_spool.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void set_up_disk(void)
{
	log_capture();
	store_on_disk_open();
}

static void set_up_memory(void)
{
	log_capture();
	ck_assert_int_eq(store_memory_open(&test_store), 0);
}

static void tear_down(void)
{
	spool_close(test_spool);
	store_on_disk_close();
}

static void start(void)
{
	store_on_disk_reopen();
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
}

/* ---- states as they are left ----------------------------------------- */

static uint64_t left_open(const char *label, uid_t uid, const char *text)
{
	struct dataset d = { .uid = uid,
		.gid = 100,
		.mode = 0600,
		.has_label = true,
		.created_ns = 1,
		.changed_ns = 2,
		.writer = "MAIL",
		.job_name = "TEST" };
	static uint64_t key;
	uint64_t number;
	struct awaited a;
	uint32_t job;

	snprintf(d.label, sizeof d.label, "%s", label);
	ck_assert_int_eq(store_begin(test_store, &d, ++key, &number, &job), 0);
	ck_assert_int_eq(store_append(test_store, number, 0, "x", 1), 0);
	ck_assert_int_eq(store_truncate(test_store, number, 0), 0);
	ck_assert_int_eq(
		store_append(test_store, number, 0, text, strlen(text)), 0);
	awaited_init(&a);
	store_sync(test_store, number, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
	return number;
}

static uint64_t left_submitted(
	const char *label, uid_t uid, enum dataset_state to)
{
	uint64_t number = left_open(label, uid, "mail");
	struct awaited a;

	awaited_init(&a);
	store_submit(test_store, number, to, "by test", awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
	return number;
}

static struct store_claim left_active(void)
{
	uint64_t number = left_submitted("mail", 1000, DATASET_READY);
	struct store_claim claim;
	size_t count;

	ck_assert_int_eq(
		store_claim(test_store, "MAIL", 1, 1, &claim, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(claim.dataset.number, number);
	return claim;
}

static uint64_t left_finished(enum dataset_state to)
{
	struct store_claim claim = left_active();
	struct store_finish how = {
		.to = to, .next_try_ns = INT64_MAX / 2, .reason = "by test"
	};
	struct awaited a;

	awaited_init(&a);
	store_finish(test_store, claim.dataset.number, claim.token, &how,
		awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
	return claim.dataset.number;
}

static void left_marked(const struct store_claim *claim, uint32_t mail,
	enum store_mark_kind kind)
{
	struct store_mark mark = {
		.mail = mail, .kind = kind, .recipients = "", .reason = ""
	};
	struct awaited a;

	awaited_init(&a);
	store_checkpoint(test_store, claim->dataset.number, claim->token, &mark,
		1, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
}

/* ---- what they start as ---------------------------------------------- */

static void check_state(
	uint64_t number, enum dataset_state state, const char *reason)
{
	struct dataset shown, stored;

	ck_assert_int_eq(spool_stat(test_spool, number, &shown), 0);
	ck_assert_int_eq(store_lookup(test_store, number, &stored), 0);
	ck_assert_str_eq(
		dataset_state_name(shown.state), dataset_state_name(state));
	ck_assert_str_eq(shown.reason, reason);
	ck_assert_int_eq(shown.state, stored.state);
	ck_assert_str_eq(shown.reason, stored.reason);
	ck_assert_str_eq(shown.label, stored.label);
	ck_assert_str_eq(shown.writer, stored.writer);
	ck_assert_str_eq(shown.job_name, stored.job_name);
	ck_assert_uint_eq(shown.job, stored.job);
	ck_assert_uint_eq(shown.uid, stored.uid);
	ck_assert_uint_eq(shown.size_octets, stored.size_octets);
	ck_assert_int_eq(shown.created_ns, stored.created_ns);
	ck_assert_int_eq(shown.changed_ns, stored.changed_ns);
	ck_assert_int_eq(shown.next_try_ns, stored.next_try_ns);
}

START_TEST(open_and_whole_becomes_ready)
{
	uint64_t number = left_open("mail", 1000, "a\n.\n");
	int64_t due_ns;

	start();
	check_state(number, DATASET_READY, "");
	ck_assert_int_eq(log_count("JESF020I JOB00001 complete"), 1);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 1);
}
END_TEST

START_TEST(open_and_not_whole_is_held)
{
	uint64_t number = left_open("mail", 1000, "a\n");

	start();
	check_state(number, DATASET_HELD,
		"INCOMPLETE: not closed when the program ended");
	ck_assert_int_eq(log_count("JESF010W JOB00001 held: INCOMPLETE"), 1);
}
END_TEST

START_TEST(open_and_empty_is_purged)
{
	uint64_t number = left_open("mail", 1000, "");
	struct dataset d;

	start();
	ck_assert_int_eq(spool_stat(test_spool, number, &d), -ENOENT);
	ck_assert_int_eq(store_lookup(test_store, number, &d), STORE_NONE);
	ck_assert_int_eq(log_count("JOB00001"), 0);
}
END_TEST

START_TEST(ready_held_waiting_and_dead_stay)
{
	uint64_t waiting = left_finished(DATASET_WAITING);
	uint64_t dead = left_finished(DATASET_DEAD);
	uint64_t ready = left_submitted("a", 1000, DATASET_READY);
	uint64_t held = left_submitted("b", 1000, DATASET_HELD);
	int64_t due_ns;

	start();
	check_state(ready, DATASET_READY, "");
	check_state(held, DATASET_HELD, "by test");
	check_state(waiting, DATASET_WAITING, "by test");
	check_state(dead, DATASET_DEAD, "by test");
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 1);
	ck_assert_int_eq(due_ns, INT64_MAX / 2);
	ck_assert_int_eq(log_count("JOB"), 0);
}
END_TEST

START_TEST(active_becomes_ready_and_its_claimed_mails_are_in_doubt)
{
	struct store_claim claim = left_active();
	int64_t due_ns;

	left_marked(&claim, 1, STORE_MARK_DELIVERED);
	left_marked(&claim, 2, STORE_MARK_CLAIMED);
	left_marked(&claim, 3, STORE_MARK_CLAIMED);
	left_marked(&claim, 3, STORE_MARK_DEFERRED);
	left_marked(&claim, 4, STORE_MARK_CLAIMED);
	start();
	check_state(claim.dataset.number, DATASET_READY, "");
	ck_assert_int_eq(log_count("in doubt: "), 2);
	ck_assert_int_eq(log_count("JESF021W in doubt: JOB00001.2"), 1);
	ck_assert_int_eq(log_count("JESF021W in doubt: JOB00001.4"), 1);
	ck_assert_uint_eq(spool_selectable(test_spool, "MAIL", &due_ns), 1);
}
END_TEST

START_TEST(the_first_mail_of_a_fresh_claim_is_in_doubt)
{
	left_active();
	start();
	ck_assert_int_eq(log_count("in doubt: "), 1);
	ck_assert_int_eq(log_count("in doubt: JOB00001.1"), 1);
}
END_TEST

START_TEST(every_mail_in_doubt_is_named)
{
	struct store_claim claim = left_active();
	uint32_t mail;

	for (mail = 2; mail <= 200; mail++)
		left_marked(&claim, mail, STORE_MARK_CLAIMED);
	start();
	ck_assert_int_eq(log_count("in doubt: JOB00001."), 200);
}
END_TEST

START_TEST(the_claim_of_the_program_that_died_is_void)
{
	struct store_claim claim = left_active();
	struct awaited a;

	start();
	awaited_init(&a);
	spool_checkpoint(test_spool, claim.dataset.number, claim.token, NULL, 0,
		awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), STORE_LOST);
}
END_TEST

/* ---- names ----------------------------------------------------------- */

START_TEST(a_label_belongs_to_the_highest_number_of_its_owner)
{
	uint64_t other = left_submitted("mail", 1001, DATASET_READY);
	uint64_t first = left_submitted("mail", 1000, DATASET_READY);
	uint64_t second = left_submitted("mail", 1000, DATASET_READY);

	start();
	check_name(other, &bob, "mail");
	check_name(first, &alice, job_name_of(test_spool, first));
	check_name(second, &alice, "mail");
}
END_TEST

START_TEST(a_label_that_was_taken_away_comes_back_to_nobody)
{
	uint64_t first = left_submitted("mail", 1000, DATASET_READY);
	uint64_t second = left_submitted("mail", 1000, DATASET_READY);
	struct awaited a;

	awaited_init(&a);
	store_unlabel(test_store, second, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
	start();
	ck_assert_uint_eq(number_of("mail", &alice), 0);
	check_name(first, &alice, job_name_of(test_spool, first));
	check_name(second, &alice, job_name_of(test_spool, second));
}
END_TEST

static void left_renamed(uint64_t number, const char *label)
{
	const struct store_rename how = { .label = label, .has_label = true };
	struct awaited a;

	awaited_init(&a);
	store_rename(test_store, number, &how, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
}

START_TEST(a_label_belongs_to_who_was_given_it_last)
{
	uint64_t first = left_submitted("a", 1000, DATASET_READY);
	uint64_t second = left_submitted("mail", 1000, DATASET_READY);
	uint64_t third = left_submitted("b", 1000, DATASET_READY);
	uint64_t last;

	left_renamed(third, "mail");
	left_renamed(first, "mail");
	if (_i == 1)
		last = left_submitted("mail", 1000, DATASET_READY);
	start();
	check_name(second, &alice, job_name_of(test_spool, second));
	check_name(third, &alice, job_name_of(test_spool, third));
	if (_i == 1) {
		check_name(first, &alice, job_name_of(test_spool, first));
		check_name(last, &alice, "mail");
	} else {
		check_name(first, &alice, "mail");
	}
}
END_TEST

START_TEST(a_label_that_a_renamed_one_lost_comes_back_to_nobody)
{
	uint64_t first = left_submitted("a", 1000, DATASET_READY);
	uint64_t second = left_submitted("mail", 1000, DATASET_READY);
	struct awaited a;

	left_renamed(first, "mail");
	awaited_init(&a);
	store_unlabel(test_store, first, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
	start();
	ck_assert_uint_eq(number_of("mail", &alice), 0);
	check_name(first, &alice, job_name_of(test_spool, first));
	check_name(second, &alice, job_name_of(test_spool, second));
}
END_TEST

static const struct {
	const char *text, *reason;
} drafts[] = {
	{ "a\n.\n", "DRAFT: not sent under this name" },
	{ "a\n", "INCOMPLETE: not closed when the program ended" },
};

START_TEST(a_draft_that_was_open_is_held)
{
	uint64_t number = left_open(".mail.Xa3f", 1000, drafts[_i].text);
	struct dataset d;

	start();
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_HELD);
	ck_assert_str_eq(d.reason, drafts[_i].reason);
	check_name(number, &alice, ".mail.Xa3f");
	ck_assert_int_eq(log_count("complete though"), 0);
}
END_TEST

START_TEST(a_writer_with_data_sets_is_there_from_the_start)
{
	left_submitted("mail", 1000, DATASET_READY);
	start();
	ck_assert_str_eq(spool_writer(test_spool, 0), "MAIL");
	ck_assert_int_eq(spool_add_writer(test_spool, "MAIL"), 0);
	ck_assert_int_eq(spool_add_writer(test_spool, "MAIL"), -EEXIST);
	ck_assert_ptr_null(spool_writer(test_spool, 1));
}
END_TEST

START_TEST(more_data_sets_than_a_page_are_all_found)
{
	enum { MANY = 150 };
	char label[16];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(label, sizeof label, "mail-%d", i);
		left_submitted(label, 1000, DATASET_READY);
	}
	start();
	ck_assert_uint_eq(listed(&alice), MANY);
	ck_assert_uint_ne(number_of("mail-149", &alice), 0);
}
END_TEST

/* ---- damage ---------------------------------------------------------- */

/* The store's own functions, with one that finds what it has damaged. */
static struct store_ops ops;

static ssize_t damaged_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len)
{
	(void)s;
	(void)number;
	(void)offset;
	(void)octets;
	(void)len;
	return STORE_DAMAGED;
}

static int damaged_marks(struct store *s, uint64_t number, uint32_t after,
	size_t max, struct store_mark_row *out, size_t *count)
{
	(void)s;
	(void)number;
	(void)after;
	(void)max;
	(void)out;
	(void)count;
	return STORE_DAMAGED;
}

static void start_damaged(void)
{
	ops = *test_store->ops;
	ops.read = damaged_read;
	ops.marks = damaged_marks;
	test_store->ops = &ops;
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
}

START_TEST(open_and_damaged_is_held)
{
	uint64_t number = left_open("mail", 1000, "a\n.\n");
	uint64_t other = left_submitted("mail", 1000, DATASET_READY);

	start_damaged();
	check_state(number, DATASET_HELD, "DAMAGED: a checksum is wrong");
	check_state(other, DATASET_READY, "");
	ck_assert_int_eq(log_count("JESF010W JOB00001 held: DAMAGED"), 1);
}
END_TEST

START_TEST(active_with_damaged_marks_is_held)
{
	uint64_t number = left_active().dataset.number;

	start_damaged();
	check_state(number, DATASET_HELD, "DAMAGED: its marks cannot be read");
	ck_assert_int_eq(log_count("JESF022E JOB00001"), 1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, open_and_whole_becomes_ready);
	tcase_add_test(tc, open_and_not_whole_is_held);
	tcase_add_test(tc, open_and_empty_is_purged);
	tcase_add_test(tc, ready_held_waiting_and_dead_stay);
	tcase_add_test(
		tc, active_becomes_ready_and_its_claimed_mails_are_in_doubt);
	tcase_add_test(tc, the_first_mail_of_a_fresh_claim_is_in_doubt);
	tcase_add_test(tc, every_mail_in_doubt_is_named);
	tcase_add_test(tc, the_claim_of_the_program_that_died_is_void);
	tcase_add_test(tc, a_label_belongs_to_the_highest_number_of_its_owner);
	tcase_add_test(tc, a_label_that_was_taken_away_comes_back_to_nobody);
	tcase_add_loop_test(tc, a_label_belongs_to_who_was_given_it_last, 0, 2);
	tcase_add_test(
		tc, a_label_that_a_renamed_one_lost_comes_back_to_nobody);
	tcase_add_loop_test(tc, a_draft_that_was_open_is_held, 0, 2);
	tcase_add_test(tc, a_writer_with_data_sets_is_there_from_the_start);
	tcase_add_test(tc, more_data_sets_than_a_page_are_all_found);
	tcase_add_test(tc, open_and_damaged_is_held);
	tcase_add_test(tc, active_with_damaged_marks_is_held);
}

int main(void)
{
	Suite *suite = suite_create("spool_start");
	TCase *memory = tcase_create("in memory");
	TCase *disk = tcase_create("on disk");

	tcase_add_checked_fixture(memory, set_up_memory, tear_down);
	tcase_add_checked_fixture(disk, set_up_disk, tear_down);
	add_tests(memory);
	add_tests(disk);
	suite_add_tcase(suite, memory);
	suite_add_tcase(suite, disk);
	return suite_run(suite);
}
