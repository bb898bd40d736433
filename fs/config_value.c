#include "config_value.h"

#include "config.h"
#include "text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

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

static void keep(const struct config_row *row, char *member,
	const struct config_word *value)
{
	assert(value->len < row->size);
	memset(member, 0, row->size);
	memcpy(member, value->text, value->len);
}

/* ---- words --------------------------------------------------------------- */

const char *const config_value_no_yes[] = { "NO", "YES", NULL };

static const char *choose(const struct config_row *row,
	const struct config_word *value, unsigned int *out)
{
	unsigned int i;

	for (i = 0; row->choices[i] != NULL; i++)
		if (text_equals_nocase(
			    value->text, value->len, row->choices[i])) {
			*out = i;
			return NULL;
		}
	return "is not known";
}

const char *config_value_choice(const struct config_row *row,
	const struct config_word *value, void *member)
{
	assert(row->size == sizeof(unsigned int));
	return choose(row, value, member);
}

const char *config_value_bool(const struct config_row *row,
	const struct config_word *value, void *member)
{
	unsigned int n;
	const char *wrong = choose(row, value, &n);

	if (wrong == NULL)
		*(bool *)member = n == 1;
	return wrong;
}

const char *config_value_word(const struct config_row *row,
	const struct config_word *value, void *member)
{
	if (value->len >= row->size)
		return "is too long";
	keep(row, member, value);
	return NULL;
}

const char *config_value_path(const struct config_row *row,
	const struct config_word *value, void *member)
{
	if (value->text[0] != '/')
		return "is not an absolute path";
	return config_value_word(row, value, member);
}

const char *config_value_directory(const struct config_row *row,
	const struct config_word *value, void *member)
{
	if (value->text[value->len - 1] != '/')
		return "does not end with a slash";
	return config_value_path(row, value, member);
}

/* How many octets a character has in UTF-8 by its first; 0 for none. */
static size_t utf8_len(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

const char *config_value_at_sign(const struct config_row *row,
	const struct config_word *value, void *member)
{
	unsigned char first = (unsigned char)value->text[0];
	size_t i;

	if (utf8_len(first) != value->len)
		return "is not one character in UTF-8";
	for (i = 1; i < value->len; i++)
		if (((unsigned char)value->text[i] & 0xc0) != 0x80)
			return "is not one character in UTF-8";
	if (isalnum(first) || (value->len == 1 && strchr("<>.:,", first)))
		return "has a meaning in addresses";
	keep(row, member, value);
	return NULL;
}

/* ---- addresses and writer names ------------------------------------------ */

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
	memcpy(text, value->text, value->len);
	text[value->len] = '\0';
	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1) {
		memset(&target->address, 0, sizeof target->address);
		memset(target->address_text, 0, sizeof target->address_text);
		memcpy(&target->address, &in4, sizeof in4);
		inet_ntop(AF_INET, &in4.sin_addr, target->address_text,
			sizeof target->address_text);
		return NULL;
	}
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		memset(&target->address, 0, sizeof target->address);
		memset(target->address_text, 0, sizeof target->address_text);
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
	memset(member, 0, sizeof name);
	text_copy(member, sizeof name, name);
	return NULL;
}
