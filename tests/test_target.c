#include "../forwarder/target.h"

#include "clock.h"
#include "support_run.h"

#include <check.h>
#include <string.h>

static struct target_config config;
static struct target target;

static const struct target_facts plain = { .is_esmtp = true };

static void set_up(void)
{
	memset(&config, 0, sizeof config);
	config.address.ss_family = AF_INET;
	memcpy(config.address_text, "192.0.2.1", sizeof "192.0.2.1");
	config.port = 25;
	config.connect_limit = 3;
	config.message_size = 1000;
	target_init(&target, &config, 120);
}

static void open_one(void)
{
	target_begin_open(&target);
	(void)target_opened(&target, &plain);
}

static void fail_one(int64_t now_ns, double dice)
{
	target_begin_open(&target);
	target.opening--;
	(void)target_failed(&target, "refused", now_ns, dice);
}

START_TEST(the_first_session_finds_out_alone)
{
	ck_assert(target_may_open(&target, 0));
	target_begin_open(&target);
	ck_assert(!target_may_open(&target, 0));
	ck_assert(target_opened(&target, &plain));
	ck_assert_int_eq(target.state, TARGET_ACTIVE);
	ck_assert(target_may_open(&target, 0));
	open_one();
	open_one();
	ck_assert(!target_may_open(&target, 0));
}
END_TEST

static const struct {
	double dice;
	int64_t rests_s[5];
} rests[] = {
	{ 0.0, { 96, 192, 384, 720, 720 } },
	{ 0.5, { 120, 240, 480, 900, 900 } },
	{ 1.0, { 144, 288, 576, 1080, 1080 } },
};

START_TEST(each_failure_doubles_the_rest)
{
	int64_t now_ns = 0;
	size_t i;

	for (i = 0; i < 5; i++) {
		fail_one(now_ns, rests[_i].dice);
		ck_assert_int_eq(target.state, TARGET_BACKOFF);
		ck_assert(!target_is_usable(&target, target.until_ns - 1));
		ck_assert(target_is_usable(&target, target.until_ns));
		ck_assert_int_eq(
			(target.until_ns - now_ns + NS_PER_MS) / NS_PER_S,
			rests[_i].rests_s[i]);
		now_ns = target.until_ns;
	}
}
END_TEST

START_TEST(a_rest_ends_with_one_probe)
{
	fail_one(0, 0.5);
	ck_assert(!target_may_open(&target, 0));
	ck_assert_int_eq(target_wakes_ns(&target, 0), target.until_ns);
	ck_assert(target_may_open(&target, target.until_ns));
	target_begin_open(&target);
	ck_assert_int_eq(target.state, TARGET_PROBE);
	ck_assert(!target_opened(&target, &plain));
	ck_assert(!target_may_open(&target, target.until_ns));
	ck_assert(target_worked(&target));
	ck_assert_int_eq(target.state, TARGET_ACTIVE);
	ck_assert(target_may_open(&target, target.until_ns));
	ck_assert(!target_worked(&target));
	fail_one(0, 0.5);
	ck_assert_int_eq(target.state, TARGET_ACTIVE);
}
END_TEST

START_TEST(a_failure_beside_a_live_session_is_no_rest)
{
	open_one();
	target_begin_open(&target);
	target.opening--;
	ck_assert(!target_failed(&target, "421 busy", 0, 0.5));
	ck_assert_int_eq(target.state, TARGET_ACTIVE);
	ck_assert(target_is_usable(&target, 1));
	ck_assert(!target_may_open(&target, 1));
	ck_assert(target_may_open(&target, 120 * NS_PER_S));
	ck_assert_str_eq(target.last_error, "421 busy");
}
END_TEST

START_TEST(a_suspension_is_eight_times_as_long)
{
	open_one();
	ck_assert(target_suspend(&target, "530", 0));
	ck_assert(!target_suspend(&target, "530", 0));
	ck_assert_int_eq(target.state, TARGET_SUSPENDED);
	ck_assert_int_eq(target.until_ns, 960 * NS_PER_S);
	ck_assert(!target_is_usable(&target, 959 * NS_PER_S));
}
END_TEST

START_TEST(sessions_lost_in_a_row_are_a_failure)
{
	ck_assert(!target_lost(&target));
	ck_assert(!target_lost(&target));
	ck_assert(target_lost(&target));
	(void)target_worked(&target);
	ck_assert(!target_lost(&target));
}
END_TEST

static const struct {
	struct target_facts facts;
	uint64_t size_octets;
	bool has_8bit, fits;
} mails[] = {
	{ { .has_size = true, .size = 100 }, 100, false, true },
	{ { .has_size = true, .size = 100 }, 101, false, false },
	{ { .has_size = true, .size = 0 }, UINT64_MAX, false, true },
	{ { .has_size = false }, 1000, false, true },
	{ { .has_size = false }, 1001, false, false },
	{ { .takes_8bit = false }, 1, true, false },
	{ { .takes_8bit = true }, 1, true, true },
};

START_TEST(a_mail_fits_what_the_target_offers)
{
	const struct mail m = { .size_octets = mails[_i].size_octets,
		.has_8bit = mails[_i].has_8bit };

	ck_assert(target_fits(&target, &m)); /* not known yet */
	target_begin_open(&target);
	(void)target_opened(&target, &mails[_i].facts);
	ck_assert_int_eq(target_fits(&target, &m), mails[_i].fits);
	ck_assert_int_eq(
		target_obstacle(&target, &m)[0] == '\0', mails[_i].fits);
}
END_TEST

START_TEST(people_know_a_target_by_address_and_port)
{
	char name[TARGET_NAME_MAX];

	target_name(&config, name);
	ck_assert_str_eq(name, "192.0.2.1:25");
	config.address.ss_family = AF_INET6;
	memcpy(config.address_text, "2001:db8::1", sizeof "2001:db8::1");
	target_name(&config, name);
	ck_assert_str_eq(name, "[2001:db8::1]:25");
}
END_TEST

START_TEST(a_target_is_quick_while_its_mails_are)
{
	int i;

	ck_assert(!target_is_quick(&target));
	target_note_pace(&target, NS_PER_MS);
	ck_assert(target_is_quick(&target));
	target_note_pace(&target, 20 * NS_PER_MS);
	ck_assert(target_is_quick(&target));
	for (i = 0; i < 40; i++)
		target_note_pace(&target, 20 * NS_PER_MS);
	ck_assert(!target_is_quick(&target));
	for (i = 0; i < 40; i++)
		target_note_pace(&target, NS_PER_MS / 2);
	ck_assert(target_is_quick(&target));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("target");
	TCase *tc = tcase_create("target");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, the_first_session_finds_out_alone);
	tcase_add_loop_test(tc, each_failure_doubles_the_rest, 0,
		sizeof rests / sizeof *rests);
	tcase_add_test(tc, a_rest_ends_with_one_probe);
	tcase_add_test(tc, a_failure_beside_a_live_session_is_no_rest);
	tcase_add_test(tc, a_suspension_is_eight_times_as_long);
	tcase_add_test(tc, sessions_lost_in_a_row_are_a_failure);
	tcase_add_loop_test(tc, a_mail_fits_what_the_target_offers, 0,
		sizeof mails / sizeof *mails);
	tcase_add_test(tc, a_target_is_quick_while_its_mails_are);
	tcase_add_test(tc, people_know_a_target_by_address_and_port);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
