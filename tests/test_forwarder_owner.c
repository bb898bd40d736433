/*
 * Users whose names cannot be looked up for now: WRAP_test_forwarder_owner in
 * the Makefile sends getpwuid_r() here.
 */
#include "clock.h"
#include "support_forwarder.h"

#include <errno.h>
#include <pwd.h>
#include <stdatomic.h>
#include <string.h>

int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t cap,
	struct passwd **found);

static atomic_bool is_down; /* for alice */

int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t cap,
	struct passwd **found)
{
	(void)entry;
	(void)room;
	(void)cap;
	*found = NULL;
	return uid == alice.uid && atomic_load(&is_down) ? ECONNREFUSED : 0;
}

static uint64_t put(const struct spool_caller *owner)
{
	return dataset_put(test_spool, "m",
		"HELO a\nMAIL FROM:<a@example.org>\n"
		"RCPT TO:<b@example.org>\nDATA\nx\n.\n",
		owner);
}

START_TEST(a_user_without_a_name_for_now_holds_up_nobody_else)
{
	static const char why[] = "the name of user ";
	struct script *s = one_target(NULL);
	uint64_t numbers[40], other;
	size_t i;

	atomic_store(&is_down, true);
	for (i = 0; i < 40; i++)
		numbers[i] = put(&alice);
	other = put(&bob);
	forwarder_run();
	wait_gone(other);
	for (i = 0; i < 40; i++)
		hurry_until(numbers[i], DATASET_WAITING, 0);
	ck_assert_int_eq(
		strncmp(reason_of(numbers[0]), why, sizeof why - 1), 0);
	ck_assert_str_eq(forwarder_look().waits_because, "");

	atomic_store(&is_down, false);
	for (i = 0; i < 40; i++)
		hurry_until_gone(numbers[i], NS_PER_S);
	ck_assert_uint_eq(script_mails(s), 41);
	script_close(s);
}
END_TEST

static void add_moved_tests(TCase *tc)
{
	tcase_add_test(tc, a_user_without_a_name_for_now_holds_up_nobody_else);
}

int main(void)
{
	return forwarder_run_suite(
		"forwarder_owner", 60, NULL, add_moved_tests);
}
