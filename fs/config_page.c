#include "config_page.h"

#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <string.h>

enum {
	OCTETS = 256,
	CCSID_MAX = 65535,
	OUT_MAX = 32,
	ASCII_FIRST = 0x20,
	ASCII_LAST = 0x7e,
};

/* CCSIDs whose page has another name here. */
static const struct {
	unsigned int ccsid;
	const char *name;
} renamed[] = {
	{ 367, "US-ASCII" },
	{ 819, "ISO8859-1" },
	{ 964, "EUC-TW" },
	{ 970, "EUC-KR" },
	{ 1208, "UTF-8" },
	{ 1363, "CP949" },
	{ 1381, "GBK" },
	{ 1386, "GBK" },
	{ 5050, "EUC-JP" },
	{ 5052, "ISO-2022-JP" },
	{ 5053, "ISO-2022-JP" },
	{ 5054, "ISO-2022-JP" },
	{ 5055, "ISO-2022-JP" },
	{ 33722, "EUC-JP" },
};

/* "//TRANSLIT" and the like would change what a conversion means. */
static bool is_name(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || len > CONFIG_PAGE_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i])
			&& strchr("-_.", text[i]) == NULL)
			return false;
	return true;
}

static bool is_known(const char *name)
{
	iconv_t in = iconv_open("UTF-8", name);
	iconv_t out;

	if (in == (iconv_t)-1)
		return false;
	iconv_close(in);
	out = iconv_open(name, "UTF-8");
	if (out == (iconv_t)-1)
		return false;
	iconv_close(out);
	return true;
}

/* The number in "IBM-1047", "IBM1047", "CP1047", "CCSID1047", "1047". */
static bool read_ccsid(const char *text, size_t len, unsigned int *out)
{
	static const char *const prefixes[] = { "IBM-", "IBM", "CP", "CCSID",
		"" };
	uint64_t number;
	size_t i, n;

	for (i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		n = strlen(prefixes[i]);
		if (len > n && text_equals_nocase(text, n, prefixes[i])
			&& text_to_number(text + n, len - n, CCSID_MAX, &number)
				== 0) {
			*out = (unsigned int)number;
			return true;
		}
	}
	return false;
}

static bool find_ccsid(unsigned int ccsid, char out[static CONFIG_PAGE_MAX + 1])
{
	size_t i;

	for (i = 0; i < sizeof renamed / sizeof *renamed; i++)
		if (renamed[i].ccsid == ccsid) {
			text_copy(out, CONFIG_PAGE_MAX + 1, renamed[i].name);
			return is_known(out);
		}
	text_format(out, CONFIG_PAGE_MAX + 1, "IBM%03u", ccsid);
	if (is_known(out))
		return true;
	text_format(out, CONFIG_PAGE_MAX + 1, "CP%03u", ccsid);
	return is_known(out);
}

static bool find_name(
	const char *text, size_t len, char out[static CONFIG_PAGE_MAX + 1])
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = (char)toupper((unsigned char)text[i]);
	out[len] = '\0';
	if (strcmp(out, "UTF8") == 0)
		text_copy(out, CONFIG_PAGE_MAX + 1, "UTF-8");
	return is_known(out);
}

/* What one octet gives: 0 nothing yet, 1 a character, which is out's if it is
 * ASCII; -1 it has no meaning. */
static int convert(iconv_t page, unsigned char octet, char *out)
{
	char text[OUT_MAX];
	char *in = (char *)&octet;
	char *to = text;
	size_t in_len = 1;
	size_t out_len = sizeof text;

	iconv(page, NULL, NULL, NULL, NULL);
	if (iconv(page, &in, &in_len, &to, &out_len) == (size_t)-1)
		return errno == EINVAL ? 0 : -1;
	*out = to == text + 1 ? text[0] : '\0';
	return to == text ? 0 : 1;
}

static bool is_octet(iconv_t page, unsigned char octet, char expected)
{
	char c;

	return convert(page, octet, &c) == 1 && c == expected;
}

/* Whether ASCII stays as it is when it is converted to the page. */
static bool keeps_ascii(const char *name)
{
	iconv_t out = iconv_open(name, "UTF-8");
	char text[ASCII_LAST - ASCII_FIRST + 1];
	char octets[2 * sizeof text];
	char *in = text;
	char *to = octets;
	size_t in_len = sizeof text;
	size_t out_len = sizeof octets;
	size_t i, n;

	if (out == (iconv_t)-1)
		return false;
	for (i = 0; i < sizeof text; i++)
		text[i] = (char)(ASCII_FIRST + i);
	n = iconv(out, &in, &in_len, &to, &out_len);
	iconv_close(out);
	return n == 0 && sizeof octets - out_len == sizeof text
		&& memcmp(octets, text, sizeof text) == 0;
}

/* Octets that only begin something, or only shift, make a page multi-byte. */
static int look_at(struct config_page *page)
{
	iconv_t in = iconv_open("UTF-8", page->name);
	char c;
	int i;

	if (in == (iconv_t)-1)
		return -ENOENT;
	page->is_multibyte = false;
	for (i = 0; i < OCTETS; i++)
		if (convert(in, (unsigned char)i, &c) == 0)
			page->is_multibyte = true;
	page->is_ebcdic = is_octet(in, 0x40, ' ') && is_octet(in, 0xc1, 'A')
		&& is_octet(in, 0xf1, '1');
	iconv_close(in);
	return page->is_ebcdic || keeps_ascii(page->name) ? 0 : -ENOTSUP;
}

int config_page_find(const char *text, size_t len, struct config_page *out)
{
	struct config_page page = { .is_ebcdic = false };
	unsigned int ccsid;
	bool is_found;
	int err;

	if (!is_name(text, len))
		return -EINVAL;
	is_found = read_ccsid(text, len, &ccsid)
		? find_ccsid(ccsid, page.name)
		: find_name(text, len, page.name);
	if (!is_found)
		return -ENOENT;
	err = look_at(&page);
	if (err == 0)
		*out = page;
	return err;
}

/* ---- readers ------------------------------------------------------------- */

static const char *find(
	const struct config_word *value, struct config_page *out)
{
	switch (config_page_find(value->text, value->len, out)) {
	case 0:
		return NULL;
	case -ENOENT:
		return "is not known to iconv";
	case -ENOTSUP:
		return "is neither EBCDIC nor ASCII";
	default:
		return "is not the name of a code page";
	}
}

const char *config_page_read(const struct config_row *row,
	const struct config_word *value, void *member)
{
	(void)row;
	return find(value, member);
}

static void keep(char *member, const struct config_page *page)
{
	memset(member, 0, CONFIG_PAGE_MAX + 1);
	text_copy(member, CONFIG_PAGE_MAX + 1, page->name);
}

const char *config_page_charset(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_page page;
	const char *wrong = find(value, &page);

	(void)row;
	if (wrong != NULL)
		return wrong;
	if (page.is_ebcdic)
		return "is EBCDIC";
	if (page.is_multibyte && strcmp(page.name, "UTF-8") != 0)
		return "is a multi-byte page";
	keep(member, &page);
	return NULL;
}

const char *config_page_mbcharset(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct config_page page;
	const char *wrong = find(value, &page);

	(void)row;
	if (wrong != NULL)
		return wrong;
	if (page.is_ebcdic)
		return "is EBCDIC";
	if (!page.is_multibyte)
		return "is a single-byte page";
	keep(member, &page);
	return NULL;
}
