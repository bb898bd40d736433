#include "utf8.h"

#include <stdint.h>
#include <string.h>

/* The octets that may come second: RFC 3629 section 4. */
static bool is_second(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

static size_t character_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	if (first < 0xe0)
		return 2;
	return first < 0xf0 ? 3 : 4;
}

static bool is_later(unsigned char octet)
{
	return octet >= 0x80 && octet <= 0xbf;
}

enum utf8_kind utf8_look(const char *text, size_t len, size_t *out)
{
	const unsigned char *octets = (const unsigned char *)text;
	size_t want = character_length(octets[0]);
	size_t n = 1;

	if (want > 1 && len > 1 && is_second(octets[0], octets[1]))
		n = 2;
	while (n > 1 && n < want && n < len && is_later(octets[n]))
		n++;
	*out = n;
	if (n == want)
		return UTF8_WHOLE;
	return want > 0 && n == len ? UTF8_PART : UTF8_WRONG;
}

size_t utf8_length(const char *text, size_t len)
{
	size_t i = 0;
	size_t n;

	while (i < len && utf8_look(text + i, len - i, &n) == UTF8_WHOLE)
		i += n;
	return i;
}

size_t utf8_ascii_length(const char *text, size_t len)
{
	const uint64_t high = 0x8080808080808080;
	uint64_t word;
	size_t i = 0;

	for (; i + sizeof word <= len; i += sizeof word) {
		memcpy(&word, text + i, sizeof word);
		if ((word & high) != 0)
			break;
	}
	while (i < len && (text[i] & 0x80) == 0)
		i++;
	return i;
}

bool utf8_is_ascii(const char *text, size_t len)
{
	return utf8_ascii_length(text, len) == len;
}
