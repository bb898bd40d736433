#include "support_forwarder.h"
#include "support_run.h"

#include "../forwarder/job.h"
#include "../fs/store_ops.h"
#include "clock.h"
#include "spool_open.h"

#include <check.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

/* What the store answers from now on; 0: what it would have. */
static atomic_int read_error, mark_error, claim_error;
static atomic_int marks_refused;
static atomic_bool refuses_one; /* mark, with STORE_FULL */

/* A claim of mails that the store has not answered yet. */
static struct {
	atomic_bool is_wanted;
	store_done *done;
	void *arg;
	atomic_bool is_there;
} parked;
static atomic_int claims_busy;

static atomic_bool lacks_memory; /* for a claimed data set */

void *__real_calloc(size_t count, size_t len);
void *__wrap_calloc(size_t count, size_t len);

void *__wrap_calloc(size_t count, size_t len)
{
	if (atomic_load(&lacks_memory) && len == sizeof(struct job))
		return NULL;
	return __real_calloc(count, len);
}

static const struct store_ops *real;
static struct store_ops faulty;
static store_claimed *listener;
static void *listener_arg;

static ssize_t faulty_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len)
{
	int err = atomic_load(&read_error);

	/* The first piece is good: the content is found damaged later. */
	if (err != 0 && (offset > 0 || len <= 65536))
		return err;
	return real->read(s, number, offset, octets, len);
}

static bool refuses(store_done *done, void *arg)
{
	int err = atomic_load(&mark_error);

	if (atomic_exchange(&refuses_one, false))
		err = STORE_FULL;
	if (err == 0)
		return false;
	atomic_fetch_add(&marks_refused, 1);
	done(arg, err);
	return true;
}

static bool parks(const struct store_mark *marks, size_t count,
	store_done *done, void *arg)
{
	if (count == 0 || marks[0].kind != STORE_MARK_CLAIMED
		|| !atomic_exchange(&parked.is_wanted, false))
		return false;
	parked.done = done;
	parked.arg = arg;
	atomic_store(&parked.is_there, true);
	return true;
}

/* Claims behind one that failed, before it is repeated. */
static void count_busy(const struct store_mark *marks, size_t count)
{
	if (count > 0 && marks[0].kind == STORE_MARK_CLAIMED
		&& atomic_load(&parked.is_there))
		atomic_fetch_add(&claims_busy, 1);
}

static void faulty_checkpoint(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg)
{
	if (refuses(done, arg) || parks(marks, count, done, arg))
		return;
	count_busy(marks, count);
	real->checkpoint(s, number, token, marks, count, done, arg);
}

static void faulty_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg)
{
	if (!refuses(done, arg))
		real->finish(s, number, token, how, done, arg);
}

static int note_listener(
	struct store *s, const char *writer, store_claimed *claimed, void *arg)
{
	listener = claimed;
	listener_arg = arg;
	return real->listen(s, writer, claimed, arg);
}

static void faulty_grant(struct store *s, const char *writer, size_t units)
{
	int err = atomic_load(&claim_error);

	if (err == 0) {
		real->grant(s, writer, units);
		return;
	}
	atomic_fetch_add(&marks_refused, 1);
	if (units > 0)
		listener(listener_arg, NULL, units, err);
}

static void set_up(void)
{
	forwarder_set_up();
	real = test_store->ops;
	faulty = *real;
	faulty.read = faulty_read;
	faulty.checkpoint = faulty_checkpoint;
	faulty.finish = faulty_finish;
	faulty.listen = note_listener;
	faulty.grant = faulty_grant;
	test_store->ops = &faulty;
	atomic_store(&read_error, 0);
	atomic_store(&mark_error, 0);
	atomic_store(&claim_error, 0);
	atomic_store(&marks_refused, 0);
	atomic_store(&refuses_one, false);
	atomic_store(&claims_busy, 0);
	atomic_store(&parked.is_wanted, false);
	atomic_store(&parked.is_there, false);
	atomic_store(&lacks_memory, false);
}

static bool is_refused(void *arg)
{
	(void)arg;
	return atomic_load(&marks_refused) > 0;
}

static bool is_stalled(void *arg)
{
	(void)arg;
	return strstr(forwarder_look().waits_because, "cannot be recorded")
		!= NULL;
}

static bool is_paused(void *arg)
{
	(void)arg;
	return strcmp(forwarder_look().waits_because,
		       "nothing is read for a moment: Cannot allocate memory")
		== 0;
}

static bool is_not_stalled(void *arg)
{
	return !is_stalled(arg);
}

static const int damages[] = { STORE_DAMAGED, -EIO };

START_TEST(a_damaged_data_set_is_held_and_the_rest_goes_on)
{
	struct script *s = one_target(NULL);
	uint64_t bad = submit_mails("A", 3);
	uint64_t good;

	atomic_store(&read_error, damages[_i]);
	forwarder_run();
	wait_for_state(test_spool, bad, DATASET_HELD);
	ck_assert_ptr_nonnull(strstr(reason_of(bad), "DAMAGED: "));
	check_logged_once("JESF010W JOB00001 held: DAMAGED");
	atomic_store(&read_error, 0);
	good = submit_mails("B", 1);
	wait_gone(good);
	ck_assert_uint_eq(script_mails(s), 1);
	script_close(s);
}
END_TEST

static const struct script_row at_data[] = {
	{ "DATA", SCRIPT_GATE, NULL, 1 },
	{ NULL, SCRIPT_REPLY, NULL, 0 },
};

START_TEST(a_mail_whose_content_is_damaged_is_never_ended)
{
	struct script *s = one_target(at_data);
	uint64_t number = submit_mails("A", 1);

	forwarder_run();
	script_wait_commands(s, "DATA", 1);
	atomic_store(&read_error, STORE_DAMAGED);
	script_release(s);
	wait_for_state(test_spool, number, DATASET_HELD);
	ck_assert_ptr_nonnull(strstr(reason_of(number), "DAMAGED: "));
	ck_assert_uint_eq(script_commands(s, "."), 0);
	ck_assert_uint_eq(script_mails(s), 0);
	script_close(s);
}
END_TEST

/* For those that count what is on the wire. */
static const struct script_row at_every_data[] = {
	{ "DATA", SCRIPT_GATE, NULL, 0 },
	{ NULL, SCRIPT_REPLY, NULL, 0 },
};

START_TEST(nothing_is_sent_that_cannot_be_recorded)
{
	struct script *s = one_target(at_every_data);
	uint64_t numbers[20];
	size_t i, sent;

	test_config.targets[0].connect_limit = 2;
	for (i = 0; i < 20; i++)
		numbers[i] = submit_mails("A", 3);
	forwarder_run();
	script_wait_commands(s, "DATA", 1);
	atomic_store(&mark_error, STORE_FULL);
	script_release(s);
	wait_until(is_refused);
	wait_until(is_stalled);
	sent = script_mails(s);
	ck_assert_uint_le(sent, 4);
	atomic_store(&mark_error, 0);
	wait_until(is_not_stalled);
	for (i = 0; i < 20; i++)
		wait_gone(numbers[i]);
	ck_assert_uint_eq(script_mails(s), 60);
	ck_assert_uint_eq(forwarder_look().mail_sent, 60);
	script_close(s);
}
END_TEST

/* The other one's result comes when the first is not recorded yet. */
START_TEST(a_claim_ends_when_every_result_is_recorded)
{
	static const struct script_row rows[] = {
		{ "DATA", SCRIPT_GATE, NULL, 2 },
		{ ".", SCRIPT_REPLY, "451 4.3.0 later", 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};
	struct script *s = one_target(rows);
	uint64_t number = submit_mails("A", 2);

	test_config.targets[0].connect_limit = 2;
	forwarder_run();
	script_wait_commands(s, "DATA", 2);
	atomic_store(&refuses_one, true);
	script_release(s);
	wait_until(is_refused);
	wait_for_state(test_spool, number, DATASET_WAITING);
	ck_assert_uint_eq(script_mails(s), 1);
	ck_assert_uint_eq(count_marks(number, STORE_MARK_CLAIMED), 0);
	ck_assert_uint_eq(count_marks(number, STORE_MARK_DEFERRED), 1);
	ck_assert_int_eq(log_count("JESF040W"), 0);
	script_close(s);
}
END_TEST

static bool is_claim_busy(void *arg)
{
	(void)arg;
	return atomic_load(&claims_busy) > 0;
}

static bool is_parked(void *arg)
{
	(void)arg;
	return atomic_load(&parked.is_there);
}

/* Else those of the first would count as delivered after a restart. */
START_TEST(a_claim_waits_for_one_before_it_that_failed)
{
	struct script *s = one_target(at_every_data);
	uint64_t number = submit_mails("A", 50);

	atomic_store(&parked.is_wanted, true);
	forwarder_run();
	wait_until(is_claim_busy);
	atomic_store(&mark_error, STORE_FULL);
	parked.done(parked.arg, STORE_FULL);
	/* What was sent and not recorded would rightly be sent again. */
	forwarder_halt(NS_PER_S);
	script_release(s);
	atomic_store(&mark_error, 0);
	spool_close(test_spool);
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
	forwarder_run();
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 50);
	script_close(s);
}
END_TEST

START_TEST(a_store_that_failed_for_good_stops_sending_and_the_program_ends)
{
	struct script *s = one_target(at_every_data);
	size_t sent;
	int i;

	for (i = 0; i < 20; i++)
		(void)submit_mails("A", 3);
	forwarder_run();
	script_wait_commands(s, "DATA", 1);
	atomic_store(&mark_error, -EIO);
	atomic_store(&claim_error, -EIO);
	script_release(s);
	wait_until(is_stalled);
	sent = script_mails(s);
	ck_assert_uint_le(sent, 8);
	forwarder_halt(NS_PER_S);
	ck_assert_uint_le(script_mails(s), 8);
	ck_assert_int_ge(log_count("JESF043E"), 1);
	atomic_store(&mark_error, 0);
	script_close(s);
}
END_TEST

START_TEST(without_memory_a_data_set_goes_back_or_is_named)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_mails("A", 1);

	atomic_store(&lacks_memory, true);
	if (_i == 1)
		atomic_store(&mark_error, -ENOMEM);
	forwarder_run();
	if (_i == 1)
		wait_for_log("JESF043E");
	else
		wait_until(is_paused);
	atomic_store(&lacks_memory, false);
	atomic_store(&mark_error, 0);
	if (_i == 0)
		wait_gone(number);
	ck_assert_uint_eq(script_mails(s), _i == 0 ? 1 : 0);
	script_close(s);
}
END_TEST

START_TEST(data_sets_wait_while_none_can_be_claimed)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_mails("A", 1);

	atomic_store(&claim_error, STORE_FULL);
	forwarder_run();
	wait_until(is_refused);
	atomic_store(&claim_error, 0);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(s), 1);
	script_close(s);
}
END_TEST

START_TEST(a_data_set_that_another_took_is_left_alone)
{
	struct script *s = one_target(at_every_data);
	uint64_t lost = submit_mails("A", 50);
	uint64_t good;

	forwarder_run();
	script_wait_commands(s, "DATA", 1);
	atomic_store(&mark_error, STORE_LOST);
	script_release(s);
	wait_until(is_refused);
	wait_for_log("JESF040W JOB00001");
	atomic_store(&mark_error, 0);
	good = submit_mails("B", 1);
	wait_gone(good);
	ck_assert_uint_lt(script_mails(s), 51);
	wait_for_state(test_spool, lost, DATASET_ACTIVE);
	script_close(s);
}
END_TEST

/* The mails behind it can never be claimed; nobody may wait for them. */
START_TEST(a_claim_that_was_lost_stops_no_other_data_set)
{
	struct script *s = one_target(at_data);
	uint64_t lost = submit_mails("A", 50);

	test_config.targets[0].connect_limit = 1;
	atomic_store(&parked.is_wanted, true);
	forwarder_run();
	wait_until(is_parked);
	script_wait_commands(s, "DATA", 1);
	parked.done(parked.arg, STORE_LOST);
	script_release(s);
	wait_gone(submit_mails("B", 1));
	ck_assert_uint_eq(script_mails(s), 2);
	check_logged_once("JESF040W JOB00001");
	wait_for_state(test_spool, lost, DATASET_ACTIVE);
	script_close(s);
}
END_TEST

START_TEST(claims_kept_behind_one_that_was_lost_are_dropped)
{
	struct script *s = one_target(at_data);
	uint64_t lost = submit_mails("A", 50);

	atomic_store(&parked.is_wanted, true);
	forwarder_run();
	wait_until(is_claim_busy);
	wait_until(is_stalled);
	script_wait_commands(s, "DATA", 1);
	parked.done(parked.arg, STORE_LOST);
	wait_gone(submit_mails("B", 1));
	ck_assert(!is_stalled(NULL));
	ck_assert_uint_eq(script_mails(s), 1);
	wait_for_state(test_spool, lost, DATASET_ACTIVE);
	script_close(s);
}
END_TEST

static bool is_returned(void *arg)
{
	return count_marks(*(uint64_t *)arg, STORE_MARK_DEFERRED) == 1;
}

START_TEST(a_damaged_data_set_is_held_though_its_last_claim_failed)
{
	struct script *s = one_target(at_data);
	uint64_t bad = submit_mails("A", 2);

	atomic_store(&parked.is_wanted, true);
	forwarder_run();
	wait_until(is_parked);
	script_wait_commands(s, "DATA", 1);
	atomic_store(&read_error, STORE_DAMAGED);
	script_release(s);
	ck_assert(clock_wait_until(is_returned, &bad));
	parked.done(parked.arg, STORE_FULL);
	wait_for_state(test_spool, bad, DATASET_HELD);
	ck_assert(!is_stalled(NULL));
	ck_assert_uint_eq(script_mails(s), 0);
	script_close(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forwarder_store");
	TCase *tc = suite_case(
		suite, "forwarder_store", 30, set_up, forwarder_tear_down);

	tcase_add_loop_test(
		tc, a_damaged_data_set_is_held_and_the_rest_goes_on, 0, 2);
	tcase_add_test(tc, a_mail_whose_content_is_damaged_is_never_ended);
	tcase_add_test(tc, nothing_is_sent_that_cannot_be_recorded);
	tcase_add_test(tc, a_claim_ends_when_every_result_is_recorded);
	tcase_add_test(tc, a_claim_waits_for_one_before_it_that_failed);
	tcase_add_test(tc,
		a_store_that_failed_for_good_stops_sending_and_the_program_ends);
	tcase_add_loop_test(
		tc, without_memory_a_data_set_goes_back_or_is_named, 0, 2);
	tcase_add_test(tc, data_sets_wait_while_none_can_be_claimed);
	tcase_add_test(tc, a_data_set_that_another_took_is_left_alone);
	tcase_add_test(tc, a_claim_that_was_lost_stops_no_other_data_set);
	tcase_add_test(tc, claims_kept_behind_one_that_was_lost_are_dropped);
	tcase_add_test(
		tc, a_damaged_data_set_is_held_though_its_last_claim_failed);
	return suite_run(suite);
}
