#include "dsn.h"

#include "text.h"

#include <string.h>

static const struct {
	const char *word;
	unsigned int bit;
} notify_words[] = {
	{ "NEVER", DSN_NEVER },
	{ "SUCCESS", DSN_SUCCESS },
	{ "FAILURE", DSN_FAILURE },
	{ "DELAY", DSN_DELAY },
};

enum { NOTIFY_WORDS = sizeof notify_words / sizeof *notify_words };

enum dsn_ret dsn_parse_ret(const char *value, size_t len)
{
	if (text_equals_nocase(value, len, "FULL"))
		return DSN_RET_FULL;
	if (text_equals_nocase(value, len, "HDRS"))
		return DSN_RET_HDRS;
	return DSN_RET_NONE;
}

static unsigned int notify_bit(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < NOTIFY_WORDS; i++)
		if (text_equals_nocase(word, len, notify_words[i].word))
			return notify_words[i].bit;
	return 0;
}

unsigned int dsn_parse_notify(const char *value, size_t len)
{
	const char *end = value + len;
	unsigned int bits = 0;
	unsigned int bit;
	const char *comma;

	for (;;) {
		comma = memchr(value, ',', (size_t)(end - value));
		bit = notify_bit(
			value, (size_t)((comma != NULL ? comma : end) - value));
		if (bit == 0)
			return 0;
		bits |= bit;
		if (comma == NULL)
			break;
		value = comma + 1;
	}
	return (bits & DSN_NEVER) != 0 && bits != DSN_NEVER ? 0 : bits;
}

/* Upper case alone: RFC 3461 section 4. Returns -1 for any other octet. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Printable text: what is decoded ends up in a notification's fields. */
static bool is_hexchar(const char *at, const char *end)
{
	int high, low, octet;

	if (end - at < 3)
		return false;
	high = hex_digit(at[1]);
	low = hex_digit(at[2]);
	if (high < 0 || low < 0)
		return false;
	octet = high * 16 + low;
	return octet == '\t' || (octet >= 0x20 && octet < 0x7f);
}

static bool is_xtext(const char *at, const char *end)
{
	while (at < end) {
		if (*at == '+') {
			if (!is_hexchar(at, end))
				return false;
			at += 3;
			continue;
		}
		if (*at <= ' ' || *at > '~' || *at == '=')
			return false;
		at++;
	}
	return true;
}

bool dsn_is_envid(const char *value, size_t len)
{
	return len > 0 && len <= DSN_ENVID_MAX && is_xtext(value, value + len);
}

/* atom: RFC 5321 section 4.1.2 */
static bool is_type_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		|| (c >= '0' && c <= '9')
		|| (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

bool dsn_is_orcpt(const char *value, size_t len)
{
	const char *end = value + len;
	const char *at = value;

	if (len > DSN_ORCPT_MAX)
		return false;
	while (at < end && is_type_char(*at))
		at++;
	if (at == value || at == end || *at != ';')
		return false;
	return at + 1 < end && is_xtext(at + 1, end);
}

const char *dsn_ret_word(enum dsn_ret ret)
{
	static const char *const words[] = {
		[DSN_RET_NONE] = "",
		[DSN_RET_FULL] = "FULL",
		[DSN_RET_HDRS] = "HDRS",
	};

	return words[ret];
}

const char *dsn_format_notify(
	unsigned int notify, char out[static DSN_NOTIFY_MAX + 1])
{
	size_t used = 0;
	size_t i;

	out[0] = '\0';
	for (i = 0; i < NOTIFY_WORDS; i++) {
		if ((notify & notify_words[i].bit) == 0)
			continue;
		text_format(out + used, DSN_NOTIFY_MAX + 1 - used, "%s%s",
			used > 0 ? "," : "", notify_words[i].word);
		used = strlen(out);
	}
	return out;
}
