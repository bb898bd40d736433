#include "config_value.h"

#include "config.h"
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum { LABEL_OCTETS_MAX = 63 }; /* of one part of a domain name */

static const char *number(const struct config_row *row,
	const struct config_word *value, uint64_t *out)
{
	int err = text_to_number(value->text, value->len, row->max, out);

	if (err == -EINVAL)
		return "is not a number";
	if (err != 0 || *out < row->min)
		return "is out of range";
	return NULL;
}

const char *config_value_u16(const struct config_row *row,
	const struct config_word *value, void *member)
{
	uint64_t n;
	const char *wrong = number(row, value, &n);

	if (wrong == NULL)
		*(uint16_t *)member = (uint16_t)n;
	return wrong;
}

const char *config_value_u32(const struct config_row *row,
	const struct config_word *value, void *member)
{
	uint64_t n;
	const char *wrong = number(row, value, &n);

	if (wrong == NULL)
		*(uint32_t *)member = (uint32_t)n;
	return wrong;
}

const char *config_value_u64(const struct config_row *row,
	const struct config_word *value, void *member)
{
	uint64_t n;
	const char *wrong = number(row, value, &n);

	if (wrong == NULL)
		*(uint64_t *)member = n;
	return wrong;
}

/* How many bits a letter stands for; 0 for no such letter. */
static unsigned int shift_of(char letter)
{
	static const char letters[] = "KMGT";
	const char *at = letter != '\0' ? strchr(letters, letter) : NULL;

	return at != NULL ? 10 * (unsigned int)(at - letters + 1) : 0;
}

const char *config_value_octets(const struct config_row *row,
	const struct config_word *value, void *member)
{
	unsigned int shift = shift_of(value->text[value->len - 1]);
	size_t len = shift != 0 ? value->len - 1 : value->len;
	uint64_t n;
	int err = text_to_number(value->text, len, row->max >> shift, &n);

	if (err == -EINVAL)
		return "is not a number";
	if (err != 0 || n << shift < row->min)
		return "is out of range";
	*(uint64_t *)member = n << shift;
	return NULL;
}

static void keep(char *member, const struct config_word *value)
{
	memcpy(member, value->text, value->len);
	member[value->len] = '\0';
}

const char *config_value_path(const struct config_row *row,
	const struct config_word *value, void *member)
{
	(void)row;
	if (value->len >= PATH_MAX)
		return "is too long";
	if (value->text[0] != '/')
		return "is not an absolute path";
	keep(member, value);
	return NULL;
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

bool config_is_helo(const char *text, size_t len)
{
	if (len == 0 || len > CONFIG_HELO_MAX)
		return false;
	return is_domain(text, len) || is_literal(text, len);
}

const char *config_value_helo(const struct config_row *row,
	const struct config_word *value, void *member)
{
	(void)row;
	if (!config_is_helo(value->text, value->len))
		return "is not a host name";
	keep(member, value);
	return NULL;
}

const char *config_value_address(const struct config_row *row,
	const struct config_word *value, void *member)
{
	struct target_config *target = member;
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	char text[INET6_ADDRSTRLEN];

	(void)row;
	if (value->len >= sizeof text)
		return "is not an address";
	keep(text, value);
	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1) {
		memset(&target->address, 0, sizeof target->address);
		memcpy(&target->address, &in4, sizeof in4);
		inet_ntop(AF_INET, &in4.sin_addr, target->address_text,
			sizeof target->address_text);
		return NULL;
	}
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		memset(&target->address, 0, sizeof target->address);
		memcpy(&target->address, &in6, sizeof in6);
		inet_ntop(AF_INET6, &in6.sin6_addr, target->address_text,
			sizeof target->address_text);
		return NULL;
	}
	return "is not an address";
}

const char *config_value_writer(const struct config_row *row,
	const struct config_word *value, void *member)
{
	char name[WRITER_NAME_MAX + 1];
	int err = writer_name_parse(value->text, value->len, name);

	(void)row;
	if (err == -EPERM)
		return "is reserved by JES";
	if (err != 0)
		return "is not a writer name";
	text_copy(member, sizeof name, name);
	return NULL;
}
