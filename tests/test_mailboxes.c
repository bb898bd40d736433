#include "../forwarder/mailboxes.h"
#include "buf.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(void *arg, const struct mailbox *found)
{
	static const char *const faults[] = { "", "syntax", "long", "non-ascii",
		"memory" };
	struct buf *told = arg;

	if (found->fault == MAILBOXES_GOOD)
		buf_printf(told, "<%s>", found->path);
	else
		buf_printf(told, "(%s: %.*s)", faults[found->fault],
			(int)found->len, found->text);
}

/* Feeds text in pieces of memory of their own. */
static void read_field(
	struct mailboxes *m, const char *text, size_t len, size_t step)
{
	size_t used = 0;
	size_t n;
	char *piece;

	for (; used < len; used += n) {
		n = len - used < step ? len - used : step;
		piece = malloc(n);
		memcpy(piece, text + used, n);
		mailboxes_feed(m, piece, n);
		free(piece);
	}
	mailboxes_finish(m);
}

static void check(const char *text, size_t len, const char *wanted)
{
	static const size_t steps[] = { 1, 3, 100000 };
	struct mailboxes m;
	struct buf told;
	int i;

	for (i = 0; i < COUNT(steps); i++) {
		buf_init(&told);
		buf_puts(&told, "");
		mailboxes_init(&m, "here.example", tell, &told);
		read_field(&m, text, len, steps[i]);
		buf_append(&told, "", 1);
		ck_assert_str_eq(told.data, wanted);
		buf_fini(&told);
	}
}

static const struct {
	const char *text, *wanted;
} fields[] = {
	{ "", "" },
	{ " \r\n ", "" },
	{ "a@b", "<a@b>" },
	{ " a@b.example ,\n\tc@d ", "<a@b.example><c@d>" },
	{ "<a@b>", "<a@b>" },
	{ "Ann <a@b>, Bob B. <c@d>", "<a@b><c@d>" },
	{ "\"Doe, John\" <a@b>", "<a@b>" },
	{ "\"a \\\" , <x@y>\" <a@b>", "<a@b>" },
	{ "John Q. Public <a@b>", "<a@b>" },
	{ ".John <a@b>", "<a@b>" },
	{ "x@y <a@b>", "<a@b>" },
	{ "Ann @ Home <a@b>", "<a@b>" },
	{ "Foo Bar @ Home: <a@b>", "<a@b>" },
	/* Comments, nested, anywhere. */
	{ "a@b (Ann)", "<a@b>" },
	{ "(c) a (c) @ (c (d \\) e) f) b (c)", "<a@b>" },
	{ "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
		"<pete@silly.test>" },
	{ "(x@y, z@w)a@b", "<a@b>" },
	/* Groups. */
	{ "undisclosed-recipients:;", "" },
	{ "undisclosed-recipients: ;", "" },
	{ "A Group:Ed Jones <joe@where.test>,joe@where.test,John "
	  "<jdoe@one.test>;",
		"<joe@where.test><joe@where.test><jdoe@one.test>" },
	{ "A: a@b;, B: c@d, e@f; , g@h", "<a@b><c@d><e@f><g@h>" },
	{ "A: a@b; c@d", "<a@b><c@d>" },
	{ "\"x@y\": a@b;", "<a@b>" },
	{ "A: a@b", "<a@b>" },
	{ "(Empty list)(start)Hidden recipients :(nobody(that I know)) ;", "" },
	/* RFC 5322 appendix A.6: obsolete addressing. */
	{ "Joe Q. Public <john.q.public@example.com>",
		"<john.q.public@example.com>" },
	{ "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
		"<mary@example.net><jdoe@test.example>" },
	{ "<@a,@b.test , @c:d@e>", "<d@e>" },
	{ "john . doe@x", "<john.doe@x>" },
	{ ",,a@b,,", "<a@b>" },
	{ "a@b; c@d;", "<a@b><c@d>" },
	/* Quoted local parts: quoted again where they have to be. */
	{ "\"john\"@x", "<john@x>" },
	{ "\"jo\\hn\".doe@x", "<john.doe@x>" },
	{ "\"a@b\"@x", "<\"a@b\"@x>" },
	{ "<\"a\\\"b\\\\c\"@x>", "<\"a\\\"b\\\\c\"@x>" },
	{ "\"a..b\"@x", "<\"a..b\"@x>" },
	{ "\"\"@x", "<\"\"@x>" },
	{ "\"john doe\"@x", "(syntax: \"john doe\"@x)" },
	/* Literals. */
	{ "a@[192.0.2.1]", "<a@[192.0.2.1]>" },
	{ "<a@[IPv6:2001:db8::1]>", "<a@[IPv6:2001:db8::1]>" },
	{ "a@[192.0.2.1].x", "(syntax: a@[192.0.2.1].x)" },
	{ "a@[192.0.2.256]", "(syntax: a@[192.0.2.256])" },
	{ "a@[x\\]y]", "(syntax: a@[x\\]y])" },
	/* Without a domain: ours. */
	{ "root", "<root@here.example>" },
	{ "root (Cron Daemon)", "<root@here.example>" },
	{ "Ann <ann>, bob", "<ann@here.example><bob@here.example>" },
	/* Null paths, for Return-Path. */
	{ "<>", "<>" },
	{ "Nobody < (really) >", "<>" },
	/* Encoded words are names, whatever they hold. */
	{ "=?iso-8859-1?Q?Andr=E9?= Pirard <a@b>", "<a@b>" },
	{ "=?utf-8?q?=3Cx=40y=3E?= <a@b>", "<a@b>" },
	{ "=?utf-8?b?PHhAeT4=?= =?utf-8?q?=2C?= <a@b> (=?x?q?=29?=)", "<a@b>" },
	{ "J\xc3\xb6rg <a@b>, \xf6 <c@d>, \"\xf6\" <e@f>", "<a@b><c@d><e@f>" },
	/* International domains. */
	{ "a@b\xc3\xbc"
	  "cher.example",
		"<a@xn--bcher-kva.example>" },
	{ "<a@B\xc3\x9c"
	  "CHER.example>",
		"<a@xn--bcher-kva.example>" },
	{ "a@fa\xc3\x9f.example", "<a@xn--fa-hia.example>" },
	{ "a@\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82\xe3\x83\x86\xe3\x82\xb9\xe3"
	  "\x83\x88",
		"<a@xn--r8jz45g.xn--zckzah>" },
	{ "a@b\xfc"
	  "cher",
		"(syntax: a@b\xfc"
		"cher)" },
	{ "a@\xe2\x80\x8b", "(syntax: a@\xe2\x80\x8b)" },
	{ "J\xc3\xb6rg@b", "(non-ascii: J\xc3\xb6rg@b)" },
	{ "\"J\xc3\xb6rg\"@b, c@d", "(non-ascii: \"J\xc3\xb6rg\"@b)<c@d>" },
	/* What is none. */
	{ "John Doe", "(syntax: John Doe)" },
	{ "John Doe@x", "(syntax: John Doe@x)" },
	{ "a@", "(syntax: a@)" },
	{ "@b", "(syntax: @b)" },
	{ "a@b@c", "(syntax: a@b@c)" },
	{ "a@b.", "(syntax: a@b.)" },
	{ "a@.b", "(syntax: a@.b)" },
	{ "a@b c", "(syntax: a@b c)" },
	{ "a.@b", "(syntax: a.@b)" },
	{ ".a@b", "(syntax: .a@b)" },
	{ "a..c@b", "(syntax: a..c@b)" },
	{ "a@b_c", "(syntax: a@b_c)" },
	{ "a@-b", "(syntax: a@-b)" },
	{ "<a@b", "(syntax: <a@b)" },
	{ "a@b>", "(syntax: a@b>)" },
	{ "<a@b> c", "(syntax: <a@b> c)" },
	{ "<a@b, c@d>", "(syntax: <a@b)(syntax: c@d>)" },
	{ "<<a@b>>", "(syntax: <<a@b>>)" },
	{ "<@a>, b@c", "(syntax: <@a>)<b@c>" },
	{ "<@a:>", "(syntax: <@a:>)" },
	{ "<@a,b@c", "(syntax: <@ab@c)" },
	{ "a@b (c", "(syntax: a@b (c)" },
	{ "\"a", "(syntax: \"a)" },
	{ "a\\@b", "(syntax: a\\@b)" },
	{ ":", "(syntax: :)" },
	{ "A: B: c@d;", "(syntax: B: c@d)" },
	{ "a@b)", "(syntax: a@b))" },
	{ "a@b\x01", "(syntax: a@b\x01)" },
	{ "a\x7f@b", "(syntax: a\x7f@b)" },
};

START_TEST(mailboxes_are_found_in_pieces_of_any_size)
{
	check(fields[_i].text, strlen(fields[_i].text), fields[_i].wanted);
}
END_TEST

START_TEST(what_is_sent_as_a_blank_is_read_as_one)
{
	check("a@b\0c", 5, "(syntax: a@b c)");
	check("a@b\rc", 5, "(syntax: a@b c)");
	check("a@\xc3\xa9\0.evil", 10, "<a@xn--9ca.evil>");
	check("Ann\0<a@b>\0", 10, "<a@b>");
}
END_TEST

/* Reads up to a NUL. Returns false at the end. */
static bool next_text(FILE *f, char **text, size_t *room)
{
	ssize_t n = getdelim(text, room, '\0', f);

	return n > 0 && (*text)[n - 1] == '\0';
}

START_TEST(python_finds_the_same_mailboxes)
{
	FILE *judge = popen("python3 tests/judge_addresses.py 1 3000", "r");
	char *field = NULL, *wanted = NULL;
	size_t field_room = 0, wanted_room = 0;
	int fields_read = 0;

	ck_assert_ptr_nonnull(judge);
	while (next_text(judge, &field, &field_room)
		&& next_text(judge, &wanted, &wanted_room)) {
		check(field, strlen(field), wanted);
		fields_read++;
	}
	ck_assert_int_eq(pclose(judge), 0);
	ck_assert_int_eq(fields_read, 3000);
	free(field);
	free(wanted);
}
END_TEST

/* local octets before the "@", label octets in each of labels after it. */
static char *long_address(size_t local, size_t label, size_t labels)
{
	char *text = malloc(local + labels * (label + 1) + 2);
	char *at = text;

	memset(at, 'x', local);
	at += local;
	*at++ = '@';
	for (; labels > 0; labels--) {
		memset(at, 'y', label);
		at += label;
		*at++ = '.';
	}
	at[-1] = '\0';
	return text;
}

static const struct {
	size_t local, label, labels;
	const char *wanted; /* its first octets */
} limits[] = {
	{ 64, 10, 1, "<x" },
	{ 65, 10, 1, "(long" },
	{ 100000, 10, 1, "(long" },
	{ 1, 63, 1, "<x" },
	{ 1, 64, 1, "(long" },
	{ 1, 49, 5, "<x" },
	{ 10, 49, 5, "(long" },
	{ 1, 50, 6, "(long" },
	{ 1, 1, 10000, "(long" },
	{ 1, 100000, 1, "(long" },
};

START_TEST(parts_have_their_limits)
{
	char *text = long_address(
		limits[_i].local, limits[_i].label, limits[_i].labels);
	struct mailboxes m;
	struct buf told;

	buf_init(&told);
	mailboxes_init(&m, "here.example", tell, &told);
	read_field(&m, text, strlen(text), 1000);
	read_field(&m, "c@d", 3, 1);
	ck_assert_uint_gt(told.len, strlen(limits[_i].wanted));
	ck_assert_mem_eq(
		told.data, limits[_i].wanted, strlen(limits[_i].wanted));
	ck_assert_mem_eq(told.data + told.len - 5, "<c@d>", 5);
	buf_fini(&told);
	free(text);
}
END_TEST

static void count(void *arg, const struct mailbox *found)
{
	ck_assert_int_eq(found->fault, MAILBOXES_GOOD);
	++*(size_t *)arg;
}

START_TEST(a_field_may_have_any_number_of_mailboxes)
{
	static const char text[] = "\"A, b\" <user@host.example>,\n ";
	struct mailboxes m;
	size_t found = 0;
	size_t i;

	mailboxes_init(&m, "here.example", count, &found);
	for (i = 0; i < 100000; i++)
		mailboxes_feed(&m, text, sizeof text - 1);
	mailboxes_finish(&m);
	ck_assert_uint_eq(found, 100000);
}
END_TEST

START_TEST(nesting_has_no_limit)
{
	struct mailboxes m;
	struct buf told;
	size_t i;

	buf_init(&told);
	mailboxes_init(&m, "here.example", tell, &told);
	for (i = 0; i < 1000000; i++)
		mailboxes_feed(&m, "(", 1);
	for (i = 0; i < 1000000; i++)
		mailboxes_feed(&m, ")", 1);
	read_field(&m, "a@b", 3, 1);
	ck_assert_uint_eq(told.len, 5);
	ck_assert_mem_eq(told.data, "<a@b>", 5);
	buf_fini(&told);
}
END_TEST

START_TEST(one_field_says_nothing_of_the_next)
{
	struct mailboxes m;
	struct buf told;

	buf_init(&told);
	mailboxes_init(&m, "here.example", tell, &told);
	read_field(&m, "A: \"x\\", 6, 100);
	read_field(&m, "B: a@b, c@d;", 12, 100);
	buf_append(&told, "", 1);
	ck_assert_str_eq(told.data, "(syntax: \"x\\)<a@b><c@d>");
	buf_fini(&told);
}
END_TEST

START_TEST(a_mailbox_is_joined_of_safe_parts_alone)
{
	char out[ADDRESS_PATH_MAX + 1];

	ck_assert_int_eq(mailboxes_join("ann", 3, "b.example", out), 0);
	ck_assert_str_eq(out, "ann@b.example");
	ck_assert_int_eq(mailboxes_join("DOM\\ann", 7, "b", out), 0);
	ck_assert_str_eq(out, "\"DOM\\\\ann\"@b");
	ck_assert_int_eq(mailboxes_join("a b", 3, "b", out), -EINVAL);
	ck_assert_int_eq(mailboxes_join("a", 1, "b>x", out), -EINVAL);
	ck_assert_int_eq(mailboxes_join("a", 1, "", out), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mailboxes");
	TCase *tests = suite_case(suite, "mailboxes", 30, NULL, NULL);

	tcase_add_loop_test(tests, mailboxes_are_found_in_pieces_of_any_size, 0,
		COUNT(fields));
	tcase_add_test(tests, python_finds_the_same_mailboxes);
	tcase_add_test(tests, what_is_sent_as_a_blank_is_read_as_one);
	tcase_add_loop_test(tests, parts_have_their_limits, 0, COUNT(limits));
	tcase_add_test(tests, a_field_may_have_any_number_of_mailboxes);
	tcase_add_test(tests, nesting_has_no_limit);
	tcase_add_test(tests, one_field_says_nothing_of_the_next);
	tcase_add_test(tests, a_mailbox_is_joined_of_safe_parts_alone);
	return suite_run(suite);
}
