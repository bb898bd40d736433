/*
 * Units that the store and the forwarder pass to each other: none is lost.
 */
#include "../fs/store_ops.h"
#include "clock.h"
#include "support_forwarder.h"

#include <check.h>
#include <errno.h>
#include <semaphore.h>

static const struct store_ops *real;
static struct store_ops ops;

/* A unit that goes to the store with a finish comes behind the withdrawal. */
static sem_t finishing, withdrawn;

static void late_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg)
{
	ck_assert_uint_eq(how->units, 1);
	sem_post(&finishing);
	sem_wait(&withdrawn);
	real->finish(s, number, token, how, done, arg);
}

static void early_withdraw(struct store *s, const char *writer)
{
	real->withdraw(s, writer);
	sem_post(&withdrawn);
}

START_TEST(units_that_come_behind_their_withdrawal_hold_up_no_end)
{
	struct script *s = one_target(NULL);
	uint64_t number = submit_mails("A", 1);
	struct dataset d;

	sem_init(&finishing, 0, 0);
	sem_init(&withdrawn, 0, 0);
	real = test_store->ops;
	ops = *real;
	ops.finish = late_finish;
	ops.withdraw = early_withdraw;
	test_store->ops = &ops;
	forwarder_run();
	sem_wait(&finishing);
	forwarder_halt(NS_PER_S);
	ck_assert_int_eq(spool_stat(test_spool, number, &d), -ENOENT);
	script_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(
		tc, units_that_come_behind_their_withdrawal_hold_up_no_end);
}

int main(void)
{
	return forwarder_run_suite("forwarder_units", 60, add_tests, NULL);
}
