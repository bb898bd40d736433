/*
 * config_page - code pages by name.
 *
 * Any thread. Asks iconv, which may load a table from the C library's files.
 * Source: iconv_open(3); IBM CCSIDs for names that are numbers.
 */
#ifndef CONFIG_PAGE_H
#define CONFIG_PAGE_H

#include "config_input.h"
#include "config_parse.h"

struct config_page {
	char name[CONFIG_PAGE_MAX + 1]; /* as iconv_open() takes it */
	bool is_ebcdic;                 /* else it has ASCII as it is */
	bool is_multibyte;              /* an octet is not always a character */
};

/*
 * Finds a page under the names that IBM and others write: "IBM-1047",
 * "IBM1047", "CP1047", "1047".
 *
 * Returns 0; -EINVAL when text cannot be a name; -ENOENT when iconv has none
 * of that name, both ways; -ENOTSUP when it is neither EBCDIC nor keeps ASCII
 * as it is.
 */
MUST_USE int config_page_find(
	const char *text, size_t len, struct config_page *out);

/* A config_reader (config_value.h) into a struct config_page. */
config_reader config_page_read;

/* Pages that text may be sent in, one octet a character or UTF-8: the name
 * into a char[CONFIG_PAGE_MAX + 1]; and with several. */
config_reader config_page_charset;
config_reader config_page_mbcharset;

#endif
