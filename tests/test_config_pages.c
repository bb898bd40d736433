/*
 * Code pages by name: IBM's names and the C library's, and that a page which
 * a configuration may name can be read or sent.
 */
#include "../forwarder/charset.h"
#include "../forwarder/codepage.h"
#include "../fs/config_page.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_MIN = 500, TEST_S = 60 };

/* ---- names --------------------------------------------------------------- */

static const struct {
	const char *text;
	int result;
	const char *name;
	bool is_ebcdic, is_multibyte;
} names[] = {
	{ "IBM-1047", 0, "IBM1047", true, false },
	{ "IBM1047", 0, "IBM1047", true, false },
	{ "ibm-1047", 0, "IBM1047", true, false },
	{ "CP1047", 0, "IBM1047", true, false },
	{ "1047", 0, "IBM1047", true, false },
	{ "CCSID1047", 0, "IBM1047", true, false },
	{ "IBM-037", 0, "IBM037", true, false },
	{ "IBM-37", 0, "IBM037", true, false },
	{ "00037", 0, "IBM037", true, false },
	{ "IBM-273", 0, "IBM273", true, false },
	{ "IBM-277", 0, "IBM277", true, false },
	{ "IBM-278", 0, "IBM278", true, false },
	{ "IBM-280", 0, "IBM280", true, false },
	{ "IBM-284", 0, "IBM284", true, false },
	{ "IBM-285", 0, "IBM285", true, false },
	{ "IBM-297", 0, "IBM297", true, false },
	{ "IBM-500", 0, "IBM500", true, false },
	{ "IBM-871", 0, "IBM871", true, false },
	{ "IBM-1140", 0, "IBM1140", true, false },
	{ "IBM-1149", 0, "IBM1149", true, false },
	{ "IBM-930", 0, "IBM930", true, true },
	{ "IBM-939", 0, "IBM939", true, true },
	{ "IBM-1364", 0, "IBM1364", true, true },
	{ "IBM-1388", 0, "IBM1388", true, true },
	{ "IBM-1390", 0, "IBM1390", true, true },
	{ "IBM-1399", 0, "IBM1399", true, true },
	{ "iso8859-1", 0, "ISO8859-1", false, false },
	{ "IBM-819", 0, "ISO8859-1", false, false },
	{ "CP1252", 0, "CP1252", false, false },
	{ "utf-8", 0, "UTF-8", false, true },
	{ "IBM-1208", 0, "UTF-8", false, true },
	{ "IBM-5054", 0, "ISO-2022-JP", false, true },
	{ "IBM-33722", 0, "EUC-JP", false, true },
	{ "IBM-950", 0, "CP950", false, true },
	/* There is none: smtp-client, EBCDIC. */
	{ "IBM-924", -ENOENT, NULL, false, false },
	{ "IBM-99999", -ENOENT, NULL, false, false },
	{ "IBM-", -ENOENT, NULL, false, false },
	{ "UTF-16", -ENOTSUP, NULL, false, false },
	{ "UCS-4", -ENOTSUP, NULL, false, false },
	{ "ISO646-DE", -ENOTSUP, NULL, false, false },
	{ "ISO8859-1//TRANSLIT", -EINVAL, NULL, false, false },
	{ "../../tmp/x", -EINVAL, NULL, false, false },
	{ "A B", -EINVAL, NULL, false, false },
	{ "", -EINVAL, NULL, false, false },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", -EINVAL, NULL, false, false },
};

START_TEST(a_page_is_found_under_the_names_it_has)
{
	struct config_page page;

	ck_assert_int_eq(
		config_page_find(names[_i].text, strlen(names[_i].text), &page),
		names[_i].result);
	if (names[_i].result != 0)
		return;
	ck_assert_str_eq(page.name, names[_i].name);
	ck_assert(page.is_ebcdic == names[_i].is_ebcdic);
	ck_assert(page.is_multibyte == names[_i].is_multibyte);
}
END_TEST

/* ---- what is taken can be done ------------------------------------------- */

/* Calls each with every name that iconv(1) lists; returns how many. */
static size_t each_name(void (*call)(const char *name, size_t len))
{
	FILE *list = popen("iconv -l", "r");
	char line[256];
	size_t count = 0;

	ck_assert_ptr_nonnull(list);
	while (fgets(line, sizeof line, list) != NULL) {
		call(line, strcspn(line, "/\n"));
		count++;
	}
	ck_assert_int_eq(pclose(list), 0);
	return count;
}

static void read_page(const char *name, size_t len)
{
	struct config_page found;
	struct codepage *page;

	if (config_page_find(name, len, &found) != 0
		|| (found.is_multibyte && !found.is_ebcdic))
		return;
	if (codepage_open(found.name, &page) != 0)
		ck_abort_msg("%s cannot be read", found.name);
	ck_assert_msg(
		codepage_is_ebcdic(page) == found.is_ebcdic, "%s", found.name);
	codepage_close(page);
}

START_TEST(a_page_that_translate_takes_can_be_read)
{
	ck_assert_uint_ge(each_name(read_page), NAMES_MIN);
}
END_TEST

static void send_page(const char *name, size_t len)
{
	static const struct config_row row = { .keyword = "Charset" };
	const struct config_word word = { .text = name, .len = len };
	char found[CONFIG_PAGE_MAX + 1];
	struct charset *charset;

	if (len == 0
		|| (config_page_charset(&row, &word, found) != NULL
			&& config_page_mbcharset(&row, &word, found) != NULL))
		return;
	if (charset_open(found, &charset) != 0)
		ck_abort_msg("%s cannot be sent", found);
	charset_close(charset);
}

START_TEST(a_page_that_a_target_takes_can_be_sent)
{
	ck_assert_uint_ge(each_name(send_page), NAMES_MIN);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_pages");
	TCase *t = suite_case(s, "config_pages", TEST_S, NULL, NULL);

	tcase_add_loop_test(
		t, a_page_is_found_under_the_names_it_has, 0, COUNT(names));
	tcase_add_test(t, a_page_that_translate_takes_can_be_read);
	tcase_add_test(t, a_page_that_a_target_takes_can_be_sent);
	return suite_run(s);
}
