#include "../forwarder/address.h"

#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *text;
	size_t len;
	int result;
	const char *mailbox;
	const char *rest; /* behind the path */
} paths[] = {
	{ TEXT("<ann@example.org>"), 0, "ann@example.org", "" },
	{ TEXT("<ann@example.org> SIZE=1"), 0, "ann@example.org", " SIZE=1" },
	{ TEXT("<a@b>>"), 0, "a@b", ">" },
	{ TEXT("<A.b+c!#$%&'*/=?^_`{|}~-@X-1.Example>"), 0,
		"A.b+c!#$%&'*/=?^_`{|}~-@X-1.Example", "" },
	{ TEXT("<1@2>"), 0, "1@2", "" },
	/* Quoted local parts stay as they are written. */
	{ TEXT("<\"a.b\"@c>"), 0, "\"a.b\"@c", "" },
	{ TEXT("<\"a@b<>\\\"\"@c>"), 0, "\"a@b<>\\\"\"@c", "" },
	{ TEXT("<\"\"@c>"), 0, "\"\"@c", "" },
	{ TEXT("<\"a b\"@c>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"a\\ b\"@c>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"a\"b@c>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"a@c>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"a\\"), -EINVAL, NULL, NULL },
	{ TEXT("<\""), -EINVAL, NULL, NULL },
	/* Source routes go: RFC 5321 appendix C. */
	{ TEXT("<@a:u@c>"), 0, "u@c", "" },
	{ TEXT("<@a.b,@[192.0.2.1]:u@c>"), 0, "u@c", "" },
	{ TEXT("<@a,b:u@c>"), -EINVAL, NULL, NULL },
	{ TEXT("<@a,:u@c>"), -EINVAL, NULL, NULL },
	{ TEXT("<@a>"), -EINVAL, NULL, NULL },
	{ TEXT("<@a:>"), -EINVAL, NULL, NULL },
	{ TEXT("<@:u@c>"), -EINVAL, NULL, NULL },
	/* Address literals. */
	{ TEXT("<u@[192.0.2.1]>"), 0, "u@[192.0.2.1]", "" },
	{ TEXT("<u@[IPv6:2001:db8::1]>"), 0, "u@[IPv6:2001:db8::1]", "" },
	{ TEXT("<u@[ipv6:::1]>"), 0, "u@[ipv6:::1]", "" },
	{ TEXT("<u@[2001:db8::1]>"), -EINVAL, NULL, NULL },
	{ TEXT("<u@[192.0.2]>"), -EINVAL, NULL, NULL },
	{ TEXT("<u@[192.0.2.1>"), -EINVAL, NULL, NULL },
	{ TEXT("<u@[192.0.2.1\0]>"), -EINVAL, NULL, NULL },
	{ TEXT("<u@[]>"), -EINVAL, NULL, NULL },
	{ TEXT("<u@[IPv6:]>"), -EINVAL, NULL, NULL },
	{ TEXT("<u@["), -EINVAL, NULL, NULL },
	{ TEXT("<u@[x:y]>"), -EINVAL, NULL, NULL },
	/* What is no path. */
	{ TEXT(""), -EINVAL, NULL, NULL },
	{ TEXT("<"), -EINVAL, NULL, NULL },
	{ TEXT("<>"), -EINVAL, NULL, NULL },
	{ TEXT("ann@example.org"), -EINVAL, NULL, NULL },
	{ TEXT("<ann@example.org"), -EINVAL, NULL, NULL },
	{ TEXT("<ann>"), -EINVAL, NULL, NULL },
	{ TEXT("<ann@>"), -EINVAL, NULL, NULL },
	{ TEXT("<@>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b@c>"), -EINVAL, NULL, NULL },
	{ TEXT("<.a@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a.@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a..b@c>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@.b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b.>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b..c>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@-b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b->"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b-.c>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b_c>"), -EINVAL, NULL, NULL },
	{ TEXT("< a@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a @b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b >"), -EINVAL, NULL, NULL },
	{ TEXT("<a<b@c>"), -EINVAL, NULL, NULL },
	{ TEXT("Ann <a@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b,c@d>"), -EINVAL, NULL, NULL },
	/* Octets that would break out of a command, or of ASCII. */
	{ TEXT("<a\r@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a\n@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b\r\nRCPT TO:<x@y>"), -EINVAL, NULL, NULL },
	{ TEXT("<a\0@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@b\0>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"a\0\"@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"a\n\"@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"a\\\n\"@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"a\x7f\"@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a\x7f@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a\xc3\xa4@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<\"\xc3\xa4\"@b>"), -EINVAL, NULL, NULL },
	{ TEXT("<a@\xc3\xa4>"), -EINVAL, NULL, NULL },
};

START_TEST(a_path_is_read_or_refused)
{
	/* Of exactly its size, so that a step too far is found. */
	char *text = malloc(paths[_i].len + 1);
	char out[ADDRESS_PATH_MAX + 1] = "as before";
	size_t used = 77;
	int result;

	memcpy(text, paths[_i].text, paths[_i].len);
	result = address_parse_path(text, paths[_i].len, false, out, &used);
	ck_assert_int_eq(result, paths[_i].result);
	if (result == 0) {
		ck_assert_str_eq(out, paths[_i].mailbox);
		ck_assert_uint_eq(used, paths[_i].len - strlen(paths[_i].rest));
	} else {
		ck_assert_str_eq(out, "as before");
		ck_assert_uint_eq(used, 77);
	}
	free(text);
}
END_TEST

START_TEST(the_null_path_is_for_senders_only)
{
	char out[ADDRESS_PATH_MAX + 1] = "x";
	size_t used;

	ck_assert_int_eq(address_parse_path("<> A", 4, true, out, &used), 0);
	ck_assert_str_eq(out, "");
	ck_assert_uint_eq(used, 2);
	ck_assert_int_eq(
		address_parse_path("<>", 2, false, out, &used), -EINVAL);
	ck_assert_int_eq(
		address_parse_path("< >", 3, true, out, &used), -EINVAL);
	ck_assert_int_eq(address_parse_path("<a@b>", 5, true, out, &used), 0);
	ck_assert_str_eq(out, "a@b");
}
END_TEST

/* Reads "<", local octets of a local part, "@", labels, ">". */
static int parse_sized(size_t local, size_t label, size_t labels)
{
	char text[1024];
	char out[ADDRESS_PATH_MAX + 1];
	size_t len = 0;
	size_t i, used;

	text[len++] = '<';
	memset(text + len, 'a', local);
	len += local;
	text[len++] = '@';
	for (i = 0; i < labels; i++) {
		if (i > 0)
			text[len++] = '.';
		memset(text + len, 'b', label);
		len += label;
	}
	text[len++] = '>';
	return address_parse_path(text, len, false, out, &used);
}

START_TEST(parts_have_their_limits)
{
	ck_assert_int_eq(parse_sized(64, 63, 1), 0);
	ck_assert_int_eq(parse_sized(65, 63, 1), -EMSGSIZE);
	ck_assert_int_eq(parse_sized(64, 64, 1), -EMSGSIZE);
	/* 64 + 1 + 3 * 62 + 3 is 254. */
	ck_assert_int_eq(parse_sized(64, 62, 3), 0);
	ck_assert_int_eq(parse_sized(64, 63, 3), -EMSGSIZE);
	ck_assert_int_eq(parse_sized(62, 63, 3), 0);
	ck_assert_int_eq(parse_sized(1, 63, 4), -EMSGSIZE);
	ck_assert_int_eq(parse_sized(1, 1, 200), -EMSGSIZE);
	ck_assert_int_eq(parse_sized(900, 1, 1), -EMSGSIZE);
}
END_TEST

static const struct {
	const char *text;
	bool is_domain;
} domains[] = {
	{ "host.example.com", true },
	{ "host", true },
	{ "[192.0.2.1]", true },
	{ "[IPv6:2001:db8::1]", true },
	{ "", false },
	{ "host.example.com.", false },
	{ "a b", false },
	{ "a\r\nMAIL", false },
	{ "192.0.2.1]", false },
	{ "[192.0.2.1]x", false },
	{ "a_b", false },
};

START_TEST(a_domain_is_what_ehlo_may_carry)
{
	ck_assert_int_eq(
		address_is_domain(domains[_i].text, strlen(domains[_i].text)),
		domains[_i].is_domain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *tests = tcase_create("address");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, a_path_is_read_or_refused, 0, COUNT(paths));
	tcase_add_test(tests, the_null_path_is_for_senders_only);
	tcase_add_test(tests, parts_have_their_limits);
	tcase_add_loop_test(
		tests, a_domain_is_what_ehlo_may_carry, 0, COUNT(domains));
	return suite_run(suite);
}
