#include "config_name.h"

#include "config.h"
#include "text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

enum { LABEL_OCTETS_MAX = 63 }; /* of one part of a domain name */

static void keep(const struct config_row *row, char *member, const char *text,
	size_t len)
{
	assert(len < row->size);
	memset(member, 0, row->size);
	memcpy(member, text, len);
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		|| (c >= '0' && c <= '9');
}

static bool is_domain_label(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || len > LABEL_OCTETS_MAX || text[0] == '-'
		|| text[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++)
		if (!is_letter_or_digit(text[i]) && text[i] != '-')
			return false;
	return true;
}

static bool is_domain(const char *text, size_t len)
{
	const char *dot;
	size_t part;

	if (len > CONFIG_HELO_MAX)
		return false;
	for (;;) {
		dot = memchr(text, '.', len);
		part = dot != NULL ? (size_t)(dot - text) : len;
		if (!is_domain_label(text, part))
			return false;
		if (dot == NULL)
			return true;
		text += part + 1;
		len -= part + 1;
	}
}

/* The two forms of RFC 5321 section 4.1.3 that address a host today. */
static bool is_literal(const char *text, size_t len)
{
	static const char ipv6_tag[] = "IPv6:";
	size_t tag_len = sizeof ipv6_tag - 1;
	char address[INET6_ADDRSTRLEN];
	struct in6_addr bits;
	int family = AF_INET;

	if (len < 2 || text[0] != '[' || text[len - 1] != ']')
		return false;
	text++;
	len -= 2;
	if (len > tag_len && text_equals_nocase(text, tag_len, ipv6_tag)) {
		family = AF_INET6;
		text += tag_len;
		len -= tag_len;
	}
	if (len >= sizeof address)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	return inet_pton(family, address, &bits) == 1;
}

bool config_name_is_helo(const char *text, size_t len)
{
	if (len == 0 || len > CONFIG_HELO_MAX)
		return false;
	return is_domain(text, len) || is_literal(text, len);
}

const char *config_name_helo(const struct config_row *row,
	const struct config_word *value, void *member)
{
	if (!config_name_is_helo(value->text, value->len))
		return "is not a host name";
	keep(row, member, value->text, value->len);
	return NULL;
}

/* The last part of a name is never a number: RFC 3696 section 2. */
static bool is_address(const char *text, size_t len)
{
	char last = len > 0 ? text[len - 1] : '\0';

	return (last >= '0' && last <= '9'
		       && strspn(text, "0123456789.") >= len)
		|| memchr(text, ':', len) != NULL;
}

const char *config_name_host(const struct config_row *row,
	const struct config_word *value, void *member)
{
	size_t len = value->len;

	if (is_address(value->text, len))
		return "is an address";
	if (len > 1 && value->text[len - 1] == '.')
		len--;
	if (!is_domain(value->text, len))
		return "is not a host name";
	keep(row, member, value->text, len);
	return NULL;
}

/* ---- mailboxes ----------------------------------------------------------- */

static bool is_atext(char c)
{
	return is_letter_or_digit(c)
		|| (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Atoms with dots between them; a configuration quotes nothing. */
static bool is_local_part(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || len > CONFIG_LOCAL_PART_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!is_atext(text[i])
			&& (text[i] != '.' || i == 0 || i + 1 == len
				|| text[i - 1] == '.'))
			return false;
	return true;
}

const char *config_name_mailbox(const struct config_row *row,
	const struct config_word *value, void *member)
{
	const char *at = memchr(value->text, '@', value->len);
	size_t local, domain;

	if (at == NULL)
		return "has no @";
	local = (size_t)(at - value->text);
	domain = value->len - local - 1;
	if (!is_local_part(value->text, local))
		return "has no valid user before the @";
	if (!is_domain(at + 1, domain) || memchr(at + 1, '.', domain) == NULL)
		return "has no host.domain behind the @";
	keep(row, member, value->text, value->len);
	return NULL;
}
