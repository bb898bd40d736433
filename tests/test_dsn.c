#include "../forwarder/dsn.h"

#include "support_run.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *value;
	enum dsn_ret ret;
} rets[] = {
	{ "FULL", DSN_RET_FULL },
	{ "hdrs", DSN_RET_HDRS },
	{ "", DSN_RET_NONE },
	{ "HDR", DSN_RET_NONE },
	{ "FULLY", DSN_RET_NONE },
};

START_TEST(ret_is_full_or_hdrs)
{
	ck_assert_int_eq(dsn_parse_ret(rets[_i].value, strlen(rets[_i].value)),
		rets[_i].ret);
}
END_TEST

static const struct {
	const char *value;
	unsigned int bits;
	const char *told;
} notifies[] = {
	{ "NEVER", DSN_NEVER, "NEVER" },
	{ "success", DSN_SUCCESS, "SUCCESS" },
	{ "FAILURE,DELAY", DSN_FAILURE | DSN_DELAY, "FAILURE,DELAY" },
	{ "DELAY,SUCCESS,FAILURE", DSN_SUCCESS | DSN_FAILURE | DSN_DELAY,
		"SUCCESS,FAILURE,DELAY" },
	{ "", 0, "" },
	{ ",", 0, "" },
	{ "DELAY,", 0, "" },
	{ "NEVER,DELAY", 0, "" },
	{ "ALWAYS", 0, "" },
};

START_TEST(notify_is_never_or_a_list_of_events)
{
	char told[DSN_NOTIFY_MAX + 1];
	unsigned int bits = dsn_parse_notify(
		notifies[_i].value, strlen(notifies[_i].value));

	ck_assert_uint_eq(bits, notifies[_i].bits);
	ck_assert_str_eq(dsn_format_notify(bits, told), notifies[_i].told);
}
END_TEST

static const struct {
	const char *value;
	bool is_right;
} xtexts[] = {
	{ "QQ314159", true },
	{ "!,;<>@~", true },
	{ "a+2Bb+3D+20+09+7E", true },
	{ "", false },
	{ "a=b", false },
	{ "a b", false },
	{ "\xc3\xa4", false },
	{ "+2b", false }, /* upper case alone */
	{ "+2", false },
	{ "+", false },
	{ "+0A", false }, /* what stands for it is no printable text */
	{ "+7F", false },
	{ "+E4", false },
};

START_TEST(xtext_stands_for_printable_text)
{
	const char *value = xtexts[_i].value;
	char orcpt[64];

	ck_assert_int_eq(
		dsn_is_envid(value, strlen(value)), xtexts[_i].is_right);
	snprintf(orcpt, sizeof orcpt, "rfc822;%s", value);
	ck_assert_int_eq(
		dsn_is_orcpt(orcpt, strlen(orcpt)), xtexts[_i].is_right);
}
END_TEST

static const struct {
	const char *value;
	bool is_right;
} orcpts[] = {
	{ "rfc822;ann@example.org", true },
	{ "x-local;a;b", true },
	{ "rfc822", false },
	{ ";ann", false },
	{ "rfc 822;ann", false },
	{ "(x);ann", false },
};

START_TEST(orcpt_has_a_type_and_an_address)
{
	ck_assert_int_eq(
		dsn_is_orcpt(orcpts[_i].value, strlen(orcpts[_i].value)),
		orcpts[_i].is_right);
}
END_TEST

START_TEST(values_have_their_lengths)
{
	char value[DSN_ORCPT_MAX + 2];

	memset(value, 'x', sizeof value);
	ck_assert(dsn_is_envid(value, DSN_ENVID_MAX));
	ck_assert(!dsn_is_envid(value, DSN_ENVID_MAX + 1));
	value[1] = ';';
	ck_assert(dsn_is_orcpt(value, DSN_ORCPT_MAX));
	ck_assert(!dsn_is_orcpt(value, DSN_ORCPT_MAX + 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dsn");
	TCase *tests = tcase_create("dsn");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, ret_is_full_or_hdrs, 0, COUNT(rets));
	tcase_add_loop_test(
		tests, notify_is_never_or_a_list_of_events, 0, COUNT(notifies));
	tcase_add_loop_test(
		tests, xtext_stands_for_printable_text, 0, COUNT(xtexts));
	tcase_add_loop_test(
		tests, orcpt_has_a_type_and_an_address, 0, COUNT(orcpts));
	tcase_add_test(tests, values_have_their_lengths);
	return suite_run(suite);
}
