#include "../forwarder/quoted.h"
#include "buf.h"
#include "support_run.h"

#include <check.h>
#include <string.h>

/* What comes of lines, which LF ends, in pieces of step octets. */
static uint64_t encode(
	const char *text, size_t len, size_t step, struct buf *out)
{
	struct quoted q;
	const char *line, *end;
	size_t n, line_len;

	quoted_init(&q);
	while (len > 0) {
		n = len < step ? len : step;
		end = memchr(text, '\n', n);
		if (end != NULL)
			n = (size_t)(end - text);
		quoted_put(&q, text, n, end != NULL);
		while (quoted_get(&q, &line, &line_len)) {
			ck_assert_uint_le(line_len, QUOTED_LINE_MAX);
			buf_append(out, line, line_len);
			buf_puts(out, "\n");
		}
		ck_assert(quoted_is_idle(&q));
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
	return q.replaced;
}

#define TEXT(text) text, sizeof(text) - 1
#define TEN "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *text;
	size_t len;
	const char *encoded;
	uint64_t replaced;
} cases[] = {
	{ TEXT(""), "", 0 },
	{ TEXT("\n\n"), "\n\n", 0 },
	{ TEXT("a=b\n"), "a=3Db\n", 0 },
	{ TEXT("Gr\xc3\xbc\xc3\x9f\n"), "Gr=C3=BC=C3=9F\n", 0 },
	{ TEXT(" a b \n"), " a b=20\n", 0 },
	{ TEXT("\ta\tb\t\n"), "\ta\tb=09\n", 0 },
	{ TEXT(" \n"), "=20\n", 0 },
	{ TEXT(".\n"), "=2E\n", 0 },
	{ TEXT("..\n.a\n"), "..\n.a\n", 0 },
	{ TEXT("a\rb\0c\r\n"), "a b c=20\n", 3 },
	{ TEXT("\x1b\x7f~\x01\n"), "=1B=7F~=01\n", 0 },
	/* A last octet needs no "=" behind it: 76 is the most. */
	{ TEXT(SEVENTY "123456\n"), SEVENTY "123456\n", 0 },
	{ TEXT(SEVENTY "1234567\n"), SEVENTY "12345=\n67\n", 0 },
	{ TEXT(SEVENTY "12=\n"), SEVENTY "12=3D\n", 0 },
	{ TEXT(SEVENTY "123=\n"), SEVENTY "123=\n=3D\n", 0 },
	{ TEXT(SEVENTY "12345\xc3\xa9\n"), SEVENTY "12345=\n=C3=A9\n", 0 },
	{ TEXT(SEVENTY "1234 \n"), SEVENTY "1234=\n=20\n", 0 },
	{ TEXT(SEVENTY "1234. \n"), SEVENTY "1234.=\n=20\n", 0 },
};

START_TEST(lines_are_encoded_however_they_are_cut)
{
	static const size_t steps[] = { SIZE_MAX, 1, 2, 7 };
	struct buf out;
	int i;

	for (i = 0; i < COUNT(steps); i++) {
		buf_init(&out);
		ck_assert_uint_eq(
			encode(cases[_i].text, cases[_i].len, steps[i], &out),
			cases[_i].replaced);
		buf_append(&out, "", 1);
		ck_assert_str_eq(out.data, cases[_i].encoded);
		buf_fini(&out);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quoted");
	TCase *tests = suite_case(suite, "quoted", 0, NULL, NULL);

	tcase_add_loop_test(
		tests, lines_are_encoded_however_they_are_cut, 0, COUNT(cases));
	return suite_run(suite);
}
